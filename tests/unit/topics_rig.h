/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/topics_rig.h - for tests of io/topics: add, match, and see what
 * was found.
 */
#ifndef TESTS_TOPICS_RIG_H
#define TESTS_TOPICS_RIG_H

#include <string.h>

#include "check_main.h"
#include "check_random.h"
#include "io/topics.h"

/* Those that were found, in this order. */
struct rig_seen {
	struct wi_subscription *subs[16];
	size_t count;
};

static inline void
rig_see(void *arg, struct wi_subscription *sub)
{
	struct rig_seen *seen = arg;

	check_holds(seen->count < CHECK_COUNT(seen->subs));
	seen->subs[seen->count++] = sub;
}

WI_ON_IO static inline struct rig_seen
rig_match(struct wi_topics *topics, const char *topic)
{
	struct rig_seen seen = { .count = 0 };
	size_t n;

	ck_assert_int_eq(wi_topic_check(topic, strlen(topic), NULL), WEFT_OK);
	n = wi_topics_match(topics, topic, strlen(topic), rig_see, &seen);
	ck_assert_uint_eq(n, seen.count);
	return seen;
}

/* true: it was the first of its filter. */
WI_ON_IO static inline bool
rig_add(
    struct wi_topics *topics, const char *filter, struct wi_subscription *sub)
{
	bool first;
	int rv;

	rv = wi_topics_add(topics, filter, strlen(filter), sub, &first);
	check_holds(rv == WEFT_OK);
	return first;
}

/* Nothing may be left. */
WI_ON_IO static inline void
rig_fini(struct wi_topics *topics)
{
	ck_assert_uint_eq(topics->count, 0);
	ck_assert_uint_eq(topics->nodes.hashed + topics->nodes.pluses, 0);
	ck_assert_ptr_null(topics->nodes.root);
	ck_assert_ptr_null(topics->nodes.buckets);
	ck_assert_uint_eq(topics->nodes.capacity, 0);
	wi_topics_fini(topics);
}

#endif
