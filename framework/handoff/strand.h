/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/strand.h - a strand: events that are run one at a time, in order.
 *
 * There are two kinds:
 *   own      every endpoint has one, which lies in it; its events are the
 *            endpoint's.
 *   shared   made by the program (handoff/shared.h); endpoints are bound to
 *            it.
 *
 * port_note: events of an endpoint always lie in the endpoint's own mailbox,
 * whatever it is bound to; so they keep their order, and none can be lost when
 * it is bound elsewhere.  Whoever turns that mailbox from idle to running has
 * the endpoint's token, and brings it to where the endpoint is run: a run
 * queue if it is not bound, else the mailbox of the shared strand, as the
 * event PORT.  There is one token, so there is one runner.  What the endpoint
 * is bound to (group) is read and written by the holder of the token alone,
 * and passed on with it: binding is something that the runner does between two
 * events.
 *
 * hold_note: a strand is there as long as somebody holds it.  Own: the
 * endpoint until CLOSED was run, pending signals, timers.  Shared: references
 * of the program, endpoints, pending signals, timers.  Who has only a name
 * takes a hold, which fails at zero, and looks at the name again: a place that
 * has become another's meanwhile then is let go of like any other.
 */
#ifndef WI_STRAND_H
#define WI_STRAND_H

#include <stdbool.h>
#include <stdint.h>

#include <ck_stack.h>

#include "handoff/mailbox.h"

struct wi_plugin;
struct wi_worker;

/* WEFT_PULL as a plugin: its strands are not for workers.  Here it is only
 * compared with; it is defined in work/receive.c. */
extern const struct wi_plugin wi_pull_plugin;

#define WI_STRAND_BUDGET 64u /* events, then it is the others' turn */

struct wi_strand {
	struct wi_mailbox mailbox;
	ck_stack_entry_t entry; /* in a run queue's inbox */
	uint16_t worker;        /* atomic: who ran it last */
	uint8_t pull;   /* 1: not for workers, but for weft_node_receive() */
	uint8_t shared; /* 1: lies in a struct wi_shared; 0: in an endpoint */
	uint32_t own_holds; /* atomic: of one that is own; see below */
#ifdef WI_DEBUG
	struct wi_worker *runner; /* atomic: in a handler (work/promise.h) */
#endif
};

/* What is held, and so counted apart. */
enum wi_hold {
	WI_HOLD_PLACE,  /* a reference, an endpoint, a timer */
	WI_HOLD_SIGNAL, /* a signal in the mailbox */
};

/* wi_strand_init() - idle, and held once. */
void wi_strand_init(struct wi_strand *strand, bool shared, bool pull);

/*
 * wi_strand_hold() - one more hold.
 *
 *   limit    in       signals that may be pending; an own strand has at most
 *                     WI_OWN_SIGNALS.
 *   returns           WEFT_OK, or an error below.
 *   errors            WEFT_ENOSTRAND  nobody holds it: it has ended.
 *                     WEFT_EFULL      that many are held already.
 *   thread            any.
 */
int wi_strand_hold(
    struct wi_strand *strand, enum wi_hold what, uint32_t limit);

/* wi_strand_let_go() - holds are given back.  true: they were the last, and
 * the end is the caller's to bring about (handoff/post.h).  thread: any. */
bool wi_strand_let_go(
    struct wi_strand *strand, enum wi_hold what, uint32_t count);

#define WI_OWN_SIGNALS 4095u /* 12 bits, beside 20 for places */

#endif
