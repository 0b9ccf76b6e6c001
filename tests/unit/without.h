/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/without.h - what a function does without memory, and without
 * random numbers.
 *
 * A program that defines WITHOUT_MEMORY is linked with --wrap, so that
 * malloc(), calloc() and realloc() of all its objects come here.
 */
#ifndef TESTS_WITHOUT_H
#define TESTS_WITHOUT_H

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* From here on this process has no getrandom(2). */
static inline bool
without_getrandom_here(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getrandom, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {
		.len = sizeof(code) / sizeof(code[0]),
		.filter = code,
	};
	char byte;

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 &&
	    getrandom(&byte, 1, 0) == -1 && errno == ENOSYS;
}

/* What run() says in a child where getrandom(2) is not there; false as well
 * if it could not be taken away. */
static inline bool
without_getrandom(bool (*run)(void))
{
	int status;
	pid_t pid;

	pid = fork();
	if (pid == 0)
		_exit(without_getrandom_here() && run() ? 0 : 1);
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		perror("without_getrandom");
		return false;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

#ifdef WITHOUT_MEMORY
/* Sizes from here on are refused; and how often one was.  Check asks for
 * memory as well, so it is for one statement only. */
static size_t without_memory = SIZE_MAX;
static unsigned without_spared; /* so many are let through before */
static unsigned without_refused;

#define WITHOUT(size, statement)                                              \
	do {                                                                  \
		without_memory = (size);                                      \
		statement;                                                    \
		without_memory = SIZE_MAX;                                    \
	} while (0)

/* The first n are let through, all others refused, whatever their size. */
#define WITHOUT_AFTER(n, statement)                                           \
	do {                                                                  \
		without_spared = (n);                                         \
		WITHOUT(0, statement);                                        \
		without_spared = 0;                                           \
	} while (0)

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);

static inline bool
without_is_refused(size_t size)
{
	if (size < without_memory)
		return false;
	if (without_spared > 0) {
		without_spared--;
		return false;
	}
	without_refused++;
	errno = ENOMEM;
	return true;
}

void *
__wrap_malloc(size_t size)
{
	return without_is_refused(size) ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return without_is_refused(n * size) ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	return without_is_refused(size) ? NULL : __real_realloc(old, size);
}
#endif

#endif
