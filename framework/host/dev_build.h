/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/dev_build.h - one run of make, with what it says.
 *
 * thread: main.
 */
#ifndef WI_DEV_BUILD_H
#define WI_DEV_BUILD_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <weft/error.h>

#define WI_DEV_OUTPUT_MAX ((size_t)64 << 10) /* [bytes] kept of a build */

/* owned by: dev; all zero but fd -1 between two builds. */
struct wi_dev_build {
	pid_t pid; /* 0: none runs; of its process group, too */
	int fd;    /* what it says; not blocking */
	uint64_t begin_ns;
	uint64_t deadline_ns;
	bool late; /* it was ended at its deadline */
	bool cut;  /* it has said more than fits */
	size_t len;
	char output[WI_DEV_OUTPUT_MAX];
};

/*
 * wi_dev_build_start() - make, in the working directory, with WEFT set to this
 * program.
 *
 *   mask     in       the signals that make is to have blocked.
 *   limit_ns in       [ns]
 *   returns           WEFT_OK, or what the OS answered.
 */
WEFT_CHECK int wi_dev_build_start(struct wi_dev_build *build,
    const sigset_t *mask, uint64_t limit_ns, struct weft_error *err);

/* wi_dev_build_read() - take what it has said. */
void wi_dev_build_read(struct wi_dev_build *build);

/* wi_dev_build_kill() - it, and what it has started. */
void wi_dev_build_kill(struct wi_dev_build *build);

/*
 * wi_dev_build_ended() - has it?  Then its output is whole, and pid is 0.
 *
 *   status   out      as wait(2).
 */
bool wi_dev_build_ended(struct wi_dev_build *build, int *status);

#endif
