/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/chat_client.h - what the tests of plugins/chat share: the plugin
 * as it ships in a node, and clients that say lines and hear exact ones.
 */
#ifndef TESTS_CHAT_CLIENT_H
#define TESTS_CHAT_CLIENT_H

#include <stdio.h>
#include <string.h>

#include "flow.h"
#include "flow_client.h"

#define CHAT_TEST_LINE 1100u /* [bytes] no line is longer */

/* chat_start() - a node with the plugin; flow->bound[1] is its listener.
 * options: "?history=3", or "".  chat_begin() - with the default options of
 * the node. */
static inline void
chat_start(struct flow *flow, const char *options)
{
	struct weft_error err;
	char what[64];
	int rv;

	(void)snprintf(
	    what, sizeof(what), "plugins/chat/.libs/chat.so%s", options);
	flow->load = what;
	/* flow_start() wants a plugin of its own. */
	flow_start(flow, FLOW_VARINT, &flow_echo);
	flow->load = NULL;
	rv = weft_node_listen(flow->node, "tcp+line://127.0.0.1:0", "chat",
	    &flow->bound[1], &err);
	ck_assert_msg(rv == WEFT_OK, "weft_node_listen: %s", err.text);
}

static inline struct flow *
chat_begin(const char *options)
{
	struct flow *flow = flow_new();

	chat_start(flow, options);
	return flow;
}

/* chat_line() - the next line, which is at most CHAT_TEST_LINE - 1 long. */
static inline void
chat_line(struct flow_client *client, char *line)
{
	size_t len = 0;

	/* ck_assert() for each byte would take longer than all the rest. */
	for (flow_read(client, line, 1); line[len] != '\n';
	     flow_read(client, &line[len], 1))
		if (++len == CHAT_TEST_LINE)
			ck_abort_msg("expected a line, found a longer one");
	line[len] = '\0';
}

static inline void
chat_hear(struct flow_client *client, const char *expected)
{
	char line[CHAT_TEST_LINE];

	chat_line(client, line);
	ck_assert_str_eq(line, expected);
}

/* chat_say() - one line, in one write; it may hold others. */
static inline void
chat_say(struct flow_client *client, const char *text)
{
	char line[CHAT_TEST_LINE];
	int len = snprintf(line, sizeof(line), "%s\n", text);

	ck_assert_int_lt(len, (int)sizeof(line));
	flow_write(client, line, (size_t)len);
}

static inline struct flow_client *
chat_greeted(struct flow_client *client)
{
	chat_hear(
	    client, "* you are guest: try /nick NAME, /join ROOM, /help");
	return client;
}

static inline struct flow_client *
chat_new(struct flow *flow)
{
	return chat_greeted(flow_client_new(&flow->bound[1]));
}

/* chat_small() - one with a small receive buffer. */
static inline struct flow_client *
chat_small(struct flow *flow)
{
	return chat_greeted(flow_client_new_small(&flow->bound[1]));
}

static inline struct flow_client *
chat_named(struct flow *flow, const char *nick)
{
	struct flow_client *client = chat_new(flow);
	char line[CHAT_TEST_LINE];

	(void)snprintf(line, sizeof(line), "/nick %s", nick);
	chat_say(client, line);
	(void)snprintf(line, sizeof(line), "* guest is now %s", nick);
	chat_hear(client, line);
	return client;
}

/* chat_in() - in a room where nothing is remembered.  who: what it is told. */
static inline struct flow_client *
chat_in(struct flow *flow, const char *nick, const char *room, const char *who)
{
	struct flow_client *client = chat_named(flow, nick);
	char line[CHAT_TEST_LINE];

	(void)snprintf(line, sizeof(line), "/join %s", room);
	chat_say(client, line);
	chat_hear(client, who);
	return client;
}

/* chat_wait_rooms() - until there are so many. */
static inline void
chat_wait_rooms(struct flow *flow, uint64_t rooms)
{
	FLOW_WAIT(
	    weft_node_counter(flow->node, WEFT_COUNTER_strands_now) == rooms,
	    "rooms to begin or to end");
}

#endif
