/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_pull.c - handoff/pull and handoff/finish: events of strands
 * one at a time, and what is done after each.  All threads are played by this
 * one.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include <weft/error.h>

#include "check_main.h"
#include "handoff/drained.h"
#include "handoff/finish.h"
#include "handoff/schedule.h"

#define NENDPOINTS 3u

static struct wi_hub hub;
static struct wi_endpoint endpoints[NENDPOINTS];
static struct wi_limits limits;
static struct wi_block *home; /* of the batch made last */

static void
setup(void)
{
	uint32_t i;

	memset(&hub, 0, sizeof(hub));
	memset(endpoints, 0, sizeof(endpoints));
	limits = (struct wi_limits){ .mailbox_low_messages = 10,
		.mailbox_low_bytes = 1000 };
	wi_outbox_init(&hub.outbox);
	ck_assert_int_eq(wi_pull_init(&hub.pull), WEFT_OK);
	for (i = 0; i < NENDPOINTS; i++) {
		wi_endpoint_open(&endpoints[i], wi_endpoint_id(1, 1, i), NULL,
		    &limits, (struct wi_plugin *)(uintptr_t)&wi_pull_plugin,
		    NULL);
	}
	ck_assert(wi_pull_claim(&hub.pull));
}

static void
teardown(void)
{
	wi_pull_let_go(&hub.pull);
	wi_pull_forget(&hub);
	wi_pull_fini(&hub.pull);
}

static void
push(struct wi_endpoint *endpoint, struct wi_event *event)
{
	if (wi_mailbox_push(&endpoint->own.mailbox, event))
		wi_schedule(&hub, &endpoint->own);
}

/* n messages of one byte each, which count from first; as io/decode does. */
static void
push_batch(struct wi_endpoint *endpoint, uint32_t n, uint8_t first)
{
	struct wi_batch *batch;
	uint32_t i;

	home = wi_block_new(
	    n + 8 + sizeof(*batch) + n * sizeof(batch->messages[0]));
	ck_assert_ptr_nonnull(home);
	batch = (void *)(home->data + ((n + 7u) & ~7u));
	memset(batch, 0, sizeof(*batch));
	batch->event.kind = WI_EVENT_MESSAGES;
	batch->home = batch->data = home;
	batch->nmessages = n;
	batch->nbytes = n;
	for (i = 0; i < n; i++) {
		home->data[i] = (uint8_t)(first + i);
		batch->messages[i] =
		    (struct wi_message){ .offset = i, .len = 1 };
	}
	(void)wi_load_add(&endpoint->in_load, wi_load(n, n));
	push(endpoint, &batch->event);
}

static void
push_closed(struct wi_endpoint *endpoint, enum weft_reason why, int code)
{
	endpoint->closed.detail = wi_closed_detail(why, code);
	push(endpoint, &endpoint->closed);
}

static struct weft_event
expect(const struct wi_endpoint *endpoint, enum weft_event_kind kind)
{
	struct weft_event event;

	ck_assert(wi_pull_next(&hub, &event));
	ck_assert_int_eq(event.kind, kind);
	ck_assert(event.endpoint.id == endpoint->name);
	return event;
}

static void
expect_message(const struct wi_endpoint *endpoint, uint8_t which)
{
	struct weft_event event = expect(endpoint, WEFT_EVENT_MESSAGE);

	ck_assert_uint_eq(event.msg.len, 1);
	ck_assert_uint_eq(*(const uint8_t *)event.msg.data, which);
}

static void
expect_none(void)
{
	struct weft_event event;

	ck_assert(!wi_pull_next(&hub, &event));
}

/* What was said of the endpoint; 0: nothing. */
static uint32_t
attention(const struct wi_endpoint *endpoint)
{
	struct wi_endpoint *first = wi_outbox_take_attention(&hub.outbox);
	uint32_t what;

	if (first == NULL)
		return 0;
	ck_assert_ptr_eq(first, endpoint);
	ck_assert_ptr_null(wi_outbox_next_attention(first, &what));
	return what;
}

static uint64_t
counted(enum weft_counter which)
{
	return wi_counted(&hub.pull.counters, which);
}

START_TEST(strands_of_the_pull_plugin_go_to_no_worker)
{
	static struct wi_endpoint other;

	setup();
	ck_assert_uint_eq(endpoints[0].own.pull, 1);
	wi_endpoint_open(&other, 7, NULL, &limits, NULL, NULL);
	ck_assert_uint_eq(other.own.pull, 0);
	ck_assert(!wi_pull_waits(&hub.pull));
	push(&endpoints[0], &endpoints[0].opened);
	ck_assert(wi_pull_waits(&hub.pull));
	ck_assert_uint_eq(hub.nscheduled, 0);
	(void)expect(&endpoints[0], WEFT_EVENT_OPENED);
	ck_assert(!wi_pull_waits(&hub.pull));
	expect_none();
	teardown();
}
END_TEST

START_TEST(a_turn_of_the_loop_wakes_who_polls)
{
	struct pollfd pollfd = { .events = POLLIN };

	setup();
	pollfd.fd = hub.pull.bed.fd;
	(void)wi_schedule_wake(&hub, 1);
	ck_assert_int_eq(poll(&pollfd, 1, 0), 0);
	push(&endpoints[0], &endpoints[0].opened);
	ck_assert_int_eq(poll(&pollfd, 1, 0), 0);
	/* The receiver is nobody that the loop has to look after. */
	ck_assert(!wi_schedule_wake(&hub, 1));
	ck_assert_int_eq(poll(&pollfd, 1, 0), 1);
	teardown();
}
END_TEST

START_TEST(events_come_in_order_and_are_finished_by_the_next_call)
{
	struct weft_event event;

	setup();
	push(&endpoints[0], &endpoints[0].opened);
	push_batch(&endpoints[0], 2, 1);
	push(&endpoints[0], &endpoints[0].drained);
	push_batch(&endpoints[0], 1, 3);
	push_closed(&endpoints[0], WEFT_REASON_RESET, -ECONNRESET);
	endpoints[0].drain_state = WI_DRAINED_QUEUED;

	(void)expect(&endpoints[0], WEFT_EVENT_OPENED);
	expect_message(&endpoints[0], 1);
	expect_message(&endpoints[0], 2);
	ck_assert_uint_eq(wi_load_messages(endpoints[0].in_load), 3);
	ck_assert_uint_eq(endpoints[0].drain_state, WI_DRAINED_QUEUED);
	(void)expect(&endpoints[0], WEFT_EVENT_DRAINED);
	ck_assert_uint_eq(wi_load_messages(endpoints[0].in_load), 1);
	ck_assert_uint_eq(wi_load_bytes(endpoints[0].in_load), 1);
	ck_assert_uint_eq(endpoints[0].drain_state, WI_DRAINED_NOT_WANTED);
	expect_message(&endpoints[0], 3);
	event = expect(&endpoints[0], WEFT_EVENT_CLOSED);
	ck_assert_int_eq(event.why, WEFT_REASON_RESET);
	ck_assert_int_eq(event.code, -ECONNRESET);
	ck_assert_uint_eq(attention(&endpoints[0]), 0);
	expect_none();
	ck_assert_uint_eq(
	    attention(&endpoints[0]), WI_ATTEND_RELEASE | WI_ATTEND_UNHELD);
	expect_none();
	ck_assert_uint_eq(attention(&endpoints[0]), 0);
	ck_assert_uint_eq(counted(WEFT_COUNTER_messages_run), 3);
	teardown();
}
END_TEST

START_TEST(a_strand_without_events_is_idle_until_the_next)
{
	setup();
	for (uint8_t i = 0; i < 3; i++) {
		push_batch(&endpoints[0], 1, i);
		expect_message(&endpoints[0], i);
		/* It has the strand: this is no new turn. */
		push_batch(&endpoints[0], 1, 100);
		ck_assert(!wi_pull_waits(&hub.pull));
		expect_message(&endpoints[0], 100);
		expect_none();
		ck_assert_uint_eq(hub.pull.ntaken, i + 1u);
	}
	teardown();
}
END_TEST

START_TEST(strands_take_turns_of_a_budget)
{
	uint32_t i;

	setup();
	push_batch(&endpoints[0], 2 * WI_STRAND_BUDGET, 0);
	push_batch(&endpoints[1], WI_STRAND_BUDGET + 1, 0);
	for (i = 0; i < WI_STRAND_BUDGET; i++)
		expect_message(&endpoints[0], (uint8_t)i);
	/* Comes while the first has its turn: before its next. */
	push_batch(&endpoints[2], 1, 50);
	for (i = 0; i < WI_STRAND_BUDGET; i++)
		expect_message(&endpoints[1], (uint8_t)i);
	expect_message(&endpoints[2], 50);
	for (i = 0; i < WI_STRAND_BUDGET; i++)
		expect_message(&endpoints[0], (uint8_t)(WI_STRAND_BUDGET + i));
	expect_message(&endpoints[1], WI_STRAND_BUDGET);
	expect_none();
	for (i = 0; i < NENDPOINTS; i++)
		ck_assert_uint_eq(endpoints[i].in_load, 0);
	teardown();
}
END_TEST

START_TEST(reading_goes_on_below_the_low_mark)
{
	setup();
	push_batch(&endpoints[0], 1, 1);
	push_batch(&endpoints[0], 11, 2);
	endpoints[0].read_paused = 1;
	expect_message(&endpoints[0], 1);
	expect_message(&endpoints[0], 2);
	ck_assert_uint_eq(attention(&endpoints[0]), 0); /* 11 wait */
	for (uint8_t i = 1; i < 11; i++)
		expect_message(&endpoints[0], 2 + i);
	expect_none();
	ck_assert_uint_eq(attention(&endpoints[0]), WI_ATTEND_RESUME);
	ck_assert_uint_eq(endpoints[0].read_paused, 0);
	teardown();
}
END_TEST

START_TEST(nobody_is_told_who_did_not_pause)
{
	setup();
	push_batch(&endpoints[0], 1, 1);
	expect_message(&endpoints[0], 1);
	expect_none();
	ck_assert_uint_eq(attention(&endpoints[0]), 0);
	teardown();
}
END_TEST

START_TEST(messages_of_a_muted_endpoint_are_dropped)
{
	setup();
	push_batch(&endpoints[0], 5, 1);
	push_batch(&endpoints[0], 3, 1);
	push_closed(&endpoints[0], WEFT_REASON_LOCAL, WEFT_OK);
	expect_message(&endpoints[0], 1);
	endpoints[0].muted = 1;
	(void)expect(&endpoints[0], WEFT_EVENT_CLOSED);
	expect_none();
	ck_assert_uint_eq(counted(WEFT_COUNTER_messages_run), 1);
	ck_assert_uint_eq(counted(WEFT_COUNTER_messages_dropped), 7);
	ck_assert_uint_eq(endpoints[0].in_load, 0);
	teardown();
}
END_TEST

START_TEST(drop_takes_all_there_is_and_what_was_begun)
{
	setup();
	push(&endpoints[0], &endpoints[0].opened);
	push_batch(&endpoints[0], 5, 1);
	push_closed(&endpoints[0], WEFT_REASON_STOPPING, WEFT_OK);
	push_batch(&endpoints[1], 100, 1);
	(void)expect(&endpoints[0], WEFT_EVENT_OPENED);
	expect_message(&endpoints[0], 1);
	wi_pull_drop(&hub);
	ck_assert_uint_eq(
	    attention(&endpoints[0]), WI_ATTEND_RELEASE | WI_ATTEND_UNHELD);
	ck_assert_uint_eq(counted(WEFT_COUNTER_messages_run), 1);
	ck_assert_uint_eq(counted(WEFT_COUNTER_messages_dropped), 104);
	ck_assert_uint_eq(endpoints[0].in_load, 0);
	ck_assert_uint_eq(endpoints[1].in_load, 0);
	/* What comes later is nobody's to drop. */
	push_batch(&endpoints[1], 1, 9);
	expect_message(&endpoints[1], 9);
	expect_none();
	teardown();
}
END_TEST

START_TEST(abandoning_leaves_the_bytes_that_are_looked_at)
{
	struct weft_event event;

	setup();
	push_batch(&endpoints[0], 2, 77);
	push_closed(&endpoints[0], WEFT_REASON_STOPPING, WEFT_OK);
	event = expect(&endpoints[0], WEFT_EVENT_MESSAGE);
	ck_assert(!wi_pull_abandon(&hub)); /* somebody has it */
	ck_assert_uint_eq(attention(&endpoints[0]), 0);
	wi_pull_let_go(&hub.pull);
	ck_assert(wi_pull_abandon(&hub));
	ck_assert_uint_eq(
	    attention(&endpoints[0]), WI_ATTEND_RELEASE | WI_ATTEND_UNHELD);
	ck_assert_uint_eq(endpoints[0].in_load, 0);
	ck_assert_uint_eq(home->refs, 1);
	ck_assert_uint_eq(*(const uint8_t *)event.msg.data, 77);
	ck_assert(!wi_pull_abandon(&hub)); /* nothing is left */
	ck_assert_uint_eq(*(const uint8_t *)event.msg.data, 77);
	ck_assert(wi_pull_claim(&hub.pull));
	expect_none();
	ck_assert_ptr_null(hub.pull.kept);
	teardown();
}
END_TEST

START_TEST(one_at_a_time_has_it)
{
	setup();
	ck_assert(!wi_pull_claim(&hub.pull));
	wi_pull_let_go(&hub.pull);
	ck_assert(wi_pull_claim(&hub.pull));
	teardown();
}
END_TEST

START_TEST(the_end_is_said_and_wakes)
{
	struct pollfd pollfd = { .events = POLLIN };

	setup();
	pollfd.fd = hub.pull.bed.fd;
	ck_assert(!wi_pull_ended(&hub.pull));
	ck_assert_int_eq(poll(&pollfd, 1, 0), 0);
	wi_pull_end(&hub.pull);
	ck_assert(wi_pull_ended(&hub.pull));
	ck_assert_int_eq(poll(&pollfd, 1, 0), 1);
	teardown();
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		strands_of_the_pull_plugin_go_to_no_worker,
		a_turn_of_the_loop_wakes_who_polls,
		events_come_in_order_and_are_finished_by_the_next_call,
		a_strand_without_events_is_idle_until_the_next,
		strands_take_turns_of_a_budget,
		reading_goes_on_below_the_low_mark,
		nobody_is_told_who_did_not_pause,
		messages_of_a_muted_endpoint_are_dropped,
		drop_takes_all_there_is_and_what_was_begun,
		abandoning_leaves_the_bytes_that_are_looked_at,
		one_at_a_time_has_it,
		the_end_is_said_and_wakes,
	};

	return check_main("pull", tests, CHECK_COUNT(tests));
}
