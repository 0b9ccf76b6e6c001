/* SPDX-License-Identifier: Apache-2.0 */
/*
 * room.h - what a room is made of: for room.c, and state.c, which hands it to
 * the next version.
 */
#ifndef CHAT_ROOM_H
#define CHAT_ROOM_H

#include "chat.h"

struct room_line {
	struct chat_line line; /* of text */
	char text[];
};

struct chat_room {
	const struct chat *chat;
	struct chat_client **members; /* in the order of joining */
	uint32_t nmembers;
	uint32_t size;   /* of members */
	uint32_t nlines; /* remembered */
	uint32_t oldest; /* in lines, if there are chat->history */
	char name[CHAT_NAME_MAX + 1];
	struct chat_room *next;    /* in chat->loaded */
	uint64_t *expected;        /* then: the members' endpoints */
	struct room_line *lines[]; /* chat->history */
};

/* chat_room_remember() - a line was said.  Without memory for it, it is not
 * remembered. */
void chat_room_remember(struct chat_room *room, const struct chat_line *said);

#endif
