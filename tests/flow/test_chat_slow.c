/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_chat_slow.c - plugins/chat with a client that does not read.
 */
#include "flow.h"

#include <stdio.h>
#include <string.h>

#include "chat_client.h"

#define LINES 100u /* said before they are heard */

static void
hear_number(struct flow_client *client, unsigned n)
{
	char line[CHAT_TEST_LINE];

	(void)snprintf(line, sizeof(line), "ann: %0900u", n);
	chat_hear(client, line);
}

/* Says LINES lines with the numbers from *n on, and hears them. */
static void
talk(struct flow_client *client, unsigned *n)
{
	char line[CHAT_TEST_LINE];
	unsigned i;

	for (i = 0; i < LINES; i++) {
		(void)snprintf(line, sizeof(line), "%0900u", *n + i);
		chat_say(client, line);
	}
	for (i = 0; i < LINES; i++)
		hear_number(client, *n + i);
	*n += LINES;
}

START_TEST(who_does_not_read_loses_lines_and_holds_nobody_up)
{
	struct flow *flow;
	struct flow_client *a, *deaf;
	char expected[CHAT_TEST_LINE], line[CHAT_TEST_LINE];
	unsigned n = 0, heard = 0, i;

	flow = chat_begin("?history=0");
	a = chat_in(flow, "ann", "lobby", "* 1 in lobby: ann");
	deaf = chat_small(flow);
	chat_say(deaf, "/join lobby");
	chat_hear(deaf, "* 2 in lobby: ann guest");
	chat_hear(a, "* guest joined");
	while (flow_count(flow, WEFT_COUNTER_sends_full) == 0)
		talk(a, &n);
	for (i = 0; i < 3; i++)
		talk(a, &n);
	/* One gap, which is told, and then it hears again. */
	for (;;) {
		chat_line(deaf, line);
		if (line[0] == '*')
			break;
		(void)snprintf(
		    expected, sizeof(expected), "ann: %0900u", heard++);
		ck_assert_str_eq(line, expected);
	}
	ck_assert_uint_ge(n - heard, 3 * LINES);
	(void)snprintf(
	    expected, sizeof(expected), "* %u lines were lost", n - heard);
	ck_assert_str_eq(line, expected);
	flow_silent(deaf);
	talk(a, &n);
	for (i = n - LINES; i < n; i++)
		hear_number(deaf, i);
	chat_say(deaf, "I am back");
	chat_hear(deaf, "guest: I am back");
	chat_hear(a, "guest: I am back");
	flow_client_free(&deaf);
	chat_hear(a, "* guest left");
	flow_client_free(&a);
	flow_end(&flow);
}
END_TEST

/* Its /join waits until it reads; whether its answer comes behind what it is
 * told then, or was lost too, /who has one. */
START_TEST(who_lost_lines_is_told_wherever_it_is)
{
	struct flow *flow;
	struct flow_client *a, *deaf;
	char line[CHAT_TEST_LINE];
	unsigned n = 0;

	flow = chat_begin("?history=0");
	a = chat_in(flow, "ann", "lobby", "* 1 in lobby: ann");
	deaf = chat_small(flow);
	chat_say(deaf, "/join lobby");
	chat_hear(deaf, "* 2 in lobby: ann guest");
	chat_hear(a, "* guest joined");
	while (flow_count(flow, WEFT_COUNTER_sends_full) == 0)
		talk(a, &n);
	chat_say(deaf, "/join attic");
	do
		chat_line(deaf, line);
	while (line[0] != '*');
	ck_assert_ptr_nonnull(strstr(line, " lines were lost"));
	chat_hear(a, "* guest left");
	chat_say(deaf, "/who");
	chat_hear(deaf, "* 1 in attic: guest");
	flow_client_free(&deaf);
	flow_client_free(&a);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("chat_slow", who_does_not_read_loses_lines_and_holds_nobody_up,
    who_lost_lines_is_told_wherever_it_is)
