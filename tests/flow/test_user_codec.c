/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_user_codec.c - codecs that a plugin brings, over real
 * connections: served by that plugin and by others, and sent in each way.
 *
 * tests/plugins/slip.so brings "slip" (RFC 1055, escapes) and "len8_a-z".
 */
#include "flow.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../plugins/slip.h"
#include "flow_client.h"
#include "witness.h"

#define SLIP "tcp+slip://127.0.0.1:0"
#define LEN8 "tcp+len8_a-z://127.0.0.1:0"

static const char *
fixture(const char *name)
{
	static char paths[2][PATH_MAX];
	static unsigned turn;
	const char *dir = getenv("WEFT_TEST_PLUGINS");
	char *path = paths[turn++ % 2];

	ck_assert_ptr_nonnull(dir);
	(void)snprintf(path, PATH_MAX, "%s/%s.so", dir, name);
	return path;
}

/* A node with slip.so, and a listener that another plugin serves. */
static struct flow *
slip_start(const char *url, const struct weft_plugin *plugin)
{
	struct flow *flow = flow_new();

	flow->load = fixture("slip");
	flow_start(flow, url, plugin);
	return flow;
}

static void
slip_listen(struct flow *flow, const char *url, const char *plugin,
    struct weft_bound *bound)
{
	struct weft_error err;
	int rv = weft_node_listen(flow->node, url, plugin, bound, &err);

	ck_assert_msg(rv == WEFT_OK, "%s", err.text);
}

static void
expect_bytes(struct flow_client *client, const void *bytes, size_t len)
{
	uint8_t *found = malloc(len);

	ck_assert_ptr_nonnull(found);
	flow_read(client, found, len);
	ck_assert_mem_eq(found, bytes, len);
	free(found);
}

START_TEST(another_plugins_listener_speaks_it_whole_and_byte_by_byte)
{
	static const char said[] = "a\xdb\xdc\xdb\xddz\xc0\xc0hello\xc0";
	static const char heard[] = "a\xdb\xdc\xdb\xddz\xc0hello\xc0";
	struct flow *flow = slip_start(SLIP, &flow_echo);
	struct flow_client *client = flow_client_new(&flow->bound[0]);
	size_t i;

	flow_write(client, said, sizeof(said) - 1);
	expect_bytes(client, heard, sizeof(heard) - 1);
	for (i = 0; i < sizeof(said) - 1; i++)
		flow_write(client, said + i, 1);
	expect_bytes(client, heard, sizeof(heard) - 1);
	flow_wait_count(flow, WEFT_COUNTER_messages_in, 4);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* As slip.so's own plugin sends it back: as a copy, or given away. */
static void
slip_round(struct flow_client *client, uint8_t first, size_t len, int worst)
{
	uint8_t *msg = malloc(len), *wire = malloc(slip_encode_max(len));
	size_t i, n;

	ck_assert(msg != NULL && wire != NULL);
	for (i = 0; i < len; i++)
		msg[i] = worst ? SLIP_END : (uint8_t)i;
	msg[0] = first;
	n = slip_encode(wire, msg, len, 0);
	flow_write(client, wire, n);
	expect_bytes(client, wire, n);
	free(msg);
	free(wire);
}

START_TEST(all_lengths_come_back_as_a_copy_and_as_a_gift)
{
	static const size_t lens[] = { 1, 2, 300, 8191, 8192, 16383, 16384,
		40000, 65536, 300000 };
	struct flow *flow = slip_start(FLOW_VARINT, &flow_echo);
	struct flow_client *client;
	struct weft_bound bound;
	size_t i;

	slip_listen(flow, SLIP, "slip", &bound);
	client = flow_client_new(&bound);
	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		slip_round(client, 'b', lens[i], 0);
		slip_round(client, 'c', lens[i], 0);
		slip_round(client, 'b', lens[i], 1);
		slip_round(client, 'c', lens[i], 1);
	}
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_sends_full), 0);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(replies_that_leave_in_one_write_keep_their_order)
{
	const uint32_t count = 5000;
	struct flow *flow = slip_start(SLIP, &flow_echo);
	struct flow_client *client = flow_client_new(&flow->bound[0]);
	uint8_t *wire = malloc(count * slip_encode_max(8));
	uint8_t msg[8] = { 1, SLIP_END, SLIP_ESC, 2, 0, 0, 0, 0 };
	size_t n = 0;
	uint32_t i;

	ck_assert_ptr_nonnull(wire);
	for (i = 0; i < count; i++) {
		memcpy(msg + 4, &i, sizeof(i));
		n += slip_encode(wire + n, msg, 4 + i % 5, 0);
	}
	flow_write(client, wire, n);
	expect_bytes(client, wire, n);
	flow_client_free(&client);
	flow_end(&flow);
	free(wire);
}
END_TEST

START_TEST(one_plugin_brings_two_codecs)
{
	struct flow *flow = slip_start(SLIP, &witness_echo);
	const struct witness_entry *opened;
	struct flow_client *slip, *len8;
	struct weft_bound bound;
	char long_one[256] = { 0 };

	slip_listen(flow, LEN8, "witness_echo", &bound);
	len8 = flow_client_new(&bound);
	flow_write(len8, "\2hi\n\0\n", 6);
	expect_bytes(len8, "\2hi\n\0\n", 6);
	opened = witness_wait('o', 0, 1);
	slip = flow_client_new(&flow->bound[0]);
	flow_write(slip, "hi\xc0", 3);
	expect_bytes(slip, "hi\xc0", 3);

	/* What it cannot frame is refused, to the byte. */
	ck_assert_int_eq(
	    weft_node_send(flow->node, (weft_endpoint){ opened->id },
		(struct weft_bytes){ long_one, 256 }),
	    WEFT_ETOOBIG);
	ck_assert_int_eq(
	    weft_node_send(flow->node, (weft_endpoint){ opened->id },
		(struct weft_bytes){ long_one, 255 }),
	    WEFT_OK);
	expect_bytes(len8, "\xff", 1);
	expect_bytes(len8, long_one, 255);
	expect_bytes(len8, "\n", 1);
	flow_write(len8, "\1x!", 3);
	(void)flow_read_end(len8);
	ck_assert_int_eq(
	    witness_wait('c', opened->id, 1)->why, WEFT_REASON_MALFORMED);
	flow_client_free(&slip);
	flow_client_free(&len8);
	flow_end(&flow);
}
END_TEST

START_TEST(a_connection_of_ours_speaks_it_from_any_thread)
{
	static const struct weft_bytes msg = { "a\xc0z", 3 };
	struct flow *flow = flow_new();
	struct weft_endpoint_info info;
	struct weft_buffer *buf, *kept;
	struct weft_error err;
	weft_endpoint to;
	int rv;

	flow->load = fixture("slip");
	flow_add(flow, SLIP, &witness_echo);
	flow_begin(flow, FLOW_VARINT, &witness_only);
	rv = weft_node_connect_wait(flow->node, flow->bound[0].url, "witness",
	    FLOW_DEADLINE_MS, &to, &err);
	ck_assert_msg(rv == WEFT_OK, "%s", err.text);
	ck_assert_int_eq(weft_node_send(flow->node, to, msg), WEFT_OK);
	ck_assert_str_eq(witness_wait('m', to.id, 1)->head, "a\xc0z");

	ck_assert_int_eq(weft_buffer_new(&buf, 3), WEFT_OK);
	memcpy(weft_buffer_data(buf), "b\xdbz", 3);
	kept = buf;
	ck_assert_int_eq(
	    weft_node_send_buffer(flow->node, (weft_endpoint){ 0 }, &buf),
	    WEFT_ENOENDPOINT);
	ck_assert_ptr_eq(buf, kept);
	ck_assert_int_eq(weft_node_send_buffer(flow->node, to, &buf), WEFT_OK);
	ck_assert_ptr_null(buf);
	ck_assert_str_eq(witness_wait('m', to.id, 2)->head, "b\xdbz");

	ck_assert_int_eq(weft_endpoint_info(flow->node, to, &info), WEFT_OK);
	ck_assert_str_eq(info.codec, "slip");
	weft_node_stop(flow->node);
	flow_finish(flow);
	flow_free(&flow);
}
END_TEST

START_TEST(a_codec_that_nobody_brought_is_refused_with_those_that_are_there)
{
	struct flow *flow = slip_start(SLIP, &flow_echo);
	struct weft_bound bound;
	struct weft_error err;
	weft_endpoint to;

	ck_assert_int_eq(weft_node_listen(flow->node, "tcp+slop://127.0.0.1:0",
			     "echo", &bound, &err),
	    WEFT_EURL);
	ck_assert_msg(strstr(err.text,
			  "tcp+slop://127.0.0.1:0: expected a codec of raw, "
			  "varint, ") == err.text,
	    "%s", err.text);
	ck_assert_msg(strstr(err.text, ", slip, len8_a-z, found slop") != NULL,
	    "%s", err.text);
	ck_assert_int_eq(weft_node_connect(flow->node,
			     "tcp+slop://127.0.0.1:1", "echo", &to, &err),
	    WEFT_EURL);
	ck_assert_msg(strstr(err.text, ", slip, len8_a-z, found slop") != NULL,
	    "%s", err.text);
	flow_end(&flow);
}
END_TEST

START_TEST(
    a_plugin_whose_codec_is_there_already_is_refused_and_the_node_serves)
{
	struct weft_options options = WEFT_OPTIONS_INIT;
	struct flow_client *client;
	struct weft_bound bound;
	struct weft_node *node;
	struct weft_error err;
	const char *name;

	options.log_level = WEFT_LOG_OFF;
	ck_assert_int_eq(weft_node_new(&node, &options, &err), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_load(node, fixture("slip"), &name, &err), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_load(node, fixture("codec_taken"), NULL, &err), -EEXIST);
	ck_assert_msg(strstr(err.text,
			  "/codec_taken.so: codec slip: expected a name that "
			  "is free, found the codec that ") != NULL &&
		strstr(err.text, "/slip.so brought") != NULL,
	    "%s", err.text);
	ck_assert_int_eq(
	    weft_node_listen(node, SLIP, "codec_taken", &bound, &err),
	    WEFT_ENOPLUGIN);
	ck_assert_int_eq(
	    weft_node_listen(node, SLIP, name, &bound, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_start(node, &err), WEFT_OK);
	client = flow_client_new(&bound);
	flow_write(client, "first\xc0", 6);
	expect_bytes(client, "first\xc0", 6);
	flow_client_free(&client);
	weft_node_stop(node);
	ck_assert_int_eq(weft_node_join(node, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

/* ---- the end ---------------------------------------------------------- */

static struct weft_node *early_node;
static weft_endpoint early_to;
static int early_rv = 1;

static void
early_unload(void *state)
{
	(void)state;
	early_rv = weft_node_send(
	    early_node, early_to, (struct weft_bytes){ "a\xc0z", 3 });
}

START_TEST(an_unload_may_still_send_by_the_codec_of_a_later_plugin)
{
	static const struct weft_plugin early =
	    WEFT_PLUGIN_INIT(.name = "early", .unload = early_unload);
	struct weft_options options = WEFT_OPTIONS_INIT;
	struct weft_error err;
	struct weft_node *node;

	options.log_level = WEFT_LOG_OFF;
	ck_assert_int_eq(weft_node_new(&node, &options, &err), WEFT_OK);
	early_node = node;
	ck_assert_int_eq(weft_node_add(node, &early, NULL, &err), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_load(node, fixture("slip"), NULL, &err), WEFT_OK);
	/* The node never runs, so it stays queued. */
	ck_assert_int_eq(weft_node_connect(node, "tcp+slip://127.0.0.1:1",
			     "early", &early_to, &err),
	    WEFT_OK);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
	ck_assert_int_eq(early_rv, WEFT_OK);
}
END_TEST

FLOW_MAIN("user_codec",
    another_plugins_listener_speaks_it_whole_and_byte_by_byte,
    all_lengths_come_back_as_a_copy_and_as_a_gift,
    replies_that_leave_in_one_write_keep_their_order,
    one_plugin_brings_two_codecs,
    a_connection_of_ours_speaks_it_from_any_thread,
    a_codec_that_nobody_brought_is_refused_with_those_that_are_there,
    a_plugin_whose_codec_is_there_already_is_refused_and_the_node_serves,
    an_unload_may_still_send_by_the_codec_of_a_later_plugin)
