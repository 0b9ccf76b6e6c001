/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/stack_sitter.h - threads that sit somewhere while their stack is
 * asked for.
 */
#ifndef TESTS_STACK_SITTER_H
#define TESTS_STACK_SITTER_H

#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

#include <weft/export.h>

#include "base/stack.h"
#include "check_main.h"

#define ANSWER_MS 20000u
#define NO_ANSWER_MS 20u

/* Where a thread sits: exported (-export-dynamic), so that dladdr() knows
 * where it begins. */
#define EXPORTED WEFT_EXPORT __attribute__((noinline))

struct sitter {
	pthread_t thread;
	pid_t tid;              /* written before "there" is */
	uint32_t there;         /* atomic: it is where it sits */
	uint32_t pending;       /* atomic: a request waits for it */
	uint32_t unblock;       /* atomic: told to */
	uint32_t open;          /* atomic: it has */
	uint32_t leave;         /* atomic: told to */
	int errno_kept;         /* what errno was in the end */
	int fds[2];             /* sit_in_read() */
	sem_t sem;              /* sit_in_sem_wait() */
	ssize_t got;            /* by it */
	char byte;              /* by it */
	struct wi_stack *stack; /* ask_for_it() */
	pthread_t asked;        /* by it */
	int rv;                 /* of it */
};

static inline uint32_t
look(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline void
tell(uint32_t *word)
{
	__atomic_store_n(word, 1, __ATOMIC_RELEASE);
}

static inline void
wait_for(const uint32_t *word)
{
	while (look(word) == 0)
		sched_yield(); /* CK_DEFAULT_TIMEOUT is the deadline */
}

/* As a worker is, but it tells when a request waits for it. */
static inline void
sit_until_unblocked(struct sitter *sitter)
{
	sigset_t set;

	(void)sigfillset(&set);
	(void)pthread_sigmask(SIG_SETMASK, &set, NULL);
	tell(&sitter->there);
	while (look(&sitter->unblock) == 0) {
		(void)sigpending(&set);
		if (sigismember(&set, WI_STACK_SIGNAL) == 1)
			tell(&sitter->pending);
	}
	wi_stack_unblock();
	tell(&sitter->open);
	while (look(&sitter->leave) == 0)
		;
}

static inline void
sit_down(struct sitter *sitter, void *(*where)(void *))
{
	ck_assert_int_eq(
	    pthread_create(&sitter->thread, NULL, where, sitter), 0);
	wait_for(&sitter->there);
}

static inline void
get_up(struct sitter *sitter)
{
	tell(&sitter->unblock);
	tell(&sitter->leave);
	ck_assert_int_eq(pthread_join(sitter->thread, NULL), 0);
}

static inline void *
ask_for_it(void *arg)
{
	struct sitter *asker = arg;

	asker->rv = wi_stack_of(asker->asked, ANSWER_MS, asker->stack);
	return NULL;
}

/* The number of the first frame that is in a function, or -1. */
static inline int
frame_in(const struct wi_stack *stack, void *function)
{
	Dl_info info;
	int i;

	for (i = 0; i < stack->nframes; i++) {
		if (dladdr(stack->frames[i], &info) != 0 &&
		    info.dli_saddr == function)
			return i;
	}
	return -1;
}

#define ck_assert_in(stack, function)                                         \
	ck_assert_int_ge(frame_in((stack), (void *)(function)), 0)
#define ck_assert_not_in(stack, function)                                     \
	ck_assert_int_eq(frame_in((stack), (void *)(function)), -1)

#endif
