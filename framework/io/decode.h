/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/decode.h - bytes of one read become a batch for the endpoint's strand.
 */
#ifndef WI_DECODE_H
#define WI_DECODE_H

#include <stdint.h>

#include "handoff/batch.h"
#include "io/io.h"

/* Bytes that a connection has not used up: data->data[at, end). */
struct wi_span {
	struct wi_block *data;
	uint32_t at;
	uint32_t end;
	uint64_t need; /* out: [bytes] in all for the first message not whole
	                  yet; 0: unknown */
	bool more;     /* out: whole messages may be left: limit was reached */
	bool ended;    /* out: the codec said WEFT_CUT_END, as in cut */
	struct weft_cut cut;
};

/*
 * wi_decode() - cut whole messages off the span, and push them.
 *
 *   conn     in       OPEN or SHAKING.
 *   span     in,out   at moves behind the last byte used up.  The caller has a
 *                     reference to data.
 *   limit    in       messages, at most.
 *   returns           WEFT_OK, or an error below.
 *   errors            WEFT_ETOOBIG, WEFT_EMALFORMED from the codec;
 *                     -ENOMEM.  What was cut before it is pushed.
 *                     WEFT_ENOENDPOINT: the connection is not OPEN any more.
 *   thread            I/O.
 *
 * The list of messages is written behind io->read_block's fill, so bytes that
 * were read into that block must be counted in fill before.
 */
int wi_decode(struct wi_io *io, struct wi_conn *conn, struct wi_span *span,
    uint32_t limit) WI_ON_IO;

/* wi_decode_begin() - an empty batch behind io->read_block's fill, and how
 * many messages fit; NULL: no memory.
 * wi_decode_end() - push it, unless it is empty.  Between the two nothing else
 * may use the free part of io->read_block. */
struct wi_batch *wi_decode_begin(
    struct wi_io *io, struct wi_block *data, uint32_t *capacity) WI_ON_IO;
void wi_decode_end(
    struct wi_io *io, struct wi_conn *conn, struct wi_batch *batch) WI_ON_IO;

/* wi_decode_room() - io->read_block, or a new one, with at least want bytes
 * behind fill; NULL: no memory. */
struct wi_block *wi_decode_room(struct wi_io *io, uint32_t want) WI_ON_IO;

#endif
