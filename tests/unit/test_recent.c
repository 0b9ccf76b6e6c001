/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_recent.c - the last warnings are kept, and every line goes
 * on to the next sink.
 */
#include "host/recent.h"

#include <stdio.h>
#include <string.h>

#include "check_main.h"

static unsigned npassed;

static void
count(void *arg, enum weft_log_level level, const char *id, const char *text)
{
	(void)level;
	(void)id;
	(void)text;
	ck_assert_ptr_eq(arg, &npassed);
	npassed++;
}

START_TEST(the_last_warnings_are_kept_in_their_order)
{
	struct wi_recent_line lines[WI_RECENT_LINES];
	struct wi_recent recent;
	char text[300];
	unsigned i;

	wi_recent_init(&recent, count, &npassed);
	ck_assert_uint_eq(wi_recent_copy(&recent, lines), 0);
	wi_recent_log(&recent, WEFT_LOG_INFO, "A-B", "not kept");
	wi_recent_log(&recent, WEFT_LOG_WARN, "A-B", "kept");
	ck_assert_uint_eq(wi_recent_copy(&recent, lines), 1);
	ck_assert_str_eq(lines[0].id, "A-B");
	ck_assert_str_eq(lines[0].text, "kept");
	for (i = 0; i < 100; i++) {
		(void)snprintf(text, sizeof(text), "line %u", i);
		wi_recent_log(&recent, WEFT_LOG_ERROR, "C-D", text);
	}
	ck_assert_uint_eq(wi_recent_copy(&recent, lines), WI_RECENT_LINES);
	for (i = 0; i < WI_RECENT_LINES; i++) {
		(void)snprintf(
		    text, sizeof(text), "line %u", 100 - WI_RECENT_LINES + i);
		ck_assert_str_eq(lines[i].text, text);
		ck_assert_int_eq(lines[i].level, WEFT_LOG_ERROR);
	}
	ck_assert_uint_eq(npassed, 102);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	wi_recent_log(&recent, WEFT_LOG_WARN, text, text);
	ck_assert_uint_eq(wi_recent_copy(&recent, lines), WI_RECENT_LINES);
	ck_assert_uint_eq(strlen(lines[WI_RECENT_LINES - 1].text), 255);
	wi_recent_fini(&recent);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		the_last_warnings_are_kept_in_their_order
	};

	return check_main("recent", tests, CHECK_COUNT(tests));
}
