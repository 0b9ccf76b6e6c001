/* SPDX-License-Identifier: Apache-2.0 */
/*
 * room - members, what was said last, and sending to all.
 *
 * thread: the worker that runs the room's strand.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "room.h"

#define ROOM_FIRST 4u  /* members that there is room for at first */
#define ROOM_SUFFIX 6u /* [bytes] "-10001": one more than members may be */

struct chat_room *
chat_room_new(const char *name, const struct chat *chat)
{
	struct chat_room *room;

	room = calloc(
	    1, sizeof(*room) + chat->history * sizeof(struct room_line *));
	if (room == NULL)
		return NULL;
	room->chat = chat;
	strcpy(room->name, name);
	return room;
}

void
chat_room_free(struct chat_room *room)
{
	uint32_t i;

	for (i = 0; i < room->nlines; i++)
		free(room->lines[i]);
	free(room->expected);
	free(room->members);
	free(room);
}

const char *
chat_room_name(const struct chat_room *room)
{
	return room->name;
}

/* To all members but one, or to all: NULL. */
static void
room_send(struct weft_call *call, const struct chat_room *room,
    const struct chat_line *line, const struct chat_client *but)
{
	uint32_t i;

	for (i = 0; i < room->nmembers; i++)
		if (room->members[i] != but)
			chat_send(call, room->members[i], line);
}

/* "* NICK joined", "* NICK left": to all others. */
static void
room_tell(struct weft_call *call, const struct chat_room *room,
    const struct chat_client *client, const char *what)
{
	char text[CHAT_NAME_MAX + 16];
	int len;

	len = snprintf(text, sizeof(text), "* %s %s", client->nick, what);
	room_send(
	    call, room, &(struct chat_line){ text, (size_t)len, 0 }, client);
}

/* ---- what was said */

void
chat_room_remember(struct chat_room *room, const struct chat_line *said)
{
	struct room_line *line, **place;

	if (room->chat->history == 0)
		return;
	line = malloc(sizeof(*line) + said->len + 1);
	if (line == NULL)
		return;
	memcpy(line->text, said->text, said->len + 1);
	line->line = *said;
	line->line.text = line->text;
	if (room->nlines < room->chat->history) {
		room->lines[room->nlines++] = line;
		return;
	}
	place = &room->lines[room->oldest];
	room->oldest = (room->oldest + 1) % room->chat->history;
	free(*place);
	*place = line;
}

static void
room_recall(struct weft_call *call, const struct chat_room *room,
    struct chat_client *client)
{
	uint32_t i;

	for (i = 0; i < room->nlines; i++)
		chat_send(call, client,
		    &room->lines[(room->oldest + i) % room->nlines]->line);
}

void
chat_room_say(
    struct weft_call *call, const struct chat_client *client, const char *text)
{
	struct chat_room *room = client->room;
	char text_of[CHAT_LINE_MAX + 1];
	struct chat_line line = { .text = text_of,
		.nick_len = strlen(client->nick) };

	line.len = (size_t)snprintf(
	    text_of, sizeof(text_of), "%s: %s", client->nick, text);
	chat_room_remember(room, &line);
	room_send(call, room, &line, NULL);
}

/* ---- nicks */

static const struct chat_client *
room_find(const struct chat_room *room, const char *nick)
{
	uint32_t i;

	for (i = 0; i < room->nmembers; i++)
		if (strcmp(room->members[i]->nick, nick) == 0)
			return room->members[i];
	return NULL;
}

/* The number N of a nick "BASE-N", from 2 up to max; else 0. */
static uint32_t
nick_number(const char *nick, const char *base, size_t len, uint32_t max)
{
	const char *at = nick + len + 1;
	uint32_t number = 0;

	/* "bob-02" is not in the way of "bob-2". */
	if (strncmp(nick, base, len) != 0 || nick[len] != '-' || *at == '0')
		return 0;
	for (; *at >= '0' && *at <= '9' && number <= max; at++)
		number = number * 10 + (uint32_t)(*at - '0');
	return *at == '\0' && number >= 2 && number <= max ? number : 0;
}

/* The nick it wants, or with the first number behind it that is free; false:
 * no memory. */
static bool
room_nick(const struct chat_room *room, struct chat_client *client)
{
	uint32_t i, number, max = room->nmembers + 2;
	size_t len = strlen(client->wants);
	bool *used;

	if (room_find(room, client->wants) == NULL) {
		strcpy(client->nick, client->wants);
		return true;
	}
	if (len > CHAT_NAME_MAX - ROOM_SUFFIX)
		len = CHAT_NAME_MAX - ROOM_SUFFIX;
	used = calloc(max + 1, sizeof(*used));
	if (used == NULL)
		return false;
	for (i = 0; i < room->nmembers; i++) {
		number = nick_number(
		    room->members[i]->nick, client->wants, len, max);
		used[number] = true;
	}
	for (number = 2; used[number]; number++)
		;
	free(used);
	(void)snprintf(client->nick, sizeof(client->nick), "%.*s-%u", (int)len,
	    client->wants, number);
	return true;
}

bool
chat_room_rename(
    struct weft_call *call, struct chat_client *client, const char *nick)
{
	char text[2 * CHAT_NAME_MAX + 16];
	int len;

	if (room_find(client->room, nick) != NULL)
		return false;
	len =
	    snprintf(text, sizeof(text), "* %s is now %s", client->nick, nick);
	strcpy(client->wants, nick);
	strcpy(client->nick, nick);
	room_send(call, client->room,
	    &(struct chat_line){ text, (size_t)len, 0 }, NULL);
	return true;
}

/* ---- members */

/* Room for one more; false: no memory. */
static bool
room_grow(struct chat_room *room)
{
	struct chat_client **members;
	uint32_t size;

	if (room->nmembers < room->size)
		return true;
	size = room->size == 0 ? ROOM_FIRST : 2 * room->size;
	members = realloc(room->members, size * sizeof(struct chat_client *));
	if (members == NULL)
		return false;
	room->members = members;
	room->size = size;
	return true;
}

const char *
chat_room_join(
    struct weft_call *call, struct chat_room *room, struct chat_client *client)
{
	if (room->nmembers >= room->chat->members)
		return "it is full";
	if (!room_grow(room) || !room_nick(room, client))
		return "there is no memory";
	room->members[room->nmembers++] = client;
	client->room = room;
	room_tell(call, room, client, "joined");
	if (strcmp(client->nick, client->wants) != 0)
		chat_tell(call, client, "* %s is taken: you are %s here",
		    client->wants, client->nick);
	room_recall(call, room, client);
	chat_room_who(call, client);
	return NULL;
}

void
chat_room_remove(struct chat_client *client)
{
	struct chat_room *room = client->room;
	uint32_t i = 0;

	while (room->members[i] != client)
		i++;
	room->nmembers--;
	memmove(&room->members[i], &room->members[i + 1],
	    (room->nmembers - i) * sizeof(struct chat_client *));
	client->room = NULL;
}

void
chat_room_leave(struct weft_call *call, struct chat_client *client)
{
	struct chat_room *room = client->room;

	chat_room_remove(client);
	room_tell(call, room, client, "left");
	strcpy(client->nick, client->wants);
}

/* As a value: all of them.  There is room for as many as may be members. */
static void
room_who_typed(struct weft_call *call, struct chat_client *client)
{
	const struct chat_room *room = client->room;
	struct present present = { .room = room->name };
	const char **nicks;
	uint32_t i;

	nicks = malloc(room->nmembers * sizeof(*nicks));
	for (i = 0; nicks != NULL && i < room->nmembers; i++)
		nicks[i] = room->members[i]->nick;
	present.nicks.at = nicks;
	present.nicks.len = nicks == NULL ? 0 : room->nmembers;
	chat_send_present(call, client, &present);
	free(nicks);
}

/* As many to a line as it takes. */
static void
room_who_lines(struct weft_call *call, struct chat_client *client)
{
	const struct chat_room *room = client->room;
	char text[CHAT_LINE_MAX + 1];
	size_t len;
	uint32_t i;

	len = (size_t)snprintf(
	    text, sizeof(text), "* %u in %s:", room->nmembers, room->name);
	for (i = 0; i < room->nmembers; i++) {
		if (len + 1 + CHAT_NAME_MAX > CHAT_LINE_MAX) {
			chat_send(
			    call, client, &(struct chat_line){ text, len, 0 });
			len = (size_t)snprintf(
			    text, sizeof(text), "* and in %s:", room->name);
		}
		len += (size_t)snprintf(text + len, sizeof(text) - len, " %s",
		    room->members[i]->nick);
	}
	chat_send(call, client, &(struct chat_line){ text, len, 0 });
}

void
chat_room_who(struct weft_call *call, struct chat_client *client)
{
	if (client->typed)
		room_who_typed(call, client);
	else
		room_who_lines(call, client);
}
