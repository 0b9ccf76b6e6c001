/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_topics_tree.c - io/topics: what is in the tree, in which
 * order, and that it goes again.
 */
#include <errno.h>
#include <stdio.h>

#include "../stress/aborts.h"
#include "collide.h"
#include "io/topics.h"
#include "topics_rig.h"

#define MANY 3000u

START_TEST(filter_that_may_not_be_is_refused)
{
	struct wi_subscription sub = { 0 };
	struct wi_topics topics;
	bool first = true;

	wi_become_io();
	wi_topics_init(&topics);
	ck_assert_int_eq(
	    wi_topics_add(&topics, "a/#/b", 5, &sub, &first), -EINVAL);
	ck_assert_int_eq(wi_topics_add(&topics, "", 0, &sub, NULL), -EINVAL);
	ck_assert_ptr_null(sub.node);
	ck_assert_ptr_null(sub.next);
	ck_assert_ptr_null(sub.prev);
	rig_fini(&topics);
}
END_TEST

START_TEST(all_filters_that_match_are_found_once_each)
{
	static const char *const filters[] = { "#", "+/#", "a/#", "a/b/#",
		"a/b", "+/b", "a/+", "+/+", "a/b/+", "a", "+", "b/#", "a/c" };
	struct wi_subscription subs[CHECK_COUNT(filters)] = { 0 };
	struct wi_topics topics;
	struct rig_seen seen;
	size_t i, j;

	wi_become_io();
	wi_topics_init(&topics);
	for (i = 0; i < CHECK_COUNT(filters); i++)
		ck_assert(rig_add(&topics, filters[i], &subs[i]));
	seen = rig_match(&topics, "a/b");
	ck_assert_uint_eq(seen.count, 8);
	for (i = 0; i < 8; i++) {
		for (j = 0; j < seen.count && seen.subs[j] != &subs[i]; j++)
			continue;
		ck_assert_uint_lt(j, seen.count);
	}
	ck_assert_uint_eq(rig_match(&topics, "a").count, 5);
	ck_assert_uint_eq(rig_match(&topics, "$a/b").count, 0);
	for (i = 0; i < CHECK_COUNT(filters); i++)
		ck_assert(wi_topics_remove(&topics, &subs[i]));
	rig_fini(&topics);
}
END_TEST

/* Each that is still there, in this order. */
WI_ON_IO static void
assert_order(
    struct wi_topics *topics, struct wi_subscription *const *subs, size_t n)
{
	struct rig_seen seen = rig_match(topics, "a/b");
	size_t i;

	ck_assert_uint_eq(seen.count, n);
	for (i = 0; i < n; i++)
		ck_assert_ptr_eq(seen.subs[i], subs[i]);
}

START_TEST(one_filter_keeps_its_order_whoever_leaves)
{
	static const char *const filters[] = { "a/b", "a/#" };
	struct wi_subscription subs[4] = { 0 };
	struct wi_subscription *order[4];
	struct wi_topics topics;
	size_t f, i, n, gone;

	wi_become_io();
	wi_topics_init(&topics);
	for (f = 0; f < 2 * CHECK_COUNT(subs); f++) {
		gone = f / 2;
		for (i = n = 0; i < CHECK_COUNT(subs); i++)
			ck_assert(rig_add(&topics, filters[f % 2], &subs[i]) ==
			    (i == 0));
		ck_assert(!wi_topics_remove(&topics, &subs[gone]));
		for (i = 0; i < CHECK_COUNT(subs); i++)
			if (i != gone)
				order[n++] = &subs[i];
		assert_order(&topics, order, n);
		/* It comes back as the newest. */
		ck_assert(!rig_add(&topics, filters[f % 2], &subs[gone]));
		order[n++] = &subs[gone];
		assert_order(&topics, order, n);
		for (i = 0; i < n; i++)
			ck_assert(wi_topics_remove(&topics, order[i]) ==
			    (i + 1 == n));
	}
	rig_fini(&topics);
}
END_TEST

START_TEST(filter_and_its_subtree_are_two_filters_at_one_node)
{
	struct wi_subscription here = { 0 }, below = { 0 };
	struct wi_topics topics;

	wi_become_io();
	wi_topics_init(&topics);
	ck_assert(rig_add(&topics, "a/b", &here));
	ck_assert(rig_add(&topics, "a/b/#", &below));
	ck_assert_uint_eq(topics.nodes.hashed, 2);
	ck_assert_uint_eq(rig_match(&topics, "a/b").count, 2);
	ck_assert_uint_eq(rig_match(&topics, "a/b/c").count, 1);
	ck_assert(wi_topics_remove(&topics, &here));
	ck_assert_uint_eq(rig_match(&topics, "a/b").count, 1);
	ck_assert_uint_eq(topics.nodes.hashed, 2);
	ck_assert(wi_topics_remove(&topics, &below));
	rig_fini(&topics);
}
END_TEST

START_TEST(nodes_stay_while_a_filter_needs_them)
{
	struct wi_subscription subs[4] = { 0 };
	struct wi_topics topics;

	wi_become_io();
	wi_topics_init(&topics);
	rig_add(&topics, "a/b/c/d", &subs[0]);
	rig_add(&topics, "a/b", &subs[1]);
	rig_add(&topics, "a/+/c", &subs[2]);
	rig_add(&topics, "+/+/+", &subs[3]);
	ck_assert_uint_eq(topics.nodes.hashed, 5);
	ck_assert_uint_eq(topics.nodes.pluses, 4);
	wi_topics_remove(&topics, &subs[0]);
	ck_assert_uint_eq(topics.nodes.hashed, 3);
	wi_topics_remove(&topics, &subs[1]);
	ck_assert_uint_eq(topics.nodes.hashed, 2);
	wi_topics_remove(&topics, &subs[3]);
	ck_assert_uint_eq(topics.nodes.pluses, 1);
	ck_assert_uint_eq(rig_match(&topics, "a/x/c").count, 1);
	wi_topics_remove(&topics, &subs[2]);
	rig_fini(&topics);
}
END_TEST

START_TEST(table_follows_the_nodes_that_are_there)
{
	static struct wi_subscription subs[MANY];
	struct wi_topics topics;
	char topic[32];
	uint32_t i;

	wi_become_io();
	wi_topics_init(&topics);
	for (i = 0; i < MANY; i++) {
		snprintf(topic, sizeof(topic), "all/%u", i);
		rig_add(&topics, topic, &subs[i]);
		check_holds(topics.nodes.hashed == i + 2);
		check_holds(topics.nodes.nbuckets >= topics.nodes.hashed);
	}
	for (i = 0; i < MANY; i++) {
		snprintf(topic, sizeof(topic), "all/%u", i);
		check_holds(rig_match(&topics, topic).subs[0] == &subs[i]);
		check_holds(wi_topics_remove(&topics, &subs[i]));
		check_holds(rig_match(&topics, topic).count == 0);
		check_holds(topics.nodes.nbuckets <= 16 ||
		    topics.nodes.nbuckets / 2 <= topics.nodes.hashed);
	}
	rig_fini(&topics);
}
END_TEST

#define LEVEL 6 /* [bytes] of a number as a level */

/* A level's hash, and the salt of a node of the first level. */
static uint32_t
hash_of_level(const void *arg, uint32_t number)
{
	const struct wi_topics *topics = arg;
	char level[LEVEL + 1];

	snprintf(level, sizeof(level), "%06x", number);
	return (uint32_t)wi_hash_bytes(&topics->nodes.key, level, LEVEL);
}

static uint32_t
hash_of_salt(const void *arg, uint32_t number)
{
	const struct wi_topics *topics = arg;
	char level[LEVEL + 1];
	uint64_t path[2];

	snprintf(level, sizeof(level), "%06x", number);
	path[0] = topics->nodes.root->salt;
	path[1] = wi_hash_bytes(&topics->nodes.key, level, LEVEL);
	return (uint32_t)wi_hash_bytes(&topics->nodes.key, path, sizeof(path));
}

/* One after the other comes and goes, beside one below each parent. */
WI_ON_IO static void
assert_told_apart(struct wi_topics *topics, const uint32_t pair[2], bool below)
{
	struct wi_subscription stay[2] = { 0 }, subs[2] = { 0 };
	char stays[2][LEVEL + 3], names[2][LEVEL + 3];
	uint32_t i;

	for (i = 0; i < 2; i++) {
		snprintf(names[i], sizeof(names[i]), "%06x/x", pair[i]);
		snprintf(stays[i], sizeof(stays[i]), "%06x/y", pair[i]);
		ck_assert(rig_add(topics, stays[i], &stay[i]));
	}
	ck_assert_uint_eq(
	    stay[0].node->parent->hash == stay[1].node->parent->hash, !below);
	ck_assert_uint_eq(stay[0].node->hash == stay[1].node->hash, below);
	for (i = 0; i < 2; i++) {
		ck_assert(rig_add(topics, names[i], &subs[i]));
		ck_assert_uint_eq(rig_match(topics, names[i]).count, 1);
		ck_assert_uint_eq(rig_match(topics, names[!i]).count, i);
	}
	for (i = 0; i < 2; i++) {
		ck_assert(wi_topics_remove(topics, &subs[i]));
		ck_assert_uint_eq(rig_match(topics, names[i]).count, 0);
		ck_assert_uint_eq(rig_match(topics, names[!i]).count, !i);
		ck_assert(wi_topics_remove(topics, &stay[i]));
	}
}

START_TEST(levels_with_the_same_hash_are_told_apart)
{
	struct wi_subscription key = { 0 };
	struct wi_topics topics;
	uint32_t pair[2];

	wi_become_io();
	wi_topics_init(&topics);
	rig_add(&topics, "key", &key); /* brings it */
	collide(hash_of_level, &topics, pair);
	assert_told_apart(&topics, pair, false);
	collide(hash_of_salt, &topics, pair);
	assert_told_apart(&topics, pair, true);
	ck_assert(wi_topics_remove(&topics, &key));
	rig_fini(&topics);
}
END_TEST

START_TEST(each_tree_has_a_key_of_its_own_and_keeps_it)
{
	struct wi_subscription a = { 0 }, b = { 0 };
	struct wi_topics left, right;
	struct wi_hash_key key;

	wi_become_io();
	wi_topics_init(&left);
	wi_topics_init(&right);
	rig_add(&left, "a", &a);
	rig_add(&right, "a", &b);
	ck_assert_mem_ne(&left.nodes.key, &right.nodes.key, sizeof(key));
	key = left.nodes.key;
	wi_topics_remove(&left, &a);
	rig_add(&left, "a", &a);
	ck_assert_mem_eq(&left.nodes.key, &key, sizeof(key));
	wi_topics_remove(&left, &a);
	wi_topics_remove(&right, &b);
	rig_fini(&left);
	rig_fini(&right);
}
END_TEST

static struct wi_topics misused;
static struct wi_subscription misused_subs[2];

static void
remove_in_match(void *arg, struct wi_subscription *sub)
{
	wi_assert_io();
	(void)arg;
	wi_topics_remove(&misused, sub);
}

static void
misuse(void *arg)
{
	int how = *(int *)arg;

	wi_become_io();
	wi_topics_init(&misused);
	rig_add(&misused, "a", &misused_subs[0]);
	if (how == 0)
		rig_add(&misused, "b", &misused_subs[0]);
	else if (how == 1)
		wi_topics_remove(&misused, &misused_subs[1]);
	else if (how == 2)
		wi_topics_match(&misused, "a", 1, remove_in_match, NULL);
	else if (how == 3)
		wi_topics_match(
		    &misused, "////////////////", 16, rig_see, NULL);
	else
		wi_topics_fini(&misused);
}

START_TEST(misuse_ends_in_an_assertion)
{
	static const char *const words[] = { "sub->node == NULL",
		"node != NULL", "!topics->matching", "n < ", "count == 0" };
	int i;

	for (i = 0; i < (int)CHECK_COUNT(words); i++)
		ck_assert(aborts_saying(misuse, &i, words[i]));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		filter_that_may_not_be_is_refused,
		all_filters_that_match_are_found_once_each,
		one_filter_keeps_its_order_whoever_leaves,
		filter_and_its_subtree_are_two_filters_at_one_node,
		nodes_stay_while_a_filter_needs_them,
		table_follows_the_nodes_that_are_there,
		levels_with_the_same_hash_are_told_apart,
		each_tree_has_a_key_of_its_own_and_keeps_it,
		misuse_ends_in_an_assertion,
	};

	return check_main("topics_tree", tests, CHECK_COUNT(tests));
}
