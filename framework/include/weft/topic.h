/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft/topic.h - one message to all who have subscribed.
 *
 *	static void
 *	message(struct weft_call *call, weft_endpoint from,
 *	    struct weft_bytes msg)
 *	{
 *		weft_subscribe(call, from, "news/+");
 *		weft_publish_except(call, "news/chat", msg, from);
 *	}
 *
 * Topics and filters are those of MQTT 3.1.1, section 4.7: levels between '/',
 * of which each may be empty; in a filter '+' stands for any one level, and
 * '#', as the last, for all that follows and for nothing.  A topic that begins
 * with '$' is not met by a filter that begins with '+' or '#'.  Bytes are
 * compared as they are.  Both have 1 to 1,024 bytes and at most 16 levels, and
 * a filter at most 6 '+'.
 *
 * A message is framed once for each codec among those who get it, and shared
 * by all of them.  Whoever subscribes with several filters gets it once.
 *
 * Order: what one thread, or one handler, asks for is done in the order in
 * which it asked: subscriptions, messages to a topic and messages to
 * endpoints.  So all who get messages of one publisher get them in one order.
 */
#ifndef WEFT_TOPIC_H
#define WEFT_TOPIC_H

#include <weft/endpoint.h>
#include <weft/error.h>
#include <weft/export.h>
#include <weft/strand.h>

WEFT_BEGIN_DECLS

struct weft_call;
struct weft_node;

/*
 * weft_topic_check() - may this be published to?
 * weft_filter_check() - may this be subscribed to?
 *
 *   topic, filter in  text.
 *   err      out      what was expected, and at which byte what was found; may
 *                     be NULL.
 *   returns           WEFT_OK or -EINVAL.
 *   thread            any.
 */
WEFT_EXPORT int weft_topic_check(const char *topic, struct weft_error *err);
WEFT_EXPORT int weft_filter_check(const char *filter, struct weft_error *err);

/*
 * weft_subscribe() - send an endpoint what is published to the topics that a
 * filter meets.
 *
 *   call     in       of the handler.
 *   who      in       any endpoint of the node, also one of
 *                     weft_node_receive(), or that does not stand yet.
 *   filter   in       copied.
 *   returns           WEFT_OK: what is published after this is sent to it, as
 *                     long as it is open; a second time changes nothing.  One
 *                     more than max_subscriptions (weft/node.h) is not made,
 *                     and logged.  Or an error below.
 *   errors            -EINVAL          see weft_filter_check().
 *                     WEFT_ENOENDPOINT it has closed.
 *                     -ENOMEM
 *   thread            any.  Does not block.
 *
 * weft_node_subscribe() - the same outside handlers.
 */
WEFT_EXPORT int weft_subscribe(
    struct weft_call *call, weft_endpoint who, const char *filter);
WEFT_EXPORT int weft_node_subscribe(
    struct weft_node *node, weft_endpoint who, const char *filter);

/*
 * weft_unsubscribe() - not any more.  What was published before this still
 * arrives; a filter that it has not subscribed to changes nothing.
 *
 * Parameters and errors as weft_subscribe().
 */
WEFT_EXPORT int weft_unsubscribe(
    struct weft_call *call, weft_endpoint who, const char *filter);
WEFT_EXPORT int weft_node_unsubscribe(
    struct weft_node *node, weft_endpoint who, const char *filter);

/* What a strand that has subscribed is told: signal->data. */
struct weft_news {
	const char *topic;     /* ended by NUL */
	struct weft_bytes msg; /* the same as signal->bytes */
};

/*
 * weft_strand_subscribe() - tell a strand what is published to the topics that
 * a filter meets: its plugin's signal() is called, with the message as the
 * signal's bytes and a struct weft_news as its data.
 *
 *   strand   in       one that was made (not an endpoint's own).  It is not
 *                     held: the subscription ends with it.
 *   filter   in       copied.
 *   kind     in       of the signals, for signal() to tell them from others.
 *                     Who has several filters that meet a topic is told once,
 *                     with the kind of one of them.
 *   returns           as weft_subscribe(); a message for which the strand has
 *                     no room (max_signals) is dropped and counted
 *                     (deliveries_dropped).  Or an error below.
 *   errors            -EINVAL         see weft_filter_check().
 *                     WEFT_ENOSTRAND  it has ended, or is an endpoint's own.
 *                     WEFT_EFULL      too many hold it.
 *                     WEFT_ESTATE     the node has stopped.
 *                     -ENOMEM
 *   thread            any.  Does not block.
 *
 * weft_strand_unsubscribe() - not any more.
 */
WEFT_EXPORT int weft_strand_subscribe(
    weft_strand strand, const char *filter, uint32_t kind);
WEFT_EXPORT int weft_strand_unsubscribe(
    weft_strand strand, const char *filter);

/*
 * weft_publish() - send a message to all who have subscribed.
 * weft_publish_except() - but not to one.
 *
 *   call     in       of the handler.
 *   topic    in       copied.
 *   msg      in       copied.
 *   except   in       weft_publish_except(): who is left out.
 *   returns           WEFT_OK: it is on its way to whoever has subscribed when
 *                     the I/O thread takes it.  A receiver for whom too much
 *                     waits already is treated as weft/slow.h says.  Whoever
 *                     it is not queued for, for that or because max_message or
 *                     the codec is too small, is counted (deliveries_dropped);
 *                     where drop-oldest or conflate drops what waited instead,
 *                     that is (slow_oldest, slow_conflated).  Or an error
 *                     below.
 *   errors            -EINVAL       see weft_topic_check().
 *                     WEFT_EFULL    publish_high_bytes (weft/node.h) are on
 *                                   their way to the I/O thread; it sends as
 *                                   fast as it can, so try again later.
 *                     WEFT_ETOOBIG  more than 1 GiB.
 *                     WEFT_ESTATE   the node has stopped.
 *                     -ENOMEM
 *   thread            any.  Does not block.
 *
 * weft_node_publish(), weft_node_publish_except() - the same outside handlers.
 */
WEFT_EXPORT int weft_publish(
    struct weft_call *call, const char *topic, struct weft_bytes msg);
WEFT_EXPORT int weft_publish_except(struct weft_call *call, const char *topic,
    struct weft_bytes msg, weft_endpoint except);
WEFT_EXPORT int weft_node_publish(
    struct weft_node *node, const char *topic, struct weft_bytes msg);
WEFT_EXPORT int weft_node_publish_except(struct weft_node *node,
    const char *topic, struct weft_bytes msg, weft_endpoint except);

WEFT_END_DECLS

#endif
