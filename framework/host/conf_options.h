/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_options.h - the rows of the table (host/conf_table.h).
 *
 * thread: any (constants).
 */
#ifndef WI_CONF_OPTIONS_H
#define WI_CONF_OPTIONS_H

#include "host/seccomp.h"

#define WI_CONF_DAY 86400000 /* [ms] */

/*
 * X(name, kind, member, fallback, min, max, live, text)
 * live: LIVE, RESTART or UP_TO, of enum wi_conf_live.
 * What a node is told.  0 is its own default: where that is "off", or depends
 * on others, 0 can be written.
 */
#define WI_CONF_NODE_OPTIONS(X)                                               \
	X(workers, COUNT, workers, "0", 0, 1024, RESTART,                     \
	    "threads that run handlers; 0: as many as there are cores, at "   \
	    "least 2")                                                        \
	X(max_workers, COUNT, max_workers, "0", 0, 1024, UP_TO,               \
	    "most threads that run handlers while some of these block; 0: "   \
	    "64, or workers if that is more")                                 \
	X(block_after, TIME, block_after_ms, "10ms", 1, WI_CONF_DAY, LIVE,    \
	    "a handler that takes so long while others wait makes room for "  \
	    "another worker")                                                 \
	X(stuck_after, TIME, stuck_after_ms, "5s", 1, WI_CONF_DAY, LIVE,      \
	    "a handler that takes so long is logged, with its stack")         \
	X(spare, TIME, spare_ms, "10s", 1, WI_CONF_DAY, LIVE,                 \
	    "a worker too many ends after so long")                           \
	X(max_endpoints, COUNT, max_endpoints, "65536", 1, 16777215, UP_TO,   \
	    "most endpoints at a time; above it accepting pauses")            \
	X(max_endpoints_per_ip, COUNT, max_endpoints_per_ip, "0", 0,          \
	    16777215, LIVE,                                                   \
	    "most endpoints of one address (IPv6: of one /64); 0: no limit")  \
	X(max_message, BYTES, max_message, "1M", 1, 1u << 30, LIVE,           \
	    "longest message")                                                \
	X(max_strands, COUNT, max_strands, "65536", 1, 16777215, UP_TO,       \
	    "most strands that plugins make")                                 \
	X(max_signals, COUNT, max_signals, "65536", 1, 1u << 30, LIVE,        \
	    "most signals that wait for a strand")                            \
	X(max_timers, COUNT, max_timers, "1048576", 1, 1u << 28, RESTART,     \
	    "most timers that are set")                                       \
	X(max_subscriptions, COUNT, max_subscriptions, "1024", 1, 65535,      \
	    LIVE, "most subscriptions of one endpoint")                       \
	X(max_requests, COUNT, max_requests, "65536", 1, 1u << 28, LIVE,      \
	    "most requests that wait for their reply")                        \
	X(max_handshakes, COUNT, max_handshakes, "1024", 1, 16777215, LIVE,   \
	    "most handshakes of TLS at a time; others wait")                  \
	X(mailbox_high_messages, COUNT, mailbox_high_messages, "4096", 1,     \
	    1u << 20, LIVE,                                                   \
	    "above so many messages that no handler has taken yet, an "       \
	    "endpoint is not read from")                                      \
	X(mailbox_low_messages, COUNT, mailbox_low_messages, "0", 0,          \
	    1u << 20, LIVE,                                                   \
	    "below so many it is read from again; 0: half of "                \
	    "mailbox_high_messages")                                          \
	X(mailbox_high_bytes, BYTES, mailbox_high_bytes, "64k", 1, 1u << 30,  \
	    LIVE, "the same of their bytes")                                  \
	X(mailbox_low_bytes, BYTES, mailbox_low_bytes, "0", 0, 1u << 30,      \
	    LIVE, "likewise; 0: half of mailbox_high_bytes")                  \
	X(outbox_high_messages, COUNT, outbox_high_messages, "65536", 1,      \
	    1u << 22, LIVE,                                                   \
	    "most messages that wait for an endpoint to take them")           \
	X(outbox_high_bytes, BYTES, outbox_high_bytes, "256k", 1, 1u << 30,   \
	    LIVE, "the same of their bytes")                                  \
	X(outbox_pause_bytes, BYTES, outbox_pause_bytes, "0", 0, 1u << 30,    \
	    LIVE,                                                             \
	    "above so many an endpoint is not read from; 0: 64k, or "         \
	    "outbox_high_bytes if that is less")                              \
	X(outbox_age, TIME, outbox_age_ms, "0", 0, WI_CONF_DAY, LIVE,         \
	    "how long a message may wait for its endpoint to take it; 0: "    \
	    "any time")                                                       \
	X(publish_high_bytes, BYTES, publish_high_bytes, "4M", 1, 1u << 30,   \
	    LIVE, "most that is published and not yet with its receivers")    \
	X(slow_reader, SLOW, slow_reader, "refuse", 1, 5, LIVE,               \
	    "what is done when an endpoint does not take what is sent to it") \
	X(malformed, MALFORMED, malformed, "close", 1, 2, LIVE,               \
	    "what is done about a message that is no value of a type")        \
	X(idle, TIME, idle_ms, "0", 0, WI_CONF_DAY, LIVE,                     \
	    "close an endpoint when nothing has arrived for so long; 0: "     \
	    "never (a peer of a udp listener: 60s)")                          \
	X(partial, TIME, partial_ms, "30s", 1, WI_CONF_DAY, LIVE,             \
	    "close when a message that has begun is not whole after so long") \
	X(handshake, TIME, handshake_ms, "10s", 1, WI_CONF_DAY, LIVE,         \
	    "close when handshakes (tls, ws) are not over after so long")     \
	X(linger, TIME, linger_ms, "10s", 1, WI_CONF_DAY, LIVE,               \
	    "how long a closed endpoint may take to accept its last replies") \
	X(drain, TIME, drain_ms, "10s", 1, WI_CONF_DAY, LIVE,                 \
	    "how long handlers and replies may take at an orderly stop")      \
	X(queue_target, TIME, queue_target_ms, "0", 0, WI_CONF_DAY, LIVE,     \
	    "while all messages wait longer than this, who has one waiting "  \
	    "is not read from; 0: off")                                       \
	X(queue_interval, TIME, queue_interval_ms, "100ms", 1, WI_CONF_DAY,   \
	    LIVE, "for how long they must have waited longer before that")    \
	X(deadline, TIME, deadline_ms, "0", 0, WI_CONF_DAY, LIVE,             \
	    "drop a message that has waited for so long before its handler; " \
	    "0: never")                                                       \
	X(log, LEVEL, log_level, "info", 1, 5, LIVE, "what is logged")

/* The same of the host itself: member is one of struct wi_conf. */
#define WI_CONF_HOST_OPTIONS(X)                                               \
	X(log_file, PATH, log_file, "", 1, 4095, LIVE,                        \
	    "where the log goes; not written: stderr")                        \
	X(admin, PATH, admin, "", 1, 107, RESTART,                            \
	    "Unix socket of the commands (weft status, weft reload, ...); "   \
	    "not written: none")                                              \
	X(user, TEXT, user, "", 1, 63, RESTART,                               \
	    "who the host is once its sockets are bound; not written: who "   \
	    "started it")                                                     \
	X(group, TEXT, group, "", 1, 63, RESTART,                             \
	    "its group; not written: that of user")                           \
	X(seccomp, SECCOMP, seccomp, "off", 0, WI_SECCOMP_MAX, RESTART,       \
	    "what is done about system calls that no host needs "             \
	    "(execve, ptrace, mount, setuid, ...), from before plugins "      \
	    "are loaded; log: the kernel logs them; enforce: they kill "      \
	    "the host, and its log names call, plugin and callback")          \
	X(crash_dir, PATH, crash_dir, "", 1, 4000, RESTART,                   \
	    "folder of crash reports; not written: none are kept")            \
	X(load_any, BOOL, load_any, "no", 0, 1, LIVE,                         \
	    "plugins may be loaded at run time that are not in this file")

#define WI_CONF_SUPERVISOR_OPTIONS(X)                                         \
	X(restart_max, COUNT, restart_max, "10", 0, 1000000, LIVE,            \
	    "crashes within restart_window that are answered by a restart; "  \
	    "with one more it gives up")                                      \
	X(restart_window, TIME, restart_window_ms, "60s", 1, WI_CONF_DAY,     \
	    LIVE, "the time in which crashes are counted")                    \
	X(backoff, TIME, backoff_ms, "100ms", 1, WI_CONF_DAY, LIVE,           \
	    "wait before the second restart; each next one doubles it")       \
	X(backoff_max, TIME, backoff_max_ms, "5s", 1, WI_CONF_DAY, LIVE,      \
	    "the longest of these waits")                                     \
	X(drain, TIME, drain_ms, "15s", 1, WI_CONF_DAY, LIVE,                 \
	    "how long a host may take to stop before it is killed")           \
	X(handover, TIME, handover_ms, "60s", 0, WI_CONF_DAY, LIVE,           \
	    "how long clients of a replaced host may stay (SIGUSR2)")         \
	X(stuck, TIME, stuck_ms, "30s", 2000, WI_CONF_DAY, LIVE,              \
	    "a host that has not answered for so long is killed")             \
	X(start, TIME, start_ms, "60s", 100, WI_CONF_DAY, LIVE,               \
	    "and one that is not ready after so long")

#define WI_CONF_PLUGIN_OPTIONS(X)                                             \
	X(file, TEXT, nowhere, "", 1, 4095, LIVE,                             \
	    "its file (it has a '/' or ends in .so), or the name of an "      \
	    "installed plugin; not written: the block's name")

#define WI_CONF_LISTENER_OPTIONS(X)                                           \
	X(url, TEXT, nowhere, "", 1, 4095, LIVE,                              \
	    "where it listens, and how (\"weft urls\")")                      \
	X(plugin, TEXT, nowhere, "", 1, 255, LIVE,                            \
	    "who serves its clients: the name of a plugin's block")

#endif
