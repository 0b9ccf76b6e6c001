/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state - what the next version of this plugin takes over: rooms with what was
 * said in them, and clients with their nicks.
 *
 * thread: the one that reloads; no handler runs.
 *
 * order_note: rooms are loaded before clients.  A room comes with the names of
 * its members, in their order; each client then takes its place there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chat.h"
#include "room.h"

#define kept_line_MEMBERS(M) M(str, text) M(u32, nick_len)
WEFT_TYPE(kept_line);

#define kept_room_MEMBERS(M)                                                  \
	M(str, name) M(array, members, u64) M(list, lines, kept_line)
WEFT_TYPE(kept_room);

#define kept_client_MEMBERS(M)                                                \
	M(str, wants)                                                         \
	M(str, nick)                                                          \
	M(str, joins) M(str, room) M(u8, typed) M(u8, full) M(u64, lost)
WEFT_TYPE(kept_client);

int
chat_save_room(struct weft_save *save, weft_strand strand, void *state)
{
	const struct chat_room *room = state;
	const struct chat_line *line;
	struct kept_room kept = { .name = room->name };
	struct kept_line *lines = calloc(room->nlines + 1u, sizeof(*lines));
	uint64_t *members = calloc(room->nmembers + 1u, sizeof(*members));
	int rv = -ENOMEM;
	uint32_t i;

	(void)strand;
	if (lines != NULL && members != NULL) {
		for (i = 0; i < room->nmembers; i++)
			members[i] = room->members[i]->endpoint.id;
		for (i = 0; i < room->nlines; i++) {
			line = &room->lines[(room->oldest + i) % room->nlines]
				    ->line;
			lines[i].text = line->text;
			lines[i].nick_len = (uint32_t)line->nick_len;
		}
		kept.members.at = members;
		kept.members.len = room->nmembers;
		kept.lines.at = lines;
		kept.lines.len = room->nlines;
		rv = kept_room_save(save, &kept);
	}
	free(members);
	free(lines);
	return rv;
}

int
chat_save_client(struct weft_save *save, weft_endpoint endpoint, void *user)
{
	const struct chat_client *client = user;
	const struct kept_client kept = { .wants = client->wants,
		.nick = client->nick,
		.joins = client->joins,
		.room = client->room == NULL ? "" : client->room->name,
		.typed = client->typed,
		.full = client->full,
		.lost = client->lost };

	(void)endpoint;
	return kept_client_save(save, &kept);
}

/* Its members' places, which they take when they are loaded. */
static int
state_expect(struct chat_room *room, const struct kept_room *kept)
{
	uint32_t n = kept->members.len;

	if (n == 0)
		return WEFT_OK;
	room->members = calloc(n, sizeof(struct chat_client *));
	room->expected = malloc(n * sizeof(*room->expected));
	if (room->members == NULL || room->expected == NULL)
		return -ENOMEM;
	memcpy(room->expected, kept->members.at, n * sizeof(*room->expected));
	room->size = n;
	room->nmembers = n;
	return WEFT_OK;
}

int
chat_load_room(
    struct weft_load *load, void *state, weft_strand strand, void **out)
{
	struct chat *chat = state;
	struct chat_room *room;
	struct kept_room kept;
	uint32_t i;
	int rv;

	(void)strand;
	rv = kept_room_load(load, &kept);
	if (rv < 0)
		return rv;
	if (!chat_name_good(kept.name))
		return weft_load_fail(load, -EINVAL,
		    "expected the name of a room, found \"%s\"", kept.name);
	room = chat_room_new(kept.name, chat);
	if (room == NULL)
		return -ENOMEM;
	rv = state_expect(room, &kept);
	if (rv < 0) {
		chat_room_free(room);
		return rv;
	}
	for (i = 0; i < kept.lines.len; i++)
		chat_room_remember(room,
		    &(struct chat_line){ kept.lines.at[i].text,
			strlen(kept.lines.at[i].text),
			kept.lines.at[i].nick_len });
	room->next = chat->loaded;
	chat->loaded = room;
	*out = room;
	return WEFT_OK;
}

/* Its place in the room that it is in. */
static int
state_take_place(
    const struct chat *chat, const char *name, struct chat_client *client)
{
	struct chat_room *room = chat->loaded;
	uint32_t i;

	while (room != NULL && strcmp(room->name, name) != 0)
		room = room->next;
	for (i = 0; room != NULL && i < room->nmembers; i++)
		if (room->expected[i] == client->endpoint.id) {
			room->members[i] = client;
			client->room = room;
			return WEFT_OK;
		}
	return -EINVAL;
}

/* A text that was saved by a version which may have let it be longer. */
static void
state_text(char *out, const char *text)
{
	size_t len = strnlen(text, CHAT_NAME_MAX);

	memcpy(out, text, len);
	out[len] = '\0';
}

int
chat_load_client(
    struct weft_load *load, void *state, weft_endpoint endpoint, void **user)
{
	struct chat_client *client;
	struct kept_client kept;
	int rv;

	rv = kept_client_load(load, &kept);
	if (rv < 0)
		return rv;
	client = malloc(sizeof(*client));
	if (client == NULL)
		return -ENOMEM;
	chat_client_init(client, endpoint, kept.typed != 0);
	state_text(client->wants, kept.wants);
	state_text(client->nick, kept.nick);
	state_text(client->joins, kept.joins);
	client->full = kept.full != 0;
	client->lost = kept.lost;
	if (kept.room[0] != '\0')
		rv = state_take_place(state, kept.room, client);
	if (rv < 0) {
		free(client);
		return weft_load_fail(load, rv,
		    "expected the client to be a member of \"%s\"", kept.room);
	}
	*user = client;
	return WEFT_OK;
}

void
chat_drop_room(weft_strand strand, void *state)
{
	(void)strand;
	chat_room_free(state);
}

void
chat_drop_client(weft_endpoint endpoint, void *user)
{
	(void)endpoint;
	free(user);
}
