/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft/log.h - where the library's words go.
 *
 * The library never prints.  It hands each line to the sink that the program
 * gave it: level, a stable id to search for, text.  Lines that repeat are
 * limited to five a second per id; how many were held back is said by the
 * next one that passes.
 */
#ifndef WEFT_LOG_H
#define WEFT_LOG_H

#include <weft/export.h>

WEFT_BEGIN_DECLS

struct weft_node;

enum weft_log_level {
	WEFT_LOG_DEBUG = 1,
	WEFT_LOG_INFO = 2,
	WEFT_LOG_WARN = 3,
	WEFT_LOG_ERROR = 4,
	WEFT_LOG_OFF = 5 /* as a limit: nothing passes */
};

/*
 * A sink takes one line.
 *
 *   arg      in       what the program gave with the sink.
 *   level    in       never WEFT_LOG_OFF.
 *   id       in       stable, e.g. "IO-ACCEPT-PAUSED".
 *   text     in       one line without a newline; valid during the call.
 *   thread            any, several at a time: the sink does its own locking.
 */
typedef void weft_log_cb(
    void *arg, enum weft_log_level level, const char *id, const char *text);

/*
 * weft_log_stderr() - a sink that writes "level ID text" lines to stderr,
 * each with one write(2).
 *
 *   arg      in       not used, may be NULL.
 *   level    in       as above.
 *   id       in       as above.
 *   text     in       as above.
 *   thread            any.
 */
WEFT_EXPORT void weft_log_stderr(
    void *arg, enum weft_log_level level, const char *id, const char *text);

/*
 * weft_log_level() - from now on what is below that level is dropped.
 *
 *   node     in       a node.
 *   level    in       WEFT_LOG_OFF: all.
 *   thread            any.
 */
WEFT_EXPORT void weft_log_level(
    struct weft_node *node, enum weft_log_level level);

/*
 * weft_log() - say something through the node's sink (for plugins).
 *
 *   node     in       from weft_call_node() or weft_load_node().
 *   level    in       lines below the node's level are dropped unformatted.
 *   id       in       stable, upper case, with the plugin's name in front.
 *   format   in       as printf; one line, cut at 500 bytes.
 *   thread            any.
 */
WEFT_EXPORT void weft_log(struct weft_node *node, enum weft_log_level level,
    const char *id, const char *format, ...) WEFT_PRINTF(4, 5);

WEFT_END_DECLS

#endif
