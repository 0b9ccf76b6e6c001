/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_endpoint.c - handoff/endpoint: ids that go stale, and loads.
 */
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include <weft/error.h>

#include "check_main.h"
#include "handoff/endpoint.h"

#define NODE 0xbeefu

static const struct weft_codec codec_one = { .name = "one" };
static const struct weft_codec codec_two = { .name = "two" };
static const struct wi_limits limits_one = { .max_message = 1 };
static const struct wi_limits limits_two = { .max_message = 2 };

static void
slots_of(struct wi_slots *slots, uint32_t max)
{
	const size_t strides[WI_SLOTS_ARRAYS] = { sizeof(struct wi_endpoint),
		64 };

	ck_assert_int_eq(wi_slots_init(slots, max, strides), WEFT_OK);
}

static struct wi_endpoint *
open_one(struct wi_slots *slots, uint64_t *id)
{
	struct wi_endpoint *endpoint;
	uint32_t generation;
	int64_t slot = wi_slots_take(slots, &generation);

	ck_assert_int_ge(slot, 0);
	endpoint = wi_slots_at(slots, 0, (uint32_t)slot);
	*id = wi_endpoint_id(NODE, generation, (uint32_t)slot);
	wi_endpoint_open(endpoint, *id, &codec_one, &limits_one, NULL, NULL);
	return endpoint;
}

static void
close_one(struct wi_slots *slots, struct wi_endpoint *endpoint)
{
	wi_endpoint_shut(endpoint);
	wi_slots_give(slots, wi_endpoint_slot(endpoint));
}

START_TEST(id_is_node_generation_and_slot)
{
	ck_assert_uint_eq(wi_endpoint_id(0xffff, 0xabcdef, 0x123456),
	    UINT64_C(0xffffabcdef123456));
	ck_assert_uint_eq(wi_endpoint_id(0, 1, 0), UINT64_C(0x1000000));
	ck_assert_uint_eq(
	    wi_endpoint_id(0, 1, 0xffffff) & WI_ID_SLOT_MASK, WI_ID_SLOT_MASK);
}
END_TEST

START_TEST(open_endpoint_is_found_by_its_id_alone)
{
	struct wi_endpoint *endpoint;
	struct wi_slots slots;
	uint64_t id;
	int bit;

	slots_of(&slots, 128);
	endpoint = open_one(&slots, &id);
	ck_assert_ptr_eq(wi_endpoint_find(&slots, id), endpoint);
	for (bit = 0; bit < 64; bit++)
		ck_assert_ptr_null(
		    wi_endpoint_find(&slots, id ^ UINT64_C(1) << bit));
	close_one(&slots, endpoint);
	wi_slots_fini(&slots);
}
END_TEST

START_TEST(ids_that_name_nobody_are_not_found)
{
	struct wi_slots slots;

	slots_of(&slots, 64);
	/* Slot 0 holds id 0 while nobody has it. */
	ck_assert_ptr_null(wi_endpoint_find(&slots, 0));
	ck_assert_ptr_null(
	    wi_endpoint_find(&slots, wi_endpoint_id(NODE, 1, 63)));
	/* Behind the table: not even looked at. */
	ck_assert_ptr_null(
	    wi_endpoint_find(&slots, wi_endpoint_id(NODE, 1, 64)));
	ck_assert_ptr_null(
	    wi_endpoint_find(&slots, wi_endpoint_id(NODE, 1, 0xffffff)));
	ck_assert_ptr_null(wi_endpoint_find(&slots, UINT64_MAX));
	wi_slots_fini(&slots);
}
END_TEST

START_TEST(id_is_stale_once_shut_and_stays_so_for_the_next_owner)
{
	struct wi_endpoint *endpoint, *second;
	uint64_t id, second_id;
	struct wi_slots slots;

	slots_of(&slots, 64);
	endpoint = open_one(&slots, &id);
	wi_endpoint_shut(endpoint);
	ck_assert_ptr_null(wi_endpoint_find(&slots, id));
	ck_assert_uint_eq(endpoint->name, id); /* its handler still says it */
	wi_slots_give(&slots, wi_endpoint_slot(endpoint));

	second = open_one(&slots, &second_id);
	ck_assert_ptr_eq(second, endpoint);
	ck_assert_uint_ne(second_id, id);
	ck_assert_ptr_null(wi_endpoint_find(&slots, id));
	ck_assert_ptr_eq(wi_endpoint_find(&slots, second_id), second);
	close_one(&slots, second);
	wi_slots_fini(&slots);
}
END_TEST

START_TEST(stale_id_is_not_found_in_pages_that_were_given_back)
{
	const uint32_t n = (WI_SLOTS_EMPTY_KEPT + 2) * WI_SLOTS_GROUP;
	struct wi_endpoint *endpoint;
	struct wi_slots slots;
	uint64_t *ids;
	uint32_t i;

	slots_of(&slots, n);
	ids = calloc(n, sizeof(*ids));
	ck_assert_ptr_nonnull(ids);
	for (i = 0; i < n; i++)
		(void)open_one(&slots, &ids[i]);
	for (i = 0; i < n; i++) {
		endpoint = wi_endpoint_find(&slots, ids[i]);
		ck_assert_ptr_nonnull(endpoint);
		close_one(&slots, endpoint);
	}
	endpoint = wi_slots_at(&slots, 0, n - 1);
	ck_assert_ptr_null(endpoint->codec); /* the page is really gone */
	for (i = 0; i < n; i++)
		ck_assert_ptr_null(wi_endpoint_find(&slots, ids[i]));
	free(ids);
	wi_slots_fini(&slots);
}
END_TEST

/* What the last owner left must not reach the next one: all but out_load, see
 * stale_note in handoff/endpoint.c. */
START_TEST(opening_forgets_the_last_owner)
{
	struct wi_plugin *plugin = (void *)&slots_of;
	static struct wi_endpoint endpoint;
	const uint64_t id = wi_endpoint_id(NODE, 9, 41);
	struct wi_event event;

	wi_event_init(&event, WI_EVENT_DRAINED);
	memset(&endpoint, 0xff, sizeof(endpoint));
	endpoint.out_load = wi_load(3, 300);
	wi_endpoint_open(&endpoint, id, &codec_two, &limits_two, plugin, NULL);
	ck_assert_uint_eq(endpoint.id, id);
	ck_assert_uint_eq(endpoint.name, id);
	ck_assert_uint_eq(wi_endpoint_slot(&endpoint), 41);
	ck_assert_ptr_eq(endpoint.codec, &codec_two);
	ck_assert_ptr_eq(endpoint.limits, &limits_two);
	ck_assert_ptr_eq(endpoint.plugin, plugin);
	ck_assert_ptr_null(endpoint.user);
	ck_assert_uint_eq(endpoint.in_load, 0);
	ck_assert_uint_eq(endpoint.read_paused, 0);
	ck_assert_uint_eq(endpoint.attention, 0);
	ck_assert_uint_eq(endpoint.muted, 0);
	ck_assert_uint_eq(endpoint.out_load, wi_load(3, 300));
	ck_assert_ptr_null(endpoint.group);
	ck_assert(!endpoint.moved);
	ck_assert(!endpoint.over);
	ck_assert_uint_eq(endpoint.own.worker, 0);
	ck_assert_int_eq(endpoint.opened.kind, WI_EVENT_OPENED);
	ck_assert_int_eq(endpoint.closed.kind, WI_EVENT_CLOSED);

	/* Its strand is idle and empty: the first push has to schedule it. */
	ck_assert(wi_mailbox_push(&endpoint.own.mailbox, &event));
	ck_assert_ptr_eq(wi_mailbox_peek(&endpoint.own.mailbox), &event);
	wi_mailbox_drop(&endpoint.own.mailbox, &event);
	ck_assert(wi_mailbox_rest(&endpoint.own.mailbox));
}
END_TEST

START_TEST(load_holds_messages_and_bytes_apart)
{
	const uint64_t max_bytes = (UINT64_C(1) << 40) - 1;
	uint64_t load = wi_load((1u << 24) - 1, max_bytes);

	ck_assert_uint_eq(load, UINT64_MAX);
	ck_assert_uint_eq(wi_load_messages(load), (1u << 24) - 1);
	ck_assert_uint_eq(wi_load_bytes(load), max_bytes);
	ck_assert_uint_eq(wi_load_messages(wi_load(0, max_bytes)), 0);
	ck_assert_uint_eq(wi_load_bytes(wi_load(5, 0)), 0);

	load = 0;
	ck_assert_uint_eq(wi_load_add(&load, wi_load(2, 10)), wi_load(2, 10));
	ck_assert_uint_eq(wi_load_add(&load, wi_load(1, 7)), wi_load(3, 17));
	ck_assert_uint_eq(wi_load_sub(&load, wi_load(2, 10)), wi_load(1, 7));
	ck_assert_uint_eq(load, wi_load(1, 7));
	ck_assert_uint_eq(wi_load_sub(&load, wi_load(1, 7)), 0);
}
END_TEST

START_TEST(load_stops_at_zero_in_each_half)
{
	uint64_t load = wi_load(5, 100);

	/* More bytes than there are: the messages must not pay for them. */
	ck_assert_uint_eq(wi_load_sub(&load, wi_load(1, 101)), wi_load(4, 0));
	ck_assert_uint_eq(wi_load_sub(&load, wi_load(0, 1)), wi_load(4, 0));
	load = wi_load(5, 100);
	ck_assert_uint_eq(wi_load_sub(&load, wi_load(6, 1)), wi_load(0, 99));
	ck_assert_uint_eq(wi_load_sub(&load, UINT64_MAX), 0);
	ck_assert_uint_eq(wi_load_sub(&load, UINT64_MAX), 0);
	ck_assert_uint_eq(load, 0);
}
END_TEST

#define LOAD_ROUNDS 20000u

static void *
add_and_sub(void *arg)
{
	uint64_t *load = arg;
	uint32_t i;

	for (i = 0; i < LOAD_ROUNDS; i++) {
		(void)wi_load_add(load, wi_load(3, 1000 + i));
		(void)wi_load_add(load, wi_load(1, 5));
		(void)wi_load_sub(load, wi_load(4, 1005 + i));
	}
	return NULL;
}

START_TEST(load_of_many_threads_ends_where_it_began)
{
	uint64_t load = wi_load(7, 77);
	pthread_t threads[4];
	unsigned i;

	for (i = 0; i < 4; i++)
		ck_assert_int_eq(
		    pthread_create(&threads[i], NULL, add_and_sub, &load), 0);
	for (i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	ck_assert_uint_eq(load, wi_load(7, 77));
}
END_TEST

struct finders {
	struct wi_slots slots;
	uint64_t id;     /* atomic: the one that is open, or was just now */
	uint32_t stop;   /* atomic */
	uint32_t nready; /* atomic */
};

struct finder {
	struct finders *all;
	uint64_t nfound;
};

/* As work/send does: look it up, then read what belongs to it. */
static void *
find_again_and_again(void *arg)
{
	struct finder *finder = arg;
	struct finders *all = finder->all;
	const struct weft_codec *codec;
	struct wi_endpoint *endpoint;

	__atomic_fetch_add(&all->nready, 1, __ATOMIC_RELAXED);
	while (__atomic_load_n(&all->stop, __ATOMIC_RELAXED) == 0) {
		endpoint = wi_endpoint_find(
		    &all->slots, __atomic_load_n(&all->id, __ATOMIC_RELAXED));
		if (endpoint == NULL)
			continue;
		codec = __atomic_load_n(&endpoint->codec, __ATOMIC_RELAXED);
		if (codec != &codec_one)
			return NULL; /* seen as a count that is too small */
		finder->nfound++;
	}
	return finder;
}

/* Opening publishes: whoever finds the id sees what was set before it. */
START_TEST(what_is_found_was_filled_before)
{
	struct finders all = { .nready = 0 };
	struct finder finders[2] = { { &all, 0 }, { &all, 0 } };
	struct wi_endpoint *endpoint;
	pthread_t threads[2];
	uint64_t id;
	void *said;
	int i;

	slots_of(&all.slots, 64);
	for (i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
				     find_again_and_again, &finders[i]),
		    0);
	while (__atomic_load_n(&all.nready, __ATOMIC_RELAXED) < 2)
		sched_yield();
	for (i = 0; i < 50000; i++) {
		endpoint = open_one(&all.slots, &id);
		__atomic_store_n(&all.id, id, __ATOMIC_RELAXED);
		if (i % 1000 == 0)
			sched_yield();
		close_one(&all.slots, endpoint);
	}
	__atomic_store_n(&all.stop, 1, __ATOMIC_RELAXED);
	for (i = 0; i < 2; i++) {
		pthread_join(threads[i], &said);
		ck_assert_ptr_eq(said, &finders[i]);
	}
	wi_slots_fini(&all.slots);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		id_is_node_generation_and_slot,
		open_endpoint_is_found_by_its_id_alone,
		ids_that_name_nobody_are_not_found,
		id_is_stale_once_shut_and_stays_so_for_the_next_owner,
		stale_id_is_not_found_in_pages_that_were_given_back,
		opening_forgets_the_last_owner,
		load_holds_messages_and_bytes_apart,
		load_stops_at_zero_in_each_half,
		load_of_many_threads_ends_where_it_began,
		what_is_found_was_filled_before,
	};

	return check_main("endpoint", tests, CHECK_COUNT(tests));
}
