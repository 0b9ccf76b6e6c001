/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_chat_hop.c - clients of plugins/chat that hop between rooms
 * at random while they talk.
 *
 * Each says "ROOM NUMBER", and knows from what it hears itself in which room
 * it is and who is there.  So it can tell a line of another room, one of
 * somebody who is not there, and one that is lost, doubled or out of order: of
 * a speaker who stays, numbers come one after the other, and they only grow
 * wherever the two meet again.
 */
#include "flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chat_client.h"

#define HOPPERS 50u
#define ROOMS 5u
#define THREADS 5u
#define ROUNDS 20u
#ifdef FLOW_SANITIZED
#define ACTIONS 10u /* in a round */
#else
#define ACTIONS 20u
#endif
#define UNKNOWN 0u /* numbers begin with 1 */

struct hopper {
	struct flow_client *client;
	unsigned number;
	uint32_t random;
	unsigned saying; /* the room that what it says next is for, or ROOMS */
	uint32_t said;

	/* What it has heard. */
	unsigned room;          /* where it is; ROOMS: nowhere */
	bool there[HOPPERS];    /* who is in that room */
	uint32_t next[HOPPERS]; /* of who is there, or UNKNOWN */
	uint32_t last[HOPPERS]; /* of all that were heard, anywhere */
	uint32_t own;           /* lines of its own */
	uint32_t others;
	bool done;
};

struct group {
	pthread_t thread;
	struct flow *flow;
	struct hopper *first;
};

static uint32_t
hopper_random(struct hopper *hopper, uint32_t below)
{
	hopper->random = hopper->random * 1664525u + 1013904223u;
	return (hopper->random >> 8) % below;
}

/* Some actions, in one write. */
static void
hopper_act(struct hopper *hopper)
{
	char text[ACTIONS * 16], *at = text;
	unsigned i;

	for (i = 0; i < ACTIONS; i++) {
		uint32_t dice = hopper_random(hopper, 10);

		if (hopper->saying == ROOMS || dice == 0) {
			hopper->saying = hopper_random(hopper, ROOMS);
			at += sprintf(at, "/join r%u\n", hopper->saying);
		} else if (dice == 1) {
			hopper->saying = ROOMS;
			at += sprintf(at, "/leave\n");
		} else {
			at += sprintf(
			    at, "%u %u\n", hopper->saying, ++hopper->said);
		}
	}
	flow_write(hopper->client, text, (size_t)(at - text));
}

static void
hopper_forget_room(struct hopper *hopper, unsigned room)
{
	memset(hopper->there, 0, sizeof(hopper->there));
	memset(hopper->next, 0, sizeof(hopper->next));
	hopper->room = room;
}

/* "cN: ROOM NUMBER" */
static void
hopper_hear_said(struct hopper *hopper, unsigned who, const char *line)
{
	unsigned room, number;

	ck_assert_msg(sscanf(line, "c%*u: %u %u", &room, &number) == 2,
	    "%u heard \"%s\"", hopper->number, line);
	ck_assert_msg(room == hopper->room,
	    "%u, who is in room %u, heard "
	    "\"%s\"",
	    hopper->number, hopper->room, line);
	ck_assert_msg(hopper->there[who], "%u heard \"%s\", who is not there",
	    hopper->number, line);
	ck_assert_msg(number > hopper->last[who] &&
		(hopper->next[who] == UNKNOWN || number == hopper->next[who]),
	    "%u heard \"%s\", expected number %u, after %u", hopper->number,
	    line, hopper->next[who], hopper->last[who]);
	hopper->last[who] = number;
	hopper->next[who] = number + 1;
	if (who == hopper->number) {
		hopper->own++;
		ck_assert_uint_eq(number, hopper->own);
	} else {
		hopper->others++;
	}
}

/* "* COUNT in rROOM: cN cN" */
static void
hopper_hear_who(struct hopper *hopper, const char *line)
{
	unsigned count, room, who;
	const char *at;
	int len;

	ck_assert_msg(sscanf(line, "* %u in r%u:%n", &count, &room, &len) == 2,
	    "%u heard \"%s\"", hopper->number, line);
	hopper_forget_room(hopper, room);
	for (at = line + len; sscanf(at, " c%u%n", &who, &len) == 1;
	     at += len) {
		ck_assert_uint_lt(who, HOPPERS);
		ck_assert_msg(!hopper->there[who], "twice: \"%s\"", line);
		hopper->there[who] = true;
		count--;
	}
	ck_assert_msg(
	    *at == '\0' && count == 0 && hopper->there[hopper->number],
	    "%u heard \"%s\"", hopper->number, line);
}

/* "* cN joined", "* cN left" */
static void
hopper_hear_presence(
    struct hopper *hopper, unsigned who, const char *what, const char *line)
{
	bool joined = strcmp(what, "joined") == 0;

	ck_assert_msg(joined || strcmp(what, "left") == 0, "%u heard \"%s\"",
	    hopper->number, line);
	ck_assert_msg(hopper->room < ROOMS && hopper->there[who] != joined,
	    "%u heard \"%s\", who was%s there", hopper->number, line,
	    joined ? "" : " not");
	hopper->there[who] = joined;
	hopper->next[who] = UNKNOWN;
}

static void
hopper_hear(struct hopper *hopper)
{
	char line[CHAT_TEST_LINE], what[16];
	unsigned who;

	chat_line(hopper->client, line);
	if (sscanf(line, "c%u:", &who) == 1 && who < HOPPERS)
		hopper_hear_said(hopper, who, line);
	else if (sscanf(line, "* c%u %15s", &who, what) == 2 && who < HOPPERS)
		hopper_hear_presence(hopper, who, what, line);
	else if (strncmp(line, "* you left r", 12) == 0)
		hopper_forget_room(hopper, ROOMS);
	else if (strncmp(line, "* you are in r", 14) == 0)
		ck_assert_uint_eq(hopper->room, (unsigned)atoi(line + 14));
	else if (strcmp(line, "* you are in no room: try /join ROOM") == 0)
		hopper->done = true; /* the answer to its last /who */
	else
		hopper_hear_who(hopper, line);
}

/* All talk, then all listen: what a hopper hears meanwhile fits its outbox. */
static void *
group_main(void *arg)
{
	struct group *group = arg;
	struct hopper *hopper;
	unsigned i, round;

	for (round = 0; round < ROUNDS; round++)
		for (i = 0; i < HOPPERS / THREADS; i++)
			hopper_act(&group->first[i]);
	for (i = 0; i < HOPPERS / THREADS; i++) {
		hopper = &group->first[i];
		/* Wherever it is, it is nowhere then. */
		chat_say(hopper->client,
		    hopper->saying == ROOMS ? "/who" : "/leave\n/who");
	}
	for (i = 0; i < HOPPERS / THREADS; i++)
		while (!group->first[i].done)
			hopper_hear(&group->first[i]);
	return NULL;
}

START_TEST(they_hop_and_talk)
{
	static struct hopper hoppers[HOPPERS];
	struct group groups[THREADS];
	struct flow *flow;
	uint64_t others = 0;
	char nick[16];
	unsigned i;

	flow = chat_begin("?history=0");
	for (i = 0; i < HOPPERS; i++) {
		(void)snprintf(nick, sizeof(nick), "c%u", i);
		hoppers[i].client = chat_named(flow, nick);
		hoppers[i].number = i;
		hoppers[i].random = i;
		hoppers[i].saying = hoppers[i].room = ROOMS;
	}
	for (i = 0; i < THREADS; i++) {
		groups[i].first = &hoppers[i * (HOPPERS / THREADS)];
		groups[i].flow = flow;
		ck_assert_int_eq(pthread_create(&groups[i].thread, NULL,
				     group_main, &groups[i]),
		    0);
	}
	for (i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(groups[i].thread, NULL), 0);
	for (i = 0; i < HOPPERS; i++) {
		ck_assert_uint_eq(hoppers[i].own, hoppers[i].said);
		others += hoppers[i].others;
	}
	/* They did meet; how often is the scheduler's. */
	ck_assert_uint_gt(others, HOPPERS);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_sends_full), 0);
	chat_wait_rooms(flow, 0);
	for (i = 0; i < HOPPERS; i++)
		flow_client_free(&hoppers[i].client);
	flow_end(&flow);
}
END_TEST

/* Most go without a word, and the rest have nobody to wait for. */
START_TEST(they_hop_and_vanish)
{
	struct hopper hoppers[HOPPERS];
	struct flow *flow;
	unsigned i, round;

	flow = chat_begin("");
	memset(hoppers, 0, sizeof(hoppers));
	for (round = 0; round < 5; round++) {
		for (i = 0; i < HOPPERS; i++) {
			hoppers[i].client = chat_new(flow);
			hoppers[i].random = i + round * HOPPERS;
			hoppers[i].saying = ROOMS;
			hopper_act(&hoppers[i]);
		}
		for (i = 0; i < HOPPERS; i++) {
			hopper_act(&hoppers[i]);
			if (i % 2 == 0)
				flow_client_free(&hoppers[i].client);
			else
				flow_client_reset(&hoppers[i].client);
		}
	}
	FLOW_WAIT(
	    weft_node_counter(flow->node, WEFT_COUNTER_endpoints_now) == 0,
	    "all to be gone");
	chat_wait_rooms(flow, 0);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("chat_hop", they_hop_and_talk, they_hop_and_vanish)
