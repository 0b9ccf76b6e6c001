/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_chat_reload.c - plugins/chat is reloaded from its file while
 * people talk: rooms, who is in them, nicks and what was said are the same
 * afterwards.
 */
#include "chat_client.h"

static void
reload(struct flow *flow, const char *what)
{
	struct weft_reloaded done;
	struct weft_error err;

	ck_assert_msg(weft_node_reload(flow->node, "chat", what, NULL, &done,
			  &err) == WEFT_OK,
	    "%s", err.text);
}

START_TEST(rooms_and_nicks_stay)
{
	struct flow *flow = chat_begin("");
	struct flow_client *a, *b, *c;

	a = chat_in(flow, "ann", "lobby", "* 1 in lobby: ann");
	b = chat_in(flow, "bob", "lobby", "* 2 in lobby: ann bob");
	chat_hear(a, "* bob joined");
	chat_say(a, "one");
	chat_hear(a, "ann: one");
	chat_hear(b, "ann: one");
	reload(flow, "plugins/chat/.libs/chat.so?history=1");
	chat_say(b, "two");
	chat_hear(a, "bob: two");
	chat_hear(b, "bob: two");
	/* It remembers one line now, and knows who is there, in order. */
	c = chat_named(flow, "ann");
	chat_say(c, "/join lobby");
	chat_hear(c, "* ann is taken: you are ann-2 here");
	chat_hear(c, "bob: two");
	chat_hear(c, "* 3 in lobby: ann bob ann-2");
	chat_hear(a, "* ann-2 joined");
	chat_hear(b, "* ann-2 joined");
	reload(flow, "plugins/chat/.libs/chat.so");
	flow_client_free(&b);
	chat_hear(a, "* bob left");
	chat_hear(c, "* bob left");
	flow_client_free(&a);
	chat_hear(c, "* ann left");
	flow_client_free(&c);
	chat_wait_rooms(flow, 0);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("chat_reload", rooms_and_nicks_stay)
