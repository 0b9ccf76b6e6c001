/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft/node.h - a node: one I/O thread, its workers, listeners and plugins.
 *
 * The program "weft" is written with these calls; a program of your own embeds
 * a node the same way:
 *
 *	static const struct weft_plugin mine =
 *	    WEFT_PLUGIN_INIT(.name = "mine", .message = message);
 *
 *	struct weft_node *node;
 *	struct weft_error err;
 *
 *	if (weft_node_new(&node, NULL, &err) < 0 ||
 *	    weft_node_add(node, &mine, NULL, &err) < 0 ||
 *	    weft_node_listen(node, "tcp+varint://127.0.0.1:3042", "mine",
 *	        NULL, &err) < 0 ||
 *	    weft_node_run(node, &err) < 0)
 *		fprintf(stderr, "%s\n", err.text);
 *	weft_node_free(&node);
 *
 * Several nodes may live in one process; they share nothing.
 */
#ifndef WEFT_NODE_H
#define WEFT_NODE_H

#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>
#include <weft/export.h>
#include <weft/log.h>

WEFT_BEGIN_DECLS

struct weft_node; /* opaque: weft_node_*() only */
struct weft_plugin;

/*
 * How a node is to be.  Start from WEFT_OPTIONS_INIT: 0 in any number means
 * the default.  Members that a later version adds come last.
 */
struct weft_options {
	uint32_t size;          /* sizeof(struct weft_options) */
	uint32_t workers;       /* threads that run handlers; default: as many
	                           as there are cores, at least 2 */
	uint32_t max_endpoints; /* open at a time; default 65536, at most
	                           16777215; above it accepting pauses */
	uint32_t max_message;   /* [bytes], default 1 MiB, at most 1 GiB */

	/* Reading from an endpoint pauses above _high and goes on below
	 * _low: messages that no handler has taken yet. */
	uint32_t mailbox_high_messages; /* default 4096 */
	uint32_t mailbox_low_messages;  /* default high / 2 */
	uint32_t mailbox_high_bytes;    /* default 64 KiB */
	uint32_t mailbox_low_bytes;     /* default high / 2 */

	/* Messages that the peer has not taken yet: above _pause reading from
	 * that endpoint pauses, above _high weft_send() answers WEFT_EFULL.  A
	 * message longer than _high passes when nothing else is queued. */
	uint32_t outbox_high_messages; /* default 65536 */
	uint32_t outbox_high_bytes;    /* default 256 KiB */
	uint32_t outbox_pause_bytes;   /* default 64 KiB or _high_bytes */

	uint32_t linger_ms; /* how long a closed endpoint may take to accept
	                        its last replies; default 10,000 */
	uint32_t drain_ms;  /* how long weft_node_stop() lets handlers and
	                        replies finish; default 10,000 */
	uint32_t signals;   /* 1: SIGINT and SIGTERM stop this node */
	uint32_t log_level; /* enum weft_log_level; default WEFT_LOG_INFO */
	weft_log_cb *log;   /* NULL: silent */
	void *log_arg;      /* given to log */
};

#ifdef __cplusplus
#define WEFT_OPTIONS_INIT                                                     \
	{                                                                     \
		sizeof(struct weft_options)                                   \
	}
#else
#define WEFT_OPTIONS_INIT                                                     \
	{                                                                     \
		.size = sizeof(struct weft_options)                           \
	}
#endif

/* Where a listener ended up. */
struct weft_bound {
	char url[256]; /* with the real port: "tcp+varint://127.0.0.1:41213" */
};

/*
 * weft_node_new() - make a node.  Nothing runs yet.
 *
 *   nodep    out      the node, or NULL on error.
 *   options  in       NULL: all defaults.  Copied.
 *   err      out      what went wrong; may be NULL.
 *   returns           WEFT_OK, or an error below.
 *   errors            -EINVAL  an option is out of its range.
 *                     -ENOMEM, or what the OS answered.
 *   owner             the caller, until weft_node_free().
 *   thread            any; the calls up to weft_node_run() belong to one
 *                     thread at a time.
 */
WEFT_EXPORT WEFT_CHECK int weft_node_new(struct weft_node **nodep,
    const struct weft_options *options, struct weft_error *err);

/*
 * weft_node_load() - load a plugin from a file.
 *
 *   node     in       not running yet.
 *   what     in       a path (it has a '/' or ends in ".so") or the name of an
 *                     installed plugin, then options: "slow?burn_us=200".
 *   namep    out      the plugin's name, for weft_node_listen(); may be NULL.
 *   err      out      names the file, what was expected and what was found;
 *                     may be NULL.
 *   returns           WEFT_OK, or an error below.
 *   errors            WEFT_ENOPLUGIN  no such file or name.
 *                     WEFT_ELOAD      not a shared object, a symbol is
 *                                     missing, or its load() refused.
 *                     WEFT_EABI       built for another ABI.
 *                     -EEXIST         a plugin of that name is there already.
 *                     -ENOMEM
 *   owner             *namep is the node's.
 *   thread            as weft_node_new().
 */
WEFT_EXPORT WEFT_CHECK int weft_node_load(struct weft_node *node,
    const char *what, const char **namep, struct weft_error *err);

/*
 * weft_node_add() - use a plugin that is part of this program.
 *
 *   node     in       not running yet.
 *   plugin   in       must outlive the node.
 *   options  in       "burn_us=200&every=10", or NULL.
 *   err      out      may be NULL.
 *   returns           WEFT_OK, or an error as weft_node_load().
 *   thread            as weft_node_new().
 */
WEFT_EXPORT WEFT_CHECK int weft_node_add(struct weft_node *node,
    const struct weft_plugin *plugin, const char *options,
    struct weft_error *err);

/*
 * weft_node_listen() - bind a listener whose clients a plugin serves.
 *
 *   node     in       not running yet.
 *   url      in       "tcp+varint://127.0.0.1:3042"; port 0 takes a free one,
 *                     "tcp://[::]:0" listens on IPv6 (and not on IPv4).
 *   plugin   in       the name of one that was loaded or added.
 *   bound    out      where it really is; may be NULL.
 *   err      out      names the URL, what was expected and found; may be NULL.
 *   returns           WEFT_OK, or an error below.
 *   errors            WEFT_EURL       not a URL that Weft can use.
 *                     WEFT_ENOPLUGIN  no plugin of that name.
 *                     -EADDRINUSE, -EACCES, ... what the OS answered.
 *   thread            as weft_node_new().
 */
WEFT_EXPORT WEFT_CHECK int weft_node_listen(struct weft_node *node,
    const char *url, const char *plugin, struct weft_bound *bound,
    struct weft_error *err);

/*
 * weft_node_run() - serve.  This thread becomes the I/O thread.
 *
 *   node     in       with listeners; runs once.
 *   err      out      may be NULL.
 *   returns           WEFT_OK when the node has stopped and its threads are
 *                     gone, or an error below.
 *   errors            WEFT_ESTUCK  a handler did not return in time: its
 *                                  thread is still there, the node cannot be
 *                                  freed, the process should exit.
 *                     WEFT_ESTATE  it has run already, or failed to.
 *                     what the OS answered when a thread was started.
 *   thread            the one that made the node.  Blocks until the node
 *   stops.
 */
WEFT_EXPORT WEFT_CHECK int weft_node_run(
    struct weft_node *node, struct weft_error *err);

/*
 * weft_node_stop() - end weft_node_run().
 *
 * The first call stops accepting and reading, runs the handlers of what was
 * read, writes what they send, then closes: drain_ms at most.  A second call
 * drops what has not been done yet.
 *
 *   node     in       running or about to.
 *   thread            any, and signal handlers.  Does not block.
 */
WEFT_EXPORT void weft_node_stop(struct weft_node *node);

/*
 * weft_node_free() - end a node that does not run.
 *
 *   nodep    in,out   set to NULL on WEFT_OK; *nodep may be NULL.
 *   returns           WEFT_OK, or an error below.
 *   errors            WEFT_ESTATE  it runs, or a handler is stuck in it.
 *   thread            as weft_node_new().
 */
WEFT_EXPORT int weft_node_free(struct weft_node **nodep);

WEFT_END_DECLS

#endif
