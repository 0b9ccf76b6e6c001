/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft/slow.h - readers that are too slow: what is done with messages that
 * they do not take in time.
 *
 * What is sent to an endpoint waits in its outbox until the peer's socket
 * takes it.  The outbox has bounds: bytes and messages (outbox_high_bytes,
 * outbox_high_messages) and, if wished, the age of the oldest of them
 * (outbox_age_ms).  What happens when a bound is met is the policy of the
 * listener, as in
 *
 *	tcp+varint://0.0.0.0:3042?slow_reader=drop-oldest&outbox_age=2s
 *
 * or, for what is published, that of the topic (weft_topic_slow()).  A message
 * of which a part has left is never dropped; neither is one that was taken
 * under a policy which does not drop.  Whoever missed something gets drained()
 * when there is room again: the place to send it the present state.  What a
 * newer message of its key replaces is not missed: no drained() comes for it.
 */
#ifndef WEFT_SLOW_H
#define WEFT_SLOW_H

#include <stdint.h>

#include <weft/endpoint.h>
#include <weft/error.h>
#include <weft/export.h>

WEFT_BEGIN_DECLS

struct weft_call;
struct weft_node;

/* The policies: X(name, word, text). */
#define WEFT_SLOWS(X)                                                         \
	X(REFUSE, "refuse",                                                   \
	    "weft_send() answers WEFT_EFULL; what is published is dropped")   \
	X(DROP_NEWEST, "drop-newest", "the message is dropped")               \
	X(DROP_OLDEST, "drop-oldest",                                         \
	    "those that have waited longest are dropped to make room")        \
	X(CONFLATE, "conflate",                                               \
	    "a message takes the place of one of its key that waits; then "   \
	    "as drop-oldest")                                                 \
	X(CLOSE, "close", "the endpoint is closed, with reason SLOW")

enum weft_slow {
	WEFT_SLOW_DEFAULT, /* of a node: REFUSE; of a topic: the endpoint's */
#define WEFT_SLOW_ENUM(name, word, text) WEFT_SLOW_##name,
	WEFT_SLOWS(WEFT_SLOW_ENUM)
#undef WEFT_SLOW_ENUM
};

/*
 * weft_slow_name() - a policy as a word: "drop-oldest".
 *
 *   policy   in       one of enum weft_slow.
 *   returns           a constant string, "default" for WEFT_SLOW_DEFAULT; NULL
 *                     if it is none of them.
 *   owner             the library.
 *   thread            any.
 */
WEFT_EXPORT const char *weft_slow_name(unsigned policy);

/* What holds for a topic.  Its members are 0 to be as the endpoint's. */
struct weft_slow_reader {
	uint32_t policy;     /* enum weft_slow */
	uint32_t high_bytes; /* that may wait for the endpoint, of all it is
	                        sent, for a message of the topic to join */
	uint32_t age_ms; /* DROP_OLDEST, CONFLATE: a message of the topic that
	                    has waited for so long is dropped instead of sent;
	                    others: what the oldest may have waited for
	                    another to join */
	uint32_t reserved; /* 0 */
};

/*
 * weft_topic_slow() - what holds for the messages of topics.
 *
 *   call     in       of the handler.
 *   filter   in       of the topics that are meant (weft/topic.h); copied.  Of
 *                     several that meet a topic, the one that was said last
 *                     holds.
 *   what     in       copied; all zeros take back what was said of exactly
 *                     this filter.
 *   returns           WEFT_OK: holds for what this thread publishes from here
 *                     on, and for what others do as soon as the I/O thread has
 *                     heard of it.
 *   errors            -EINVAL      not a filter, or not a policy.
 *                     WEFT_ESTATE  the node has stopped.
 *                     -ENOMEM      no memory for the command.
 *                     That there are 4,096 already, or no memory to keep it,
 *                     is logged (IO-SUBSCRIBE) and counted
 *                     (subscriptions_refused).
 *   thread            any, until the handler returns.  Does not block.
 */
WEFT_EXPORT int weft_topic_slow(struct weft_call *call, const char *filter,
    const struct weft_slow_reader *what);

/*
 * weft_send_keyed() - weft_send(), of a message that replaces what waits.
 *
 *   key      in       under CONFLATE the message takes the place of the one
 *                     with the same key that waits for this endpoint, if there
 *                     is one.  So each key has one message at most, and its
 *                     newest; messages of different keys may arrive in another
 *                     order than they were sent.  Under other policies it
 *                     means nothing.
 *   others            as weft_send().
 *   returns           as weft_send().
 *   errors            as weft_send().
 *   owner             msg stays the caller's.
 *   thread            any, until the handler returns.  Does not block.
 */
WEFT_EXPORT int weft_send_keyed(struct weft_call *call, weft_endpoint to,
    uint64_t key, struct weft_bytes msg);

/*
 * weft_publish_keyed() - weft_publish(), of a message that replaces what
 * waits.
 *
 *   key      in       as weft_send_keyed(), among the messages of this very
 *                     topic; weft_publish() is the same with key 0.
 *   others            as weft_publish() (weft/topic.h).
 *   returns           as weft_publish().
 *   errors            as weft_publish().
 *   owner             topic and msg stay the caller's.
 *   thread            any, until the handler returns.  Does not block.
 */
WEFT_EXPORT int weft_publish_keyed(struct weft_call *call, const char *topic,
    uint64_t key, struct weft_bytes msg);

/*
 * weft_node_topic_slow(), weft_node_send_keyed(), weft_node_publish_keyed() -
 * the same without a call, from a thread of one's own.
 *
 *   node     in       must not be freed meanwhile.
 *   others            as those.
 *   returns           as those.
 *   errors            as those.
 *   owner             as those.
 *   thread            any.  Does not block.
 */
WEFT_EXPORT int weft_node_topic_slow(struct weft_node *node,
    const char *filter, const struct weft_slow_reader *what);
WEFT_EXPORT int weft_node_send_keyed(struct weft_node *node, weft_endpoint to,
    uint64_t key, struct weft_bytes msg);
WEFT_EXPORT int weft_node_publish_keyed(struct weft_node *node,
    const char *topic, uint64_t key, struct weft_bytes msg);

WEFT_END_DECLS

#endif
