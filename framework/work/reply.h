/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/reply.h - messages that carry an id, for who sends requests.
 */
#ifndef WI_REPLY_H
#define WI_REPLY_H

#include <weft/codec.h>
#include <weft/endpoint.h>

#include "work/worker.h"

/* wi_reply_open() - room for one of len, in the chunk begun last or in a new
 * one; wi_reply_seal() must follow.
 * errors: as weft_send(), and WEFT_ESTATE: the codec carries no ids. */
int wi_reply_open(struct wi_worker *worker, uint64_t id, size_t len,
    struct wi_open *open) WI_ON_WORKER;

/* wi_reply_seal() - write it there. */
void wi_reply_seal(struct wi_worker *worker, const struct wi_open *open,
    struct weft_bytes msg, enum weft_kind kind, uint64_t id) WI_ON_WORKER;

#endif
