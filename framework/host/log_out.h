/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/log_out.h - where a process that serves writes its log: stderr, the
 * journal behind it, or a file that can be opened anew.
 */
#ifndef WI_LOG_OUT_H
#define WI_LOG_OUT_H

#include <stdbool.h>

#include <weft/error.h>
#include <weft/log.h>

struct wi_log_out {
	int fd;
	bool own;        /* it is a file of ours */
	char path[4096]; /* "": stderr */
	bool journal;    /* lines begin with <N>, as sd-daemon(3) says */
	enum weft_log_level level;
};

/*
 * wi_log_open() - path "" is stderr.
 *
 *   returns           WEFT_OK, or a negated errno: then err names the file,
 *                     and the log is stderr.
 */
int wi_log_open(struct wi_log_out *out, const char *path,
    enum weft_log_level level, struct weft_error *err);

/* wi_log_reopen() - the file of that path from now on, for whoever has moved
 * the old one away.  errors: as wi_log_open(); the old one goes on. */
int wi_log_reopen(struct wi_log_out *out, struct weft_error *err);

void wi_log_close(struct wi_log_out *out);

/* wi_log_put() - a sink (weft/log.h); arg is the struct wi_log_out.
 * thread: any. */
void wi_log_put(
    void *arg, enum weft_log_level level, const char *id, const char *text);

/* wi_log_printf() - a line of the process' own. */
void wi_log_printf(struct wi_log_out *out, enum weft_log_level level,
    const char *id, const char *format, ...) WEFT_PRINTF(4, 5);

#endif
