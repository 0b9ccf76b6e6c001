/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/answer.h - replies, in the order of their requests (gate_note in
 * handoff/answer.h).
 */
#ifndef WI_IO_ANSWER_H
#define WI_IO_ANSWER_H

#include <stdbool.h>

#include "codec/http.h"
#include "io/io.h"

/* wi_answer_opens() - a request was cut, or a piece of its body: the next one
 * waits. */
void wi_answer_opens(
    struct wi_io *io, struct wi_conn *conn, uint32_t flags) WI_ON_IO;

/* wi_answer_holds() - nothing is to be cut for now. */
static inline bool
wi_answer_holds(const struct wi_conn *conn)
{
	return conn->gated && !conn->body;
}

/* wi_answer_take() - a chunk of a reply. */
void wi_answer_take(
    struct wi_io *io, struct wi_conn *conn, struct wi_chunk *chunk) WI_ON_IO;

/* wi_answer_lets() - may messages go to it?  To one of http only events, and
 * those behind the head of their stream. */
static inline bool
wi_answer_lets(const struct wi_conn *conn)
{
	return !wi_codec_is_http(wi_endpoint_codec(conn->endpoint)) ||
	    conn->streams;
}

#endif
