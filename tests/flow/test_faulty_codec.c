/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_faulty_codec.c - a codec of a user's that does not keep its
 * word: what it costs, and that it costs nobody else.
 */
#include "flow.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "flow_client.h"

static void
expect_bytes(struct flow_client *client, const void *bytes, size_t len)
{
	uint8_t *found = malloc(len);

	ck_assert_ptr_nonnull(found);
	flow_read(client, found, len);
	ck_assert_mem_eq(found, bytes, len);
	free(found);
}

/* One byte is a message; some bytes bring it to say what cannot be. */
static int
liar_decode(void *state, uint8_t *data, size_t len, size_t max_message,
    struct weft_cut *cut)
{
	(void)state;
	cut->len = cut->used = 1;
	switch (data[0]) {
	case 'U': /* used more than there is */
		cut->used = len + 1;
		break;
	case 'Z': /* used nothing */
		cut->used = 0;
		break;
	case 'O': /* a message behind what was used */
		cut->offset = 1;
		break;
	case 'W': /* one whose end wraps around */
		cut->offset = 1;
		cut->len = SIZE_MAX;
		break;
	case 'S': /* skipped nothing */
		cut->used = 0;
		return WEFT_CUT_SKIP;
	case 'A': /* another answer */
		return 5;
	case 'B': /* a handshake is over that never was */
		return WEFT_CUT_OPEN;
	case 'L': /* more to say than there is room for */
		cut->answer = data;
		cut->answer_len = 1025;
		return WEFT_CUT_SKIP;
	case 'M': /* all that is there, however long */
		cut->len = cut->used = len;
		return len > max_message ? WEFT_CUT_MESSAGE : WEFT_CUT_MORE;
	case 'N': /* needs what does not even fit 32 bits */
		cut->need = (size_t)UINT32_MAX + 6;
		return WEFT_CUT_MORE;
	case '.': /* never has enough */
		return WEFT_CUT_MORE;
	}
	return WEFT_CUT_MESSAGE;
}

/* One byte too many for five, the most that is allowed for all others. */
static size_t
liar_encode_max(size_t len)
{
	return 8 * len + 1024 + (len == 5);
}

static size_t
liar_encode(uint8_t *out, const uint8_t *msg, size_t len, uint32_t flags)
{
	(void)flags;
	if (len > 0)
		memcpy(out, msg, len);
	return len;
}

/* It cannot even begin. */
static int
mute_begin(void *state, const struct weft_codec_place *place, uint8_t *out,
    size_t size, size_t *len)
{
	(void)state;
	(void)place;
	(void)out;
	(void)size;
	(void)len;
	return -EIO;
}

static int
liar_load(struct weft_load *load, void **state)
{
	static const struct weft_codec codec =
	    WEFT_CODEC_INIT(.name = "liar", .decode = liar_decode,
		.encode_max = liar_encode_max, .encode = liar_encode);
	static const struct weft_codec mute = WEFT_CODEC_INIT(.name = "mute",
	    .decode = liar_decode, .begin = mute_begin);
	int rv;

	(void)state;
	rv = weft_load_codec(load, &codec);
	return rv < 0 ? rv : weft_load_codec(load, &mute);
}

/* 'e' tries to send five bytes in both ways; all is sent back. */
static void
liar_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	static const struct weft_bytes five = { "12345", 5 };
	struct weft_buffer *buf, *kept;

	if (*(const char *)msg.data == 'e') {
		ck_assert_int_eq(weft_send(call, from, five), WEFT_ETOOBIG);
		ck_assert_int_eq(weft_buffer_new(&buf, 5), WEFT_OK);
		kept = buf;
		ck_assert_int_eq(
		    weft_send_buffer(call, from, &buf), WEFT_ETOOBIG);
		ck_assert_ptr_eq(buf, kept);
		ck_assert_int_eq(weft_buffer_truncate(buf, 4), WEFT_OK);
		memcpy(weft_buffer_data(buf), "four", 4);
		ck_assert_int_eq(weft_send_buffer(call, from, &buf), WEFT_OK);
	}
	ck_assert_int_eq(weft_send(call, from, msg), WEFT_OK);
}

static enum weft_reason liar_why; /* under flow_lock() */
static unsigned liar_nclosed;

static void
liar_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	(void)call;
	(void)from;
	flow_lock();
	liar_why = why;
	liar_nclosed++;
	flow_notify();
	flow_unlock();
}

static const struct weft_plugin liar = WEFT_PLUGIN_INIT(.name = "liar",
    .load = liar_load, .message = liar_message, .closed = liar_closed);

static struct flow *
liar_start(void)
{
	struct flow *flow = flow_new();

	flow->options.max_message = 100;
	flow_start(flow, "tcp+liar://127.0.0.1:0", &liar);
	return flow;
}

/* A client that is served well sends the bytes, and is closed for them. */
static void
expect_closed(
    struct flow *flow, const char *bytes, size_t len, enum weft_reason why)
{
	struct flow_client *client = flow_client_new(&flow->bound[0]);
	unsigned before;

	flow_lock();
	before = liar_nclosed;
	flow_unlock();
	flow_write(client, "ok", 2);
	expect_bytes(client, "ok", 2);
	flow_write(client, bytes, len);
	(void)flow_read_end(client);
	FLOW_WAIT(liar_nclosed == before + 1, "closed()");
	ck_assert_int_eq(liar_why, why);
	flow_client_free(&client);
}

START_TEST(an_answer_that_cannot_be_costs_that_connection_only)
{
	struct flow *flow = liar_start();
	struct flow_client *other = flow_client_new(&flow->bound[0]);
	const struct flow_line *line;
	const char *c;
	unsigned n = 0;

	flow_write(other, "ok", 2);
	expect_bytes(other, "ok", 2);
	for (c = "UZOWSABL"; *c != '\0'; c++) {
		expect_closed(flow, c, 1, WEFT_REASON_MALFORMED);
		n++;
		ck_assert_uint_eq(
		    flow_count(flow, WEFT_COUNTER_closed_malformed), n);
	}
	line = flow_wait_log(flow, "CODEC-BROKEN");
	ck_assert_int_eq(line->level, WEFT_LOG_ERROR);
	ck_assert_str_eq(line->text,
	    "codec liar: expected decode() to use some of 1 bytes, found 1 "
	    "with offset 0, len 1, used 2");
	flow_write(other, "ok", 2);
	expect_bytes(other, "ok", 2);
	flow_client_free(&other);
	flow_end(&flow);
}
END_TEST

START_TEST(a_codec_that_forgets_the_bound_does_not_break_it)
{
	struct flow *flow = liar_start();
	struct flow_client *client;
	char bytes[2 * 100 + 1024 + 1];

	/* A message that is too long, and a need that can never be. */
	memset(bytes, 'M', sizeof(bytes));
	expect_closed(flow, bytes, 101, WEFT_REASON_TOOBIG);
	expect_closed(flow, "N", 1, WEFT_REASON_TOOBIG);

	/* All that may be kept of a message of 100 is; not one byte more. */
	memset(bytes, '.', sizeof(bytes));
	client = flow_client_new(&flow->bound[0]);
	flow_write(client, bytes, sizeof(bytes) - 1);
	flow_wait_count(flow, WEFT_COUNTER_bytes_in,
	    (2 + 101) + (2 + 1) + sizeof(bytes) - 1);
	flow_silent(client);
	flow_write(client, ".", 1);
	(void)flow_read_end(client);
	FLOW_WAIT(liar_nclosed == 3, "closed()");
	ck_assert_int_eq(liar_why, WEFT_REASON_TOOBIG);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_closed_toobig), 3);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(an_encode_max_above_the_contract_is_too_big_to_be_sent)
{
	struct flow *flow = liar_start();
	struct flow_client *client = flow_client_new(&flow->bound[0]);

	flow_write(client, "e", 1);
	expect_bytes(client, "foure", 5);
	flow_silent(client);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(one_that_cannot_begin_costs_its_client_only)
{
	struct flow *flow = liar_start();
	struct flow_client *client;
	struct weft_bound bound;
	struct weft_error err;
	unsigned idle, i;

	ck_assert_int_eq(weft_node_listen(flow->node, "tcp+mute://127.0.0.1:0",
			     "liar", &bound, &err),
	    WEFT_OK);
	FLOW_WAIT(flow_threads() >= 4, "the node to run");
	idle = flow_descriptors();
	for (i = 1; i <= 3; i++) {
		client = flow_client_new(&bound);
		(void)flow_read_end(client);
		flow_client_free(&client);
		flow_wait_count(flow, WEFT_COUNTER_handshakes_failed, i);
		flow_wait_count(flow, WEFT_COUNTER_endpoints_closed, i);
	}
	ck_assert_ptr_nonnull(
	    strstr(flow_wait_log(flow, "IO-HANDSHAKE")->text, "codec mute: "));
	FLOW_WAIT(flow_descriptors() == idle, "the sockets to close");
	client = flow_client_new(&flow->bound[0]);
	flow_write(client, "ok", 2);
	expect_bytes(client, "ok", 2);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("faulty_codec", one_that_cannot_begin_costs_its_client_only,
    an_answer_that_cannot_be_costs_that_connection_only,
    a_codec_that_forgets_the_bound_does_not_break_it,
    an_encode_max_above_the_contract_is_too_big_to_be_sent)
