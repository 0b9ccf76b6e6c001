/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_reload_web.c - a plugin is replaced under what others lose:
 * an open WebSocket in the middle of a frame, and requests of a connection
 * that is kept alive, pipelined.
 */
#include <stdlib.h>

#include "reload_rig.h"

#include "http_client.h"
#include "ws_client.h"

#define NTURNS 40u /* reloads under requests */
#define NPIPE 4u   /* requests at a time */

START_TEST(an_open_websocket_in_the_middle_of_a_frame)
{
	struct flow_client *client;
	struct reload_rig rig;
	uint8_t frame[32];
	size_t len;

	rig_start(&rig, "ws+text://127.0.0.1:0/");
	client = flow_client_new(&rig.bound);
	ws_open(client, "/");
	ws_send(client, WS_FIN | WS_TEXT, "count", 5);
	ws_hear(client, WS_FIN | WS_TEXT, "1 1 1 0 0");
	len = ws_frame(frame, WS_FIN | WS_TEXT, "count", 5);
	flow_write(client, frame, 4);
	(void)rig_reload(&rig, "ledger_two");
	flow_write(client, frame + 4, len - 4);
	ws_hear(client, WS_FIN | WS_TEXT, "2 2 2 0 7");
	/* And between two fragments of a message. */
	ws_send(client, WS_TEXT, "cou", 3);
	(void)rig_reload(&rig, "ledger_one");
	ws_send(client, WS_FIN, "nt", 2);
	ws_hear(client, WS_FIN | WS_TEXT, "1 3 3 0 0");
	rig_end(&rig, client);
}
END_TEST

struct reloads {
	struct reload_rig *rig;
	unsigned done; /* atomic */
};

static void *
reload_again_and_again(void *arg)
{
	struct reloads *reloads = arg;
	unsigned i;

	for (i = 0; i < NTURNS; i++) {
		(void)rig_reload(
		    reloads->rig, i % 2 == 0 ? "ledger_two" : "ledger_one");
		__atomic_store_n(&reloads->done, i + 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

/* "VERSION all mine ...": mine is the next of the connection. */
static void
hear_reply(struct flow_client *client, unsigned long long mine)
{
	unsigned long long all, found;
	char head[1024], body[256];
	unsigned version;
	size_t len;

	ck_assert_uint_eq(http_head(client, head, sizeof(head)), 200);
	len = strtoul(http_field(head, "content-length"), NULL, 10);
	ck_assert_uint_lt(len, sizeof(body));
	flow_read(client, body, len);
	body[len] = '\0';
	ck_assert_msg(
	    sscanf(body, "%u %llu %llu", &version, &all, &found) == 3 &&
		found == mine,
	    "expected reply %llu, found \"%s\"", mine, body);
}

START_TEST(requests_of_a_connection_that_is_kept_alive)
{
	struct flow_client *client;
	unsigned long long mine = 0;
	struct reloads reloads;
	struct reload_rig rig;
	pthread_t thread;
	unsigned i;

	rig_start(&rig, HTTP_URL);
	reloads = (struct reloads){ .rig = &rig };
	client = flow_client_new(&rig.bound);
	ck_assert_int_eq(
	    pthread_create(&thread, NULL, reload_again_and_again, &reloads),
	    0);
	while (__atomic_load_n(&reloads.done, __ATOMIC_ACQUIRE) < NTURNS) {
		for (i = 0; i < NPIPE; i++)
			http_post(client, "/", "count");
		for (i = 0; i < NPIPE; i++)
			hear_reply(client, ++mine);
	}
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_ge(mine, NTURNS);
	rig_end(&rig, client);
}
END_TEST

FLOW_MAIN("reload_web", an_open_websocket_in_the_middle_of_a_frame,
    requests_of_a_connection_that_is_kept_alive)
