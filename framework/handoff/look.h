/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/look.h - another thread asks what only the I/O thread knows
 * (WI_ORDER_LOOK): its question, and the answer.
 *
 * Two hold it, as they do its waiter: who asks may go before it is answered.
 *
 * owner: who asks, until it is pushed; the I/O thread, until it tells the
 * waiter; then who asks.
 */
#ifndef WI_LOOK_H
#define WI_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/admin.h>

#include "handoff/hub.h"

struct wi_plugin;
struct wi_waiter;

enum wi_look_kind {
	WI_LOOK_ENDPOINTS, /* from a slot on */
	WI_LOOK_LISTENER,  /* the one at a place of their list */
};

/* What the I/O thread knows of an endpoint besides its facts (io/facts.h). */
struct wi_look_endpoint {
	uint64_t id;
	uint64_t listener;
	uint64_t strand; /* id of one that was made; 0: none */
	const struct wi_plugin *plugin;
	uint64_t paused_ms; /* [ms] */
	uint32_t paused;    /* WEFT_PAUSED_* */
	uint32_t subscriptions;
};

struct wi_look {
	unsigned refs; /* atomic */
	enum wi_look_kind kind;
	uint32_t from; /* slot or place; ENDPOINTS, answered: the next */
	uint32_t max;  /* endpoints that are asked for */
	uint32_t n;    /* endpoints that were found */
	bool end;      /* there are no more behind them */
	union {
		struct wi_look_endpoint endpoints[WEFT_LOOK_MAX];
		struct {
			struct weft_listener_info
			    info; /* but plugin, bounds */
			const struct wi_plugin *plugin;
			const struct wi_limits *limits;
		} listener;
	} is;
};

/*
 * wi_look_ask() - ask, and wait for the answer.
 *
 *   look     out      NULL on error; else wi_look_drop() must follow.
 *   returns           WEFT_OK, or an error below.
 *   errors            as weft_node_listener_at() (weft/admin.h).
 *   thread            any but an I/O thread; the node has not stopped.
 */
int wi_look_ask(struct wi_hub *hub, enum wi_look_kind kind, uint32_t from,
    uint32_t max, struct wi_look **lookp);

/* wi_look_drop() - one reference less; *lookp becomes NULL. */
void wi_look_drop(struct wi_look **lookp);

#endif
