/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/gate.h - a plugin's gate: while it is shut no worker begins to run a
 * strand of that plugin, and all others go on.
 *
 * gate_note: a worker says at which gate it is before it looks whether that is
 * shut; who shuts it does so before looking who is inside:
 *
 *   worker:  station->gate = gate;  FENCE;  gate->shut?  then not
 *   shuts:   gate->shut = 1;        FENCE;  station->gate == gate?  then wait
 *
 * so one of the two sees the other.  The worker that leaves looks at shut once
 * more, behind a fence likewise, and posts.
 *
 * park_note: a strand that finds the gate shut is parked, and still counts as
 * queued, so nobody queues it twice.  Who opens the gate queues all that are
 * parked; a worker that parked one looks at the gate again, for it may have
 * been opened meanwhile:
 *
 *   worker:  push;            FENCE;  gate open?  then queues what is parked
 *   opens:   gate->shut = 0;  FENCE;  queues what is parked
 */
#ifndef WI_GATE_H
#define WI_GATE_H

#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>

#include <ck_stack.h>

struct wi_hub;
struct wi_station;
struct wi_strand;

struct wi_gate {
	uint32_t shut;     /* atomic */
	sem_t left;        /* a worker has left while it was shut */
	ck_stack_t parked; /* strands, by their entry */
};

/* wi_gate_init() - open.  WEFT_OK, or what the system answered. */
int wi_gate_init(struct wi_gate *gate);
void wi_gate_fini(struct wi_gate *gate);

/*
 * wi_gate_enter() - about to run a strand of that plugin.
 *
 *   returns           false: it is shut; the strand was parked, and is not the
 *                     caller's any more.
 *   thread            the worker of the station.
 *
 * wi_gate_leave() - the strand's run is over; after wi_gate_enter() said true.
 */
bool wi_gate_enter(struct wi_station *station, struct wi_gate *gate,
    struct wi_strand *strand);
void wi_gate_leave(struct wi_station *station, struct wi_gate *gate);

/*
 * wi_gate_close() - shut it, and wait until nobody is inside.
 *
 *   wait_ms  in       [ms] at most.
 *   returns           WEFT_OK, or WEFT_EBUSY: a handler did not return, and
 *                     the gate is open again.
 *   thread            any but the node's own; one at a time.
 */
int wi_gate_close(struct wi_hub *hub, struct wi_gate *gate, uint32_t wait_ms);

/* wi_gate_open() - whoever waits goes on.  thread: who has closed it. */
void wi_gate_open(struct wi_hub *hub, struct wi_gate *gate);

#endif
