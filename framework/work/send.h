/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/send.h - chunks for the I/O thread: what send.c and send_any.c do for
 * each other, and for the rest of the room.
 */
#ifndef WI_SEND_H
#define WI_SEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/endpoint.h>

#include "base/thread_role.h"
#include "handoff/outbox.h"

struct wi_counters;
struct wi_hub;
struct wi_open;
struct wi_receiver;
struct wi_room;
struct wi_worker;

/* wi_send_room() - the worker's block with room for want bytes behind a chunk,
 * or NULL: no memory. */
struct wi_block *wi_send_room(
    struct wi_worker *worker, size_t want) WI_ON_WORKER;

/* wi_send_chunk() - a chunk at the end of the block's used part, which has the
 * room; one reference to the block becomes the chunk's. */
struct wi_chunk *wi_send_chunk(
    struct wi_block *block, uint64_t to, enum wi_chunk_kind kind);

/* wi_send_link() - to the worker's list, behind what it has sent. */
void wi_send_link(
    struct wi_worker *worker, struct wi_chunk *chunk) WI_ON_WORKER;

/* wi_send_grown() - so many bytes have joined the list; publishes it when it
 * is long. */
void wi_send_grown(struct wi_worker *worker, uint32_t bytes) WI_ON_WORKER;

/* wi_send_owe() - something was published: the I/O thread is to be woken. */
void wi_send_owe(struct wi_worker *worker) WI_ON_WORKER;

/* wi_send_foreign() - from a thread that is not the node's worker: at once.
 * returns WEFT_OK. */
int wi_send_foreign(struct wi_hub *hub, struct wi_chunk *chunk);

/* wi_send_own_worker() - the worker that this thread is, or NULL if it is none
 * of this node. */
struct wi_worker *wi_send_own_worker(const struct wi_hub *hub);

/* wi_send_find_any() - an endpoint, whatever it can be sent.
 * returns WEFT_OK or WEFT_ENOENDPOINT.  thread: any. */
int wi_send_find_any(struct wi_hub *hub, uint64_t id, struct wi_receiver *to);

/* wi_send_find() - who gets a message of len bytes.
 * returns WEFT_OK, WEFT_ENOENDPOINT, WEFT_ETOOBIG, or WEFT_ESTATE: it gets
 * replies only (weft/http.h).  thread: any. */
int wi_send_find(
    struct wi_hub *hub, uint64_t id, size_t len, struct wi_receiver *to);

/* wi_send_open() - a chunk for a first message of len, linked and empty, with
 * the room for all that the codec puts around it; open->to is set.
 * errors: WEFT_ETOOBIG, WEFT_EFULL, -ENOMEM. */
int wi_send_open(struct wi_worker *worker, uint64_t id, size_t len,
    struct wi_open *open) WI_ON_WORKER;

/* wi_send_may() - do the marks of an endpoint let a message of len bytes go to
 * it, besides what is on its way and what is pending here (or NULL)?  Any
 * message if nothing is there at all.  full: where a message is counted that
 * they do not let.
 * errors: WEFT_ETOOBIG for its codec; WEFT_EFULL, and drained() will follow
 * (drained_note in handoff/drained.h).  thread: any. */
int wi_send_may(const struct wi_receiver *to, const struct wi_chunk *pending,
    size_t len, struct wi_counters *full, struct wi_room *room);

/* wi_send_copy(), wi_send_keyed() - as weft_send(), weft_send_keyed(). */
int wi_send_copy(
    struct wi_worker *worker, uint64_t id, struct weft_bytes msg) WI_ON_WORKER;
int wi_send_keyed(struct wi_worker *worker, uint64_t id, uint64_t key,
    struct weft_bytes msg) WI_ON_WORKER;

/* wi_send_text(), wi_send_foreign_text() - as weft_send_text(), from a worker
 * of the node and from another thread. */
int wi_send_text(
    struct wi_worker *worker, uint64_t id, struct weft_bytes msg) WI_ON_WORKER;
int wi_send_foreign_text(
    struct wi_hub *hub, uint64_t id, struct weft_bytes msg);

/*
 * wi_send_place() - where the next message to an endpoint is to be written, if
 * it joins the chunk that was begun last and its codec puts nothing around it.
 *
 *   room     out      [bytes] that it may take.
 *   returns           NULL: wi_send_copy() has to do it.
 *
 * wi_send_placed() - n bytes were written there, and are a message.
 */
uint8_t *wi_send_place(
    const struct wi_worker *worker, uint64_t id, size_t *room) WI_ON_WORKER;
void wi_send_placed(struct wi_worker *worker, size_t n) WI_ON_WORKER;

/* wi_send_foreign_copy() - as wi_send_copy(), from a thread that is no worker
 * of the node.  kind: DATA, or KEYED with a key. */
int wi_send_foreign_copy(struct wi_hub *hub, uint64_t id,
    struct weft_bytes msg, enum wi_chunk_kind kind, uint64_t key);

/* wi_send_load() - count a list as on its way, before it is. */
void wi_send_load(struct wi_hub *hub, const struct wi_chunk *chunk);

#endif
