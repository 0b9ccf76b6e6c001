/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_quarantine.c - messages that no handler is given: bytes,
 * values, requests, replies and HTTP; caught, counted, said, released.  And
 * bytes that no codec is given.
 */
#include "flow.h"

#include <errno.h>
#include <string.h>

#include "../unit/some_types.h"
#include "flow_client.h"
#include "flow_values.h"
#include "handoff/quarantine.h"
#include "http_client.h"
#include "rpc_wire.h"

/* Under flow_lock(). */
static unsigned nrun;    /* handlers called */
static unsigned ncaught; /* the callback was */
static uint64_t caught;  /* with this */
static int answer;       /* that it gives */
static enum weft_reason why = WEFT_REASON_PEER;
static unsigned nclosed;

static void
note_run(void)
{
	flow_lock();
	nrun++;
	flow_notify();
	flow_unlock();
}

static void
message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	note_run();
	(void)weft_send(call, from, msg);
}

static void
closed(struct weft_call *call, weft_endpoint from, enum weft_reason reason)
{
	(void)call;
	(void)from;
	flow_lock();
	why = reason;
	nclosed++;
	flow_notify();
	flow_unlock();
}

static void
on_point(struct weft_call *call, weft_endpoint from, const struct point *point)
{
	(void)call;
	(void)from;
	(void)point;
	note_run();
}

static void
route(struct weft_call *call, const struct weft_http_request *request,
    struct weft_bytes body)
{
	const struct weft_http_response response = { .body = body };

	(void)request;
	note_run();
	(void)weft_http_respond(call, NULL, &response);
}

static const struct weft_on receives[] = { WEFT_ON(point, on_point),
	WEFT_ON_END };
static const struct weft_route routes[] = { WEFT_ROUTE("POST", "/", route),
	WEFT_ROUTE_END };
static const struct weft_plugin plugin =
    WEFT_PLUGIN_INIT(.name = "noted", .message = message, .closed = closed,
	.receives = receives, .routes = routes);

static int
on_caught(void *arg, uint64_t hash, weft_endpoint from, struct weft_bytes msg)
{
	int rv;

	ck_assert_ptr_eq(arg, &caught);
	ck_assert_uint_ne(from.id, 0);
	ck_assert_uint_gt(msg.len, 0);
	flow_lock();
	ncaught++;
	caught = hash;
	rv = answer;
	flow_notify();
	flow_unlock();
	return rv;
}

static const uint8_t key[16] = "sixteen bytes!!";

static uint64_t
hash_of(const void *data, size_t len)
{
	struct wi_quarantine quarantine = { .count = 0 };

	memcpy(quarantine.key.words, key, sizeof(key));
	return wi_quarantine_hash(
	    &quarantine, (struct weft_bytes){ data, len });
}

/* Of a message that is sent as varint, and of no other with it. */
static uint64_t
hash_of_bytes(const char *codec, const char *text)
{
	struct wi_quarantine quarantine = { .count = 0 };
	uint8_t bytes[64];
	size_t len = flow_head(bytes, strlen(text));

	memcpy(bytes + len, text, strlen(text));
	memcpy(quarantine.key.words, key, sizeof(key));
	return wi_quarantine_hash_bytes(&quarantine, codec,
	    (struct weft_bytes){ bytes, len + strlen(text) });
}

static struct weft_node *node;
static struct weft_bound bound;

static void
start(const char *url)
{
	struct weft_options options = WEFT_OPTIONS_INIT;

	options.workers = 2;
	ck_assert_int_eq(weft_node_new(&node, &options, NULL), WEFT_OK);
	ck_assert_int_eq(weft_node_add(node, &plugin, NULL, NULL), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_listen(node, url, "noted", &bound, NULL), WEFT_OK);
	weft_node_quarantine_begin(node, key, on_caught, &caught);
	ck_assert_int_eq(weft_node_start(node, NULL), WEFT_OK);
}

static void
end(void)
{
	weft_node_stop(node);
	ck_assert_int_eq(weft_node_join(node, NULL), WEFT_OK);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}

/* What it must come to: nothing was run, and the sender is closed for it. */
static void
is_caught(struct flow_client **client, uint64_t hash, unsigned run)
{
	FLOW_WAIT(nclosed == 1, "the sender to be closed");
	flow_lock();
	ck_assert_int_eq(why, WEFT_REASON_QUARANTINED);
	ck_assert_uint_eq(nrun, run);
	ck_assert_uint_eq(ncaught, 1);
	ck_assert_uint_eq(caught, hash);
	flow_unlock();
	ck_assert_uint_eq(
	    weft_node_counter(node, WEFT_COUNTER_messages_quarantined), 1);
	flow_client_free(client);
}

START_TEST(message_is_not_run_and_its_sender_is_closed)
{
	struct flow_client *client, *other;
	const uint64_t hash = hash_of("poison", 6);

	start(FLOW_VARINT);
	other = flow_client_new(&bound);
	client = flow_client_new(&bound);
	/* The fixture gets as far as the handler. */
	flow_say(client, "poison");
	flow_hear(client, "poison");
	ck_assert_int_eq(weft_node_quarantine(node, hash), WEFT_OK);
	ck_assert_int_eq(weft_node_quarantine(node, hash), WEFT_OK);
	flow_say(client, "poisom");
	flow_hear(client, "poisom");
	flow_say(client, "poison");
	is_caught(&client, hash, 2);
	flow_say(other, "fine");
	flow_hear(other, "fine");

	ck_assert_int_eq(weft_node_quarantine_release(node, hash), WEFT_OK);
	ck_assert_int_eq(weft_node_quarantine_release(node, hash), -ENOENT);
	flow_say(other, "poison");
	flow_hear(other, "poison");
	flow_client_free(&other);
	end();
}
END_TEST

START_TEST(callback_may_release_it)
{
	struct flow_client *client;

	start(FLOW_VARINT);
	answer = 1;
	ck_assert_int_eq(
	    weft_node_quarantine(node, hash_of("poison", 6)), WEFT_OK);
	client = flow_client_new(&bound);
	flow_say(client, "poison");
	flow_hear(client, "poison");
	flow_say(client, "poison");
	flow_hear(client, "poison");
	ck_assert_uint_eq(ncaught, 1);
	ck_assert_int_eq(
	    weft_node_quarantine_release(node, hash_of("poison", 6)), -ENOENT);
	flow_client_free(&client);
	end();
}
END_TEST

START_TEST(value_is_caught_before_its_type)
{
	const struct point point = { 1, 2 }, other = { 3, 4 };
	struct flow_client *client;
	uint8_t image[256];
	struct weft_bytes msg = { image, 0 };

	start("tcp+tpl://127.0.0.1:0");
	ck_assert_int_eq(
	    weft_pack(&point_type, &point, image, sizeof(image), &msg.len),
	    WEFT_OK);
	ck_assert_int_eq(
	    weft_node_quarantine(node, hash_of(image, msg.len)), WEFT_OK);
	client = flow_client_new(&bound);
	flow_write_value(client, &point_type, &other);
	FLOW_WAIT(nrun == 1, "the other value to be run");
	flow_write_value(client, &point_type, &point);
	is_caught(&client, hash_of(image, msg.len), 1);
	end();
}
END_TEST

START_TEST(request_of_http_is_caught)
{
	static const char text[] =
	    "POST / HTTP/1.1\r\n" HTTP_HOST "Content-Length: 6\r\n\r\npoison";
	const uint64_t hash = hash_of(text, sizeof(text) - 1);
	struct flow_client *client;
	char head[1024], body[5];

	start(HTTP_URL);
	ck_assert_int_eq(weft_node_quarantine(node, hash), WEFT_OK);
	client = flow_client_new(&bound);
	http_post(client, "/", "tonic");
	ck_assert_uint_eq(http_head(client, head, sizeof(head)), 200);
	flow_read(client, body, sizeof(body));
	http_write(client, text);
	is_caught(&client, hash, 1);
	end();
}
END_TEST

/* By its payload: the id of a request is another each time. */
START_TEST(request_is_caught_whatever_its_id)
{
	struct flow_client *client;

	start("tcp+rpc://127.0.0.1:0");
	ck_assert_int_eq(
	    weft_node_quarantine(node, hash_of("poison", 6)), WEFT_OK);
	client = flow_client_new(&bound);
	rpc_say(client, RPC_MESSAGE, 0, "fine");
	(void)rpc_hear(client, RPC_MESSAGE, "fine");
	rpc_say(client, RPC_REQUEST, 12345, "poison");
	is_caught(&client, hash_of("poison", 6), 1);
	end();
}
END_TEST

START_TEST(list_is_bounded)
{
	start(FLOW_VARINT);
	for (uint64_t hash = 1; hash <= WI_QUARANTINE_MAX; hash++)
		ck_assert_int_eq(weft_node_quarantine(node, hash), WEFT_OK);
	ck_assert_int_eq(weft_node_quarantine(node, 1000), WEFT_EFULL);
	ck_assert_int_eq(weft_node_quarantine(node, 7), WEFT_OK);
	ck_assert_int_eq(weft_node_quarantine_release(node, 7), WEFT_OK);
	ck_assert_int_eq(weft_node_quarantine(node, 1000), WEFT_OK);
	end();
}
END_TEST

START_TEST(bytes_are_not_given_to_the_codec)
{
	const uint64_t hash = hash_of_bytes("varint", "poison");
	struct flow_client *client, *other;

	start(FLOW_VARINT);
	/* Of another codec, and as a message, it is another thing. */
	ck_assert_uint_ne(hash, hash_of_bytes("u16", "poison"));
	ck_assert_uint_ne(hash, hash_of("\6poison", 7));
	ck_assert_int_eq(
	    weft_node_quarantine(node, hash_of_bytes("u16", "poison")),
	    WEFT_OK);
	ck_assert_int_eq(
	    weft_node_quarantine(node, hash_of("\6poison", 7)), WEFT_OK);
	client = flow_client_new(&bound);
	other = flow_client_new(&bound);
	flow_say(client, "poison");
	flow_hear(client, "poison");
	ck_assert_int_eq(weft_node_quarantine(node, hash), WEFT_OK);
	flow_say(client, "poisom");
	flow_hear(client, "poisom");
	flow_say(client, "poison");
	is_caught(&client, hash, 2);
	flow_say(other, "fine");
	flow_hear(other, "fine");
	/* Taken off by the callback: it is given to the codec. */
	flow_lock();
	answer = 1;
	flow_unlock();
	flow_say(other, "poison");
	flow_hear(other, "poison");
	ck_assert_int_eq(weft_node_quarantine_release(node, hash), -ENOENT);
	flow_client_free(&other);
	end();
}
END_TEST

/* One of them is put on the list and taken off while all are sent. */
START_TEST(list_changes_while_messages_come)
{
	const uint64_t hash = hash_of("never", 5);
	struct flow_client *client;

	start(FLOW_VARINT);
	client = flow_client_new(&bound);
	for (unsigned i = 0; i < 500; i++) {
		flow_say(client, "fine");
		ck_assert_int_eq(weft_node_quarantine(node, hash), WEFT_OK);
		flow_say(client, "good");
		flow_hear(client, "fine");
		ck_assert_int_eq(
		    weft_node_quarantine_release(node, hash), WEFT_OK);
		flow_hear(client, "good");
	}
	flow_client_free(&client);
	end();
}
END_TEST

FLOW_MAIN("quarantine", message_is_not_run_and_its_sender_is_closed,
    callback_may_release_it, value_is_caught_before_its_type,
    request_of_http_is_caught, request_is_caught_whatever_its_id,
    list_is_bounded, bytes_are_not_given_to_the_codec,
    list_changes_while_messages_come)
