/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/thread_state.h - does a thread of this process wait, or compute?
 */
#ifndef WI_THREAD_STATE_H
#define WI_THREAD_STATE_H

#include <sys/types.h>

enum wi_thread_state {
	WI_THREAD_RUNS,    /* or would, if it had a core */
	WI_THREAD_WAITS,   /* in the kernel, for something */
	WI_THREAD_UNKNOWN, /* it has ended, or /proc is not there */
};

/* wi_thread_id() - of the calling one, for the other. */
pid_t wi_thread_id(void);

/* wi_thread_state() - as proc(5) says it (task/TID/stat); costs a few
 * microseconds and no memory.  thread: any. */
enum wi_thread_state wi_thread_state(pid_t tid);

#endif
