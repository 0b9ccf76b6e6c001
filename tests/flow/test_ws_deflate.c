/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_ws_deflate.c - permessage-deflate (RFC 7692) through a whole
 * node, as a client of another make sees it: what comes back, what is shared,
 * what ends the connection.
 */
#include "flow.h"

#include <stdlib.h>
#include <string.h>

#include "ws_small.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define WS "ws://127.0.0.1:0/"
#define TEXT (WS_FIN | WS_TEXT)
#define SMALL_TEXT (WS_FIN | WS_TEXT | WS_SMALL)
#define SMALL_BINARY (WS_FIN | WS_BINARY | WS_SMALL)

static struct {
	unsigned nmessages, nclosed;
	enum weft_reason why;
} seen; /* under flow_lock() */

/* Echo, text as text.  "publish ...": to all, what stands behind it. */
static void
on_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	flow_lock();
	seen.nmessages++;
	flow_notify();
	flow_unlock();
	if (msg.len > 8 && memcmp(msg.data, "publish ", 8) == 0) {
		ck_assert_int_eq(
		    weft_publish(call, "all",
			(struct weft_bytes){
			    (const char *)msg.data + 8, msg.len - 8 }),
		    WEFT_OK);
		return;
	}
	ck_assert_int_eq(weft_call_is_text(call) ?
		weft_send_text(call, from, msg) :
		weft_send(call, from, msg),
	    WEFT_OK);
}

static void
on_opened(struct weft_call *call, weft_endpoint from)
{
	ck_assert_int_eq(weft_subscribe(call, from, "all"), WEFT_OK);
}

static void
on_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	(void)call;
	(void)from;
	flow_lock();
	seen.nclosed++;
	seen.why = why;
	flow_notify();
	flow_unlock();
}

static const struct weft_plugin plugin = WEFT_PLUGIN_INIT(.name = "small",
    .opened = on_opened, .message = on_message, .closed = on_closed);

START_TEST(what_shrinks_goes_and_comes_smaller)
{
	static const size_t lens[] = { 128, 1000, 30000 };
	struct flow *flow = flow_new();
	struct flow_client *client;
	struct ws_small small;
	char text[30000];
	size_t i;

	flow_start(flow, WS "?deflate=yes", &plugin);
	client = ws_small_open(&flow->bound[0], "/", WS_OFFER "\r\n",
	    "permessage-deflate; server_no_context_takeover; "
	    "client_no_context_takeover\r\n");
	ws_small_init(&small, true);
	for (i = 0; i < COUNT(lens); i++) {
		ws_small_text(text, lens[i], (unsigned)i);
		ws_small_send(client, &small, TEXT, text, lens[i]);
		ws_small_hear(client, &small, SMALL_TEXT, text, lens[i]);
		ws_small_send(
		    client, &small, WS_FIN | WS_BINARY, text, lens[i]);
		ws_small_hear(client, &small, SMALL_BINARY, text, lens[i]);
		/* Either side may leave one as it is. */
		ws_send(client, TEXT, text, lens[i]);
		ws_small_hear(client, &small, SMALL_TEXT, text, lens[i]);
	}
	ws_small_send(client, &small, TEXT, "short", 5);
	ws_small_hear(client, &small, TEXT, "short", 5);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_messages_inflated),
	    2 * COUNT(lens) + 1);
	ws_small_fini(&small);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* In fragments, with a ping between. */
START_TEST(fragments_are_inflated_as_one)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	struct ws_small small;
	char text[3000];
	uint8_t made[3000];
	size_t n;

	flow_start(flow, WS "?deflate=yes", &plugin);
	client = ws_small_open(
	    &flow->bound[0], "/", WS_OFFER "\r\n", "permessage-deflate");
	ws_small_init(&small, true);
	ws_small_text(text, sizeof(text), 1);
	n = ws_small_make(&small, text, sizeof(text), made, sizeof(made));
	ck_assert_uint_gt(n, 20);
	ws_send(client, WS_TEXT | WS_SMALL, made, 1);
	ws_send(client, WS_FIN | WS_PING, "?", 1);
	ws_send(client, 0, made + 1, 10);
	ws_send(client, WS_FIN, made + 11, n - 11);
	ws_hear(client, WS_FIN | WS_PONG, "?");
	ws_small_hear(client, &small, SMALL_TEXT, text, sizeof(text));
	ws_small_fini(&small);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

static void
takes_over(const char *url, const char *offer, const char *answer, int bits)
{
	struct flow *flow = flow_new();
	struct flow_client *clients[4];
	struct ws_small smalls[4];
	char text[2000];
	unsigned i, j;

	flow_start(flow, url, &plugin);
	for (i = 0; i < 4; i++) {
		clients[i] =
		    ws_small_open(&flow->bound[0], "/", offer, answer);
		ws_small_init(&smalls[i], false);
		(void)deflateEnd(&smalls[i].out);
		ck_assert_int_eq(
		    deflateInit2(&smalls[i].out, 6, Z_DEFLATED, -bits, 8, 0),
		    Z_OK);
	}
	/* Many on their way at a time, for two workers. */
	for (j = 0; j < 300; j++)
		for (i = 0; i < 4; i++)
			ws_small_send(clients[i], &smalls[i], TEXT,
			    ws_small_text(text, 200 + j, i * j % 7), 200 + j);
	for (j = 0; j < 300; j++)
		for (i = 0; i < 4; i++)
			ws_small_hear(clients[i], &smalls[i], SMALL_TEXT,
			    ws_small_text(text, 200 + j, i * j % 7), 200 + j);
	for (i = 0; i < 4; i++) {
		ws_small_fini(&smalls[i]);
		flow_client_free(&clients[i]);
	}
	FLOW_WAIT(seen.nclosed == 4, "closed()");
	flow_end(&flow);
}

START_TEST(messages_may_refer_to_those_before_them)
{
	takes_over(WS "?deflate=takeover", WS_OFFER "\r\n",
	    "context_takeover\r\n", 15);
}
END_TEST

START_TEST(the_window_is_what_was_agreed_on)
{
	takes_over(WS "?deflate=takeover&deflate_bits=10",
	    WS_OFFER "; client_max_window_bits\r\n",
	    "; client_max_window_bits=10\r\n", 10);
}
END_TEST

/* ---- values */

#define note_MEMBERS(M) M(str, text)
WEFT_TYPE(note);

/* What is unpacked lies in the same arena as what was inflated. */
static void
on_note(struct weft_call *call, weft_endpoint from, const struct note *note)
{
	ck_assert_uint_eq(strlen(note->text), 999);
	ck_assert_int_eq(note_send(call, from, note), WEFT_OK);
}

START_TEST(values_are_inflated_before_they_are_unpacked)
{
	static const struct weft_on on[] = { WEFT_ON(note, on_note),
		WEFT_ON_END };
	const struct weft_plugin notes =
	    WEFT_PLUGIN_INIT(.name = "notes", .receives = on);
	struct flow *flow = flow_new();
	struct flow_client *client;
	struct ws_small small;
	char text[1000], image[2000];
	struct note note = { text };
	size_t len;

	flow_start(flow, WS "?deflate=yes", &notes);
	client = ws_small_open(
	    &flow->bound[0], "/", WS_OFFER "\r\n", "permessage-deflate");
	ws_small_init(&small, true);
	ws_small_text(text, 999, 1);
	text[999] = '\0';
	ck_assert_int_eq(
	    weft_pack(&note_type, &note, image, sizeof(image), &len), WEFT_OK);
	ws_small_send(client, &small, WS_FIN | WS_BINARY, image, len);
	ws_small_hear(client, &small, SMALL_BINARY, image, len);
	ws_small_fini(&small);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* Listeners of one port, each with its options. */
START_TEST(each_path_agrees_by_itself)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	struct weft_error err;
	char answer[1024], url[256];
	size_t n;

	flow_start(flow, "ws://127.0.0.1:0/a?deflate=takeover", &plugin);
	(void)snprintf(url, sizeof(url), "%s", flow->bound[0].url);
	n = strlen(url);
	ck_assert_int_eq(url[n - 1], 'a');
	url[n - 1] = 'b';
	ck_assert_msg(
	    weft_node_listen(flow->node, url, "small", NULL, &err) == WEFT_OK,
	    "%s", err.text);
	client = flow_client_new(&flow->bound[0]);
	ws_ask(client, "/b", WS_OFFER "\r\n");
	ck_assert_uint_eq(ws_answer(client, answer, sizeof(answer)), 101);
	ck_assert_ptr_null(strstr(answer, "deflate"));
	flow_client_free(&client);
	client = ws_small_open(
	    &flow->bound[0], "/a", WS_OFFER "\r\n", "permessage-deflate");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* ---- what ends it */

/* A message of zeros, len of them, to a listener of max_message. */
static struct flow_client *
bomb(struct flow **flow, size_t len, const char *max_message)
{
	static uint8_t out[65535];
	uint8_t *zeros = calloc(1, len);
	struct flow_client *client;
	struct ws_small small;
	char url[80];

	*flow = flow_new();
	(void)snprintf(
	    url, sizeof(url), WS "?deflate=yes&max_message=%s", max_message);
	flow_start(*flow, url, &plugin);
	client = ws_small_open(
	    &(*flow)->bound[0], "/", WS_OFFER "\r\n", "permessage-deflate");
	ws_small_init(&small, true);
	ws_send(client, SMALL_BINARY, out,
	    ws_small_make(&small, zeros, len, out, sizeof(out)));
	ws_small_fini(&small);
	free(zeros);
	return client;
}

START_TEST(a_message_may_become_as_long_as_max_message)
{
	static uint8_t zeros[1u << 20];
	struct ws_small small;
	struct flow *flow;
	struct flow_client *client = bomb(&flow, sizeof(zeros), "1M");

	ws_small_init(&small, true);
	ws_small_hear(client, &small, SMALL_BINARY, zeros, sizeof(zeros));
	ws_small_fini(&small);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(a_bomb_ends_its_connection_with_1009)
{
	struct flow *flow;
	struct flow_client *client = bomb(&flow, (1u << 20) + 1, "1M");

	ws_hear_close(client, 1009, "");
	FLOW_WAIT(seen.nclosed == 1, "closed()");
	ck_assert_int_eq(seen.why, WEFT_REASON_TOOBIG);
	ck_assert_uint_eq(seen.nmessages, 0);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_closed_toobig), 1);
	(void)flow_wait_log(flow, "IO-MESSAGE-TOOBIG");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* What comes before it is answered, what comes behind it is not. */
static void
is_wrong(unsigned first, const void *frame, size_t len, const char *says)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	struct ws_small small;
	uint8_t all[512];
	char text[150];
	uint8_t made[200];
	size_t n, m;

	flow_start(flow, WS "?deflate=yes", &plugin);
	client = ws_small_open(
	    &flow->bound[0], "/", WS_OFFER "\r\n", "permessage-deflate");
	ws_small_init(&small, true);
	ws_small_text(text, sizeof(text), 1);
	m = ws_small_make(&small, text, sizeof(text), made, sizeof(made));
	n = ws_frame(all, SMALL_TEXT, made, m);
	n += ws_frame(all + n, first, frame, len);
	n += ws_frame(all + n, SMALL_TEXT, made, m);
	flow_write(client, all, n);
	ws_small_hear(client, &small, SMALL_TEXT, text, sizeof(text));
	ws_hear_close(client, 1007, "");
	FLOW_WAIT(seen.nclosed == 1, "closed()");
	ck_assert_int_eq(seen.why, WEFT_REASON_MALFORMED);
	ck_assert_uint_eq(seen.nmessages, 1);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_closed_malformed), 1);
	ck_assert_ptr_nonnull(
	    strstr(flow_wait_log(flow, "IO-MALFORMED")->text, says));
	ws_small_fini(&small);
	flow_client_free(&client);
	flow_end(&flow);
}

START_TEST(what_is_no_deflate_ends_its_connection_with_1007)
{
	is_wrong(SMALL_BINARY, "\xff\xff\xff", 3, "RFC 7692, 7.2.2");
}
END_TEST

START_TEST(what_is_cut_off_ends_its_connection_with_1007)
{
	is_wrong(SMALL_BINARY, "\xf2\x48\xcd", 3, "RFC 7692, 7.2.2");
}
END_TEST

START_TEST(text_that_is_not_utf8_when_inflated_ends_it_with_1007)
{
	/* A block that is not compressed: the bytes c3 28. */
	is_wrong(SMALL_TEXT, "\x00\x02\x00\xfd\xff\xc3\x28\x00", 8, "UTF-8");
}
END_TEST

START_TEST(the_same_as_binary_is_no_fault)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow_start(flow, WS "?deflate=yes", &plugin);
	client = ws_small_open(
	    &flow->bound[0], "/", WS_OFFER "\r\n", "permessage-deflate");
	ws_send(client, SMALL_BINARY, "\x00\x02\x00\xfd\xff\xc3\x28\x00", 8);
	ws_hear(client, WS_FIN | WS_BINARY, "\xc3\x28");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* Under takeover a message that is dropped would be missed. */
START_TEST(takeover_is_not_for_listeners_with_a_deadline)
{
	struct flow *flow = flow_new();
	struct weft_error err;

	flow_start(flow, WS, &plugin);
	ck_assert_int_eq(weft_node_listen(flow->node,
			     "ws://127.0.0.1:0/b?deflate=takeover&deadline=1s",
			     "small", NULL, &err),
	    WEFT_EURL);
	ck_assert_msg(strstr(err.text, "deflate: expected yes or no") != NULL,
	    "%s", err.text);
	ck_assert_int_eq(weft_node_listen(flow->node,
			     "ws://127.0.0.1:0/b?deflate=yes&deadline=1s",
			     "small", NULL, &err),
	    WEFT_OK);
	flow_end(&flow);
}
END_TEST

/* ---- publishing */

START_TEST(a_publish_is_made_smaller_once_for_each_set)
{
	static const char *const offers[] = { WS_OFFER "\r\n", WS_OFFER "\r\n",
		WS_OFFER "\r\n", WS_OFFER "; server_max_window_bits=10\r\n",
		WS_OFFER "; server_max_window_bits=9\r\n", "" };
	struct flow_client *clients[COUNT(offers)];
	uint8_t frames[COUNT(offers)][2100];
	size_t lens[COUNT(offers)], i;
	struct flow *flow = flow_new();
	struct ws_small small;
	char text[2008], found[2001];

	flow_start(flow, WS "?deflate=yes", &plugin);
	ws_small_init(&small, true);
	for (i = 0; i < COUNT(offers); i++)
		clients[i] = ws_small_open(&flow->bound[0], "/", offers[i],
		    offers[i][0] == '\0' ? "101" : "permessage-deflate");
	flow_wait_count(flow, WEFT_COUNTER_subscriptions, COUNT(offers));
	memcpy(text, "publish ", 8);
	ws_small_text(text + 8, 2000, 3);
	ws_send(clients[0], TEXT, text, sizeof(text));
	for (i = 0; i < COUNT(offers); i++)
		ck_assert_uint_eq(ws_recv(clients[i], frames[i],
				      sizeof(frames[i]), &lens[i]),
		    i == 5 ? WS_FIN | WS_BINARY : SMALL_BINARY);
	for (i = 0; i < 5; i++)
		ck_assert_uint_eq(ws_small_read(&small, frames[i], lens[i],
				      found, sizeof(found)),
		    2000);
	ck_assert_uint_eq(lens[5], 2000);
	ck_assert_mem_eq(frames[5], text + 8, 2000);
	/* The same bytes for the same set. */
	ck_assert_uint_eq(lens[0], lens[2]);
	ck_assert_mem_eq(frames[0], frames[2], lens[0]);
	ck_assert_uint_eq(lens[3], lens[4]);
	ck_assert_mem_eq(frames[3], frames[4], lens[3]);
	ck_assert_uint_eq(
	    flow_count(flow, WEFT_COUNTER_publishes_deflated), 2);
	for (i = 0; i < COUNT(offers); i++)
		flow_client_free(&clients[i]);
	ws_small_fini(&small);
	flow_end(&flow);
}
END_TEST

START_TEST(nobody_pays_where_nobody_agreed)
{
	struct flow *flow = flow_new();
	struct flow_client *one, *other;
	char text[2008];
	uint8_t found[2100];
	size_t len;

	flow_start(flow, WS "?deflate=yes", &plugin);
	one = ws_small_open(
	    &flow->bound[0], "/", WS_OFFER "\r\n", "permessage-deflate");
	other = ws_small_open(&flow->bound[0], "/", "", "101");
	flow_wait_count(flow, WEFT_COUNTER_subscriptions, 2);
	/* The last that did is gone. */
	flow_client_free(&one);
	flow_wait_count(flow, WEFT_COUNTER_unsubscriptions, 1);
	memcpy(text, "publish ", 8);
	ws_small_text(text + 8, 2000, 3);
	ws_send(other, TEXT, text, sizeof(text));
	ck_assert_uint_eq(
	    ws_recv(other, found, sizeof(found), &len), WS_FIN | WS_BINARY);
	ck_assert_uint_eq(
	    flow_count(flow, WEFT_COUNTER_publishes_deflated), 0);
	flow_client_free(&other);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("ws_deflate", what_shrinks_goes_and_comes_smaller,
    fragments_are_inflated_as_one, messages_may_refer_to_those_before_them,
    the_window_is_what_was_agreed_on, each_path_agrees_by_itself,
    values_are_inflated_before_they_are_unpacked,
    a_message_may_become_as_long_as_max_message,
    a_bomb_ends_its_connection_with_1009,
    what_is_no_deflate_ends_its_connection_with_1007,
    what_is_cut_off_ends_its_connection_with_1007,
    text_that_is_not_utf8_when_inflated_ends_it_with_1007,
    the_same_as_binary_is_no_fault,
    takeover_is_not_for_listeners_with_a_deadline,
    a_publish_is_made_smaller_once_for_each_set,
    nobody_pays_where_nobody_agreed)
