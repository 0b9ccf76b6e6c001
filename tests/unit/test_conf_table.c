/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_conf_table.c - host/conf_table against what is accepted:
 * every option set to its bounds, beside them and to nonsense; defaults are
 * those of a node.
 */
#include "host/conf_table.h"

#include <inttypes.h>
#include <string.h>

#include "conf_case.h"
#include "node_options.h"

static struct conf_case one;

/* Read "NAME = VALUE" where the option stands. */
static void
read_value(const struct wi_conf_option *option, const char *value)
{
	const char *of = wi_conf_section_name(option->section);
	char text[8192];

	/* What the others are, so that no pair is broken. */
	(void)snprintf(text, sizeof(text), "%s%s%s%s = \"%s\"\n%s%s\n%s", of,
	    of[0] != '\0' ? " {\n" : "", of[0] == '\0' ? "" : "\t",
	    option->name, value, of[0] != '\0' ? "}" : "",
	    strcmp(option->name, "workers") == 0 ? "max_workers = 1024" : "",
	    strcmp(option->name, "mailbox_low_messages") == 0 ?
		"mailbox_high_messages = 1048576" :
		strcmp(option->name, "mailbox_low_bytes") == 0 ?
		"mailbox_high_bytes = 1G" :
		strcmp(option->name, "outbox_pause_bytes") == 0 ?
		"outbox_high_bytes = 1G" :
		"");
	if (strcmp(option->name, "backoff") == 0)
		(void)snprintf(text, sizeof(text),
		    "supervisor { backoff = \"%s\" backoff_max = 24h }\n",
		    value);
	if (strcmp(option->name, "backoff_max") == 0)
		(void)snprintf(text, sizeof(text),
		    "supervisor { backoff_max = \"%s\" backoff = 1ms }\n",
		    value);
	conf_case_read(&one, text, NULL);
}

static void
is_refused(const struct wi_conf_option *option, const char *value)
{
	char expected[300], words[160];

	read_value(option, value);
	ck_assert_int_eq(one.rc, -22);
	wi_conf_expected(option, words, sizeof(words));
	(void)snprintf(expected, sizeof(expected), "%s: expected %s, found ",
	    option->name, words);
	ck_assert_msg(strstr(one.said, expected) != NULL,
	    "expected '%s', found '%s'", expected, one.said);
}

static void
is_taken(
    const struct wi_conf_option *option, const char *value, uint64_t number)
{
	read_value(option, value);
	ck_assert_msg(one.rc == WEFT_OK,
	    "%s = %s: expected no problem, found %s", option->name, value,
	    one.said);
	ck_assert_uint_eq(
	    *(uint32_t *)((char *)one.conf + option->offset), number);
}

START_TEST(each_number_has_its_bounds)
{
	const struct wi_conf_option *option;
	char value[64];
	unsigned i, n = 0;

	conf_case_init(&one);
	for (i = 0; (option = wi_conf_option(i)) != NULL; i++) {
		if (option->offset == WI_CONF_NOWHERE ||
		    option->kind >= WI_CONF_PATH)
			continue;
		n++;
		wi_conf_write(option, option->min, value, sizeof(value));
		is_taken(option, value, option->min);
		wi_conf_write(option, option->max, value, sizeof(value));
		is_taken(option, value, option->max);
		is_refused(option, "nonsense");
		is_refused(option, "");
		is_refused(option, "-1");
		if (option->kind > WI_CONF_TIME)
			continue;
		if (option->min > 0)
			is_refused(option, "0");
		(void)snprintf(value, sizeof(value), "%" PRIu64 "%s",
		    option->max + 1, option->kind == WI_CONF_TIME ? "ms" : "");
		is_refused(option, value);
		is_refused(option, "18446744073709551616");
		is_refused(option, "1.5");
		is_refused(option, "1x");
	}
	ck_assert_uint_ge(n, 40);
	conf_case_fini(&one);
}
END_TEST

START_TEST(each_text_has_its_length)
{
	const struct wi_conf_option *option;
	char value[4200];
	unsigned i, n = 0;

	conf_case_init(&one);
	for (i = 0; (option = wi_conf_option(i)) != NULL; i++) {
		if (option->offset == WI_CONF_NOWHERE ||
		    option->kind < WI_CONF_PATH)
			continue;
		n++;
		memset(value, '/', sizeof(value));
		value[option->max] = '\0';
		read_value(option, value);
		ck_assert_str_eq(one.said, "");
		ck_assert_str_eq(
		    *(const char **)((char *)one.conf + option->offset),
		    value);
		value[option->max] = '/';
		value[option->max + 1] = '\0';
		is_refused(option, value);
		is_refused(option, "");
	}
	ck_assert_uint_eq(n, 5);
	conf_case_fini(&one);
}
END_TEST

START_TEST(defaults_are_those_of_a_node)
{
	const struct wi_conf_option *option;
	struct weft_options plain, filled;
	struct weft_error err;
	const uint32_t *here, *there;
	unsigned i, n = 0;
	size_t offset;

	conf_case_init(&one);
	conf_case_says(&one, "", "");
	ck_assert_int_eq(wi_node_options(&plain, NULL, &err), WEFT_OK);
	ck_assert_int_eq(
	    wi_node_options(&filled, &one.conf->node, &err), WEFT_OK);
	filled.size = plain.size;
	ck_assert_mem_eq(&plain, &filled, sizeof(plain));
	for (i = 0; (option = wi_conf_option(i)) != NULL; i++) {
		offset = option->offset - offsetof(struct wi_conf, node);
		if (option->section != WI_CONF_TOP ||
		    offset >= sizeof(struct weft_options))
			continue;
		n++;
		/* 0: the node's own, which may depend on others. */
		here = (const uint32_t *)((char *)&one.conf->node + offset);
		there = (const uint32_t *)((char *)&plain + offset);
		if (*here != 0)
			ck_assert_uint_eq(*here, *there);
		else
			ck_assert_str_eq(option->fallback, "0");
	}
	/* All of them, but size, signals, log and log_arg. */
	ck_assert_uint_eq(n,
	    (sizeof(struct weft_options) - sizeof(plain.log) -
		sizeof(plain.log_arg)) /
		    sizeof(uint32_t) -
		2);
	conf_case_fini(&one);
}
END_TEST

/* A node takes what the table takes, and refuses what it refuses. */
START_TEST(bounds_are_those_of_a_node)
{
	const struct wi_conf_option *option;
	struct weft_options options, filled;
	struct weft_error err;
	unsigned i;

	conf_case_init(&one);
	for (i = 0; (option = wi_conf_option(i)) != NULL; i++) {
		if (option->section != WI_CONF_TOP ||
		    option->offset - offsetof(struct wi_conf, node) >=
			sizeof(struct weft_options))
			continue;
		options = (struct weft_options)WEFT_OPTIONS_INIT;
		options.mailbox_high_messages = 1u << 20;
		options.mailbox_high_bytes = 1u << 30;
		options.outbox_high_bytes = 1u << 30;
		options.workers = options.max_workers = 1024;
		*(uint32_t *)((char *)&options + option->offset -
		    offsetof(struct wi_conf, node)) = (uint32_t)option->max;
		ck_assert_int_eq(
		    wi_node_options(&filled, &options, &err), WEFT_OK);
		*(uint32_t *)((char *)&options + option->offset -
		    offsetof(struct wi_conf, node)) =
		    (uint32_t)option->max + 1;
		ck_assert_int_eq(
		    wi_node_options(&filled, &options, &err), -22);
	}
	conf_case_fini(&one);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { each_number_has_its_bounds,
		each_text_has_its_length, defaults_are_those_of_a_node,
		bounds_are_those_of_a_node };

	return check_main("conf_table", tests, CHECK_COUNT(tests));
}
