/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_multicast.c - groups: several listeners on one port, and
 * answers straight to who asked.
 *
 * All on the loopback interface, so that nothing leaves the machine; which is
 * why loop=no is not shown here: that interface hears itself all the same.
 */
#include "flow.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "witness.h"

#define HELLO ((struct weft_bytes){ "hello", 5 })

static char group[300];

/* A group that another run at the same time does not use. */
static struct flow *
first_member(const struct weft_plugin *plugin)
{
	struct flow *flow = flow_new();
	char url[96];

	(void)snprintf(url, sizeof(url),
	    "udp+multicast://239.255.%u.%u:0?interface=lo",
	    (unsigned)getpid() >> 8 & 0xff, (unsigned)getpid() & 0xff);
	flow_add(flow, FLOW_VARINT, &witness_only);
	flow_start(flow, url, plugin);
	(void)snprintf(
	    group, sizeof(group), "%s?interface=lo", flow->bound[1].url);
	return flow;
}

static weft_endpoint
speaker(struct flow *flow, const char *more)
{
	struct weft_error err;
	weft_endpoint to;
	char url[320];
	int rv;

	(void)snprintf(url, sizeof(url), "%s%s", group, more);
	rv = weft_node_connect(flow->node, url, "witness", &to, &err);
	ck_assert_msg(rv == WEFT_OK, "%s", err.text);
	(void)witness_wait('o', to.id, 1);
	return to;
}

START_TEST(all_members_hear_and_answers_come_straight)
{
	struct flow *here = first_member(&witness_echo), *there = flow_new();
	weft_endpoint to;
	unsigned i;

	flow_start(there, group, &witness_echo);
	to = speaker(here, "");
	ck_assert_int_eq(weft_node_send(here->node, to, HELLO), WEFT_OK);
	/* Two members hear it, and the answers of both come to the socket that
	 * asked, each as an endpoint of its own. */
	(void)witness_wait('m', 0, 4);
	for (i = 1; i <= 4; i++)
		ck_assert_str_eq(witness_wait('m', 0, i)->head, "hello");
	ck_assert_uint_eq(witness_count('c', 0), 0);
	flow_end(&here);
	flow_end(&there);
}
END_TEST

START_TEST(a_member_that_left_hears_nothing_more)
{
	struct flow *here = first_member(&witness_only), *there = flow_new();
	weft_endpoint to;

	flow_start(there, group, &witness_only);
	to = speaker(here, "");
	ck_assert_int_eq(weft_node_send(here->node, to, HELLO), WEFT_OK);
	(void)witness_wait('m', 0, 2);
	flow_end(&there);
	ck_assert_int_eq(weft_node_send(here->node, to, HELLO), WEFT_OK);
	(void)witness_wait('m', 0, 3);
	flow_end(&here);
	ck_assert_uint_eq(witness_count('m', 0), 3);
}
END_TEST

FLOW_MAIN("multicast", all_members_hear_and_answers_come_straight,
    a_member_that_left_hears_nothing_more)
