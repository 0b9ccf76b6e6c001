/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client - what one client is told, and what it has lost.
 *
 * thread: the worker that runs the strand which the client is on.
 *
 * lost_note: a client that does not read gets nothing from the first line that
 * does not fit until drained(), also if a shorter one would fit before.  So
 * what it lost is one gap, and the line that says so stands in it.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "chat.h"

bool
chat_name_good(const char *name)
{
	size_t len = strspn(name,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789_-");

	return len > 0 && len <= CHAT_NAME_MAX && name[len] == '\0';
}

void
chat_client_init(
    struct chat_client *client, weft_endpoint endpoint, bool typed)
{
	memset(client, 0, sizeof(*client));
	client->endpoint = endpoint;
	client->typed = typed;
	strcpy(client->wants, "guest");
	strcpy(client->nick, client->wants);
}

static int
client_send_typed(struct weft_call *call, const struct chat_client *client,
    const struct chat_line *line)
{
	struct notice notice = { line->text + strlen("* ") };
	char nick[CHAT_NAME_MAX + 1];
	struct said said = { nick, line->text + line->nick_len + 2 };

	if (line->nick_len == 0)
		return notice_send(call, client->endpoint, &notice);
	(void)snprintf(
	    nick, sizeof(nick), "%.*s", (int)line->nick_len, line->text);
	return said_send(call, client->endpoint, &said);
}

static int
client_send(struct weft_call *call, struct chat_client *client,
    const struct chat_line *line)
{
	int rv;

	if (client->typed)
		rv = client_send_typed(call, client, line);
	else
		rv = weft_send(call, client->endpoint,
		    (struct weft_bytes){ line->text, line->len });
	client->full = rv == WEFT_EFULL;
	return rv;
}

/* Tell it what it lost, if anything. */
static void
client_lost(struct weft_call *call, struct chat_client *client)
{
	char text[48];
	int len;

	if (client->lost == 0)
		return;
	len = snprintf(
	    text, sizeof(text), "* %" PRIu64 " lines were lost", client->lost);
	if (client_send(call, client,
		&(struct chat_line){ text, (size_t)len, 0 }) == WEFT_OK)
		client->lost = 0;
}

/* See lost_note. */
void
chat_send(struct weft_call *call, struct chat_client *client,
    const struct chat_line *line)
{
	/* Lost for want of memory: no drained() follows. */
	if (!client->full)
		client_lost(call, client);
	if (client->full || client_send(call, client, line) < 0)
		client->lost++;
}

void
chat_send_present(struct weft_call *call, struct chat_client *client,
    const struct present *present)
{
	int rv = WEFT_EFULL;

	if (!client->full)
		client_lost(call, client);
	if (!client->full)
		rv = present_send(call, client->endpoint, present);
	client->full |= rv == WEFT_EFULL;
	client->lost += rv < 0;
}

void
chat_tell(struct weft_call *call, struct chat_client *client,
    const char *format, ...)
{
	char text[CHAT_LINE_MAX + 1];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (len < 0)
		return;
	if ((size_t)len > CHAT_LINE_MAX)
		len = (int)CHAT_LINE_MAX;
	chat_send(call, client, &(struct chat_line){ text, (size_t)len, 0 });
}

void
chat_client_drained(struct weft_call *call, struct chat_client *client)
{
	client->full = false;
	client_lost(call, client);
}
