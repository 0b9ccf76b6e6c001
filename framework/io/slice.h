/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/slice.h - a short time slice for the I/O thread.
 */
#ifndef WI_SLICE_H
#define WI_SLICE_H

#include <stdint.h>

#include "base/thread_role.h"

/* What the thread had before. */
struct wi_slice {
	uint64_t ns; /* 0: the system's */
	int changed;
};

/* wi_slice_shorten() - from here on this thread is scheduled for short turns;
 * threads that it starts would inherit that.  thread: I/O. */
void wi_slice_shorten(struct wi_slice *before) WI_ON_IO;

/* wi_slice_restore() - it is the program's thread again. */
void wi_slice_restore(const struct wi_slice *before) WI_ON_IO;

#endif
