/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chat - rooms that lines are said in.
 *
 *	weft run chat --listen tcp+line://127.0.0.1:3042
 *
 * The handlers.  There is no lock and no atomic here, and nothing global that
 * changes: who is in a room runs on the room's strand (chat.h).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chat.h"

static const struct weft_plugin_option options[] = {
	{ "history", WEFT_OPTION_NUMBER, "20", 0, 1000,
	    "lines of a room that who enters is shown" },
	{ "members", WEFT_OPTION_NUMBER, "1000", 1, 10000,
	    "most clients in a room" },
	WEFT_OPTION_END,
};

/* Each has a default, and was checked by the table. */
static uint32_t
option(struct weft_load *load, const char *name)
{
	return (uint32_t)strtoul(weft_load_option(load, name), NULL, 10);
}

static int
load(struct weft_load *load, void **state)
{
	struct chat *chat = calloc(1, sizeof(*chat));

	if (chat == NULL)
		return weft_load_fail(load, -ENOMEM, "no memory");
	chat->history = option(load, "history");
	chat->members = option(load, "members");
	*state = chat;
	return WEFT_OK;
}

static void
unload(void *state)
{
	free(state);
}

/* A client of the codec tpl gets values, and sends them. */
static bool
is_typed(const struct weft_call *call, weft_endpoint from)
{
	struct weft_endpoint_info info;

	return weft_endpoint_info(weft_call_node(call), from, &info) ==
	    WEFT_OK &&
	    strcmp(info.codec, "tpl") == 0;
}

static void
opened(struct weft_call *call, weft_endpoint from)
{
	struct chat_client *client = malloc(sizeof(*client));

	if (client == NULL) {
		weft_close(call, from);
		return;
	}
	chat_client_init(client, from, is_typed(call, from));
	weft_call_set_user(call, client);
	chat_tell(call, client,
	    "* you are %s: try /nick NAME, /join ROOM, "
	    "/help",
	    client->nick);
}

/* The message as text: what cannot be in one becomes a blank. */
static void
text_of(struct weft_bytes msg, char *text)
{
	const char *at = msg.data;
	size_t i;

	for (i = 0; i < msg.len; i++)
		text[i] = at[i] == '\0' ? ' ' : at[i];
	text[msg.len] = '\0';
}

static void
message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	struct chat_client *client = weft_call_user(call);
	char text[CHAT_TEXT_MAX + 1];

	(void)from;
	if (client == NULL)
		return;
	if (msg.len > CHAT_TEXT_MAX) {
		chat_tell(call, client, "* a line is %u bytes at most",
		    CHAT_TEXT_MAX);
		return;
	}
	text_of(msg, text);
	if (text[0] == '/')
		chat_command(call, client, text);
	else
		chat_say(call, client, text);
}

/* A client has come to the strand of the room that it joins; or to its own,
 * and joins none. */
static void
bound(struct weft_call *call, weft_endpoint who)
{
	struct chat_client *client = weft_call_user(call);
	struct chat_room *room = weft_call_strand_state(call);
	const char *why = "there is no memory";

	if (client == NULL || client->joins[0] == '\0')
		return;
	if (room == NULL) {
		room = chat_room_new(client->joins, weft_call_state(call));
		if (room != NULL &&
		    weft_call_set_strand_state(call, room) < 0) {
			chat_room_free(room);
			room = NULL;
		}
	}
	if (room != NULL)
		why = chat_room_join(call, room, client);
	if (why != NULL) {
		chat_tell(call, client, "* %s cannot be joined: %s",
		    client->joins, why);
		weft_bind(
		    who, weft_endpoint_strand(weft_call_node(call), who));
	}
	client->joins[0] = '\0';
}

static void
drained(struct weft_call *call, weft_endpoint to)
{
	struct chat_client *client = weft_call_user(call);

	(void)to;
	if (client != NULL)
		chat_client_drained(call, client);
}

static void
closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	struct chat_client *client = weft_call_user(call);

	(void)from;
	if (client == NULL)
		return;
	/* When all go, nobody is told of each. */
	if (client->room != NULL && why == WEFT_REASON_STOPPING)
		chat_room_remove(client);
	else if (client->room != NULL)
		chat_room_leave(call, client);
	weft_call_set_user(call, NULL);
	free(client);
}

/* The last member has gone, and what was said goes too. */
static void
ended(struct weft_call *call, weft_strand strand, void *state)
{
	(void)call;
	(void)strand;
	if (state != NULL)
		chat_room_free(state);
}

WEFT_PLUGIN(.name = "chat", .load = load, .unload = unload, .opened = opened,
    .message = message, .closed = closed, .drained = drained, .bound = bound,
    .ended = ended, .receives = chat_receives, .sends = chat_sends,
    .save_strand = chat_save_room, .save_endpoint = chat_save_client,
    .load_strand = chat_load_room, .load_endpoint = chat_load_client,
    .drop_strand = chat_drop_room, .drop_endpoint = chat_drop_client,
    .options = options);
