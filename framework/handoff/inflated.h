/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/inflated.h - messages that came made smaller (RFC 7692), before they
 * are run, by whoever runs them: a worker (work/deflated), or the thread in
 * weft_node_receive() (handoff/pull_message).
 *
 * thread: the one that runs the endpoint's strand.
 */
#ifndef WI_INFLATED_H
#define WI_INFLATED_H

#include <weft/endpoint.h>

#include "base/arena.h"
#include "codec/codecs.h"
#include "codec/inflate.h"
#include "handoff/batch.h"
#include "handoff/endpoint.h"
#include "handoff/outbox.h"

struct wi_hub;

/* wi_inflated_is() - did it come made smaller?  deflates: of its endpoint's
 * codec, wi_codec_deflates(). */
static inline bool
wi_inflated_is(bool deflates, const struct wi_message *message)
{
	return deflates && (message->flags & WI_CODEC_INFLATES) != 0;
}

/*
 * wi_inflated() - the message as it was.
 *
 *   own       in,out  for messages that refer to none before them: the
 *                     runner's, made if it is NULL.
 *   arena     in      where it is put.
 *   msg       in,out  what came; on WEFT_OK what it was.
 *   flags     in      as decode() set them.
 *   wrong     out     on an error but -ENOMEM: what is to be told.
 *   returns           WEFT_OK, WEFT_ETOOBIG, WEFT_EMALFORMED (also of text
 *                     that is not UTF-8) or -ENOMEM: then nothing that comes
 *                     behind it is to be run.
 */
int wi_inflated(struct wi_hub *hub, const struct wi_endpoint *endpoint,
    struct wi_inflater **own, struct wi_arena *arena, struct weft_bytes *msg,
    uint32_t flags, struct wi_wrong *wrong);

/* wi_inflated_forget() - its connection has ended: what its messages refer to
 * goes.  Nothing, for one that has none. */
void wi_inflated_forget(
    struct wi_hub *hub, const struct wi_endpoint *endpoint);

#endif
