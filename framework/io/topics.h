/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/topics.h - who has subscribed to what: the topic tree of one node.
 *
 * It knows filters (base/topic.h) and subscriptions, which lie in their
 * subscribers, and nothing of endpoints, sockets or messages.  Memory is in
 * proportion to the filters that are there, none when there are none: for each
 * level that no other filter begins with, 58 bytes and its text, and 8 to 32
 * of a table.  More subscriptions of one filter cost nothing.
 *
 * owned by: the I/O thread.
 */
#ifndef WI_TOPICS_H
#define WI_TOPICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/thread_role.h"
#include "base/topic.h"
#include "io/topic_nodes.h"

/* Of one filter; all zeros: not in a tree.  Not to be moved while it is. */
struct wi_subscription {
	struct wi_topic_node *node;   /* NULL: not in a tree */
	struct wi_subscription *next; /* NULL: the newest of its filter */
	struct wi_subscription *prev; /* of the oldest: the newest */
	uint32_t list;                /* enum wi_topic_list */
};

struct wi_topics {
	struct wi_topic_nodes nodes;
	size_t count;  /* subscriptions */
	bool matching; /* in wi_topics_match(): nothing may change */
};

/* wi_topics_init() - nobody has subscribed.  wi_topics_fini() - nobody may
 * have any more; then there is no memory left either. */
void wi_topics_init(struct wi_topics *topics) WI_ON_IO;
void wi_topics_fini(struct wi_topics *topics) WI_ON_IO;

/*
 * wi_topics_add() - a subscription, in O(length of the filter).
 *
 *   filter   in       is copied.
 *   sub      in, out  all zeros.
 *   firstp   out      it is the first of exactly this filter; may be NULL.
 *   returns           WEFT_OK; -EINVAL, as wi_topic_check_filter(); -ENOMEM;
 *                     or as wi_hash_key_make().  Unless WEFT_OK nothing has
 *                     changed.
 *   owner of *sub     the caller, who removes it before it is freed.
 */
int wi_topics_add(struct wi_topics *topics, const char *filter, size_t len,
    struct wi_subscription *sub, bool *firstp) WI_ON_IO;

/*
 * wi_topics_remove() - a subscription, in O(levels of its filter); it is all
 * zeros then.
 *
 *   returns           it was the last of exactly this filter.
 */
bool wi_topics_remove(
    struct wi_topics *topics, struct wi_subscription *sub) WI_ON_IO;

/*
 * wi_topics_match() - every subscription whose filter matches, each once; in
 * the order in which they were added within one filter, filters in no order.
 *
 *   topic    in       wi_topic_check() holds.
 *   found    in       is called with each; must not change the tree.
 *   returns           how many there were.
 */
size_t wi_topics_match(struct wi_topics *topics, const char *topic, size_t len,
    void (*found)(void *arg, struct wi_subscription *sub), void *arg) WI_ON_IO;

/*
 * wi_topics_filter() - the filter of a subscription that is in a tree.
 *
 *   out      out      room for it and a NUL.
 *   returns           its text, ended by NUL, somewhere in out.
 */
const char *wi_topics_filter(
    const struct wi_subscription *sub, char out[WI_TOPIC_BYTES + 1]) WI_ON_IO;

/* wi_topics_is() - is that its filter?  To find one by name. */
bool wi_topics_is(const struct wi_subscription *sub, const char *filter,
    size_t len) WI_ON_IO;

#endif
