/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_chat.c - plugins/chat, word for word: commands, presence,
 * history, who goes without a word.  Clients that do not read:
 * test_chat_slow.c; that hop between rooms: test_chat_hop.c.
 */
#include "flow.h"

#include <stdio.h>
#include <string.h>

#include "chat_client.h"

/* ---- alone */

START_TEST(who_is_in_no_room_is_told_so)
{
	struct flow *flow;
	struct flow_client *a;

	flow = chat_begin("");
	a = chat_new(flow);
	chat_say(a, "hello");
	chat_hear(a, "* you are in no room: try /join ROOM");
	chat_say(a, "/leave");
	chat_hear(a, "* you are in no room: try /join ROOM");
	chat_say(a, "/who");
	chat_hear(a, "* you are in no room: try /join ROOM");
	chat_say(a, "");
	chat_say(a, " \r");
	chat_say(a, "/nick ann");
	chat_hear(a, "* guest is now ann");
	chat_say(a, "/nick ann");
	chat_hear(a, "* you are ann already");
	flow_client_free(&a);
	flow_end(&flow);
}
END_TEST

START_TEST(what_is_wrong_is_said)
{
	char line[CHAT_TEST_LINE];
	struct flow *flow;
	struct flow_client *a;

	flow = chat_begin("");
	a = chat_new(flow);
	chat_say(a, "/nosuch thing");
	chat_hear(a, "* /nosuch is no command: try /help");
	chat_say(a, "/");
	chat_hear(a, "* / is no command: try /help");
	chat_say(a, "/abcdefghijklmnopqrstuvwxyz");
	chat_hear(a, "* /abcdefghijklmnopqrs is no command: try /help");
	chat_say(a, "/nick");
	chat_hear(a, "* expected /nick NAME");
	chat_say(a, "/join   ");
	chat_hear(a, "* expected /join ROOM");
	chat_say(a, "/who are you");
	chat_hear(a, "* expected nothing behind /who");
	chat_say(a, "/nick a b");
	chat_hear(a, "* a nick is 1 to 20 of A-Z, a-z, 0-9, _ and -");
	chat_say(a, "/nick 123456789012345678901");
	chat_hear(a, "* a nick is 1 to 20 of A-Z, a-z, 0-9, _ and -");
	chat_say(a, "/join #lobby");
	chat_hear(a, "* a room is 1 to 20 of A-Z, a-z, 0-9, _ and -");
	chat_say(a, "/join \xc3\xa9t\xc3\xa9");
	chat_hear(a, "* a room is 1 to 20 of A-Z, a-z, 0-9, _ and -");
	memset(line, 'x', 1001);
	line[1001] = '\0';
	chat_say(a, line);
	chat_hear(a, "* a line is 1000 bytes at most");
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_strands_now), 0);
	flow_client_free(&a);
	flow_end(&flow);
}
END_TEST

START_TEST(help_names_all_commands)
{
	struct flow *flow;
	struct flow_client *a;

	flow = chat_begin("");
	a = chat_new(flow);
	chat_say(a, "/help");
	chat_hear(a, "* /nick NAME: be called that");
	chat_hear(a, "* /join ROOM: go there; it is made if need be");
	chat_hear(a, "* /leave: be in no room");
	chat_hear(a, "* /who: tell who is in the room");
	chat_hear(a, "* /quit: end the connection");
	chat_hear(a, "* /help: this");
	chat_hear(a, "* anything else: said to the room");
	flow_client_free(&a);
	flow_end(&flow);
}
END_TEST

/* ---- together */

START_TEST(they_talk_and_come_and_go)
{
	struct flow *flow;
	struct flow_client *a, *b;

	flow = chat_begin("");
	a = chat_named(flow, "ann");
	b = chat_named(flow, "bob");
	chat_say(a, "/join lobby");
	chat_hear(a, "* 1 in lobby: ann");
	chat_say(a, "/join lobby");
	chat_hear(a, "* you are in lobby already");
	chat_say(a, "is anybody there?");
	chat_hear(a, "ann: is anybody there?");
	chat_say(b, "/join lobby");
	chat_hear(b, "ann: is anybody there?");
	chat_hear(b, "* 2 in lobby: ann bob");
	chat_hear(a, "* bob joined");
	chat_say(b, "I am,\ttoo \x1b[2J");
	chat_hear(b, "bob: I am, too  [2J");
	chat_hear(a, "bob: I am, too  [2J");
	chat_say(b, "/nick robert");
	chat_hear(b, "* bob is now robert");
	chat_hear(a, "* bob is now robert");
	chat_say(a, "/who");
	chat_hear(a, "* 2 in lobby: ann robert");
	chat_say(a, "/leave");
	chat_hear(a, "* you left lobby");
	chat_hear(b, "* ann left");
	chat_say(a, "alone again");
	chat_hear(a, "* you are in no room: try /join ROOM");
	chat_say(b, "/quit");
	chat_hear(b, "* bye");
	ck_assert_int_eq(flow_read_end(b), 0);
	flow_client_free(&b);
	flow_client_free(&a);
	flow_end(&flow);
}
END_TEST

START_TEST(who_goes_without_a_word_has_left)
{
	struct flow *flow;
	struct flow_client *a, *b, *c, *d;

	flow = chat_begin("");
	a = chat_in(flow, "ann", "lobby", "* 1 in lobby: ann");
	b = chat_in(flow, "bob", "lobby", "* 2 in lobby: ann bob");
	c = chat_in(flow, "cid", "lobby", "* 3 in lobby: ann bob cid");
	d = chat_in(flow, "dan", "lobby", "* 4 in lobby: ann bob cid dan");
	chat_hear(a, "* bob joined");
	chat_hear(a, "* cid joined");
	chat_hear(a, "* dan joined");
	flow_client_free(&b);
	chat_hear(a, "* bob left");
	flow_client_reset(&c);
	chat_hear(a, "* cid left");
	chat_say(d, "last words");
	flow_client_finish(d);
	chat_hear(a, "dan: last words");
	chat_hear(a, "* dan left");
	chat_say(a, "/who");
	chat_hear(a, "* 1 in lobby: ann");
	flow_client_free(&d);
	flow_client_free(&a);
	chat_wait_rooms(flow, 0);
	flow_end(&flow);
}
END_TEST

START_TEST(rooms_do_not_hear_each_other)
{
	struct flow *flow;
	struct flow_client *a, *b, *c, *d;

	flow = chat_begin("");
	a = chat_in(flow, "ann", "red", "* 1 in red: ann");
	b = chat_in(flow, "bob", "red", "* 2 in red: ann bob");
	chat_hear(a, "* bob joined");
	c = chat_in(flow, "cid", "blue", "* 1 in blue: cid");
	d = chat_in(flow, "dan", "blue", "* 2 in blue: cid dan");
	chat_hear(c, "* dan joined");
	chat_wait_rooms(flow, 2);
	chat_say(a, "in red");
	chat_hear(a, "ann: in red");
	chat_say(c, "in blue");
	chat_hear(b, "ann: in red");
	chat_hear(c, "cid: in blue");
	chat_hear(d, "cid: in blue");
	chat_say(b, "/join blue");
	chat_hear(a, "* bob left");
	chat_hear(b, "cid: in blue");
	chat_hear(b, "* 3 in blue: cid dan bob");
	chat_hear(c, "* bob joined");
	chat_hear(d, "* bob joined");
	chat_say(b, "here now");
	chat_hear(b, "bob: here now");
	chat_hear(c, "bob: here now");
	chat_hear(d, "bob: here now");
	chat_say(a, "/who");
	chat_hear(a, "* 1 in red: ann");
	flow_client_free(&a);
	chat_wait_rooms(flow, 1);
	flow_client_free(&b);
	flow_client_free(&c);
	flow_client_free(&d);
	flow_end(&flow);
}
END_TEST

/* All of it may come as one batch: what stands behind a /join runs in the room
 * that it names. */
START_TEST(a_whole_evening_in_one_write)
{
	struct flow *flow;
	struct flow_client *a, *b;

	flow = chat_begin("");
	b = chat_in(flow, "bob", "red", "* 1 in red: bob");
	a = chat_new(flow);
	chat_say(a,
	    "/nick ann\n/join red\none\n/join blue\ntwo\n/leave\n"
	    "three\n/join red\nfour\n/quit\nfive");
	chat_hear(a, "* guest is now ann");
	chat_hear(a, "* 2 in red: bob ann");
	chat_hear(a, "ann: one");
	chat_hear(a, "* 1 in blue: ann");
	chat_hear(a, "ann: two");
	chat_hear(a, "* you left blue");
	chat_hear(a, "* you are in no room: try /join ROOM");
	chat_hear(a, "ann: one");
	chat_hear(a, "* 2 in red: bob ann");
	chat_hear(a, "ann: four");
	chat_hear(a, "* bye");
	ck_assert_int_eq(flow_read_end(a), 0);
	chat_hear(b, "* ann joined");
	chat_hear(b, "ann: one");
	chat_hear(b, "* ann left");
	chat_hear(b, "* ann joined");
	chat_hear(b, "ann: four");
	chat_hear(b, "* ann left");
	flow_client_free(&a);
	flow_client_free(&b);
	flow_end(&flow);
}
END_TEST

/* ---- bounds */

START_TEST(a_room_remembers_the_last_lines)
{
	struct flow *flow;
	struct flow_client *a, *b;
	char line[16];
	unsigned i;

	flow = chat_begin("?history=3");
	a = chat_in(flow, "ann", "lobby", "* 1 in lobby: ann");
	for (i = 0; i < 8; i++) {
		(void)snprintf(line, sizeof(line), "%u", i);
		chat_say(a, line);
	}
	for (i = 0; i < 8; i++) {
		(void)snprintf(line, sizeof(line), "ann: %u", i);
		chat_hear(a, line);
	}
	b = chat_named(flow, "bob");
	chat_say(b, "/join lobby");
	chat_hear(b, "ann: 5");
	chat_hear(b, "ann: 6");
	chat_hear(b, "ann: 7");
	chat_hear(b, "* 2 in lobby: ann bob");
	/* With its last member the room goes, and what it remembers. */
	chat_say(b, "/leave");
	chat_hear(b, "* you left lobby");
	flow_client_free(&a);
	chat_wait_rooms(flow, 0);
	chat_say(b, "/join lobby");
	chat_hear(b, "* 1 in lobby: bob");
	flow_client_free(&b);
	flow_end(&flow);
}
END_TEST

START_TEST(a_room_can_be_full)
{
	struct flow *flow;
	struct flow_client *a, *b, *c;

	flow = chat_begin("?members=2&history=0");
	a = chat_in(flow, "ann", "lobby", "* 1 in lobby: ann");
	chat_say(a, "forgotten");
	chat_hear(a, "ann: forgotten");
	b = chat_in(flow, "bob", "lobby", "* 2 in lobby: ann bob");
	chat_hear(a, "* bob joined");
	c = chat_in(flow, "cid", "attic", "* 1 in attic: cid");
	chat_say(c, "/join lobby");
	chat_hear(c, "* lobby cannot be joined: it is full");
	chat_say(c, "hello");
	chat_hear(c, "* you are in no room: try /join ROOM");
	chat_wait_rooms(flow, 1);
	chat_say(b, "/leave");
	chat_hear(b, "* you left lobby");
	chat_hear(a, "* bob left");
	chat_say(c, "/join lobby");
	chat_hear(c, "* 2 in lobby: ann cid");
	chat_hear(a, "* cid joined");
	flow_client_free(&a);
	flow_client_free(&b);
	flow_client_free(&c);
	flow_end(&flow);
}
END_TEST

START_TEST(a_nick_is_one_members)
{
	struct flow *flow;
	struct flow_client *a, *b, *c;

	flow = chat_begin("");
	a = chat_new(flow);
	chat_say(a, "/join lobby");
	chat_hear(a, "* 1 in lobby: guest");
	b = chat_new(flow);
	chat_say(b, "/join lobby");
	chat_hear(b, "* guest is taken: you are guest-2 here");
	chat_hear(b, "* 2 in lobby: guest guest-2");
	chat_hear(a, "* guest-2 joined");
	chat_say(b, "/nick guest");
	chat_hear(b, "* guest is taken");
	c = chat_new(flow);
	chat_say(c, "/join lobby");
	chat_hear(c, "* guest is taken: you are guest-3 here");
	chat_hear(c, "* 3 in lobby: guest guest-2 guest-3");
	chat_hear(b, "* guest-3 joined");
	chat_say(c, "/leave");
	chat_hear(c, "* you left lobby");
	chat_hear(b, "* guest-3 left");
	chat_say(b, "/nick abcdefghijklmnopqrst");
	chat_hear(b, "* guest-2 is now abcdefghijklmnopqrst");
	chat_say(c, "/nick abcdefghijklmnopqrst");
	chat_hear(c, "* guest is now abcdefghijklmnopqrst");
	chat_say(c, "/join lobby");
	chat_hear(c,
	    "* abcdefghijklmnopqrst is taken: you are abcdefghijklmn-2 here");
	chat_hear(
	    c, "* 3 in lobby: guest abcdefghijklmnopqrst abcdefghijklmn-2");
	/* It is its own again where it is free. */
	chat_say(c, "/join attic");
	chat_hear(c, "* 1 in attic: abcdefghijklmnopqrst");
	flow_client_free(&a);
	flow_client_free(&b);
	flow_client_free(&c);
	flow_end(&flow);
}
END_TEST

/* Who hops needs both rooms for a moment, so it finds no place either. */
START_TEST(there_can_be_too_many_rooms)
{
	struct flow *flow = flow_new();
	struct flow_client *a, *b;

	flow->options.max_strands = 1;
	chat_start(flow, "");
	a = chat_in(flow, "ann", "red", "* 1 in red: ann");
	b = chat_named(flow, "bob");
	chat_say(b, "/join blue");
	chat_hear(b, "* blue cannot be joined: there are too many rooms");
	chat_say(a, "/join blue");
	chat_hear(a, "* blue cannot be joined: there are too many rooms");
	chat_say(a, "here still");
	chat_hear(a, "ann: here still");
	chat_say(b, "/join red");
	chat_hear(b, "ann: here still");
	chat_hear(b, "* 2 in red: ann bob");
	flow_client_free(&a);
	flow_client_free(&b);
	flow_end(&flow);
}
END_TEST

/* All are in rooms when it stops: what ended() frees and what closed() frees
 * is for the leak checker. */
START_TEST(it_stops_while_they_talk)
{
	struct flow *flow;
	struct flow_client *a, *b, *c;

	flow = chat_begin("");
	a = chat_in(flow, "ann", "red", "* 1 in red: ann");
	b = chat_in(flow, "bob", "red", "* 2 in red: ann bob");
	c = chat_in(flow, "cid", "blue", "* 1 in blue: cid");
	chat_say(a, "hello");
	chat_hear(b, "ann: hello");
	weft_node_stop(flow->node);
	flow_join(flow);
	ck_assert_int_eq(flow->rv, WEFT_OK);
	ck_assert_uint_eq(flow->counters[WEFT_COUNTER_strands_now], 0);
	ck_assert_uint_eq(flow->counters[WEFT_COUNTER_strands_ended], 2);
	ck_assert_int_eq(flow_read_end(b), 0);
	flow_client_free(&a);
	flow_client_free(&b);
	flow_client_free(&c);
	flow_free(&flow);
}
END_TEST

FLOW_MAIN("chat", who_is_in_no_room_is_told_so, what_is_wrong_is_said,
    help_names_all_commands, they_talk_and_come_and_go,
    who_goes_without_a_word_has_left, rooms_do_not_hear_each_other,
    a_whole_evening_in_one_write, a_room_remembers_the_last_lines,
    a_room_can_be_full, a_nick_is_one_members, there_can_be_too_many_rooms,
    it_stops_while_they_talk)
