/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/seccomp.h - a host without the system calls that it has no use for.
 */
#ifndef WI_SECCOMP_H
#define WI_SECCOMP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <weft/error.h>

struct wi_host;

/* The values of the option "seccomp". */
enum wi_seccomp {
	WI_SECCOMP_OFF,
	WI_SECCOMP_LOG, /* forbidden calls are made; the kernel logs them */
	WI_SECCOMP_ENFORCE, /* who calls one gets SIGSYS, and dies of it */
};

/* Whether it was built with libseccomp: the highest value there is. */
#ifdef HAVE_SECCOMP
#define WI_SECCOMP_MAX WI_SECCOMP_ENFORCE
#else
#define WI_SECCOMP_MAX WI_SECCOMP_OFF
#endif

/* What a host, or a process that it has forked, is killed for: data of
 * WI_SAY_FORBIDDEN. */
struct wi_seccomp_call {
	int32_t number;  /* of the system call; -1: it could not say which */
	uint32_t arch;   /* of whom it is a number: AUDIT_ARCH_... */
	int32_t pid;     /* who is killed */
	char where[192]; /* "plugin chat, callback message" */
};

/*
 * wi_seccomp_enter() - all threads of this process, and what they start from
 * here on, have the profile, for good.
 *
 *   seccomp  in       not WI_SECCOMP_OFF.
 *   returns           WEFT_OK, or an error below.
 *   errors            -ENOSYS  built without libseccomp.
 *                     a negated errno: the kernel does not take it.
 *   thread            main.
 */
int wi_seccomp_enter(enum wi_seccomp seccomp, struct weft_error *err);

/* wi_seccomp_words() - "execve (59), which its profile forbids: plugin chat,
 * callback message", "what its profile forbids, ..."; cut at size.  Nothing of
 * the call is believed. */
void wi_seccomp_words(
    const struct wi_seccomp_call *call, char *out, size_t size);

/* ---- seccomp_told.c
 *
 * wi_seccomp_tell() - from here on this process says to its supervisor, or to
 * stderr, which call it dies of.
 *
 *   host     in       with node and channel; until wi_seccomp_hush().
 *   thread            main; before weft_crash_install(), whose handler then
 *                     comes first.
 */
void wi_seccomp_tell(const struct wi_host *host);
void wi_seccomp_hush(void);

/* wi_seccomp_mute() - a child of this process has died of SIGSYS, perhaps
 * without a word (spawn_note).  thread: main. */
void wi_seccomp_mute(const struct wi_host *host, pid_t pid);

#endif
