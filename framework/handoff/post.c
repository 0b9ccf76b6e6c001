/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/post - events to a strand from any thread, and the end of strands.
 *
 * thread: any.
 */
#include "handoff/post.h"

#include <sched.h>

#include <weft/error.h>

#include "handoff/hub.h"
#include "handoff/schedule.h"

/* All of these sequentially consistent: either the visitor sees the end, or
 * who waits for visitors sees this one. */
bool
wi_post_begin(struct wi_hub *hub)
{
	__atomic_fetch_add(&hub->visitors, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&hub->signals_end, __ATOMIC_SEQ_CST) == 0)
		return true;
	wi_post_end(hub);
	return false;
}

void
wi_post_end(struct wi_hub *hub)
{
	__atomic_fetch_sub(&hub->visitors, 1, __ATOMIC_SEQ_CST);
}

void
wi_post_end_all(struct wi_hub *hub)
{
	__atomic_store_n(&hub->signals_end, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&hub->visitors, __ATOMIC_SEQ_CST) != 0)
		(void)sched_yield();
}

void
wi_post(struct wi_hub *hub, struct wi_strand *strand, struct wi_event *event)
{
	if (wi_mailbox_push(&strand->mailbox, event))
		wi_schedule_post(hub, strand);
}

void
wi_post_token(struct wi_hub *hub, struct wi_endpoint *endpoint)
{
	wi_schedule_post(hub, &endpoint->own);
}

void
wi_post_release(struct wi_hub *hub, struct wi_strand *strand,
    enum wi_hold what, uint32_t count)
{
	/* All have ended, whoever held them. */
	if (__atomic_load_n(&hub->strands_ended, __ATOMIC_RELAXED) != 0)
		return;
	if (!wi_strand_let_go(strand, what, count))
		return;
	if (strand->shared) {
		wi_post(hub, strand, &wi_shared_of(strand)->ended);
		return;
	}
	wi_outbox_attend(
	    &hub->outbox, wi_endpoint_of(strand), WI_ATTEND_UNHELD);
	(void)wi_wake_io(&hub->io_door);
}

static struct wi_strand *
post_look(const struct wi_hub *hub, uint64_t id)
{
	struct wi_endpoint *endpoint;
	struct wi_shared *shared;

	if ((id & WI_SHARED_ID) != 0) {
		shared = wi_shared_find(&hub->shareds, id);
		return shared == NULL ? NULL : &shared->strand;
	}
	endpoint = wi_endpoint_find(&hub->slots, id);
	return endpoint == NULL ? NULL : &endpoint->own;
}

/* See hold_note in handoff/strand.h. */
int
wi_post_find(struct wi_hub *hub, uint64_t id, enum wi_hold what,
    struct wi_strand **strandp)
{
	struct wi_strand *strand = post_look(hub, id);
	int rv;

	*strandp = NULL;
	if (strand == NULL)
		return WEFT_ENOSTRAND;
	rv = wi_strand_hold(strand, what,
	    __atomic_load_n(&hub->max_signals, __ATOMIC_RELAXED));
	if (rv < 0)
		return rv;
	if (post_look(hub, id) != strand) {
		wi_post_release(hub, strand, what, 1);
		return WEFT_ENOSTRAND;
	}
	*strandp = strand;
	return WEFT_OK;
}
