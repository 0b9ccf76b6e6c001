/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chat.h - clients, rooms, and what they are told.
 *
 * A room is a strand.  A client in it is bound to that strand, so whatever is
 * called here runs for one client of the room at a time: a room and its
 * members belong to the room's strand, and a client in no room to its own.
 * That is all the synchronization there is.
 */
#ifndef CHAT_CHAT_H
#define CHAT_CHAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/weft.h>

#include "chat_types.h"

#define CHAT_NAME_MAX 20u   /* [bytes] of a nick, of a room's name */
#define CHAT_TEXT_MAX 1000u /* [bytes] that one line may say */
#define CHAT_LINE_MAX (CHAT_NAME_MAX + 2 + CHAT_TEXT_MAX) /* "NICK: text" */

struct chat_room;

/* The options, and what was taken over; only load() writes them. */
struct chat {
	uint32_t history;         /* [lines] that a room remembers */
	uint32_t members;         /* of a room, at most */
	struct chat_room *loaded; /* rooms; while a version takes over */
};

/* One line: "NICK: text", or "* text" of the chat itself. */
struct chat_line {
	const char *text; /* the whole, ended by NUL */
	size_t len;       /* [bytes] */
	size_t nick_len;  /* [bytes] of NICK; 0: the chat's */
};

/* weft_call_user() of an endpoint, from opened() to closed(). */
struct chat_client {
	weft_endpoint endpoint;
	struct chat_room *room; /* NULL: in none */
	bool typed;             /* it gets values (chat_types.h), else lines */
	bool full;     /* WEFT_EFULL was answered: nothing until drained() */
	uint64_t lost; /* [lines] it was not sent, and was not told so yet */
	char wants[CHAT_NAME_MAX + 1]; /* the nick that it asked for */
	char nick[CHAT_NAME_MAX + 1];  /* the one it has: the same, or with a
	                                  number behind it */
	char joins[CHAT_NAME_MAX + 1]; /* the room that it is being bound to,
	                                  or "" */
};

/* ---- client.c */

/* chat_name_good() - may a nick or a room be called that? */
bool chat_name_good(const char *name);

/* chat_client_init() - a new one, a guest. */
void chat_client_init(
    struct chat_client *client, weft_endpoint endpoint, bool typed);

/* chat_send() - one line to a client; one that does not fit is counted. */
void chat_send(struct weft_call *call, struct chat_client *client,
    const struct chat_line *line);

/* chat_send_present() - who is in a room, to a typed client; likewise. */
void chat_send_present(struct weft_call *call, struct chat_client *client,
    const struct present *present);

/* chat_tell() - chat_send(), as printf; cut at CHAT_LINE_MAX bytes. */
void chat_tell(struct weft_call *call, struct chat_client *client,
    const char *format, ...) WEFT_PRINTF(3, 4);

/* chat_client_drained() - there is room again: it is told what it lost. */
void chat_client_drained(struct weft_call *call, struct chat_client *client);

/* ---- room.c; all of these on the room's strand */

/* chat_room_new() - an empty room; NULL: no memory. */
struct chat_room *chat_room_new(const char *name, const struct chat *chat);
void chat_room_free(struct chat_room *room);

const char *chat_room_name(const struct chat_room *room);

/*
 * chat_room_join() - a client becomes a member; the others are told, and it is
 * told what was said last, and who is there.
 *
 *   returns           NULL, or why not, in words for the client.
 */
const char *chat_room_join(struct weft_call *call, struct chat_room *room,
    struct chat_client *client);

/* chat_room_remove() - a member is none any more; nobody is told. */
void chat_room_remove(struct chat_client *client);

/* chat_room_leave() - chat_room_remove(), and the others are told. */
void chat_room_leave(struct weft_call *call, struct chat_client *client);

/* chat_room_say() - a member says something: to all, and to be remembered. */
void chat_room_say(struct weft_call *call, const struct chat_client *client,
    const char *text);

/* chat_room_rename() - false: another member has that nick. */
bool chat_room_rename(
    struct weft_call *call, struct chat_client *client, const char *nick);

/* chat_room_who() - tell a member who is there. */
void chat_room_who(struct weft_call *call, struct chat_client *client);

/* ---- commands.c */

/* chat_nick(), chat_join(), chat_leave() - be called that, be there, be in no
 * room; the client is told what came of it. */
void chat_nick(
    struct weft_call *call, struct chat_client *client, const char *nick);
void chat_join(
    struct weft_call *call, struct chat_client *client, const char *name);
void chat_leave(struct weft_call *call, struct chat_client *client);

/* chat_say() - to the room, if it is in one.  text: at most CHAT_TEXT_MAX
 * bytes; control characters, which could make a terminal do things, become
 * blanks, and there are none at its end. */
void chat_say(struct weft_call *call, struct chat_client *client, char *text);

/* chat_command() - a line that begins with '/'. */
void chat_command(
    struct weft_call *call, struct chat_client *client, char *line);

/* ---- state.c: for the next version, as struct weft_plugin has them */

int chat_save_room(struct weft_save *save, weft_strand strand, void *state);
int chat_save_client(
    struct weft_save *save, weft_endpoint endpoint, void *user);
int chat_load_room(
    struct weft_load *load, void *state, weft_strand strand, void **out);
int chat_load_client(
    struct weft_load *load, void *state, weft_endpoint endpoint, void **user);
void chat_drop_room(weft_strand strand, void *state);
void chat_drop_client(weft_endpoint endpoint, void *user);

/* ---- values.c: the same by values */

extern const struct weft_on chat_receives[];
extern const struct weft_type *const chat_sends[];

#endif
