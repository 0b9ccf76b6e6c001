/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/publish.h - one message to all who have subscribed.
 *
 * owned by: the I/O thread.
 */
#ifndef WI_IO_PUBLISH_H
#define WI_IO_PUBLISH_H

#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/thread_role.h"
#include "io/hearers.h"
#include "io/topic_rules.h"
#include "io/topics.h"

struct weft_engine;
struct wi_chunk;
struct wi_conn;
struct wi_io;

struct wi_publisher {
	struct wi_topics topics;
	struct wi_topic_rules rules;
	struct wi_hash_key secret; /* of keys (io/slow.h); constant */
	struct wi_hearers hearers;
	const struct weft_engine *engine; /* while it is started; or NULL */
	void *engine_user;
	uint32_t max_subscriptions; /* of one */
	struct wi_conn **found;     /* who gets the present message */
	size_t nfound;
	size_t capacity; /* of found */
	uint64_t mark;   /* of the present message: who has it is in found */
};

/* wi_publisher_init() - returns WEFT_OK, or as wi_hash_key_make(). */
int wi_publisher_init(struct wi_publisher *publisher, struct wi_hub *hub,
    uint32_t max_subscriptions) WI_ON_IO;

/* wi_publisher_fini() - nobody has subscribed any more. */
void wi_publisher_fini(struct wi_publisher *publisher) WI_ON_IO;

/* wi_publish_take() - a PUBLISH or DIRECT was collected. */
void wi_publish_take(struct wi_io *io, const struct wi_chunk *chunk) WI_ON_IO;

#endif
