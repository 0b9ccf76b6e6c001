/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_outbox.c - handoff/outbox: lists of chunks and attention.
 * With many threads: tests/stress.
 */
#include <string.h>

#include "check_main.h"
#include "handoff/outbox.h"

#define N 6

static struct wi_outbox outbox;
static struct wi_chunk chunks[N];
static struct wi_endpoint endpoints[N];

static void
setup(void)
{
	memset(chunks, 0, sizeof(chunks));
	memset(endpoints, 0, sizeof(endpoints));
	wi_outbox_init(&outbox);
}

static void
expect_lists(struct wi_chunk *list, int first, int last)
{
	for (int i = first; i <= last; i++) {
		ck_assert_ptr_eq(list, &chunks[i]);
		list = wi_outbox_next_list(list);
	}
	ck_assert_ptr_null(list);
}

START_TEST(new_outbox_is_empty)
{
	setup();
	ck_assert(wi_outbox_empty(&outbox));
	ck_assert_ptr_null(wi_outbox_take_attention(&outbox));
	ck_assert_ptr_null(wi_outbox_take_chunks(&outbox));
	ck_assert(wi_outbox_empty(&outbox));
}
END_TEST

START_TEST(lists_are_taken_all_at_once_oldest_first)
{
	struct wi_chunk *list;

	setup();
	for (int i = 0; i < 4; i++)
		wi_outbox_push(&outbox, &chunks[i]);
	ck_assert(!wi_outbox_empty(&outbox));
	list = wi_outbox_take_chunks(&outbox);
	/* What comes now is for the next take. */
	wi_outbox_push(&outbox, &chunks[4]);
	expect_lists(list, 0, 3);
	ck_assert(!wi_outbox_empty(&outbox));
	expect_lists(wi_outbox_take_chunks(&outbox), 4, 4);
	ck_assert(wi_outbox_empty(&outbox));
}
END_TEST

START_TEST(chunks_within_a_list_are_left_as_they_are)
{
	struct wi_chunk *list;

	setup();
	chunks[0].next = &chunks[1];
	chunks[1].next = &chunks[2];
	wi_outbox_push(&outbox, &chunks[0]);
	wi_outbox_push(&outbox, &chunks[3]);
	list = wi_outbox_take_chunks(&outbox);
	ck_assert_ptr_eq(list, &chunks[0]);
	ck_assert_ptr_eq(list->next, &chunks[1]);
	ck_assert_ptr_eq(list->next->next, &chunks[2]);
	ck_assert_ptr_null(list->next->next->next);
	list = wi_outbox_next_list(list);
	ck_assert_ptr_eq(list, &chunks[3]);
	ck_assert_ptr_null(list->next);
	ck_assert_ptr_null(wi_outbox_next_list(list));
}
END_TEST

START_TEST(attention_is_taken_all_at_once_oldest_first)
{
	struct wi_endpoint *at;
	uint32_t what;

	setup();
	for (int i = 0; i < N; i++)
		wi_outbox_attend(&outbox, &endpoints[i],
		    i % 2 == 0 ? WI_ATTEND_RESUME : WI_ATTEND_RELEASE);
	ck_assert(!wi_outbox_empty(&outbox));
	at = wi_outbox_take_attention(&outbox);
	ck_assert(wi_outbox_empty(&outbox));
	for (int i = 0; i < N; i++) {
		ck_assert_ptr_eq(at, &endpoints[i]);
		at = wi_outbox_next_attention(at, &what);
		ck_assert_uint_eq(
		    what, i % 2 == 0 ? WI_ATTEND_RESUME : WI_ATTEND_RELEASE);
	}
	ck_assert_ptr_null(at);
}
END_TEST

START_TEST(endpoint_that_waits_already_is_not_pushed_again)
{
	struct wi_endpoint *at;
	uint32_t what;

	setup();
	wi_outbox_attend(&outbox, &endpoints[0], WI_ATTEND_RESUME);
	wi_outbox_attend(&outbox, &endpoints[1], WI_ATTEND_RESUME);
	wi_outbox_attend(&outbox, &endpoints[0], WI_ATTEND_RESUME);
	wi_outbox_attend(&outbox, &endpoints[0], WI_ATTEND_RELEASE);
	at = wi_outbox_take_attention(&outbox);
	ck_assert_ptr_eq(at, &endpoints[0]);
	at = wi_outbox_next_attention(at, &what);
	ck_assert_uint_eq(what, WI_ATTEND_RESUME | WI_ATTEND_RELEASE);
	ck_assert_ptr_eq(at, &endpoints[1]);
	at = wi_outbox_next_attention(at, &what);
	ck_assert_uint_eq(what, WI_ATTEND_RESUME);
	ck_assert_ptr_null(at);
	ck_assert_ptr_null(wi_outbox_take_attention(&outbox));
}
END_TEST

/* From the exchange on the worker may push the endpoint again, while the I/O
 * thread is still on its way through the list that it was in. */
START_TEST(endpoint_may_be_pushed_again_once_it_was_asked)
{
	struct wi_endpoint *at, *next;
	uint32_t what;

	setup();
	wi_outbox_attend(&outbox, &endpoints[0], WI_ATTEND_RESUME);
	wi_outbox_attend(&outbox, &endpoints[1], WI_ATTEND_RESUME);
	at = wi_outbox_take_attention(&outbox);
	next = wi_outbox_next_attention(at, &what);
	wi_outbox_attend(&outbox, at, WI_ATTEND_RELEASE);
	ck_assert_ptr_eq(next, &endpoints[1]);
	next = wi_outbox_next_attention(next, &what);
	ck_assert_ptr_null(next);

	at = wi_outbox_take_attention(&outbox);
	ck_assert_ptr_eq(at, &endpoints[0]);
	ck_assert_ptr_null(wi_outbox_next_attention(at, &what));
	ck_assert_uint_eq(what, WI_ATTEND_RELEASE);
}
END_TEST

START_TEST(outbox_is_not_empty_while_either_door_holds_something)
{
	setup();
	wi_outbox_push(&outbox, &chunks[0]);
	ck_assert(!wi_outbox_empty(&outbox));
	(void)wi_outbox_take_chunks(&outbox);
	ck_assert(wi_outbox_empty(&outbox));
	wi_outbox_attend(&outbox, &endpoints[0], WI_ATTEND_RESUME);
	ck_assert(!wi_outbox_empty(&outbox));
	(void)wi_outbox_take_chunks(&outbox);
	ck_assert(!wi_outbox_empty(&outbox));
	(void)wi_outbox_take_attention(&outbox);
	ck_assert(wi_outbox_empty(&outbox));
}
END_TEST

/* Where the worker comes in: in front of each step of the I/O thread's. */
enum moment {
	BEFORE_ATTENTION,
	BEFORE_ASKING,
	BEFORE_CHUNKS,
	AFTER_CHUNKS,
	NMOMENTS
};

/* The last that a worker does for an endpoint. */
static void
publish_and_release(enum moment now, enum moment when)
{
	if (now != when)
		return;
	wi_outbox_push(&outbox, &chunks[0]);
	wi_outbox_attend(&outbox, &endpoints[0], WI_ATTEND_RELEASE);
}

/* One round of the I/O thread, as io/collect.c: what was said is asked before
 * the chunks are taken, and looked at after them. */
static uint32_t
collect(enum moment when, bool *chunk_seen)
{
	struct wi_endpoint *attention;
	struct wi_chunk *list;
	uint32_t what = 0, said;

	publish_and_release(BEFORE_ATTENTION, when);
	attention = wi_outbox_take_attention(&outbox);
	publish_and_release(BEFORE_ASKING, when);
	while (attention != NULL) {
		ck_assert_ptr_eq(attention, &endpoints[0]);
		attention = wi_outbox_next_attention(attention, &said);
		what |= said;
	}
	publish_and_release(BEFORE_CHUNKS, when);
	list = wi_outbox_take_chunks(&outbox);
	publish_and_release(AFTER_CHUNKS, when);
	if (list != NULL) {
		expect_lists(list, 0, 0);
		ck_assert(!*chunk_seen);
		*chunk_seen = true;
	}
	return what;
}

/* order_note.  With before: the endpoint waits for attention already, so
 * RELEASE joins what was said and pushes nothing. */
static void
expect_chunks_before_release(uint32_t before)
{
	enum moment when;

	for (when = BEFORE_ATTENTION; when < NMOMENTS; when++) {
		bool chunk_seen = false, released = false;
		uint32_t what, all = 0;

		setup();
		if (before != 0)
			wi_outbox_attend(&outbox, &endpoints[0], before);
		for (int round = 0; round < 3; round++) {
			what =
			    collect(round == 0 ? when : NMOMENTS, &chunk_seen);
			ck_assert(
			    (what & WI_ATTEND_RELEASE) == 0 || !released);
			released = released || (what & WI_ATTEND_RELEASE) != 0;
			ck_assert_msg(!released || chunk_seen,
			    "moment %d, "
			    "round %d: expected the chunk first, found "
			    "RELEASE",
			    (int)when, round);
			all |= what;
		}
		ck_assert(released);
		ck_assert_uint_eq(all, before | WI_ATTEND_RELEASE);
		ck_assert(wi_outbox_empty(&outbox));
	}
}

START_TEST(chunks_published_before_a_release_are_looked_at_before_it)
{
	expect_chunks_before_release(0);
}
END_TEST

START_TEST(release_behind_a_resume_does_not_overtake_the_chunks)
{
	expect_chunks_before_release(WI_ATTEND_RESUME);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		new_outbox_is_empty,
		lists_are_taken_all_at_once_oldest_first,
		chunks_within_a_list_are_left_as_they_are,
		attention_is_taken_all_at_once_oldest_first,
		endpoint_that_waits_already_is_not_pushed_again,
		endpoint_may_be_pushed_again_once_it_was_asked,
		outbox_is_not_empty_while_either_door_holds_something,
		chunks_published_before_a_release_are_looked_at_before_it,
		release_behind_a_resume_does_not_overtake_the_chunks,
	};

	return check_main("outbox", tests, CHECK_COUNT(tests));
}
