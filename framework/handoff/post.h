/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/post.h - events to a strand from any thread, and the end of strands.
 *
 * The I/O thread, which pushes nearly all events, has a shorter way
 * (wi_mailbox_push(), wi_schedule()).
 */
#ifndef WI_POST_H
#define WI_POST_H

#include <stdbool.h>
#include <stdint.h>

#include "handoff/strand.h"

struct wi_hub;
struct wi_endpoint;

/*
 * wi_post_begin(), wi_post_end() - around what a thread that is no worker of
 * the node does with strands.
 *
 * end_note: when the last endpoint of a node that stops is gone, no signal is
 * taken any more, so that strands which keep telling each other things come to
 * an end.  Workers leave when nothing is left to run; a thread of the
 * program's own may be in between these two then, and is waited for before
 * what is left is destroyed (last_note in strands.c).
 *
 *   returns           false: strands have come to their end, and so has this:
 *                     wi_post_end() is not called.
 *   thread            any that is no worker of the node.
 */
bool wi_post_begin(struct wi_hub *hub);
void wi_post_end(struct wi_hub *hub);

/* wi_post_end_all() - nobody begins any more; returns when nobody is in
 * between.  thread: the one that ends the node. */
void wi_post_end_all(struct wi_hub *hub);

/* wi_post() - an event to a strand that the caller holds; who is to run it is
 * woken.  thread: any. */
void wi_post(
    struct wi_hub *hub, struct wi_strand *strand, struct wi_event *event);

/* wi_post_token() - an endpoint's token to where it is run (port_note in
 * handoff/strand.h).  thread: the one that has the token. */
void wi_post_token(struct wi_hub *hub, struct wi_endpoint *endpoint);

/* wi_post_release() - holds are given back; the last brings the strand's end
 * about.  thread: any. */
void wi_post_release(struct wi_hub *hub, struct wi_strand *strand,
    enum wi_hold what, uint32_t count);

/*
 * wi_post_find() - the strand that an id names, held.
 *
 *   strandp  out      NULL on error.
 *   returns           WEFT_OK, or an error below.
 *   errors            WEFT_ENOSTRAND, WEFT_EFULL  as wi_strand_hold().
 *   thread            any.
 */
int wi_post_find(struct wi_hub *hub, uint64_t id, enum wi_hold what,
    struct wi_strand **strandp);

#endif
