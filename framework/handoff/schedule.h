/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/schedule.h - which worker gets a runnable strand, and who is woken.
 *
 * Near before far: while one worker keeps up, it alone is awake.  A wake-up on
 * the same core costs 3 us, on another 15 to 28 (TPL-CK.md, section 4), and on
 * a machine whose cores are busy a second worker only adds switches.  So a
 * strand goes to the worker that ran it last if that one is awake, else to the
 * first one awake, else to worker 0; and another worker is woken only when
 * the work in the queues is more than those awake finish in CREW_LAG_NS
 * (handoff/crew.c), or a handler holds them up.  When it holds up all, there
 * are the spares of handoff/spare.h.
 */
#ifndef WI_SCHEDULE_H
#define WI_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "handoff/hub.h"

/* wi_schedule() - queue a strand that wi_mailbox_push() handed over, for a
 * worker or for weft_node_receive(); one that is an endpoint's and bound goes
 * to the mailbox of what it is bound to.  Who is to run it is woken by
 * wi_schedule_wake() at the latest.  thread: I/O. */
void wi_schedule(struct wi_hub *hub, struct wi_strand *strand);

/* wi_schedule_post() - the same from any thread; who is to run it is woken if
 * he sleeps. */
void wi_schedule_post(struct wi_hub *hub, struct wi_strand *strand);

enum wi_work {
	WI_WORK_NONE,
	WI_WORK_RUNS,  /* a worker is awake, and a handler might hold it up */
	WI_WORK_WAITS, /* and strands are queued */
};

/* wi_schedule_wake() - wake who has something to do.  Called before each poll.
 *
 *   now       in      [ns]
 *   returns           unless NONE, call again soon; when work waits, within a
 *                     millisecond or so.  weft_node_receive() is not looked
 *                     at: whoever asks for events owes this thread nothing.
 *   thread            I/O.
 */
enum wi_work wi_schedule_wake(struct wi_hub *hub, uint64_t now);

/* wi_schedule_requeue() - the worker's own strand goes to the back.
 * thread: worker number worker. */
void wi_schedule_requeue(
    struct wi_hub *hub, uint32_t worker, struct wi_strand *strand);

/* wi_schedule_help() - wake one more worker if those awake do not keep up.
 * thread: any. */
void wi_schedule_help(
    struct wi_hub *hub, struct wi_counters *counters, uint64_t now);

/* wi_schedule_find() - the next strand for a worker: its own, else another's.
 * NULL: there is none.  thread: worker number worker. */
struct wi_strand *wi_schedule_find(struct wi_hub *hub, uint32_t worker);

/* wi_schedule_any() - does any queue hold a strand?  thread: any. */
bool wi_schedule_any(const struct wi_hub *hub);

#endif
