/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/ask.h - ask a host that runs, over its admin socket.
 *
 * thread: main; blocks, no longer than it is told.
 */
#ifndef WI_ASK_H
#define WI_ASK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <weft/error.h>

/* Where and how; filled in from the command line. */
struct wi_ask {
	const char *path; /* NULL: see wi_ask_path() */
	bool json;        /* lines as they come */
	uint64_t wait_ns; /* [ns] for all of the answer */
};

/* What has come. */
struct wi_told {
	json_t *lines; /* array of objects, without the outcome */
	json_t *outcome;
	pid_t pid; /* of the host; 0: not to be seen from here */
	int host;  /* a pidfd of it, or -1 */
};

/* wi_ask_path() - --admin, else $WEFT_ADMIN, else weft/admin.sock in
 * $XDG_RUNTIME_DIR if there is one, else /run/weft/admin.sock.
 *   room     out      of 512 bytes; may be what is returned. */
const char *wi_ask_path(const struct wi_ask *ask, char room[512]);

/*
 * wi_ask() - one request and its answer.
 *
 *   words    in       verb, words and options, to NULL; each is written as a
 *                     JSON string.
 *   told     out      wi_told_fini() must follow, on error too.
 *   err      out      who was expected where, and what was found; or what the
 *                     host has answered.
 *   returns           WEFT_OK, or an error below.
 *   errors            -ENOENT, -ECONNREFUSED, -EACCES, ...  no host there;
 *                     -ETIMEDOUT; -EPROTO  what came is no answer; -EREMOTEIO
 *                     the host says no (told->outcome).
 */
WEFT_CHECK int wi_ask(const struct wi_ask *ask, const char *const words[],
    struct wi_told *told, struct weft_error *err);
void wi_told_fini(struct wi_told *told);

/* wi_told_wait() - until the host has gone.  errors: -ETIMEDOUT; -ENOTSUP: it
 * cannot be seen from here. */
WEFT_CHECK int wi_told_wait(
    const struct wi_told *told, uint64_t wait_ns, struct weft_error *err);

#endif
