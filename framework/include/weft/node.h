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

#include <weft/endpoint.h>
#include <weft/error.h>
#include <weft/export.h>
#include <weft/log.h>
#include <weft/strand.h>

WEFT_BEGIN_DECLS

struct weft_node; /* opaque: weft_node_*() only */
struct weft_call;
struct weft_plugin;

/*
 * How a node is to be.  Start from WEFT_OPTIONS_INIT: 0 in any number means
 * the default.  Members that a later version adds come last.  Most can change
 * while it runs (weft/limits.h).
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

	uint32_t linger_ms;  /* how long a closed endpoint may take to accept
	                        its last replies; default 10,000 */
	uint32_t drain_ms;   /* how long weft_node_stop() lets handlers and
	                        replies finish; default 10,000 */
	uint32_t partial_ms; /* a message that has begun must be whole by then;
	                         default 30,000 */
	uint32_t handshake_ms; /* a connection of ours must stand by then,
	                           and a client's handshakes (tls://, ws://)
	                           be over;
	                           default 10,000 */
	uint32_t idle_ms; /* an endpoint is closed when nothing has arrived
	                           for so long; default: never, and 60,000 for
	                           udp */
	uint32_t max_endpoints_per_ip; /* of one address (IPv6: of one /64);
	                                   default: no limit */
	uint32_t max_strands; /* that the program makes; default 65536 */
	uint32_t max_signals; /* that wait for a strand, of whichever kind;
	                         default 65536, and an endpoint's own has at
	                         most 4095 */
	uint32_t max_timers;  /* that are set; default 1,048,576 */
	uint32_t signals;     /* 1: SIGINT and SIGTERM stop this node, from
	                       weft_node_new() to weft_node_free() */
	uint32_t log_level;   /* enum weft_log_level; default WEFT_LOG_INFO */
	weft_log_cb *log;     /* NULL: silent */
	void *log_arg;        /* given to log */

	/* Handlers that block: while messages wait and a handler has held its
	 * worker for block_after_ms, another worker is started for the others;
	 * once one handler has blocked, the next ones are noticed sooner.  A
	 * worker too many sleeps, and ends after spare_ms.  A handler that has
	 * run for stuck_after_ms is logged, once, with what it was given and
	 * the stack of its thread, which is sent a signal for that (SIGRTMIN
	 * + 6): calls that signal(7) lists as never restarted, as nanosleep(2)
	 * and poll(2), then end with EINTR. */
	uint32_t max_workers;    /* with those; default 64, at least workers */
	uint32_t block_after_ms; /* [ms] default 10 */
	uint32_t stuck_after_ms; /* [ms] default 5,000 */
	uint32_t spare_ms;       /* [ms] default 10,000 */

	/* Overload, noticed as CoDel does (RFC 8289): when all messages have
	 * waited longer than queue_target_ms for queue_interval_ms, who has
	 * one waiting is not read from (of datagrams: is dropped) until one
	 * has waited less.  A message that has waited for deadline_ms since it
	 * was read is dropped before its handler, overload or not. */
	uint32_t queue_target_ms;   /* [ms] default: off */
	uint32_t queue_interval_ms; /* [ms] default 100 */
	uint32_t deadline_ms;       /* [ms] default: never */

	uint32_t max_subscriptions;  /* of an endpoint; default 1024, at most
	                                65535 */
	uint32_t publish_high_bytes; /* published and not yet with the
	                                receivers, of which each counts 64
	                                bytes; above, weft_publish() answers
	                                WEFT_EFULL, unless there is nothing
	                                else; default 4 MiB */

	/* Readers that are too slow (weft/slow.h). */
	uint32_t slow_reader;   /* enum weft_slow; default WEFT_SLOW_REFUSE */
	uint32_t outbox_age_ms; /* [ms] that a message may wait for its reader;
	                           default: no bound */
	uint32_t max_requests;  /* that wait for their reply; default 65536 */

	uint32_t malformed; /* enum weft_malformed_answer (weft/type.h);
	                       default WEFT_MALFORMED_CLOSE */

	uint32_t
	    max_handshakes; /* of TLS, of clients, begun and not over, at a
	                            time: others wait for these, and their
	                            time (handshake_ms) runs; default 1024 */
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

/* The name of a listener; 0 names none. */
typedef struct weft_listener {
	uint64_t id;
} weft_listener;

/* Where a listener ended up. */
struct weft_bound {
	char url[256]; /* with the real port: "tcp+varint://127.0.0.1:41213" */
	weft_listener listener; /* for weft_node_unlisten() */
};

/* Instead of a plugin's name: events are for weft_node_receive(). */
#define WEFT_PULL ((const char *)0)

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
 *   thread            any; before the node runs, weft_node_load() and
 *                     weft_node_add() belong to one thread at a time.
 */
WEFT_EXPORT WEFT_CHECK int weft_node_new(struct weft_node **nodep,
    const struct weft_options *options, struct weft_error *err);

/*
 * weft_node_load() - load a plugin from a file.
 *
 *   node     in       before it runs, or while it does.
 *   what     in       a path (it has a '/' or ends in ".so") or the name of an
 *                     installed plugin, then options: "slow?burn_us=200".
 *   namep    out      the plugin's name, for weft_node_listen(); may be NULL.
 *   err      out      names the file, what was expected and what was found;
 *                     may be NULL.
 *   returns           WEFT_OK, or an error below.
 *   errors            WEFT_ENOPLUGIN  no such file or name.
 *                     WEFT_ELOAD      not a shared object, a symbol is
 *                                     missing, or its load() refused.
 *                     WEFT_EABI       built for another ABI, or what its
 *                                     WEFT_PLUGIN or WEFT_CODEC says is not
 *                                     valid.
 *                     -EEXIST         a plugin of that name is there already,
 *                                     or its WEFT_CODEC has the name of a
 *                                     codec that is.
 *                     WEFT_ESTATE     the node stops or has stopped, this is a
 *                                     thread of its own (a handler cannot
 *                                     load), or a callback of a load or a
 *                                     reload.
 *                     -ENOMEM, or what fork(2) answered.
 *   owner             *namep is the node's.
 *   thread            before it runs: as weft_node_new().  While it runs: any
 *                     but the node's own.  Blocks.
 *
 * While the node runs, opening the file and load() are tried in a forked
 * process first (weft_load_is_trial(), weft/reload.h), for up to 5 s: what
 * crashes or hangs there is WEFT_ELOAD, and the node goes on.  No handler of
 * the plugin runs before load() has returned.  A load() that refuses only
 * after the trial has passed leaves the strands that it made until the node
 * ends, when ended() is called for them.  A plugin stays until the node ends.
 */
WEFT_EXPORT WEFT_CHECK int weft_node_load(struct weft_node *node,
    const char *what, const char **namep, struct weft_error *err);

/*
 * weft_node_add() - use a plugin that is part of this program.
 *
 *   node     in       before it runs, or while it does.
 *   plugin   in       must outlive the node.
 *   options  in       "burn_us=200&every=10", or NULL.
 *   err      out      may be NULL.
 *   returns           WEFT_OK, or an error as weft_node_load().
 *   thread            as weft_node_load(); nothing is tried in a forked
 *                     process.
 */
WEFT_EXPORT WEFT_CHECK int weft_node_add(struct weft_node *node,
    const struct weft_plugin *plugin, const char *options,
    struct weft_error *err);

/*
 * weft_node_listen() - bind a listener whose clients a plugin serves.
 *
 *   node     in       before it runs, or while it does.
 *   url      in       "tcp+varint://127.0.0.1:3042"; port 0 takes a free one,
 *                     "tcp://[::]:0" listens on IPv6 (and not on IPv4).
 *   plugin   in       the name of one that was loaded or added, or WEFT_PULL.
 *   bound    out      where it really is, and its name; may be NULL.
 *   err      out      names the URL, what was expected and found; may be NULL.
 *   returns           WEFT_OK: clients can connect.  Or an error below.
 *   errors            WEFT_EURL       not a URL that Weft can use.
 *                     WEFT_ENOPLUGIN  no plugin of that name.
 *                     WEFT_ESTATE     the node stops or has stopped.
 *                     -EADDRINUSE, -EACCES, ... what the OS answered.
 *   thread            any.
 */
WEFT_EXPORT WEFT_CHECK int weft_node_listen(struct weft_node *node,
    const char *url, const char *plugin, struct weft_bound *bound,
    struct weft_error *err);

/*
 * weft_node_unlisten() - close a listener.
 *
 *   node     in       as weft_node_listen().
 *   listener in       from struct weft_bound.
 *   returns           WEFT_OK: nobody can connect any more, as soon as the
 *                     I/O thread has heard of it.  Endpoints that it accepted
 *                     stay; those of a datagram listener, which are its
 *                     socket, close with reason UNLISTEN when what was sent
 *                     to them has left.  Or an error below.
 *   errors            WEFT_ENOLISTENER  closed already, or never there.
 *                     -ENOMEM           no memory for the command.
 *   thread            any.
 */
WEFT_EXPORT int weft_node_unlisten(
    struct weft_node *node, weft_listener listener);

/*
 * weft_node_connect() - an endpoint that we open.
 *
 *   node     in       before it runs (then it begins with it), or while.
 *   url      in       "tcp+varint://example.org:3042?reconnect=1s"; a host
 *                     name is looked up, and each of its addresses tried (RFC
 *                     8305).
 *   plugin   in       who gets its events, or WEFT_PULL.
 *   endpoint out      its name, at once: what is sent to it waits until the
 *                     connection stands.
 *   err      out      may be NULL.
 *   returns           WEFT_OK: opened() follows on its strand when it stands,
 *                     or closed() with the reason if it does not come about
 *                     (UNRESOLVED, CONNECT, HANDSHAKE).  Neither, if the node
 *                     was just then told to stop and its workers have left.
 *                     Or an error below.
 *   errors            WEFT_EURL, WEFT_ENOPLUGIN, WEFT_ESTATE as above;
 *                     WEFT_EFULL  max_endpoints are open; -ENOMEM.
 *   thread            any.  Does not block.
 *
 * With reconnect=TIME in the URL the endpoint keeps its name: after each
 * closed() that was not ours it is connected again, first after TIME (a random
 * part less), then after twice that, up to reconnect_max; opened() says when
 * it stands.  Attempts that fail are counted and logged, and no event: lost,
 * two failures, stands again is closed(), opened().  What was sent to it
 * before it was lost and had not left is dropped; what is sent from closed()
 * on waits for the next opened().  weft_close() and weft_abort() end it for
 * good.
 */
WEFT_EXPORT WEFT_CHECK int weft_node_connect(struct weft_node *node,
    const char *url, const char *plugin, weft_endpoint *endpoint,
    struct weft_error *err);

/*
 * weft_node_connect_wait() - the same, and wait until it stands.
 *
 *   timeout_ms in     [ms] to wait, at most.
 *   others            as weft_node_connect().
 *   returns           WEFT_OK: it stands.  Or an error: it was given up for
 *                     good, reconnect or not, and *endpoint is no endpoint.
 *                     The plugin, or weft_node_receive(), still gets the
 *                     closed() of the one that was tried.
 *   errors            as weft_node_connect(), and
 *                     -ETIMEDOUT  not in time: it was given up.
 *                     WEFT_EUNRESOLVED, -ECONNREFUSED, ... why not.
 *                     WEFT_ESTATE  called on the I/O thread, or the node does
 *                                  not run.
 *   thread            any but the I/O thread.  Blocks; in a handler it holds
 *                     up the worker.
 */
WEFT_EXPORT WEFT_CHECK int weft_node_connect_wait(struct weft_node *node,
    const char *url, const char *plugin, uint32_t timeout_ms,
    weft_endpoint *endpoint, struct weft_error *err);

/*
 * weft_listen(), weft_unlisten(), weft_connect() - the same in a handler; its
 * plugin gets the events.
 *
 *   call     in       the call that the handler was given.
 *   others            as weft_node_listen(), weft_node_unlisten() and
 *                     weft_node_connect().
 *   returns           as those.
 *   errors            as those.
 *   thread            any, until the handler returns.
 */
WEFT_EXPORT WEFT_CHECK int weft_listen(struct weft_call *call, const char *url,
    struct weft_bound *bound, struct weft_error *err);
WEFT_EXPORT int weft_unlisten(struct weft_call *call, weft_listener listener);
WEFT_EXPORT WEFT_CHECK int weft_connect(struct weft_call *call,
    const char *url, weft_endpoint *endpoint, struct weft_error *err);

/*
 * weft_node_run() - serve.  This thread becomes the I/O thread.
 *
 *   node     in       with listeners, connections, or nothing yet; runs once.
 *   err      out      may be NULL.
 *   returns           WEFT_OK when the node has stopped and its threads are
 *                     gone, or an error below.
 *   errors            WEFT_ESTUCK  a handler did not return in time: its
 *                                  thread is still there, the node cannot be
 *                                  freed, the process should exit.
 *                     WEFT_ESTATE  it has run already, or failed to.
 *                     what the OS answered when a thread was started.
 *   thread            the one that made the node.  Blocks until the node
 *                     stops.
 */
WEFT_EXPORT WEFT_CHECK int weft_node_run(
    struct weft_node *node, struct weft_error *err);

/*
 * weft_node_start() - serve, in a thread of its own.
 *
 *   others            as weft_node_run().
 *   returns           WEFT_OK when the node runs: weft_node_join() must follow
 *                     before weft_node_free().  Or an error as
 *                     weft_node_run(), and no thread is left; if it was
 *                     -EAGAIN for the thread itself, the node can be started
 *                     again.
 *   thread            the one that made the node.  With option signals the new
 *                     thread takes SIGINT and SIGTERM, else it takes none.
 */
WEFT_EXPORT WEFT_CHECK int weft_node_start(
    struct weft_node *node, struct weft_error *err);

/*
 * weft_node_join() - wait until a node that was started has stopped.
 *
 *   node     in       after weft_node_start().  Nobody may be in
 *                     weft_node_receive(): events that it has not fetched are
 *                     dropped, and so are those that come until the stop.
 *   err      out      may be NULL.
 *   returns           as weft_node_run(), once.
 *   errors            as weft_node_run(), and
 *                     WEFT_ESTATE  it was not started, a thread is in
 *                                  weft_node_receive(), or this is a thread of
 *                                  the node's own: nothing was done.
 *   thread            any but the node's own.  Blocks until the node has
 *                     stopped.
 */
WEFT_EXPORT WEFT_CHECK int weft_node_join(
    struct weft_node *node, struct weft_error *err);

/* What weft_node_receive() hands out. */
enum weft_event_kind {
	WEFT_EVENT_OPENED,
	WEFT_EVENT_MESSAGE,
	WEFT_EVENT_CLOSED,
	WEFT_EVENT_DRAINED,
	WEFT_EVENT_SIGNAL, /* a strand was told something */
	WEFT_EVENT_ENDED,  /* a strand that was made is over; its last */
};

struct weft_event {
	enum weft_event_kind kind;
	enum weft_reason why;   /* CLOSED */
	int code;               /* CLOSED: as weft_call_code() */
	weft_endpoint endpoint; /* id 0: none, of a strand that was made */
	struct weft_bytes msg;  /* MESSAGE; valid until the next call of
	                          weft_node_receive(), weft_node_join() or
	                          weft_node_free() */
	weft_strand strand;     /* whose event it is */
	const struct weft_signal *signal; /* SIGNAL; valid as msg is */
	void *state;                      /* ENDED: to be freed */
};

/*
 * weft_node_receive() - the next event of the endpoints whose plugin is
 * WEFT_PULL, for programs that own their main loop.
 *
 *   node     in       started, or run by another thread; before that there
 *                     is nothing to wait for.
 *   timeout_ms in     [ms] to wait for one; 0: do not wait, -1: for ever.
 *   event    out      undefined on error.
 *   returns           WEFT_OK, or an error below.
 *   errors            -EAGAIN      none in that time.
 *                     WEFT_ESTATE  the node has stopped, another thread is in
 *                                  this call, or this is an I/O thread or a
 *                                  worker, of whichever node.
 *   thread            one at a time; not an I/O thread and no worker.
 *
 * Asking for the next event says that the last was dealt with: the endpoint of
 * a CLOSED can be sent to until then (as in a handler's closed()).
 *
 * Each endpoint's events come in order, as a handler would see them, and the
 * same bounds hold: an endpoint whose events are not fetched is not read from.
 * A node stops in order only if its events are fetched up to WEFT_ESTATE, or
 * weft_node_join() drops them; what neither has done a second after drain_ms
 * is dropped then, CLOSED included.
 */
WEFT_EXPORT int weft_node_receive(
    struct weft_node *node, int timeout_ms, struct weft_event *event);

/*
 * weft_node_receive_fd() - a descriptor for poll(2) and its like: readable
 * unless weft_node_receive() has answered -EAGAIN and nothing has come since.
 *
 *   node     in       a node.
 *   returns           the descriptor, the same one always.  Do not read from
 *                     it: when it is readable, call weft_node_receive(node, 0,
 *                     ..), once or until it answers -EAGAIN (edge-triggered
 *                     pollers: until then).  After the end it stays readable.
 *   owner             the node, until weft_node_free().
 *   thread            any.
 */
WEFT_EXPORT int weft_node_receive_fd(struct weft_node *node);

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
