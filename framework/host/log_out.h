/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/log_out.h - where a process that serves writes its log: stderr, the
 * journal behind it, or a file that can be opened anew.
 */
#ifndef WI_LOG_OUT_H
#define WI_LOG_OUT_H

#include <stdint.h>

#include <weft/error.h>
#include <weft/log.h>

enum wi_log_kind {
	WI_LOG_PLAIN,
	WI_LOG_JOURNAL, /* lines begin with <N>, as sd-daemon(3) says */
	WI_LOG_FILE,    /* lines begin with the time */
};

struct wi_log_out {
	int fd; /* a duplicate of stderr, or a file; the same one always */
	uint32_t kind;             /* atomic: enum wi_log_kind */
	enum weft_log_level level; /* of wi_log_printf() */
	char path[4096];           /* "": stderr */
};

/*
 * wi_log_open() - it goes to stderr.
 * wi_log_move() - it goes to the file of that path from now on, which is
 * opened anew if it was that one before; "" is stderr.
 *
 *   returns           WEFT_OK, or a negated errno: then err names the file,
 *                     and it goes where it went.
 *   thread            main; others may write meanwhile.
 */
int wi_log_open(struct wi_log_out *out, enum weft_log_level level);
int wi_log_move(
    struct wi_log_out *out, const char *path, struct weft_error *err);

void wi_log_close(struct wi_log_out *out);

/* wi_log_put() - a sink (weft/log.h); arg is the struct wi_log_out.
 * thread: any. */
void wi_log_put(
    void *arg, enum weft_log_level level, const char *id, const char *text);

/* wi_log_printf() - a line of the process' own. */
void wi_log_printf(struct wi_log_out *out, enum weft_log_level level,
    const char *id, const char *format, ...) WEFT_PRINTF(4, 5);

#endif
