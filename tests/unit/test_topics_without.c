/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_topics_without.c - io/topics without memory, and without
 * random numbers for a key.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define WITHOUT_MEMORY

#include "check_main.h"
#include "io/topics.h"
#include "without.h"

#define MANY 1000u

static void
count_one(void *arg, struct wi_subscription *sub)
{
	(void)sub;
	++*(size_t *)arg;
}

WI_ON_IO static size_t
count(struct wi_topics *topics, const char *topic)
{
	size_t n = 0;

	wi_topics_match(topics, topic, strlen(topic), count_one, &n);
	return n;
}

/* Adding with 0, 1, 2, ... allocations: none but the last try changes
 * anything.  How many it needs. */
WI_ON_IO static unsigned
add_at_last(
    struct wi_topics *topics, const char *filter, struct wi_subscription *sub)
{
	static const struct wi_subscription zeros;
	struct wi_topics before = *topics;
	bool first;
	unsigned n;
	int rv;

	for (n = 0;; n++) {
		first = false;
		WITHOUT_AFTER(n,
		    rv = wi_topics_add(
			topics, filter, strlen(filter), sub, &first));
		if (rv == WEFT_OK)
			break;
		ck_assert_int_eq(rv, -ENOMEM);
		ck_assert(!first);
		ck_assert_mem_eq(sub, &zeros, sizeof(*sub));
		/* The key stays, once it is there. */
		before.nodes.has_key = topics->nodes.has_key;
		before.nodes.key = topics->nodes.key;
		ck_assert_mem_eq(topics, &before, sizeof(before));
	}
	ck_assert(first);
	return n;
}

START_TEST(without_memory_nothing_is_added_and_none_is_lost)
{
	struct wi_subscription subs[6] = { 0 };
	struct wi_topics topics;
	unsigned i;

	wi_become_io();
	memset(&topics, 0, sizeof(topics));
	wi_topics_init(&topics);
	/* The root, the table, and a node for each level. */
	ck_assert_uint_eq(add_at_last(&topics, "a/+/c/#", &subs[0]), 5);
	ck_assert_uint_eq(add_at_last(&topics, "a/+/d/+/e/f", &subs[1]), 4);
	ck_assert_uint_eq(add_at_last(&topics, "+/b", &subs[2]), 2);
	ck_assert_uint_eq(add_at_last(&topics, "a/+/c", &subs[3]), 0);
	ck_assert_uint_eq(add_at_last(&topics, "#", &subs[4]), 0);
	ck_assert_uint_eq(count(&topics, "a/b/c"), 3);
	ck_assert_uint_eq(count(&topics, "a/b/d/x/e/f"), 2);
	ck_assert_uint_eq(count(&topics, "a/b"), 2);
	for (i = 0; i < 5; i++)
		ck_assert(wi_topics_remove(&topics, &subs[i]));
	ck_assert_uint_eq(add_at_last(&topics, "#", &subs[5]), 2);
	WITHOUT(0, wi_topics_remove(&topics, &subs[5]));
	wi_topics_fini(&topics);
}
END_TEST

START_TEST(without_memory_for_buckets_chains_get_longer_for_a_while)
{
	static struct wi_subscription subs[2 * MANY];
	struct wi_topics topics;
	char topic[32];
	unsigned i, n;
	int rv;

	wi_become_io();
	wi_topics_init(&topics);
	without_refused = 0;
	for (i = 0; i < 2 * MANY; i++) {
		n = (unsigned)snprintf(topic, sizeof(topic), "%u", i);
		WITHOUT(i < MANY ? 32 * sizeof(void *) : SIZE_MAX,
		    rv = wi_topics_add(&topics, topic, n, &subs[i], NULL));
		ck_assert_int_eq(rv, WEFT_OK);
		if (i + 1 == MANY) {
			ck_assert_uint_eq(topics.nodes.nbuckets, 16);
			ck_assert_uint_gt(without_refused, 0);
			ck_assert_uint_eq(count(&topics, "0"), 1);
			ck_assert_uint_eq(count(&topics, "999"), 1);
		}
	}
	/* It has made up for what it had missed. */
	ck_assert_uint_eq(topics.nodes.nbuckets, 2 * MANY);
	without_refused = 0;
	for (i = 0; i < 2 * MANY; i++) {
		WITHOUT(0, wi_topics_remove(&topics, &subs[i]));
		if (i + 1 < 2 * MANY)
			ck_assert_uint_eq(count(&topics, "1999"), 1);
	}
	ck_assert_uint_gt(without_refused, 0);
	wi_topics_fini(&topics);
}
END_TEST

static bool
first_is_refused(void)
{
	struct wi_subscription sub = { 0 };
	struct wi_topics topics;
	int rv;

	wi_become_io();
	wi_topics_init(&topics);
	rv = wi_topics_add(&topics, "a", 1, &sub, NULL);
	if (rv == WEFT_OK)
		wi_topics_remove(&topics, &sub);
	wi_topics_fini(&topics);
	return rv == -ENOSYS && sub.node == NULL;
}

START_TEST(without_getrandom_the_first_is_refused)
{
	ck_assert(!first_is_refused()); /* here it is not */
	ck_assert(without_getrandom(first_is_refused));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		without_memory_nothing_is_added_and_none_is_lost,
		without_memory_for_buckets_chains_get_longer_for_a_while,
		without_getrandom_the_first_is_refused,
	};

	return check_main("topics_without", tests, CHECK_COUNT(tests));
}
