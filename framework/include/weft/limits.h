/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft/limits.h - other options for a node that runs:
 *
 *	struct weft_options options = WEFT_OPTIONS_INIT;
 *
 *	weft_node_options(node, &options);
 *	options.idle_ms = 60000;
 *	if (weft_node_limits(node, &options, &err) < 0)
 *		fprintf(stderr, "%s\n", err.text);
 */
#ifndef WEFT_LIMITS_H
#define WEFT_LIMITS_H

#include <weft/error.h>
#include <weft/export.h>
#include <weft/node.h>

WEFT_BEGIN_DECLS

/*
 * weft_node_limits() - other options for a node that is there.
 *
 *   node     in       running, or not yet; not stopped.
 *   options  in       all of them, as for weft_node_new(): what is 0 has its
 *                     default again.  Start from weft_node_options().
 *   err      out      names the first option that cannot be so, what was
 *                     expected and found; may be NULL.
 *   returns           WEFT_OK: they hold, as below.  Or an error, and
 *                     nothing has changed.
 *   errors            -EINVAL      an option is out of its range.
 *                     WEFT_ESTATE  one differs that cannot change, or it is
 *                                  above what was reserved when the node was
 *                                  made; or the node has stopped.
 *                     -ENOMEM      no memory for it.
 *   owner             the caller; *options is copied.
 *   thread            any, handlers too.  Does not block.
 *
 * For what is open already:
 *
 *	at once          mailbox_*, outbox_high_*, outbox_pause_bytes,
 *	                 deadline_ms, malformed, queue_*, block_after_ms,
 *	                 stuck_after_ms, spare_ms, log_level
 *	looked at again  idle_ms, partial_ms, outbox_age_ms: right away, 1,024
 *	                 endpoints at a time; what is over by then closes
 *	counted          max_endpoints_per_ip, max_endpoints, max_strands,
 *	                 max_signals, max_requests, max_subscriptions,
 *	                 max_handshakes, publish_high_bytes: what is above
 *	                 stays, and no more comes; max_workers: one too many
 *	                 sleeps when its handler has returned
 *	goes on as       linger_ms, drain_ms, handshake_ms (a longer one holds
 *	it began         at once)
 *	never            max_message, slow_reader: who connects from then on
 *	                 has them, but for udp, where a listener keeps them
 *
 * max_endpoints, max_strands and max_workers can be at most what the node was
 * made with.  workers (0: as it is), max_timers, signals, log and log_arg
 * cannot change.  What the URL of a listener or a connection says goes on to
 * hold there, and one with deflate=takeover has no deadline but its own.
 */
WEFT_EXPORT WEFT_CHECK int weft_node_limits(struct weft_node *node,
    const struct weft_options *options, struct weft_error *err);

/*
 * weft_node_options() - which options a node has.
 *
 *   node     in       a node.
 *   options  in,out   size is set (WEFT_OPTIONS_INIT); filled in as they were
 *                     given to weft_node_new(), or last to
 *                     weft_node_limits(): 0 is a default.  weft_log_level()
 *                     is not in it.
 *   owner             the caller.
 *   thread            any.
 */
WEFT_EXPORT void weft_node_options(
    struct weft_node *node, struct weft_options *options);

WEFT_END_DECLS

#endif
