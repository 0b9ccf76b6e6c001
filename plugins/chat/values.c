/* SPDX-License-Identifier: Apache-2.0 */
/*
 * values - clients that speak the types of chat_types.h.
 *
 *	weft run chat --listen tcp+tpl://127.0.0.1:3043
 *
 * thread: the worker that runs the strand which the client is on.
 *
 * They are in the same rooms as those of lines: only what comes from them, and
 * how they are told (client.c), is different.
 */
#include <stdio.h>
#include <string.h>

#include "chat.h"

static void
on_join(struct weft_call *call, weft_endpoint from, const struct join *join)
{
	struct chat_client *client = weft_call_user(call);

	(void)from;
	if (client == NULL)
		return;
	if (join->room[0] == '\0')
		chat_leave(call, client);
	else
		chat_join(call, client, join->room);
}

static void
on_nick(struct weft_call *call, weft_endpoint from, const struct nick *nick)
{
	struct chat_client *client = weft_call_user(call);

	(void)from;
	if (client != NULL)
		chat_nick(call, client, nick->name);
}

static void
on_say(struct weft_call *call, weft_endpoint from, const struct say *say)
{
	struct chat_client *client = weft_call_user(call);
	char text[CHAT_TEXT_MAX + 1];

	(void)from;
	if (client == NULL)
		return;
	if (strlen(say->text) > CHAT_TEXT_MAX) {
		chat_tell(call, client, "* a line is %u bytes at most",
		    CHAT_TEXT_MAX);
		return;
	}
	strcpy(text, say->text);
	chat_say(call, client, text);
}

const struct weft_on chat_receives[] = {
	WEFT_ON(join, on_join),
	WEFT_ON(nick, on_nick),
	WEFT_ON(say, on_say),
	WEFT_ON_END,
};

const struct weft_type *const chat_sends[] = { &said_type, &notice_type,
	&present_type, NULL };
