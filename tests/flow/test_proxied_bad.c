/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_proxied_bad.c - who is no proxy, what is no PROXY header,
 * and what cannot be listened on.
 */
#include "flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow_client.h"
#include "proxied.h"
#include "ws_client.h"

START_TEST(who_is_no_proxy_is_refused)
{
	struct flow *flow =
	    node("tcp+varint://127.0.0.1:0?proxy=10.0.0.0/8,fd00::/8");
	struct flow_client *client = flow_client_new(&flow->bound[0]);
	const struct flow_line *line;

	(void)flow_read_end(client);
	flow_client_free(&client);
	line = flow_wait_log(flow, "IO-NO-PROXY");
	ck_assert_ptr_nonnull(strstr(line->text, "127.0.0.1:"));
	ck_assert_ptr_nonnull(strstr(line->text, "10.0.0.0/8,fd00::/8"));
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_refused_proxy), 1);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_endpoints_opened), 0);
	flow_end(&flow);
	ck_assert_uint_eq(nopened + nclosed, 0);
}
END_TEST

/* Lines that say that of the socket's address; under flow_lock(). */
static unsigned
lines_that_say(const struct flow *flow, const char *words)
{
	unsigned i, found = 0;

	for (i = 0; i < flow->nlines; i++)
		found += strcmp(flow->lines[i].id, "IO-PROXY") == 0 &&
		    strstr(flow->lines[i].text, "127.0.0.1:") != NULL &&
		    strstr(flow->lines[i].text, words) != NULL;
	return found;
}

/* Closed, counted and logged with these words, and nobody was told. */
static void
is_closed(struct flow *flow, const void *bytes, size_t len, unsigned nth,
    const char *words)
{
	struct flow_client *client = flow_client_new(&flow->bound[0]);

	flow_write(client, bytes, len);
	(void)flow_read_end(client);
	flow_client_free(&client);
	flow_wait_count(flow, WEFT_COUNTER_closed_proxy, nth);
	flow_wait_count(flow, WEFT_COUNTER_endpoints_closed, nth);
	FLOW_WAIT(lines_that_say(flow, words) == 1, words);
}

#define IS_CLOSED(text, nth, words)                                           \
	is_closed(flow, text, sizeof(text) - 1, nth, words)

START_TEST(what_is_no_header_is_closed)
{
	struct flow *flow = node("tcp+varint://127.0.0.1:0" PROXY);
	struct flow_client *client;

	IS_CLOSED("\5hello", 1, "expected \"PROXY \"");
	IS_CLOSED("PROXY TCP4 192.0.2.1 203.0.113.7 56324\r\n\5hello", 2,
	    "expected two addresses");
	IS_CLOSED(SIGNATURE "\x31", 3, "expected version 2");
	client = SAYS(flow, V4);
	hears(&client, "192.0.2.1:56324 203.0.113.7:443");
	flow_end(&flow);
	ck_assert_uint_eq(nopened, 1);
	ck_assert_uint_eq(nclosed, 1);
}
END_TEST

START_TEST(who_ends_in_it_is_forgotten)
{
	struct flow *flow = node("tcp+varint://127.0.0.1:0" PROXY);
	struct flow_client *client;
	unsigned i;

	for (i = 1; i <= 3; i++) {
		client = flow_client_new(&flow->bound[0]);
		flow_write(client, V4, 20 * (i - 1));
		flow_wait_count(flow, WEFT_COUNTER_endpoints_opened, i);
		flow_wait_count(
		    flow, WEFT_COUNTER_bytes_in, i == 3 ? 60 : 20 * (i - 1));
		if (i == 2)
			flow_client_reset(&client);
		else
			flow_client_free(&client);
		flow_wait_count(flow, WEFT_COUNTER_endpoints_closed, i);
	}
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_closed_proxy), 3);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_endpoints_now), 0);
	flow_end(&flow);
	ck_assert_uint_eq(nopened + nclosed, 0);
}
END_TEST

/* The same time for both, whoever is slow. */
START_TEST(who_is_slow_with_it_is_closed)
{
	struct flow *flow = node("ws://127.0.0.1:0" PROXY "&handshake=1s");
	struct flow_client *slow, *slower;
	const struct flow_line *line;

	slow = flow_client_new(&flow->bound[0]);
	flow_write(slow, V4, sizeof(V4) - 2);
	(void)flow_read_end(slow);
	line = flow_wait_log(flow, "IO-PROXY");
	ck_assert_ptr_nonnull(strstr(line->text, "in time"));
	ck_assert_ptr_nonnull(strstr(line->text, "127.0.0.1:"));
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_closed_proxy), 1);
	/* The header is there, and the request is not: that is the client's
	 * fault. */
	slower = flow_client_new(&flow->bound[0]);
	WRITE(slower, V4);
	(void)flow_read_end(slower);
	line = flow_wait_log(flow, "IO-HANDSHAKE");
	ck_assert_ptr_nonnull(strstr(line->text, "192.0.2.1:56324"));
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_closed_proxy), 1);
	flow_client_free(&slow);
	flow_client_free(&slower);
	flow_end(&flow);
	ck_assert_uint_eq(nopened + nclosed, 0);
}
END_TEST

/* A codec without a handshake: the deadline goes when the header is there. */
START_TEST(who_is_in_has_all_the_time)
{
	struct flow *flow =
	    node("tcp+varint://127.0.0.1:0" PROXY "&handshake=1s");
	struct flow_client *client = SAYS(flow, V4);

	flow_hear(client, "192.0.2.1:56324 203.0.113.7:443");
	flow_hear(client, "hello");
	flow_silent_for(client, 1000 + FLOW_WINDOW_MS); /* longer than that */
	flow_say(client, "hello");
	flow_hear(client, "hello");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(one_that_stops_waits_for_no_header)
{
	struct flow *flow = node("tcp+varint://127.0.0.1:0" PROXY);
	struct flow_client *client = flow_client_new(&flow->bound[0]);

	flow_write(client, V4, 10);
	flow_wait_count(flow, WEFT_COUNTER_bytes_in, 10);
	flow_end(&flow);
	(void)flow_read_end(client);
	flow_client_free(&client);
	ck_assert_uint_eq(nopened + nclosed, 0);
}
END_TEST

/* ---- what cannot be listened on */

static void
not_listened(struct flow *flow, const char *url, const char *words)
{
	struct weft_bound bound;
	struct weft_error err;

	ck_assert_int_eq(
	    weft_node_listen(flow->node, url, "teller", &bound, &err),
	    WEFT_EURL);
	ck_assert_msg(strstr(err.text, words) != NULL, "%s", err.text);
}

START_TEST(who_shares_a_port_has_the_same_proxies)
{
	struct flow *flow = node("ws://127.0.0.1:0/a" PROXY);
	int port = atoi(strrchr(flow->bound[0].url, ':') + 1);
	struct weft_bound bound;
	struct weft_error err;
	struct flow_client *client;
	char url[128];

	(void)snprintf(url, sizeof(url), "ws://127.0.0.1:%d/b", port);
	not_listened(flow, url, "expected the same proxy=");
	(void)snprintf(
	    url, sizeof(url), "ws+text://127.0.0.1:%d/b%s", port, PROXY);
	ck_assert_int_eq(
	    weft_node_listen(flow->node, url, "teller", &bound, &err),
	    WEFT_OK);
	client = flow_client_new(&flow->bound[0]);
	WRITE(client, V4);
	ws_open(client, "/b");
	ws_hear(client, WS_FIN | WS_TEXT, "192.0.2.1:56324 203.0.113.7:443");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(a_list_that_lets_nobody_in_is_refused)
{
	struct flow *flow = node("tcp+varint://127.0.0.1:0");

	not_listened(flow, "tcp://127.0.0.1:0?proxy=unix",
	    "proxy: expected a network among them");
	not_listened(flow, "unix://@weft-nobody?proxy=10.0.0.0/8",
	    "proxy: expected unix among them");
	not_listened(flow, "tcp://127.0.0.1:0?proxy=10.0.0.1/8",
	    "expected proxy: networks, addresses, unix, as "
	    "10.0.0.0/8,fd00::1, found \"10.0.0.1/8\"");
	not_listened(flow, "tcp://127.0.0.1:0?proxy=", "expected proxy: ");
	not_listened(
	    flow, "udp://127.0.0.1:0?proxy=10.0.0.0/8", "tcp, unix (listen)");
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("proxied_bad", who_is_no_proxy_is_refused,
    what_is_no_header_is_closed, who_ends_in_it_is_forgotten,
    who_is_slow_with_it_is_closed, who_is_in_has_all_the_time,
    one_that_stops_waits_for_no_header, who_shares_a_port_has_the_same_proxies,
    a_list_that_lets_nobody_in_is_refused)
