/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/buffer.h - a message that a sender builds and gives away.
 */
#ifndef WI_BUFFER_H
#define WI_BUFFER_H

#include <weft/codec.h>
#include <weft/endpoint.h>

#include "handoff/outbox.h"

/* wi_buffer_frame() - write head and tail around the message, where it lies,
 * and make a chunk of it; *bufp becomes NULL.  flags: 0 or WEFT_TEXT.  A codec
 * that changes the bytes writes them to a new block; NULL: no memory for it,
 * and *bufp is as it was.  thread: any. */
struct wi_chunk *wi_buffer_frame(struct weft_buffer **bufp,
    const struct weft_codec *codec, uint64_t to, uint32_t flags);

#endif
