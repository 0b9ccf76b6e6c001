/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_mailbox_lanes.c - handoff/mailbox: urgent events overtake
 * the others, and nothing overtakes within a lane.
 */
#include <string.h>

#include "check_main.h"
#include "check_random.h"
#include "handoff/mailbox.h"

#define NEVENTS 10

static struct wi_mailbox mailbox;
static struct wi_event events[NEVENTS];

static void
push_some(int from, int to)
{
	for (int i = from; i < to; i++)
		(void)wi_mailbox_push(&mailbox, &events[i]);
}

static void
expect_in_order(int from, int to)
{
	for (int i = from; i < to; i++) {
		ck_assert_ptr_eq(wi_mailbox_peek(&mailbox), &events[i]);
		wi_mailbox_drop(&mailbox, &events[i]);
	}
}

/* Of the events from here on: 0 to 4 are normal, the rest is urgent. */
#define URGENT 5

static void
lanes_init(void)
{
	int i;

	wi_mailbox_init(&mailbox);
	for (i = 0; i < NEVENTS; i++) {
		wi_event_init(&events[i], WI_EVENT_SIGNAL);
		if (i >= URGENT)
			events[i].lane = WI_LANE_URGENT;
	}
}

START_TEST(event_is_of_the_normal_lane_at_first)
{
	memset(&events[0], 0xff, sizeof(events[0]));
	wi_event_init(&events[0], WI_EVENT_DRAINED);
	ck_assert_int_eq(events[0].lane, WI_LANE_NORMAL);
	ck_assert_int_eq(events[0].kind, WI_EVENT_DRAINED);
	ck_assert_uint_eq(events[0].detail, 0);
}
END_TEST

START_TEST(urgent_event_overtakes_what_lies_in_the_inbox)
{
	lanes_init();
	push_some(0, 3);
	push_some(URGENT, URGENT + 1);
	push_some(3, 4);
	expect_in_order(URGENT, URGENT + 1);
	expect_in_order(0, 4);
	ck_assert_ptr_null(wi_mailbox_peek(&mailbox));
	ck_assert(wi_mailbox_rest(&mailbox));
}
END_TEST

START_TEST(urgent_event_overtakes_what_was_taken_already)
{
	lanes_init();
	push_some(0, 3);
	expect_in_order(0, 1);
	push_some(3, 4);
	push_some(URGENT, URGENT + 1);
	expect_in_order(URGENT, URGENT + 1);
	/* What came with it stays behind what was there. */
	expect_in_order(1, 4);
	ck_assert(wi_mailbox_rest(&mailbox));
}
END_TEST

/* The runner looks at a batch, runs some of it, and looks again. */
START_TEST(urgent_event_comes_before_one_that_was_seen_and_not_dropped)
{
	lanes_init();
	push_some(0, 2);
	ck_assert_ptr_eq(wi_mailbox_peek(&mailbox), &events[0]);
	push_some(URGENT, URGENT + 2);
	ck_assert_ptr_eq(wi_mailbox_peek(&mailbox), &events[URGENT]);
	/* What was seen may still be dropped: it is the next of its lane. */
	wi_mailbox_drop(&mailbox, &events[0]);
	expect_in_order(URGENT, URGENT + 2);
	expect_in_order(1, 2);
	ck_assert_ptr_null(wi_mailbox_peek(&mailbox));
}
END_TEST

START_TEST(each_lane_keeps_its_order_over_several_takes)
{
	lanes_init();
	push_some(0, 1);
	push_some(URGENT, URGENT + 2);
	push_some(1, 2);
	expect_in_order(URGENT, URGENT + 1);
	push_some(URGENT + 2, URGENT + 3);
	push_some(2, 3);
	expect_in_order(URGENT + 1, URGENT + 2);
	push_some(3, 4);
	push_some(URGENT + 3, URGENT + 5);
	expect_in_order(URGENT + 2, URGENT + 5);
	push_some(4, 5);
	expect_in_order(0, 5);
	ck_assert(wi_mailbox_rest(&mailbox));
}
END_TEST

START_TEST(urgent_push_schedules_as_any_other)
{
	lanes_init();
	ck_assert(wi_mailbox_push(&mailbox, &events[URGENT]));
	ck_assert(!wi_mailbox_push(&mailbox, &events[URGENT + 1]));
	ck_assert(!wi_mailbox_push(&mailbox, &events[0]));
	expect_in_order(URGENT, URGENT + 2);
	expect_in_order(0, 1);
	ck_assert(wi_mailbox_rest(&mailbox));
	ck_assert(wi_mailbox_push(&mailbox, &events[0]));
	ck_assert(!wi_mailbox_push(&mailbox, &events[URGENT]));
	expect_in_order(URGENT, URGENT + 1);
	expect_in_order(0, 1);
}
END_TEST

START_TEST(it_is_hurried_while_an_urgent_event_was_not_seen)
{
	lanes_init();
	ck_assert(!wi_mailbox_hurried(&mailbox)); /* idle */
	push_some(0, 2);
	ck_assert(!wi_mailbox_hurried(&mailbox));
	push_some(URGENT, URGENT + 1);
	ck_assert(wi_mailbox_hurried(&mailbox));
	push_some(2, 3); /* on top of it */
	ck_assert(wi_mailbox_hurried(&mailbox));
	push_some(URGENT + 1, URGENT + 2);
	ck_assert(wi_mailbox_hurried(&mailbox));
	ck_assert_ptr_eq(wi_mailbox_peek(&mailbox), &events[URGENT]);
	/* It waits, but has been seen. */
	ck_assert(!wi_mailbox_hurried(&mailbox));
	push_some(3, 4);
	ck_assert(!wi_mailbox_hurried(&mailbox));
	push_some(URGENT + 2, URGENT + 3);
	ck_assert(wi_mailbox_hurried(&mailbox));
	expect_in_order(URGENT, URGENT + 3);
	expect_in_order(0, 4);
	ck_assert(!wi_mailbox_hurried(&mailbox));
	ck_assert(wi_mailbox_rest(&mailbox));
	ck_assert(!wi_mailbox_hurried(&mailbox));
	push_some(URGENT, URGENT + 1); /* onto an idle one */
	ck_assert(wi_mailbox_hurried(&mailbox));
}
END_TEST

START_TEST(undropped_event_is_the_next_of_its_lane)
{
	lanes_init();
	push_some(0, 3);
	push_some(URGENT, URGENT + 3);
	expect_in_order(URGENT, URGENT + 1);
	wi_mailbox_undrop(&mailbox, &events[URGENT]);
	expect_in_order(URGENT, URGENT + 3);
	/* Urgent ones that come meanwhile are before a normal one. */
	expect_in_order(0, 1);
	push_some(URGENT, URGENT + 1);
	wi_mailbox_undrop(&mailbox, &events[0]);
	expect_in_order(URGENT, URGENT + 1);
	expect_in_order(0, 3);
	ck_assert(wi_mailbox_rest(&mailbox));
}
END_TEST

START_TEST(undropped_event_of_an_empty_lane_is_there_again)
{
	lanes_init();
	push_some(0, 1);
	expect_in_order(0, 1);
	push_some(1, 2); /* in the inbox: behind it */
	wi_mailbox_undrop(&mailbox, &events[0]);
	ck_assert(!wi_mailbox_rest(&mailbox));
	expect_in_order(0, 2);
	push_some(URGENT, URGENT + 1);
	expect_in_order(URGENT, URGENT + 1);
	wi_mailbox_undrop(&mailbox, &events[URGENT]);
	ck_assert(!wi_mailbox_hurried(&mailbox));
	ck_assert(!wi_mailbox_rest(&mailbox));
	push_some(URGENT + 1, URGENT + 2);
	expect_in_order(URGENT, URGENT + 2);
	ck_assert(wi_mailbox_rest(&mailbox));
}
END_TEST

START_TEST(runner_cannot_rest_while_either_lane_has_something)
{
	lanes_init();
	push_some(URGENT, URGENT + 2);
	ck_assert(!wi_mailbox_rest(&mailbox)); /* in the inbox */
	expect_in_order(URGENT, URGENT + 1);
	ck_assert(!wi_mailbox_rest(&mailbox)); /* taken, urgent */
	push_some(0, 1);
	ck_assert(!wi_mailbox_rest(&mailbox));
	expect_in_order(URGENT + 1, URGENT + 2);
	ck_assert(!wi_mailbox_rest(&mailbox)); /* in the inbox, normal */
	ck_assert_ptr_eq(wi_mailbox_peek(&mailbox), &events[0]);
	ck_assert(!wi_mailbox_rest(&mailbox)); /* taken, normal */
	push_some(URGENT, URGENT + 1);
	expect_in_order(URGENT, URGENT + 1);
	ck_assert(!wi_mailbox_rest(&mailbox));
	expect_in_order(0, 1);
	ck_assert(wi_mailbox_rest(&mailbox));
}
END_TEST

/* ---- a model: two queues, and which urgent ones were not seen */

#define MODEL 64u

struct model {
	uint64_t random;
	struct wi_event events[MODEL];
	bool is_out[MODEL];
	/* Of each lane: numbers of events, the oldest first. */
	uint32_t queue[WI_LANES][MODEL];
	uint32_t n[WI_LANES];
	uint32_t nunseen; /* urgent ones that no peek has taken */
	bool runs;        /* somebody runs it */
	bool fills;       /* more is pushed than taken, for a while */
};

/* Of all rounds: that the model has seen what it is for. */
static uint64_t npeeked, nrested, nhurried, nfull;

static void
model_push(struct model *model)
{
	uint32_t i = check_below(&model->random, MODEL);
	uint8_t lane = check_below(&model->random, 3) == 0 ? WI_LANE_URGENT :
							     WI_LANE_NORMAL;

	while (model->is_out[i])
		i = (i + 1) % MODEL;
	wi_event_init(&model->events[i], WI_EVENT_SIGNAL);
	model->events[i].lane = lane;
	model->events[i].detail = i;
	model->is_out[i] = true;
	model->queue[lane][model->n[lane]++] = i;
	check_holds(
	    wi_mailbox_push(&mailbox, &model->events[i]) == !model->runs);
	model->runs = true;
	if (lane == WI_LANE_URGENT)
		model->nunseen++;
}

/* Which is next; -1: none. */
static int
model_next(const struct model *model)
{
	if (model->n[WI_LANE_URGENT] > 0)
		return (int)model->queue[WI_LANE_URGENT][0];
	if (model->n[WI_LANE_NORMAL] > 0)
		return (int)model->queue[WI_LANE_NORMAL][0];
	return -1;
}

static struct wi_event *
model_peek(struct model *model)
{
	struct wi_event *event = wi_mailbox_peek(&mailbox);
	int next = model_next(model);

	check_holds(event == (next < 0 ? NULL : &model->events[next]));
	model->nunseen = 0;
	npeeked++;
	return event;
}

static void
model_drop(struct model *model, struct wi_event *event)
{
	uint32_t *queue = model->queue[event->lane];
	uint32_t n = --model->n[event->lane];

	wi_mailbox_drop(&mailbox, event);
	memmove(&queue[0], &queue[1], n * sizeof(queue[0]));
	model->is_out[event->detail] = false;
}

static void
model_undrop(struct model *model, struct wi_event *event)
{
	uint32_t *queue = model->queue[event->lane];
	uint32_t n = model->n[event->lane]++;

	memmove(&queue[1], &queue[0], n * sizeof(queue[0]));
	queue[0] = event->detail;
	model->is_out[event->detail] = true;
	wi_mailbox_undrop(&mailbox, event);
}

static void
model_take(struct model *model)
{
	struct wi_event *event = model_peek(model);

	if (event == NULL)
		return;
	switch (check_below(&model->random, 8)) {
	case 0: /* seen only */
		return;
	case 1: /* as dispatch does with a port */
		model_drop(model, event);
		model->is_out[event->detail] = true;
		if (model->n[WI_LANE_NORMAL] + model->n[WI_LANE_URGENT] <
		    MODEL - 1)
			model_push(model);
		model_undrop(model, event);
		return;
	default:
		model_drop(model, event);
		memset(event, 0xff, sizeof(*event));
	}
}

static void
model_step(struct model *model)
{
	uint32_t n = model->n[WI_LANE_NORMAL] + model->n[WI_LANE_URGENT];
	uint32_t what = check_below(&model->random, 16);

	if (check_below(&model->random, 200) == 0)
		model->fills = !model->fills;
	if (what < (model->fills ? 10 : 2) && n < MODEL)
		model_push(model);
	else if (what < 14 && model->runs)
		model_take(model);
	else if (model->runs) {
		check_holds(wi_mailbox_rest(&mailbox) == (n == 0));
		model->runs = n != 0;
		nrested += n == 0;
	}
	check_holds(wi_mailbox_hurried(&mailbox) == (model->nunseen > 0));
	nhurried += model->nunseen > 0;
	nfull += n == MODEL;
}

START_TEST(mailbox_does_what_two_queues_do)
{
	static struct model model;
	uint64_t seed;
	uint32_t i;

	for (seed = 1; seed <= 200; seed++) {
		memset(&model, 0, sizeof(model));
		model.random = seed;
		wi_mailbox_init(&mailbox);
		for (i = 0; i < 5000; i++)
			model_step(&model);
		while (model.runs && model_next(&model) >= 0)
			model_drop(&model, model_peek(&model));
		check_holds(!model.runs || wi_mailbox_rest(&mailbox));
	}
	ck_assert_uint_gt(npeeked, 100000);
	ck_assert_uint_gt(nrested, 1000);
	ck_assert_uint_gt(nhurried, 50000);
	ck_assert_uint_gt(nfull, 1000);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		event_is_of_the_normal_lane_at_first,
		urgent_event_overtakes_what_lies_in_the_inbox,
		urgent_event_overtakes_what_was_taken_already,
		urgent_event_comes_before_one_that_was_seen_and_not_dropped,
		each_lane_keeps_its_order_over_several_takes,
		urgent_push_schedules_as_any_other,
		it_is_hurried_while_an_urgent_event_was_not_seen,
		undropped_event_is_the_next_of_its_lane,
		undropped_event_of_an_empty_lane_is_there_again,
		runner_cannot_rest_while_either_lane_has_something,
		mailbox_does_what_two_queues_do,
	};

	return check_main("mailbox_lanes", tests, CHECK_COUNT(tests));
}
