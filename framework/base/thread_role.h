/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/thread_role.h - which thread may run what, checked by clang.
 *
 * WI_ON_IO and WI_ON_WORKER on a function: only that thread calls it.
 * WI_IO_ONLY on a member: only that thread touches it.  Every callback of
 * libuv and every thread main begins with the assert of its role, which tells
 * the analysis and checks at run time.  WI_ANY_THREAD is a word for readers.
 */
#ifndef WI_THREAD_ROLE_H
#define WI_THREAD_ROLE_H

#include <stdbool.h>

#if defined(__clang__)
#define WI_ATTR(x) __attribute__((x))
#else
#define WI_ATTR(x)
#endif

struct WI_ATTR(capability("thread role")) wi_role {
	int unused;
};

extern struct wi_role wi_io_role;
extern struct wi_role wi_worker_role;

#define WI_ON_IO WI_ATTR(requires_capability(wi_io_role))
#define WI_ON_WORKER WI_ATTR(requires_capability(wi_worker_role))
#define WI_IO_ONLY WI_ATTR(guarded_by(wi_io_role))
#define WI_ANY_THREAD

/* wi_become_*() - said once by a thread that takes the role on. */
void wi_become_io(void) WI_ATTR(assert_capability(wi_io_role));
void wi_become_worker(void) WI_ATTR(assert_capability(wi_worker_role));

/* wi_role_now(), wi_role_again() - what this thread is, to be it again after
 * it was something else for a while.  A program may make one node inside a
 * handler of another.  wi_role_is_io() - is it an I/O thread? */
int wi_role_now(void);
bool wi_role_is_io(void);
void wi_role_again(int role);

/* wi_role_is_none() - is this a thread of the program's own? */
bool wi_role_is_none(void);

/* wi_assert_*() - abort unless this thread has the role. */
void wi_assert_io(void) WI_ATTR(assert_capability(wi_io_role));
void wi_assert_worker(void) WI_ATTR(assert_capability(wi_worker_role));

#endif
