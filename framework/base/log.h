/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/log.h - one line to the node's sink, rate-limited per id.
 *
 * Every id that the library says stands in WI_LOG_IDS, with its level and its
 * meaning; a line of code names it by the enum.  thread: any.
 */
#ifndef WI_LOG_H
#define WI_LOG_H

#include <stdarg.h>
#include <stdint.h>

#include <weft/log.h>

/* X(enum name, id, level, meaning) */
#define WI_LOG_IDS(X)                                                         \
	X(IO_LISTENING, "IO-LISTENING", INFO, "a listener is bound")          \
	X(IO_ACCEPT_PAUSED, "IO-ACCEPT-PAUSED", WARN,                         \
	    "no descriptor or endpoint slot is free: clients wait")           \
	X(IO_ACCEPT_RESUMED, "IO-ACCEPT-RESUMED", INFO,                       \
	    "clients are accepted again")                                     \
	X(IO_ACCEPT_FAILED, "IO-ACCEPT-FAILED", WARN,                         \
	    "one client could not be accepted")                               \
	X(IO_MESSAGE_TOOBIG, "IO-MESSAGE-TOOBIG", WARN,                       \
	    "closed: a message above max_message")                            \
	X(IO_MALFORMED, "IO-MALFORMED", WARN,                                 \
	    "closed: bytes that the codec refuses")                           \
	X(IO_PARTIAL, "IO-PARTIAL", WARN,                                     \
	    "closed: a message had begun and was not whole in time")          \
	X(IO_IDLE, "IO-IDLE", INFO, "closed: nothing arrived for too long")   \
	X(IO_PER_IP, "IO-PER-IP", WARN,                                       \
	    "refused: the address has max_endpoints_per_ip")                  \
	X(IO_UNLISTENED, "IO-UNLISTENED", INFO, "a listener was closed")      \
	X(IO_SUSPENDED, "IO-SUSPENDED", INFO,                                 \
	    "a listener takes no new clients, for now")                       \
	X(IO_RESUMED, "IO-RESUMED", INFO, "and does again")                   \
	X(IO_DRAINING, "IO-DRAINING", INFO,                                   \
	    "no new clients: the node stops when those that are there go")    \
	X(IO_LISTEN_FAILED, "IO-LISTEN-FAILED", ERROR,                        \
	    "a bound listener could not be polled")                           \
	X(IO_CONNECTED, "IO-CONNECTED", INFO, "a connection of ours stands")  \
	X(IO_CONNECT_FAILED, "IO-CONNECT-FAILED", WARN,                       \
	    "a connection of ours could not be made")                         \
	X(IO_HANDSHAKE, "IO-HANDSHAKE", WARN,                                 \
	    "a handshake, of TLS or of a codec, came to nothing")             \
	X(IO_NO_PROXY, "IO-NO-PROXY", WARN,                                   \
	    "refused: a client that is none of the listener's proxies")       \
	X(IO_PROXY, "IO-PROXY", WARN,                                         \
	    "closed: a proxy that did not say whom it speaks for")            \
	X(TLS_TRUNCATED, "TLS-TRUNCATED", WARN,                               \
	    "closed: the peer ended the connection, and not TLS")             \
	X(TLS_BROKEN, "TLS-BROKEN", WARN, "closed: bytes that are no TLS")    \
	X(TLS_KEY_OPEN, "TLS-KEY-OPEN", WARN,                                 \
	    "a private key can be read by others than its owner")             \
	X(TLS_RELOADED, "TLS-RELOADED", INFO,                                 \
	    "certificates and keys were read again")                          \
	X(TLS_RELOAD_FAILED, "TLS-RELOAD-FAILED", ERROR,                      \
	    "they could not be: all stays as it was")                         \
	X(IO_DATAGRAM_TOOBIG, "IO-DATAGRAM-TOOBIG", WARN,                     \
	    "dropped: a datagram above max_message")                          \
	X(IO_DATAGRAM_DROPPED, "IO-DATAGRAM-DROPPED", WARN,                   \
	    "dropped: no room for a datagram that arrived")                   \
	X(IO_DATAGRAM_FAILED, "IO-DATAGRAM-FAILED", WARN,                     \
	    "dropped: the system refused to send a datagram")                 \
	X(IO_EVICTED, "IO-EVICTED", WARN,                                     \
	    "closed: a datagram peer made room for another")                  \
	X(IO_SUBSCRIBE, "IO-SUBSCRIBE", WARN, "a subscription was not made")  \
	X(IO_SLOW, "IO-SLOW", WARN, "closed: a reader that was too slow")     \
	X(CODEC_BROKEN, "CODEC-BROKEN", ERROR,                                \
	    "closed: a codec's decode() answered what cannot be")             \
	X(IO_QUARANTINED, "IO-QUARANTINED", WARN,                             \
	    "closed: bytes of which processes have died before, in a codec")  \
	X(IO_NOMEM, "IO-NOMEM", ERROR, "closed: no memory to read into")      \
	X(IO_LINGER, "IO-LINGER", WARN,                                       \
	    "closed: the last replies were not taken in time")                \
	X(IO_STOPPING, "IO-STOPPING", INFO, "the node stops")                 \
	X(IO_STOPPED, "IO-STOPPED", INFO, "the node has stopped")             \
	X(IO_DRAIN_LATE, "IO-DRAIN-LATE", WARN,                               \
	    "the drain deadline passed: what is left is dropped")             \
	X(WORK_STUCK, "WORK-STUCK", ERROR, "a handler does not return")       \
	X(WORK_STACK, "WORK-STACK", ERROR, "where that handler is")           \
	X(WORK_NO_SPARE, "WORK-NO-SPARE", WARN,                               \
	    "handlers block, and no further worker could be started")         \
	X(WORK_OVERLOAD, "WORK-OVERLOAD", WARN,                               \
	    "messages wait longer than queue_target: reading is held back")   \
	X(WORK_LOAD, "WORK-LOAD", INFO, "and that is over")                   \
	X(WORK_MALFORMED, "WORK-MALFORMED", WARN,                             \
	    "a message is no value of a type that is received")               \
	X(WORK_NO_REPLY, "WORK-NO-REPLY", WARN,                               \
	    "a route's function has neither replied nor deferred")            \
	X(WORK_QUARANTINED, "WORK-QUARANTINED", WARN,                         \
	    "closed: a message of which processes have died before")          \
	X(WORK_PROMISE, "WORK-PROMISE", ERROR,                                \
	    "two workers were in one strand: the process aborts")             \
	X(PLUGIN_LOADED, "PLUGIN-LOADED", INFO, "a plugin is in use")         \
	X(PLUGIN_UNLOADED, "PLUGIN-UNLOADED", INFO, "a plugin is gone")       \
	X(PLUGIN_RELOADED, "PLUGIN-RELOADED", INFO,                           \
	    "another version of a plugin has taken over")                     \
	X(PLUGIN_KEPT, "PLUGIN-KEPT", WARN,                                   \
	    "another version of a plugin could not take over")                \
	X(PLUGIN_NO_WAY_BACK, "PLUGIN-NO-WAY-BACK", WARN,                     \
	    "the version before is not kept for a rollback")                  \
	X(PLUGIN_RESIDENT, "PLUGIN-RESIDENT", WARN,                           \
	    "a plugin's code cannot be unmapped and stays")

enum wi_log_id {
#define WI_LOG_ENUM(name, id, level, text) WI_LOG_##name,
	WI_LOG_IDS(WI_LOG_ENUM)
#undef WI_LOG_ENUM
	WI_NLOG_IDS
};

#define WI_LOG_PER_SECOND 5u /* lines of one id that pass per second */

/* Ids of plugins are not in the list above.  They share this many meters by a
 * hash of the id, so a noisy one silences itself and rarely another. */
#define WI_NLOG_PLUGIN_METERS 64

/* [bytes] of the longest text of a line with its NUL; "held back" comes on top
 * of it, so that a long line cannot hide it. */
#define WI_LOG_TEXT_MAX 501

/* Per id: the second, and how many lines it has seen. Relaxed atomics. */
struct wi_log_meter {
	uint64_t window; /* second << 32 | lines seen in it */
	uint64_t held;   /* lines held back since the last that passed */
};

/* owned by: the node; written by any thread. */
struct wi_log {
	weft_log_cb *sink; /* NULL: silent */
	void *arg;
	enum weft_log_level level; /* atomic, relaxed */
	uint64_t suppressed;       /* atomic: all lines ever held back */
	struct wi_log_meter meters[WI_NLOG_IDS];
	struct wi_log_meter plugin_meters[WI_NLOG_PLUGIN_METERS];
};

/* wi_log_init() - sink may be NULL. */
void wi_log_init(struct wi_log *log, weft_log_cb *sink, void *arg,
    enum weft_log_level level);

/* wi_log_enabled() - would a line of that level pass? */
int wi_log_enabled(const struct wi_log *log, enum weft_log_level level);

/*
 * wi_log_say() - one line of the library's own.
 *
 * Lines beyond WI_LOG_PER_SECOND of one id in one second are counted and not
 * formatted; the first that passes later ends in "(N more held back)".
 */
void wi_log_say(struct wi_log *log, enum wi_log_id id, const char *format, ...)
    WEFT_PRINTF(3, 4);

/*
 * wi_log_line() - one line of a plugin's, under an id of its own.
 *
 *   level    in       a line of another than DEBUG .. ERROR is dropped.
 *   id       in       NULL or "" is said as "-".
 *
 * Limited as above, but ids whose hashes meet share one limit and one count of
 * lines held back.
 */
void wi_log_line(struct wi_log *log, enum weft_log_level level, const char *id,
    const char *format, va_list args) WEFT_PRINTF(4, 0);

#endif
