/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/publish.h - what a chunk says that is about a topic and not for an
 * endpoint (WI_CHUNK_SUBSCRIBE, UNSUBSCRIBE, PUBLISH, RULE): these are its
 * bytes.
 *
 * It travels through the outbox like a message, so it keeps its place among
 * what one thread sends.
 *
 * owner: who fills it, then the outbox, then the I/O thread.
 */
#ifndef WI_PUBLISH_H
#define WI_PUBLISH_H

#include <stdint.h>

#include "codec/deflate.h"

struct wi_hub;
struct wi_shared;

/* The message, made smaller (codec/deflate.h). */
struct wi_publish_copy {
	uint32_t at;  /* [bytes] in bytes */
	uint32_t len; /* [bytes]; 0: there is none */
};

struct wi_publish {
	uint64_t who;       /* id of the endpoint or strand that subscribes;
	                       PUBLISH: of who is left out, or 0 */
	uint32_t topic_len; /* [bytes] of the topic or filter; UNSUBSCRIBE: 0:
	                       all that the strand has */
	uint32_t len;       /* [bytes] of the message behind it */
	uint32_t kind;      /* SUBSCRIBE, strand: of the signals */
	uint32_t cost;      /* [bytes] PUBLISH: full_note in work/publish.c */
	uint64_t key;       /* PUBLISH */
	struct wi_publish_copy copies[WI_DEFLATE_SETS]; /* PUBLISH */
	uint8_t bytes[];
};

/* wi_publish_size() - [bytes] of one.  len: of the message, with its
 * copies. */
static inline uint64_t
wi_publish_size(uint64_t topic_len, uint64_t len)
{
	return sizeof(struct wi_publish) + topic_len + len;
}

/* wi_publish_over() - a strand is over, after wi_shared_end(); id: what it
 * was.  thread: the one that runs ENDED. */
void wi_publish_over(
    struct wi_hub *hub, const struct wi_shared *shared, uint64_t id);

#endif
