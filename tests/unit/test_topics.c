/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_topics.c - io/topics: which filters match which topics.
 */
#include "io/topics.h"
#include "topics_rig.h"

/* In a tree that is only for it. */
static bool
matches(const char *filter, const char *topic)
{
	static const struct wi_subscription zeros;
	struct wi_subscription sub = { 0 };
	char text[WI_TOPIC_BYTES + 1];
	struct wi_topics topics;
	struct rig_seen seen;

	wi_become_io();
	wi_topics_init(&topics);
	ck_assert(rig_add(&topics, filter, &sub));
	seen = rig_match(&topics, topic);
	if (seen.count > 0)
		ck_assert_ptr_eq(seen.subs[0], &sub);
	ck_assert_uint_le(seen.count, 1);
	ck_assert_str_eq(wi_topics_filter(&sub, text), filter);
	ck_assert(wi_topics_is(&sub, filter, strlen(filter)));
	ck_assert(!wi_topics_is(&sub, filter, strlen(filter) - 1));
	ck_assert(!wi_topics_is(&sub, "else", 4));
	ck_assert(wi_topics_remove(&topics, &sub));
	ck_assert_mem_eq(&sub, &zeros, sizeof(sub));
	rig_fini(&topics);
	return seen.count == 1;
}

/* MQTT 3.1.1, section 4.7, from here on to 4.7.3. */
START_TEST(multi_level_wildcard_of_4_7_1_2)
{
	ck_assert(matches("sport/tennis/player1/#", "sport/tennis/player1"));
	ck_assert(
	    matches("sport/tennis/player1/#", "sport/tennis/player1/ranking"));
	ck_assert(matches(
	    "sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon"));
	ck_assert(!matches("sport/tennis/player1/#", "sport/tennis/player2"));
	ck_assert(!matches("sport/tennis/player1/#", "sport/tennis/player10"));
	ck_assert(!matches("sport/tennis/player1/#", "sport/tennis"));
	ck_assert(matches("sport/#", "sport"));
	ck_assert(matches("sport/#", "sport/"));
	ck_assert(matches("#", "sport"));
	ck_assert(matches("#", "/"));
	ck_assert(matches("#", "sport/tennis/player1/score/wimbledon"));
	ck_assert(matches("sport/tennis/#", "sport/tennis/player1"));
}
END_TEST

START_TEST(single_level_wildcard_of_4_7_1_3)
{
	ck_assert(matches("sport/tennis/+", "sport/tennis/player1"));
	ck_assert(matches("sport/tennis/+", "sport/tennis/player2"));
	ck_assert(!matches("sport/tennis/+", "sport/tennis/player1/ranking"));
	ck_assert(!matches("sport/+", "sport"));
	ck_assert(matches("sport/+", "sport/"));
	ck_assert(matches("+", "sport"));
	ck_assert(matches("+/tennis/#", "sport/tennis"));
	ck_assert(matches("+/tennis/#", "sport/tennis/player1/score"));
	ck_assert(!matches("+/tennis/#", "sport/football"));
	ck_assert(matches("sport/+/player1", "sport/tennis/player1"));
	ck_assert(!matches("sport/+/player1", "sport/tennis/player2"));
	ck_assert(matches("+/+", "/finance"));
	ck_assert(matches("/+", "/finance"));
	ck_assert(!matches("+", "/finance"));
}
END_TEST

START_TEST(topics_that_begin_with_a_dollar_of_4_7_2)
{
	ck_assert(!matches("#", "$SYS/monitor/Clients"));
	ck_assert(!matches("#", "$SYS"));
	ck_assert(!matches("+", "$SYS"));
	ck_assert(!matches("+/#", "$SYS"));
	ck_assert(!matches("+/monitor/Clients", "$SYS/monitor/Clients"));
	ck_assert(matches("$SYS/#", "$SYS/monitor/Clients"));
	ck_assert(matches("$SYS/#", "$SYS"));
	ck_assert(matches("$SYS/monitor/+", "$SYS/monitor/Clients"));
	ck_assert(matches("$SYS/+/Clients", "$SYS/monitor/Clients"));
	ck_assert(!matches("#", "$"));
	/* Only in front. */
	ck_assert(matches("#", "a/$SYS"));
	ck_assert(matches("a/+", "a/$SYS"));
	ck_assert(matches("+/x", "a$/x"));
	ck_assert(matches("#", "/$SYS"));
}
END_TEST

START_TEST(case_blanks_and_slashes_of_4_7_3)
{
	ck_assert(!matches("ACCOUNTS", "Accounts"));
	ck_assert(matches("Accounts payable", "Accounts payable"));
	ck_assert(!matches("Accounts payable", "Accountspayable"));
	ck_assert(!matches("/finance", "finance"));
	ck_assert(!matches("finance", "/finance"));
	ck_assert(!matches("finance", "finance/"));
	ck_assert(!matches("finance/", "finance"));
	ck_assert(matches("/", "/"));
	ck_assert(!matches("/", "//"));
}
END_TEST

START_TEST(empty_levels_are_levels)
{
	ck_assert(matches("a//b", "a//b"));
	ck_assert(!matches("a//b", "a/b"));
	ck_assert(!matches("a/b", "a//b"));
	ck_assert(matches("a/+/b", "a//b"));
	ck_assert(matches("+/+", "/"));
	ck_assert(!matches("+", "/"));
	ck_assert(matches("//#", "/"));
	ck_assert(matches("/#", "/"));
	ck_assert(matches("/#", "/a"));
	ck_assert(!matches("//#", "a/"));
	ck_assert(matches("a//#", "a/"));
	ck_assert(matches("///////////////", "///////////////"));
}
END_TEST

START_TEST(bytes_are_compared_as_bytes)
{
	/* One letter in two ways of Unicode is two names (MQTT, 4.7.3). */
	ck_assert(!matches("\xc3\xa9", "e\xcc\x81"));
	ck_assert(matches("\xff\x01/+", "\xff\x01/\x80"));
	ck_assert(!matches("aaaaaaaa/b", "aaaaaaab/b"));
	ck_assert(!matches("aaaaaaaa", "aaaaaaaaa"));
}
END_TEST

START_TEST(longest_and_deepest_filters_fit)
{
	char text[WI_TOPIC_BYTES + 1] = { 0 }, other[WI_TOPIC_BYTES + 1];
	size_t i;

	memset(text, 'x', WI_TOPIC_BYTES);
	ck_assert(matches(text, text));
	memcpy(other, text, sizeof(other));
	other[WI_TOPIC_BYTES - 1] = 'y';
	ck_assert(!matches(text, other));
	for (i = 1; i < WI_TOPIC_LEVELS; i++)
		text[i * 60] = '/';
	ck_assert(matches(text, text));
	memcpy(other, text, sizeof(other));
	other[15 * 60 + 1] = '#';
	other[15 * 60 + 2] = '\0';
	ck_assert(matches(other, text));
	ck_assert(matches("+/+/+/+/+/+/7/8/9/10/11/12/13/14/15/#",
	    "1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16"));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		multi_level_wildcard_of_4_7_1_2,
		single_level_wildcard_of_4_7_1_3,
		topics_that_begin_with_a_dollar_of_4_7_2,
		case_blanks_and_slashes_of_4_7_3,
		empty_levels_are_levels,
		bytes_are_compared_as_bytes,
		longest_and_deepest_filters_fit,
	};

	return check_main("topics", tests, CHECK_COUNT(tests));
}
