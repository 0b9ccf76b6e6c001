/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/seccomp.c - the profile: which system calls a host may make.
 *
 * thread: main.
 *
 * list_note: what is forbidden is a list of names (base/calls.c), and all else
 * that libseccomp has a name for is allowed.  A list of what is allowed would
 * have to follow each plugin, C library and sanitizer, and kill hosts for what
 * it has missed.  What libseccomp has no name for, nobody has judged: it is
 * answered with ENOSYS, as by a kernel that does not have it, which those who
 * call new calls must expect.
 *
 * flags_note: clone(2) is for threads, and not for namespaces.  The flags of
 * clone3(2) lie in memory, where no profile looks: it is answered with ENOSYS,
 * and the C library takes clone(2).  So is io_uring, which makes calls that no
 * profile sees; libuv does without.
 */
#include "host/seccomp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/calls.h"
#include "base/fail.h"

#ifdef HAVE_SECCOMP

#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <sys/syscall.h>

/* Where numbers of system calls end, on machines that begin with 0. */
#define SECCOMP_NUMBERS 1024

/* Which argument of clone(2) has the flags. */
#ifdef __s390__
#define SECCOMP_FLAGS 1
#else
#define SECCOMP_FLAGS 0
#endif

#if defined(__SANITIZE_ADDRESS__)
#define SECCOMP_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SECCOMP_ASAN 1
#endif
#endif

/* The search for leaks stops the other threads by ptrace(2). */
#ifdef SECCOMP_ASAN
#define SECCOMP_SPARED "ptrace"
#else
#define SECCOMP_SPARED ""
#endif

/* Namespaces: CLONE_NEW... that clone(2) has. */
static const unsigned seccomp_spaces[] = { CLONE_NEWNS, CLONE_NEWCGROUP,
	CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID,
	CLONE_NEWNET };

/* See flags_note. */
static const char *const seccomp_missing[] = { "clone3", "io_uring_setup",
	"io_uring_enter", "io_uring_register" };

/* Calls of 32-bit ARM, far behind all others. */
static const char *const seccomp_far[] = { "breakpoint", "cacheflush", "usr26",
	"usr32", "set_tls", "get_tls" };

#define SECCOMP_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A profile that is being made. */
struct seccomp {
	scmp_filter_ctx filter;
	uint32_t forbidden; /* what is done about those */
	bool knows;         /* what has no name is answered with ENOSYS */
	int rv;
};

static bool
seccomp_is_forbidden(const char *name)
{
	const char *one;
	size_t i;

	for (i = 0; (one = wi_call_forbidden(i)) != NULL; i++)
		if (strcmp(one, name) == 0)
			return strcmp(name, SECCOMP_SPARED) != 0;
	return false;
}

static bool
seccomp_is_missing(const char *name)
{
	size_t i;

	for (i = 0; i < SECCOMP_COUNT(seccomp_missing); i++)
		if (strcmp(seccomp_missing[i], name) == 0)
			return true;
	return false;
}

static void
seccomp_rule(struct seccomp *make, uint32_t action, int number)
{
	if (make->rv == 0)
		make->rv = seccomp_rule_add(make->filter, action, number, 0);
}

/* See flags_note. */
static void
seccomp_clone(struct seccomp *make, int number)
{
	scmp_datum_t all = 0, one;
	size_t i;

	for (i = 0; i < SECCOMP_COUNT(seccomp_spaces) && make->rv == 0; i++) {
		one = seccomp_spaces[i];
		all |= one;
		make->rv =
		    seccomp_rule_add(make->filter, make->forbidden, number, 1,
			SCMP_CMP(SECCOMP_FLAGS, SCMP_CMP_MASKED_EQ, one, one));
	}
	if (make->rv == 0 && make->knows)
		make->rv =
		    seccomp_rule_add(make->filter, SCMP_ACT_ALLOW, number, 1,
			SCMP_CMP(SECCOMP_FLAGS, SCMP_CMP_MASKED_EQ, all, 0));
}

static void
seccomp_call(struct seccomp *make, const char *name, int number)
{
	if (strcmp(name, "clone") == 0)
		seccomp_clone(make, number);
	else if (seccomp_is_forbidden(name))
		seccomp_rule(make, make->forbidden, number);
	else if (make->knows && !seccomp_is_missing(name))
		seccomp_rule(make, SCMP_ACT_ALLOW, number);
}

/* All that have a number here (list_note). */
static void
seccomp_calls(struct seccomp *make)
{
	char *name;
	size_t i;
	int number;

	for (number = 0; number < SECCOMP_NUMBERS && make->rv == 0; number++) {
		name =
		    seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
		if (name != NULL)
			seccomp_call(make, name, number);
		free(name);
	}
	for (i = 0; i < SECCOMP_COUNT(seccomp_far) && make->knows; i++) {
		number = seccomp_syscall_resolve_name(seccomp_far[i]);
		if (number >= 0)
			seccomp_rule(make, SCMP_ACT_ALLOW, number);
	}
}

/* Calls of another kind of machine that this one can run (int 0x80 of x86) are
 * judged as the forbidden ones. */
static void
seccomp_make(struct seccomp *make)
{
	make->rv = seccomp_attr_set(
	    make->filter, SCMP_FLTATR_ACT_BADARCH, make->forbidden);
	if (make->rv == 0)
		make->rv =
		    seccomp_attr_set(make->filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (make->rv == 0)
		seccomp_calls(make);
	if (make->rv == 0)
		make->rv = seccomp_load(make->filter);
}

int
wi_seccomp_enter(enum wi_seccomp seccomp, struct weft_error *err)
{
	const bool enforce = seccomp == WI_SECCOMP_ENFORCE;
	struct seccomp make = {
		.forbidden = enforce ? SCMP_ACT_TRAP : SCMP_ACT_LOG,
		.knows = enforce,
	};

	/* Machines whose numbers begin higher are not gone through. */
	if (SYS_read >= SECCOMP_NUMBERS)
		return wi_fail(err, -ENOTSUP,
		    "seccomp: expected a machine whose system calls have "
		    "numbers from 0, found another");
	make.filter =
	    seccomp_init(enforce ? SCMP_ACT_ERRNO(ENOSYS) : SCMP_ACT_ALLOW);
	if (make.filter == NULL)
		return wi_fail(err, -ENOMEM, "seccomp: no memory");
	seccomp_make(&make);
	seccomp_release(make.filter);
	return make.rv == 0 ?
	    WEFT_OK :
	    wi_fail(err, make.rv,
		"seccomp: expected a kernel that takes the profile, found: %s",
		weft_strerror(make.rv));
}

/* The name of any call of any machine; NULL: it has none.  owner: the caller,
 * until free(). */
static char *
seccomp_name(const struct wi_seccomp_call *call)
{
	return seccomp_syscall_resolve_num_arch(call->arch, call->number);
}

#else

int
wi_seccomp_enter(enum wi_seccomp seccomp, struct weft_error *err)
{
	(void)seccomp;
	return wi_fail(err, -ENOSYS,
	    "seccomp: expected off, as this weft is built without libseccomp, "
	    "found another value");
}

static char *
seccomp_name(const struct wi_seccomp_call *call)
{
	return strdup(wi_call_name(call->number, call->arch));
}

#endif

void
wi_seccomp_words(const struct wi_seccomp_call *call, char *out, size_t size)
{
	char *name, *at;

	if (call->number < 0) {
		(void)snprintf(out, size,
		    "what its profile forbids, and could not say what");
		return;
	}
	name = seccomp_name(call);
	(void)snprintf(out, size, "%s (%d), which its profile forbids: %.*s",
	    name == NULL ? "a system call" : name, (int)call->number,
	    (int)sizeof(call->where), call->where);
	for (at = out; *at != '\0'; at++)
		if (*at < ' ' || *at > '~')
			*at = '?';
	free(name);
}
