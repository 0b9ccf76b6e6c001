/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_options.c - what a node refuses before it runs, and in which
 * words: the option, URL or plugin, what was expected and what was found.
 */
#include "flow.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static void
expect_text(const struct weft_error *err, const char *const *words)
{
	for (; *words != NULL; words++)
		ck_assert_msg(strstr(err->text, *words) != NULL,
		    "expected \"%s\" in: %s", *words, err->text);
	ck_assert_ptr_null(strchr(err->text, '\n'));
}

#define EXPECT_TEXT(err, ...)                                                 \
	expect_text(err, (const char *const[]){ __VA_ARGS__, NULL })

/* One row for each option that has a range. */
static const struct {
	const char *name;
	size_t offset;
	uint32_t max;
} options[] = {
#define ROW(name, max)                                                        \
	{                                                                     \
#name, offsetof(struct weft_options, name), max               \
	}
	ROW(workers, 1024),
	ROW(max_endpoints, 16777215),
	ROW(max_message, 1u << 30),
	ROW(mailbox_high_messages, 1u << 20),
	ROW(mailbox_low_messages, 1u << 20),
	ROW(mailbox_high_bytes, 1u << 30),
	ROW(mailbox_low_bytes, 1u << 30),
	ROW(outbox_high_messages, 1u << 22),
	ROW(outbox_high_bytes, 1u << 30),
	ROW(outbox_pause_bytes, 1u << 30),
	ROW(linger_ms, 86400000),
	ROW(drain_ms, 86400000),
	ROW(log_level, WEFT_LOG_OFF),
#undef ROW
};

#define NOPTIONS (sizeof(options) / sizeof(options[0]))

START_TEST(an_option_above_its_range_is_named_with_what_was_expected)
{
	struct weft_options given;
	struct weft_error err;
	struct weft_node *node;
	uint32_t value;
	char words[2][64];
	size_t i;

	for (i = 0; i < NOPTIONS; i++) {
		given = (struct weft_options)WEFT_OPTIONS_INIT;
		value = options[i].max + 1;
		memcpy(
		    (char *)&given + options[i].offset, &value, sizeof(value));
		node = (void *)&err;
		ck_assert_int_eq(weft_node_new(&node, &given, &err), -EINVAL);
		ck_assert_ptr_null(node);
		ck_assert_int_eq(err.code, -EINVAL);
		(void)snprintf(words[0], sizeof(words[0]),
		    "option %s: expected 1 to %u", options[i].name,
		    options[i].max);
		(void)snprintf(words[1], sizeof(words[1]), "found %u", value);
		EXPECT_TEXT(&err, words[0], words[1]);
		ck_assert_int_eq(weft_node_new(&node, &given, NULL), -EINVAL);
	}
}
END_TEST

START_TEST(an_option_at_its_lower_end_works)
{
	struct weft_options given = WEFT_OPTIONS_INIT;
	struct weft_error err;
	struct weft_node *node;
	uint32_t one = 1;
	size_t i;

	for (i = 0; i < NOPTIONS; i++)
		memcpy((char *)&given + options[i].offset, &one, sizeof(one));
	ck_assert_msg(weft_node_new(&node, &given, &err) == WEFT_OK,
	    "expected a node, found: %s", err.text);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

START_TEST(a_switch_is_0_or_1)
{
	struct weft_options given = WEFT_OPTIONS_INIT;
	struct weft_error err;
	struct weft_node *node;

	given.signals = 2;
	ck_assert_int_eq(weft_node_new(&node, &given, &err), -EINVAL);
	EXPECT_TEXT(&err, "option signals", "0 or 1", "found 2");
}
END_TEST

START_TEST(options_that_were_not_initialized_are_refused)
{
	struct weft_options given = { 0 };
	struct weft_error err;
	struct weft_node *node;

	ck_assert_int_eq(weft_node_new(&node, &given, &err), -EINVAL);
	EXPECT_TEXT(&err, "expected size", "found 0", "WEFT_OPTIONS_INIT");
}
END_TEST

START_TEST(options_of_an_older_program_that_knew_fewer_work)
{
	struct weft_options given;
	struct weft_error err;
	struct weft_node *node;

	/* What lies behind its size is not looked at. */
	memset(&given, 0xff, sizeof(given));
	given.size = offsetof(struct weft_options, max_endpoints);
	given.workers = 1;
	ck_assert_int_eq(weft_node_new(&node, &given, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

/* With the low mark above the high one, reading that pauses would go on at
 * once: the mailbox would have no bound. */
START_TEST(a_low_mark_above_its_high_mark_is_refused)
{
	struct weft_options given = WEFT_OPTIONS_INIT;
	struct weft_error err;
	struct weft_node *node;

	given.mailbox_high_messages = 10;
	given.mailbox_low_messages = 11;
	ck_assert_int_eq(weft_node_new(&node, &given, &err), -EINVAL);
	EXPECT_TEXT(&err, "mailbox_low_messages", "10", "found 11");
	given = (struct weft_options)WEFT_OPTIONS_INIT;
	given.mailbox_low_bytes = (64 << 10) + 1;
	ck_assert_int_eq(weft_node_new(&node, &given, &err), -EINVAL);
	EXPECT_TEXT(&err, "mailbox_low_bytes", "65536", "found 65537");
}
END_TEST

/* ---- listeners */

static struct weft_node *
node_with_echo(void)
{
	struct weft_error err;
	struct weft_node *node;

	ck_assert_int_eq(weft_node_new(&node, NULL, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_add(node, &flow_echo, NULL, &err), WEFT_OK);
	return node;
}

START_TEST(a_url_that_cannot_be_used_is_refused_with_the_part_that_is_wrong)
{
	static const struct {
		const char *url, *expected, *found;
	} rows[] = {
		{ "sctp://127.0.0.1:0", "expected a transport of tcp",
		    "sctp" },
		{ "tcp+morse://127.0.0.1:0", "raw", "morse" },
		{ "tcp+morse://127.0.0.1:0", "varint", "morse" },
		{ "tcp://127.0.0.1:65536", "port from 0 to 65535", "65536" },
		{ "tcp://127.0.0.1:http", "port from 0 to 65535", "http" },
		{ "tcp://127.0.0.1", "a port", "nothing" },
		{ "127.0.0.1:80", "transport[+codec]://host:port",
		    "127.0.0.1:80" },
		{ "", "transport[+codec]://host:port", "nothing" },
		{ "tcp://weft.example:0", "numeric address", "weft.example" },
		{ "tcp://[1::2::3]:0", "IPv6", "1::2::3" },
		{ "tcp://127.0.0.1:0/x", "no path", "/x" },
	};
	struct weft_node *node = node_with_echo();
	struct weft_bound bound;
	struct weft_error err;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_int_eq(
		    weft_node_listen(node, rows[i].url, "echo", &bound, &err),
		    WEFT_EURL);
		ck_assert_int_eq(err.code, WEFT_EURL);
		EXPECT_TEXT(&err, "expected", rows[i].expected, "found",
		    rows[i].found);
		ck_assert_int_eq(
		    weft_node_listen(node, rows[i].url, "echo", NULL, NULL),
		    WEFT_EURL);
	}
	/* After all that the node is as good as new. */
	ck_assert_int_eq(
	    weft_node_listen(node, FLOW_VARINT, "echo", &bound, &err),
	    WEFT_OK);
	ck_assert_int_eq(err.code, WEFT_OK);
	ck_assert_str_eq(err.text, "");
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

START_TEST(every_error_of_a_url_names_the_whole_url)
{
	static const char *const urls[] = { "sctp://127.0.0.1:0",
		"tcp+morse://127.0.0.1:0", "tcp://127.0.0.1:65536",
		"tcp://weft.example:0", "tcp://192.0.2.77:1" };
	struct weft_node *node = node_with_echo();
	struct weft_error err;
	size_t i;

	for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		ck_assert_int_lt(
		    weft_node_listen(node, urls[i], "echo", NULL, &err), 0);
		EXPECT_TEXT(&err, urls[i]);
	}
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

START_TEST(a_port_in_use_is_named)
{
	struct weft_node *node = node_with_echo();
	struct weft_bound bound;
	struct weft_error err;

	ck_assert_int_eq(
	    weft_node_listen(node, FLOW_VARINT, "echo", &bound, &err),
	    WEFT_OK);
	ck_assert_int_eq(weft_node_listen(node, bound.url, "echo", NULL, &err),
	    -EADDRINUSE);
	ck_assert_int_eq(err.code, -EADDRINUSE);
	EXPECT_TEXT(&err, bound.url, "expected a free address", "in use");
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

START_TEST(an_address_of_another_machine_is_named)
{
	struct weft_node *node = node_with_echo();
	struct weft_error err;

	ck_assert_int_eq(
	    weft_node_listen(node, "tcp://192.0.2.77:0", "echo", NULL, &err),
	    -EADDRNOTAVAIL);
	EXPECT_TEXT(&err, "tcp://192.0.2.77:0", "of this machine");
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

START_TEST(a_listener_needs_a_plugin_that_is_there)
{
	struct weft_node *node = node_with_echo();
	struct weft_error err;

	ck_assert_int_eq(
	    weft_node_listen(node, FLOW_VARINT, "ecko", NULL, &err),
	    WEFT_ENOPLUGIN);
	EXPECT_TEXT(&err, FLOW_VARINT, "expected", "found ecko");
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

/* ---- plugins */

START_TEST(a_plugin_of_another_abi_is_refused)
{
	static const struct weft_plugin next = { .abi_major =
						     WEFT_ABI_MAJOR + 1,
		.size = sizeof(next),
		.name = "next" };
	struct weft_node *node = node_with_echo();
	struct weft_error err;

	ck_assert_int_eq(weft_node_add(node, &next, NULL, &err), WEFT_EABI);
	EXPECT_TEXT(&err, "expected plugin ABI 1.x", "found 2.0");
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

START_TEST(a_name_can_be_had_once)
{
	struct weft_node *node = node_with_echo();
	struct weft_error err;

	ck_assert_int_eq(weft_node_add(node, &flow_echo, NULL, &err), -EEXIST);
	EXPECT_TEXT(&err, "expected a name that is free", "echo");
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

START_TEST(an_option_that_the_plugin_does_not_know_is_refused)
{
	static const struct weft_plugin mute =
	    WEFT_PLUGIN_INIT(.name = "mute");
	struct weft_node *node = node_with_echo();
	struct weft_error err;

	ck_assert_int_eq(
	    weft_node_add(node, &mute, "volume=11", &err), WEFT_ELOAD);
	EXPECT_TEXT(&err, "expected no options", "volume");
	ck_assert_int_eq(weft_node_add(node, &mute, NULL, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_named)
{
	struct weft_node *node = node_with_echo();
	struct weft_error err;
	const char *name;

	ck_assert_int_eq(
	    weft_node_load(node, "/nowhere/at-all.so", &name, &err),
	    WEFT_ENOPLUGIN);
	EXPECT_TEXT(&err, "/nowhere/at-all.so", "expected", "No such file");
	ck_assert_int_eq(
	    weft_node_load(node, "nosuchplugin", &name, &err), WEFT_ENOPLUGIN);
	EXPECT_TEXT(&err, "nosuchplugin");
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

START_TEST(nothing_can_be_added_to_a_node_that_has_run)
{
	static const struct weft_plugin late =
	    WEFT_PLUGIN_INIT(.name = "late");
	struct weft_node *node = node_with_echo();
	struct weft_error err;

	weft_node_stop(node);
	ck_assert_int_eq(weft_node_run(node, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_add(node, &late, NULL, &err), WEFT_ESTATE);
	ck_assert_int_eq(
	    weft_node_load(node, "./late.so", NULL, &err), WEFT_ESTATE);
	ck_assert_int_eq(
	    weft_node_listen(node, FLOW_VARINT, "echo", NULL, &err),
	    WEFT_ESTATE);
	EXPECT_TEXT(&err, "expected", "was stopped");
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}
END_TEST

FLOW_MAIN("options", an_option_above_its_range_is_named_with_what_was_expected,
    an_option_at_its_lower_end_works, a_switch_is_0_or_1,
    options_that_were_not_initialized_are_refused,
    options_of_an_older_program_that_knew_fewer_work,
    a_low_mark_above_its_high_mark_is_refused,
    a_url_that_cannot_be_used_is_refused_with_the_part_that_is_wrong,
    every_error_of_a_url_names_the_whole_url, a_port_in_use_is_named,
    an_address_of_another_machine_is_named,
    a_listener_needs_a_plugin_that_is_there,
    a_plugin_of_another_abi_is_refused, a_name_can_be_had_once,
    an_option_that_the_plugin_does_not_know_is_refused,
    a_file_that_is_not_there_is_named,
    nothing_can_be_added_to_a_node_that_has_run)
