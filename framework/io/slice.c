/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/slice - a short time slice for the I/O thread.
 *
 * thread: I/O.
 *
 * While handlers burn all cores, the I/O thread must have one quickly when
 * bytes come, for a moment only: else the workers run out of messages behind
 * it.  Linux's scheduler (EEVDF, sched(7)) lets a thread that wakes go first
 * if the turn it asks for would be over sooner, and since 6.12 a thread may
 * say how long its turns are (sched_setattr(2), sched_runtime), without any
 * privilege.  Older kernels do not look at it.  Whatever is refused here costs
 * speed and nothing else.
 */
#include "io/slice.h"

#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SLICE_NS 100000u /* the shortest that the kernel takes */

/* struct sched_attr of sched_setattr(2), version 0: glibc 2.36 has none. */
struct slice_attr {
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime;
	uint64_t deadline;
	uint64_t period;
};

void
wi_slice_shorten(struct wi_slice *before)
{
	struct slice_attr attr;

	memset(&attr, 0, sizeof(attr));
	before->changed = 0;
	if (syscall(SYS_sched_getattr, 0, &attr, sizeof(attr), 0) != 0 ||
	    attr.policy != SCHED_OTHER)
		return;
	before->ns = attr.runtime;
	attr.size = sizeof(attr);
	attr.runtime = SLICE_NS;
	before->changed = syscall(SYS_sched_setattr, 0, &attr, 0) == 0;
}

void
wi_slice_restore(const struct wi_slice *before)
{
	struct slice_attr attr;

	memset(&attr, 0, sizeof(attr));
	if (!before->changed ||
	    syscall(SYS_sched_getattr, 0, &attr, sizeof(attr), 0) != 0)
		return;
	attr.size = sizeof(attr);
	attr.runtime = before->ns;
	(void)syscall(SYS_sched_setattr, 0, &attr, 0);
}
