/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_typed.c - values on their way: from a client's image to the
 * handler of their type and back, and what happens to all other bytes.
 */
#include "flow.h"

#include <stdlib.h>
#include <string.h>

#include "../unit/some_types.h"
#include "flow_client.h"
#include "flow_values.h"

#define TPL "tcp+tpl://127.0.0.1:0"

/* What was seen; under flow_lock(). */
static struct {
	unsigned nlogins, nmoves, nplain, nmessages, nclosed, nmalformed;
	enum weft_reason why;
	struct weft_malformed what; /* type and member are literals */
	char type[32], member[32];
	enum weft_malformed_answer answer;
	uint32_t nslots;
	weft_endpoint opened; /* last */
} seen;

#define SEEN(what)                                                            \
	do {                                                                  \
		flow_lock();                                                  \
		what;                                                         \
		flow_notify();                                                \
		flow_unlock();                                                \
	} while (0)

static void
on_login(struct weft_call *call, weft_endpoint from, const struct login *login)
{
	const struct login back = { login->password, login->user };

	SEEN(seen.nlogins++);
	ck_assert_int_eq(login_send(call, from, &back), WEFT_OK);
}

static void
on_move(struct weft_call *call, weft_endpoint from, const struct move *move)
{
	(void)call;
	(void)from;
	ck_assert(move->x == 1.5 && move->y == -2);
	SEEN(seen.nmoves++);
}

static void
on_inventory(struct weft_call *call, weft_endpoint from,
    const struct inventory *inventory)
{
	ck_assert_uint_eq(inventory->slots.at[inventory->slots.len - 1].item,
	    inventory->slots.len - 1);
	SEEN(seen.nslots = inventory->slots.len);
	ck_assert_int_eq(inventory_send(call, from, inventory), WEFT_OK);
}

static void
on_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	(void)call;
	(void)from;
	SEEN((seen.nclosed++, seen.why = why));
}

static enum weft_malformed_answer
on_malformed(struct weft_call *call, weft_endpoint from,
    const struct weft_malformed *what)
{
	ck_assert_uint_eq(weft_call_endpoint(call).id, from.id);
	flow_lock();
	seen.nmalformed++;
	seen.what = *what;
	strcpy(seen.type, what->type == NULL ? "" : what->type);
	strcpy(seen.member, what->member == NULL ? "" : what->member);
	flow_notify();
	flow_unlock();
	return seen.answer;
}

static const struct weft_on receives[] = {
	WEFT_ON(login, on_login),
	WEFT_ON(move, on_move),
	WEFT_ON(inventory, on_inventory),
	WEFT_ON_END,
};

static const struct weft_plugin typed = WEFT_PLUGIN_INIT(.name = "typed",
    .closed = on_closed, .receives = receives);
static const struct weft_plugin judge = WEFT_PLUGIN_INIT(.name = "judge",
    .closed = on_closed, .receives = receives, .malformed = on_malformed);

static void
login_and_back(struct flow_client *client)
{
	const struct login login = { "ann", "secret" };
	struct login back;

	flow_write_value(client, &login_type, &login);
	flow_read_value(client, &login_type, &back);
	ck_assert_str_eq(back.user, "secret");
	ck_assert_str_eq(back.password, "ann");
}

/* One of no type that is received: "point" has its own name. */
static void
send_stranger(struct flow_client *client)
{
	const struct point point = { 1, 2 };

	flow_write_value(client, &point_type, &point);
}

/* What is wrong behind it ends the connection before it is told of. */
START_TEST(its_sender_is_named_also_when_it_is_gone)
{
	const struct point point = { 1, 2 };
	struct flow *flow = flow_new();
	struct flow_client *client;
	uint8_t bytes[128];
	size_t len;

	flow_start(flow, TPL, &typed);
	client = flow_client_new(&flow->bound[0]);
	ck_assert_int_eq(
	    weft_pack(&point_type, &point, bytes, 64, &len), WEFT_OK);
	memcpy(bytes + len, "garbage!", 8);
	flow_write(client, bytes, len + 8);
	ck_assert_int_eq(strncmp(flow_wait_log(flow, "WORK-MALFORMED")->text,
			     "127.0.0.1:", 10),
	    0);
	(void)flow_wait_log(flow, "IO-MALFORMED");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(a_value_reaches_the_handler_of_its_type)
{
	const struct move move = { 7, 1.5, -2, -1, 3 };
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow_start(flow, TPL, &typed);
	client = flow_client_new(&flow->bound[0]);
	login_and_back(client);
	flow_write_value(client, &move_type, &move);
	login_and_back(client);
	flow_lock();
	ck_assert_uint_eq(seen.nlogins, 2);
	ck_assert_uint_eq(seen.nmoves, 1);
	flow_unlock();
	ck_assert_uint_eq(
	    flow_count(flow, WEFT_COUNTER_messages_malformed), 0);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* Lists of so many: the largest is larger than the worker's arena, and than
 * what is packed on the stack. */
START_TEST(a_value_of_any_size_goes_there_and_back)
{
	static const uint32_t sizes[] = { 1, 100, 1000, 60000, 1 };
	static struct slot slots[60000];
	struct inventory back, inventory = { .player = 9 };
	struct flow *flow = flow_new();
	struct flow_client *client;
	size_t i;

	for (i = 0; i < 60000; i++)
		slots[i] = (struct slot){ (uint32_t)i, (uint16_t)i, 0.5 };
	flow->options.outbox_high_bytes = 4u << 20;
	flow_start(flow, TPL, &typed);
	client = flow_client_new(&flow->bound[0]);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		inventory.slots.at = slots;
		inventory.slots.len = sizes[i];
		flow_write_value(client, &inventory_type, &inventory);
		flow_read_value(client, &inventory_type, &back);
		ck_assert_uint_eq(back.slots.len, sizes[i]);
		ck_assert_uint_eq(
		    back.slots.at[sizes[i] - 1].item, sizes[i] - 1);
	}
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(a_type_that_is_not_received_closes)
{
	struct flow *flow = flow_new();
	struct flow_client *client;
	const struct flow_line *line;

	flow_start(flow, TPL, &typed);
	client = flow_client_new(&flow->bound[0]);
	login_and_back(client);
	send_stranger(client);
	FLOW_WAIT(seen.nclosed == 1, "closed");
	ck_assert_int_eq(seen.why, WEFT_REASON_MALFORMED);
	ck_assert_int_ne(flow_read_end(client), -1);
	line = flow_wait_log(flow, "WORK-MALFORMED");
	ck_assert_int_eq(strncmp(line->text, "127.0.0.1:", 10), 0);
	ck_assert_ptr_nonnull(strstr(line->text,
	    "typed: a message of 37 bytes, at 12: no type of that name is "
	    "expected here; closed"));
	ck_assert_ptr_nonnull(strstr(line->text, "127.0.0.1:"));
	ck_assert_uint_eq(
	    flow_count(flow, WEFT_COUNTER_messages_malformed), 1);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_closed_malformed), 1);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(skip_in_the_url_goes_on_with_the_next)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow_start(flow, TPL "?malformed=skip", &typed);
	client = flow_client_new(&flow->bound[0]);
	send_stranger(client);
	login_and_back(client);
	send_stranger(client);
	login_and_back(client);
	ck_assert_uint_eq(
	    flow_count(flow, WEFT_COUNTER_messages_malformed), 2);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_closed_malformed), 0);
	ck_assert_uint_eq(flow_logged(flow, "WORK-MALFORMED"), 2);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(skip_in_the_options_holds_for_all)
{
	struct flow *flow = flow_new();
	struct flow_client *client;

	flow->options.malformed = WEFT_MALFORMED_SKIP;
	flow_start(flow, TPL, &typed);
	client = flow_client_new(&flow->bound[0]);
	send_stranger(client);
	login_and_back(client);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

START_TEST(malformed_is_told_what_and_decides)
{
	static const uint8_t cut[] = "tpl\2\x20\0\0\0"
				     "sss\0"
				     "\6\0\0\0login"
				     "\4\0\0\0ann"
				     "\xff\0\0\0";
	struct flow *flow = flow_new();
	struct flow_client *client;

	seen.answer = WEFT_MALFORMED_SKIP;
	flow_start(flow, TPL, &judge);
	client = flow_client_new(&flow->bound[0]);
	flow_write(client, cut, sizeof(cut) - 1);
	FLOW_WAIT(seen.nmalformed == 1, "malformed");
	ck_assert_int_eq(seen.what.fault, WEFT_FAULT_SHORT);
	ck_assert_uint_eq(seen.what.offset, 32);
	ck_assert_uint_eq(seen.what.msg.len, 32);
	ck_assert_str_eq(seen.type, "login");
	ck_assert_str_eq(seen.member, "password");
	login_and_back(client);
	SEEN(seen.answer = WEFT_MALFORMED_CLOSE);
	flow_write(client, cut, sizeof(cut) - 1);
	FLOW_WAIT(seen.nclosed == 1, "closed");
	ck_assert_int_eq(seen.why, WEFT_REASON_MALFORMED);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* Behind the one that closes, nothing is run any more. */
START_TEST(what_came_behind_is_dropped)
{
	const struct login login = { "ann", "secret" };
	uint8_t both[256];
	const struct point point = { 1, 2 };
	struct flow *flow = flow_new();
	struct flow_client *client;
	size_t len, n;

	ck_assert_int_eq(
	    weft_pack(&point_type, &point, both, 128, &len), WEFT_OK);
	ck_assert_int_eq(
	    weft_pack(&login_type, &login, both + len, 128, &n), WEFT_OK);
	flow_start(flow, TPL, &typed);
	client = flow_client_new(&flow->bound[0]);
	flow_write(client, both, len + n);
	FLOW_WAIT(seen.nclosed == 1, "closed");
	ck_assert_uint_eq(seen.nlogins, 0);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* ---- with message(), too */

static void
on_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	SEEN(seen.nmessages++);
	if (msg.len > 3 && memcmp(msg.data, "tpl", 3) == 0)
		ck_assert_int_eq(weft_dispatch_typed(call, msg), WEFT_OK);
	else
		ck_assert_int_eq(weft_send(call, from, msg), WEFT_OK);
}

START_TEST(the_codec_tells_values_from_other_messages)
{
	static const struct weft_plugin both = WEFT_PLUGIN_INIT(.name = "both",
	    .message = on_message, .receives = receives);
	const struct login login = { "ann", "secret" };
	struct flow *flow = flow_new();
	struct flow_client *tpl, *varint;
	struct login back;
	uint8_t image[128], answer[128];
	size_t len;

	flow_add(flow, TPL, &both);
	flow_start(flow, FLOW_VARINT, &both);
	tpl = flow_client_new(&flow->bound[0]);
	varint = flow_client_new(&flow->bound[1]);
	login_and_back(tpl);
	ck_assert_uint_eq(seen.nmessages, 0);
	flow_say(varint, "text");
	flow_hear(varint, "text");
	ck_assert_uint_eq(seen.nmessages, 1);
	/* And by hand, from message(). */
	ck_assert_int_eq(
	    weft_pack(&login_type, &login, image, sizeof(image), &len),
	    WEFT_OK);
	flow_send(varint, image, len);
	len = flow_recv(varint, answer, sizeof(answer));
	ck_assert_int_eq(
	    weft_unpack(&login_type, (struct weft_bytes){ answer, len }, &back,
		image, sizeof(image), NULL),
	    WEFT_OK);
	ck_assert_str_eq(back.user, "secret");
	flow_client_free(&tpl);
	flow_client_free(&varint);
	flow_end(&flow);
}
END_TEST

START_TEST(without_message_any_codec_carries_values)
{
	const struct login login = { "ann", "secret" };
	struct flow *flow = flow_new();
	struct flow_client *client;
	uint8_t image[128], answer[128];
	size_t len;

	flow_start(flow, FLOW_VARINT, &typed);
	client = flow_client_new(&flow->bound[0]);
	ck_assert_int_eq(
	    weft_pack(&login_type, &login, image, sizeof(image), &len),
	    WEFT_OK);
	flow_send(client, image, len);
	ck_assert_uint_eq(flow_recv(client, answer, sizeof(answer)), len);
	flow_say(client, "no value");
	FLOW_WAIT(seen.nclosed == 1, "closed");
	ck_assert_int_eq(seen.why, WEFT_REASON_MALFORMED);
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

/* ---- published */

static void
subscribe(struct weft_call *call, weft_endpoint from)
{
	SEEN(seen.opened = from);
	ck_assert_int_eq(weft_subscribe(call, from, "moves"), WEFT_OK);
}

static void
publish_move(
    struct weft_call *call, weft_endpoint from, const struct move *move)
{
	(void)from;
	ck_assert_int_eq(move_publish(call, "moves", move), WEFT_OK);
}

START_TEST(a_value_is_published)
{
	static const struct weft_on on[] = { WEFT_ON(move, publish_move),
		WEFT_ON_END };
	static const struct weft_plugin room = WEFT_PLUGIN_INIT(.name = "room",
	    .opened = subscribe, .receives = on);
	const struct move move = { 7, 1.5, -2, -1, 3 };
	struct flow *flow = flow_new();
	struct flow_client *clients[2];
	struct move got;
	int i;

	flow_start(flow, TPL, &room);
	for (i = 0; i < 2; i++)
		clients[i] = flow_client_new(&flow->bound[0]);
	flow_wait_count(flow, WEFT_COUNTER_subscriptions, 2);
	flow_write_value(clients[0], &move_type, &move);
	for (i = 0; i < 2; i++) {
		flow_read_value(clients[i], &move_type, &got);
		ck_assert_uint_eq(got.player, 7);
	}
	ck_assert_int_eq(
	    weft_node_publish_typed(flow->node, "moves", &move_type, &move),
	    WEFT_OK);
	for (i = 0; i < 2; i++) {
		flow_read_value(clients[i], &move_type, &got);
		ck_assert_int_eq(got.heading, -1);
		flow_client_free(&clients[i]);
	}
	flow_end(&flow);
}
END_TEST

/* By a thread that is no worker: what is packed on its stack, and what is
 * packed into a buffer. */
START_TEST(a_value_is_sent_and_published_without_a_call)
{
	static const struct weft_plugin room =
	    WEFT_PLUGIN_INIT(.name = "room", .opened = subscribe);
	static struct slot slots[1000];
	const struct inventory sizes[] = { { 9, { slots, 1 } },
		{ 9, { slots, 1000 } } };
	struct flow *flow = flow_new();
	struct flow_client *client;
	struct inventory got;
	int i;

	flow_start(flow, TPL, &room);
	client = flow_client_new(&flow->bound[0]);
	flow_wait_count(flow, WEFT_COUNTER_subscriptions, 1);
	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(weft_node_send_typed(flow->node, seen.opened,
				     &inventory_type, &sizes[i]),
		    WEFT_OK);
		flow_read_value(client, &inventory_type, &got);
		ck_assert_uint_eq(got.slots.len, sizes[i].slots.len);
		ck_assert_int_eq(weft_node_publish_typed(flow->node, "moves",
				     &inventory_type, &sizes[i]),
		    WEFT_OK);
		flow_read_value(client, &inventory_type, &got);
		ck_assert_uint_eq(got.slots.len, sizes[i].slots.len);
	}
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("typed", its_sender_is_named_also_when_it_is_gone,
    a_value_reaches_the_handler_of_its_type,
    a_value_of_any_size_goes_there_and_back,
    a_type_that_is_not_received_closes, skip_in_the_url_goes_on_with_the_next,
    skip_in_the_options_holds_for_all, malformed_is_told_what_and_decides,
    what_came_behind_is_dropped, the_codec_tells_values_from_other_messages,
    without_message_any_codec_carries_values, a_value_is_published,
    a_value_is_sent_and_published_without_a_call)
