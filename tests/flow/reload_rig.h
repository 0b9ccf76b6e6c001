/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/reload_rig.h - a node with version 1 of the plugin "ledger"
 * (tests/plugins/ledger.c), which is reloaded.
 */
#ifndef TESTS_RELOAD_RIG_H
#define TESTS_RELOAD_RIG_H

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "flow_client.h"

struct reload_rig {
	struct flow *flow;
	struct weft_bound bound; /* served by ledger */
};

/* The file of a fixture; one of the last four. */
static inline const char *
rig_file(const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned turn;
	const char *dir = getenv("WEFT_TEST_PLUGINS");
	char *path = paths[turn++ % 4];

	ck_assert_msg(dir != NULL, "WEFT_TEST_PLUGINS is not set");
	(void)snprintf(path, PATH_MAX, "%s/%s.so", dir, name);
	return path;
}

/* A file that cannot be taken. */
struct rig_refusal {
	const char *file;
	int code;
	const char *says; /* a part of the error */
};

static inline void
rig_refused(
    const struct rig_refusal *refusal, int rv, const struct weft_error *err)
{
	ck_assert_msg(
	    rv == refusal->code, "%s: %d: %s", refusal->file, rv, err->text);
	ck_assert_msg(strstr(err->text, refusal->says) != NULL,
	    "expected \"%s\" in: %s", refusal->says, err->text);
}

static inline void
rig_start(struct reload_rig *rig, const char *url)
{
	struct weft_error err;

	rig->flow = flow_new();
	rig->flow->load = rig_file("ledger_one");
	flow_start(rig->flow, FLOW_VARINT, &flow_echo);
	ck_assert_msg(weft_node_listen(rig->flow->node, url, "ledger",
			  &rig->bound, &err) == WEFT_OK,
	    "%s", err.text);
}

static inline struct weft_reloaded
rig_reload(struct reload_rig *rig, const char *name)
{
	const struct weft_reload how = { .size = sizeof(how),
		.wait_ms = FLOW_DEADLINE_MS,
		.trial_ms = FLOW_DEADLINE_MS };
	struct weft_reloaded done;
	struct weft_error err;

	ck_assert_msg(weft_node_reload(rig->flow->node, "ledger",
			  rig_file(name), &how, &done, &err) == WEFT_OK,
	    "%s", err.text);
	return done;
}

static inline void
rig_count(struct flow_client *client, const char *answer)
{
	flow_say(client, "count");
	flow_hear(client, answer);
}

/* A node, and a client that is in a counted state of its own. */
static inline struct flow_client *
rig_begin(struct reload_rig *rig)
{
	struct flow_client *client;

	rig_start(rig, FLOW_VARINT);
	client = flow_client_new(&rig->bound);
	rig_count(client, "1 1 1 0 0");
	return client;
}

static inline void
rig_end(struct reload_rig *rig, struct flow_client *client)
{
	flow_client_free(&client);
	flow_end(&rig->flow);
}

/* Any number of one, then the other. */
static inline void
rig_hear_until(
    struct flow_client *client, const char *before, const char *text)
{
	char heard[64];
	size_t len;

	do {
		len = flow_recv(client, heard, sizeof(heard) - 1);
		heard[len] = '\0';
	} while (strcmp(heard, before) == 0);
	ck_assert_str_eq(heard, text);
}

#endif
