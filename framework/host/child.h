/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/child.h - processes that are this program again, with a channel.
 */
#ifndef WI_CHILD_H
#define WI_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* owned by: the supervisor's main thread. */
struct wi_child {
	pid_t pid;   /* 0: there is none */
	int channel; /* our end; -1: closed */
	bool ready;
	uint64_t started_ms; /* [ms] of wi_child_now_ms() */
	uint64_t ready_ms;
	uint64_t heard_ms; /* when it last said something */
};

/*
 * wi_child_start() - fork(2) and execve(2).
 *
 *   program  in       a path, "/proc/self/exe" for what runs here.
 *   argv     in       likewise for execve().
 *   next     in       it takes this process' place in the end: what systemd
 *                     says is for it.
 *   returns           WEFT_OK, or a negated errno.
 *
 * The other end of its channel is the child's descriptor WI_CHANNEL_FD; it has
 * no other of ours but 0, 1 and 2.  Signals that are blocked here stay blocked
 * there, so that none is lost before it listens.  thread: the only one.
 */
int wi_child_start(struct wi_child *child, const char *program,
    char *const argv[], bool next);

/* wi_child_forget() - it has been waited for. */
void wi_child_forget(struct wi_child *child);

/* wi_child_status() - "signal 11 (Segmentation fault)", "status 1" of a
 * status of waitpid(2). */
void wi_child_status(int status, char *out, size_t size);

/* wi_child_now_ms() - [ms] of a clock that only goes forward. */
uint64_t wi_child_now_ms(void);

#endif
