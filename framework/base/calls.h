/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/calls.h - system calls that a host has no use for, and their names.
 *
 * What forbids them is host/seccomp.c; a report of a crash (crash/report.c)
 * says which one a process has died of.
 *
 * thread: any, and signal handlers (constants).
 */
#ifndef WI_CALLS_H
#define WI_CALLS_H

#include <stddef.h>

/* What siginfo_t has as si_code then: SYS_SECCOMP, which the C library's
 * headers may lack. */
#define WI_CALL_CODE 1

/* wi_call_forbidden() - the name of the index-th that is forbidden; NULL
 * behind the last.  This machine need not have it. */
const char *wi_call_forbidden(size_t index);

/*
 * wi_call_name() - what a forbidden call is called.
 *
 *   number   in       of the call, as siginfo_t has it (si_syscall).
 *   arch     in       of whom it is a number (si_arch).
 *   returns           "execve"; "another": it is none of these, or of another
 *                     kind of machine than this program was built for.
 */
const char *wi_call_name(int number, unsigned arch);

#endif
