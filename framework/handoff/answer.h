/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/answer.h - replies to requests that stand in a line: a codec like
 * http, whose peer knows by the order which reply is whose.
 *
 * gate_note: the I/O thread cuts one request of a connection and then no
 * other, until the last chunk of its reply has come (WI_ANSWER_LAST).  Each
 * request has a number, which its message's flags tell the worker
 * (codec/http.h) and the chunk's key tells the I/O thread; so a reply that is
 * late, or comes twice, is known and dropped, whoever sends it.
 */
#ifndef WI_ANSWER_H
#define WI_ANSWER_H

#include <stdint.h>

#include "codec/http.h"

/* In the key of a chunk of kind ANSWER, besides the request's number. */
#define WI_ANSWER_LAST (UINT64_C(1) << 32)   /* nothing of it follows */
#define WI_ANSWER_CLOSE (UINT64_C(1) << 33)  /* nor of any other request */
#define WI_ANSWER_EVENTS (UINT64_C(1) << 34) /* messages are what follows */

static inline uint32_t
wi_answer_number(uint64_t key)
{
	return (uint32_t)key & WI_HTTP_NUMBER_MASK;
}

#endif
