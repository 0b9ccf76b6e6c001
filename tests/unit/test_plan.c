/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_plan.c - a plan is heard as it was told, sockets included;
 * what is no part of one is refused.
 */
#include "host/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weft/error.h>

#include "check_main.h"
#include "host/channel.h"

static void
plan_of(struct wi_plan *plan, int fd)
{
	wi_plan_init(plan);
	plan->options.workers = 7;
	plan->options.log_level = WEFT_LOG_WARN;
	plan->facts = (struct wi_plan_facts){
		.restarts = 3, .load_any = 1, .seccomp = 2
	};
	ck_assert_int_eq(wi_plan_set(plan, WI_PLAN_USER, "root"), 0);
	ck_assert_int_eq(wi_plan_set(plan, WI_PLAN_USER, "nobody"), 0);
	ck_assert_int_eq(wi_plan_add_plugin(plan, "chat", "chat?a=1&b=2"), 0);
	ck_assert_int_eq(wi_plan_add_plugin(plan, "echo", ""), 0);
	ck_assert_int_eq(
	    wi_plan_add_listener(plan, "one", "tcp://*:1", "chat", fd), 0);
	ck_assert_int_eq(
	    wi_plan_add_listener(plan, "two", "tcp://*:2", "echo", -1), 0);
}

/* All of it; returns what the last part was answered with. */
static int
hear(struct wi_plan *plan, int channel)
{
	struct wi_message message;
	int rv;

	wi_plan_init(plan);
	do {
		ck_assert_int_eq(wi_channel_hear(channel, &message), WEFT_OK);
		rv = wi_plan_hear(plan, &message);
	} while (rv == WEFT_OK);
	return rv;
}

START_TEST(a_plan_is_heard_as_it_was_told)
{
	struct wi_plan told, heard;
	struct stat a, b;
	int ends[2], fds[2];

	ck_assert_int_eq(wi_channel_pair(ends), WEFT_OK);
	ck_assert_int_eq(pipe(fds), 0);
	plan_of(&told, fds[0]);
	ck_assert_int_eq(wi_plan_tell(&told, ends[0], WI_SAY_GO), WEFT_OK);
	ck_assert_int_eq(hear(&heard, ends[1]), 1);
	ck_assert_mem_eq(&heard.options, &told.options, sizeof(heard.options));
	ck_assert_uint_eq(heard.facts.restarts, 3);
	ck_assert_uint_eq(heard.facts.takes_over, 0);
	ck_assert_uint_eq(heard.facts.load_any, 1);
	ck_assert_uint_eq(heard.facts.seccomp, 2);
	ck_assert_str_eq(wi_plan_text(&heard, WI_PLAN_USER), "nobody");
	ck_assert_str_eq(wi_plan_text(&heard, WI_PLAN_ADMIN), "");
	ck_assert_uint_eq(heard.nplugins, 2);
	ck_assert_str_eq(heard.plugins[0].title, "chat");
	ck_assert_str_eq(heard.plugins[0].what, "chat?a=1&b=2");
	ck_assert_str_eq(heard.plugins[1].what, "");
	ck_assert_uint_eq(heard.nlisteners, 2);
	ck_assert_str_eq(heard.listeners[0].title, "one");
	ck_assert_str_eq(heard.listeners[0].url, "tcp://*:1");
	ck_assert_str_eq(heard.listeners[0].plugin, "chat");
	ck_assert_int_eq(heard.listeners[1].fd, -1);
	/* The same pipe, by another descriptor. */
	ck_assert_int_ne(heard.listeners[0].fd, fds[0]);
	ck_assert_int_eq(fstat(heard.listeners[0].fd, &a), 0);
	ck_assert_int_eq(fstat(fds[0], &b), 0);
	ck_assert_uint_eq(a.st_ino, b.st_ino);
	ck_assert_ptr_eq(wi_plan_listener(&heard, "two"), &heard.listeners[1]);
	ck_assert_ptr_null(wi_plan_listener(&heard, "three"));
	wi_plan_fini(&heard, true);
	wi_plan_fini(&told, false);
	ck_assert_int_eq(close(fds[0]), 0);
	close(fds[1]);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

START_TEST(a_plan_that_was_not_told_to_its_end_is_dropped)
{
	struct wi_plan told, heard;
	struct wi_message message;
	int ends[2], fds[2], came;

	ck_assert_int_eq(wi_channel_pair(ends), WEFT_OK);
	ck_assert_int_eq(pipe(fds), 0);
	plan_of(&told, fds[0]);
	wi_plan_init(&heard);
	ck_assert_int_eq(wi_channel_say(ends[0], WI_SAY_LISTENER, fds[0],
			     "old\0tcp://*:3\0chat", 19),
	    WEFT_OK);
	ck_assert_int_eq(wi_channel_hear(ends[1], &message), WEFT_OK);
	came = message.fd;
	ck_assert_int_ge(came, 0);
	ck_assert_int_eq(wi_plan_hear(&heard, &message), WEFT_OK);
	ck_assert_ptr_nonnull(wi_plan_listener(&heard, "old"));
	ck_assert_int_eq(wi_plan_tell(&told, ends[0], WI_SAY_GO), WEFT_OK);
	ck_assert_int_eq(wi_channel_hear(ends[1], &message), WEFT_OK);
	ck_assert_int_eq(wi_plan_hear(&heard, &message), WEFT_OK);
	ck_assert_ptr_null(wi_plan_listener(&heard, "old"));
	ck_assert_int_eq(fcntl(came, F_GETFD), -1);
	ck_assert_uint_eq(heard.options.workers, 7);
	wi_plan_fini(&heard, true);
	wi_plan_fini(&told, true);
	close(fds[1]);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

START_TEST(what_is_no_part_of_a_plan_is_refused)
{
	static const struct {
		enum wi_channel_kind kind;
		const char *data;
		size_t len;
	} cases[] = {
		{ WI_SAY_OPTIONS, "short", 5 },
		{ WI_SAY_TEXT, "", 0 },
		{ WI_SAY_TEXT, "Z\0value", 8 },
		{ WI_SAY_READY, "", 0 },
		{ (enum wi_channel_kind)200, "?", 1 },
	};
	struct wi_plan plan;
	int ends[2];

	ck_assert_int_eq(wi_channel_pair(ends), WEFT_OK);
	for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
		ck_assert_int_eq(wi_channel_say(ends[0], cases[i].kind, -1,
				     cases[i].data, cases[i].len),
		    WEFT_OK);
		ck_assert_int_eq(hear(&plan, ends[1]), -EBADMSG);
		wi_plan_fini(&plan, true);
	}
	close(ends[0]);
	close(ends[1]);
}
END_TEST

START_TEST(texts_that_are_not_there_are_empty)
{
	struct wi_message message = { .len = 4, .data = "a\0bc" };

	ck_assert_str_eq(wi_message_text(&message, 0), "a");
	ck_assert_str_eq(wi_message_text(&message, 1), "bc");
	ck_assert_str_eq(wi_message_text(&message, 2), "");
	ck_assert_str_eq(wi_message_text(&message, 99), "");
	message.len = 0;
	ck_assert_str_eq(wi_message_text(&message, 0), "");
}
END_TEST

START_TEST(an_end_that_is_gone_is_told)
{
	struct wi_message message;
	int ends[2];

	ck_assert_int_eq(wi_channel_pair(ends), WEFT_OK);
	ck_assert_int_eq(
	    wi_channel_say(ends[0], WI_SAY_NOTE, -1, "last", 4), WEFT_OK);
	close(ends[0]);
	ck_assert_int_eq(wi_channel_hear(ends[1], &message), WEFT_OK);
	ck_assert_str_eq(message.data, "last");
	ck_assert_int_eq(message.fd, -1);
	ck_assert_int_eq(wi_channel_hear(ends[1], &message), -EPIPE);
	ck_assert_int_eq(
	    wi_channel_say(ends[1], WI_SAY_NOTE, -1, "?", 1), -EPIPE);
	close(ends[1]);
}
END_TEST

START_TEST(a_message_has_a_longest)
{
	static char data[WI_CHANNEL_MAX];
	struct wi_message message;
	int ends[2];

	ck_assert_int_eq(wi_channel_pair(ends), WEFT_OK);
	memset(data, 'x', sizeof(data));
	ck_assert_int_eq(
	    wi_channel_say(ends[0], WI_SAY_NOTE, -1, data, sizeof(data)),
	    -EMSGSIZE);
	ck_assert_int_eq(
	    wi_channel_say(ends[0], WI_SAY_NOTE, -1, data, sizeof(data) - 1),
	    WEFT_OK);
	ck_assert_int_eq(wi_channel_hear(ends[1], &message), WEFT_OK);
	ck_assert_uint_eq(message.len, sizeof(data) - 1);
	ck_assert_uint_eq(strlen(message.data), sizeof(data) - 1);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		a_plan_is_heard_as_it_was_told,
		a_plan_that_was_not_told_to_its_end_is_dropped,
		what_is_no_part_of_a_plan_is_refused,
		texts_that_are_not_there_are_empty,
		an_end_that_is_gone_is_told,
		a_message_has_a_longest,
	};

	return check_main("plan", tests, CHECK_COUNT(tests));
}
