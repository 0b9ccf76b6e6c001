/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/thread_role.c - what this thread is.
 *
 * One word per thread, set once when the thread takes its role on.
 */
#include "base/thread_role.h"

#include "base/assert.h"

enum role {
	ROLE_NONE,
	ROLE_IO,
	ROLE_WORKER
};

/* Only their names matter, to clang. */
struct wi_role wi_io_role;
struct wi_role wi_worker_role;

/* initial-exec: read by one instruction instead of a call into the dynamic
 * linker.  Four bytes fit what it keeps free for libraries loaded later. */
static __thread enum role role_mine __attribute__((tls_model("initial-exec")));

void
wi_become_io(void)
{
	role_mine = ROLE_IO;
}

void
wi_become_worker(void)
{
	role_mine = ROLE_WORKER;
}

int
wi_role_now(void)
{
	return (int)role_mine;
}

bool
wi_role_is_io(void)
{
	return role_mine == ROLE_IO;
}

void
wi_role_again(int role)
{
	role_mine = (enum role)role;
}

bool
wi_role_is_none(void)
{
	return role_mine == ROLE_NONE;
}

void
wi_assert_io(void)
{
	wi_assert(role_mine == ROLE_IO);
}

void
wi_assert_worker(void)
{
	wi_assert(role_mine == ROLE_WORKER);
}
