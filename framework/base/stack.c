/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/stack.c - the stack of another thread of this process, as text.
 *
 * thread: any asks; the handler runs on the thread that is asked.
 * owns:   one request at a time, static, so that an answer that comes too late
 *         finds memory; what it writes into is settled by number (late_note).
 *
 * The signal is a realtime one: these are queued one by one, where a second
 * SIGUSR1 is merged with the first and its number lost.  SIGRTMIN+6: programs
 * that take realtime signals count from either end, so from SIGRTMIN or
 * SIGRTMAX on; who has it nevertheless keeps it (-EBUSY).  It goes to one
 * thread only, and its default is to end the process, so it is never sent but
 * to a handler that is ours.
 *
 * late_note: a request has a number, which travels in the signal.  The thread
 * walks its stack into memory of its own, and then claims the request, by
 * setting the lowest bit of stack_request; who asked takes the number away
 * when the time is over.  One of both comes first.  If it is the thread, then
 * who asked waits for it, which takes no longer than copying a few words.  If
 * not, the claim fails, and so it does when another request stands there by
 * then.  The semaphore is posted by who claims only, so that it is 0 again
 * after each request.
 */
#include "base/stack.h"

#include <errno.h>

#include <weft/error.h>

#ifdef HAVE_BACKTRACE

#include <execinfo.h>
#include <semaphore.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/clock.h"

/* The handler, what the kernel calls it from, and a sanitizer's frames. */
#define STACK_RAW (WI_STACK_FRAMES + 8)

#define STACK_CLAIMED ((uintptr_t)1)

static pthread_mutex_t stack_mutex = PTHREAD_MUTEX_INITIALIZER;

/* Under the mutex. */
static uint32_t stack_nstarts;
static struct sigaction stack_before;
static uintptr_t stack_last; /* number of the last request */
static bool stack_sem_made;

/* What both threads touch. */
static uintptr_t stack_request; /* atomic; 0: none */
static struct wi_stack stack_answer;
static sem_t stack_answered;

/* From a frame on, which was walked as "from"; all of it if there is none.
 * "back": from there to inside its instruction. */
static void
stack_keep(struct wi_stack *stack, void *const *raw, int nraw, uintptr_t from,
    uintptr_t back)
{
	int first, i;

	for (first = 0; first < nraw; first++) {
		if ((uintptr_t)raw[first] == from)
			break;
	}
	if (first == nraw) {
		first = 0;
		back = 1;
	}
	for (i = 0; first + i < nraw && i < WI_STACK_FRAMES; i++) {
		stack->frames[i] = (void *)((uintptr_t)raw[first + i] - back);
		back = 1;
	}
	stack->nframes = i;
}

/* Where the thread was when the signal came; 0 where we cannot tell, and then
 * the handler's own frames stay in the stack. */
static uintptr_t
stack_interrupted(const ucontext_t *context)
{
#if defined(__x86_64__)
	return (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
	return (uintptr_t)context->uc_mcontext.pc;
#else
	(void)context;
	return 0;
#endif
}

/* No lock, no malloc: backtrace() has run once, in wi_stack_start(). */
static void
stack_on_signal(int signum, siginfo_t *info, void *context)
{
	void *raw[STACK_RAW];
	uintptr_t number = (uintptr_t)info->si_value.sival_ptr;
	int nraw, before = errno;

	(void)signum;
	/* Not ours if somebody else has sent it; the rest: late_note. */
	if (info->si_code == SI_QUEUE && info->si_pid == getpid() &&
	    number != 0 &&
	    __atomic_load_n(&stack_request, __ATOMIC_ACQUIRE) == number) {
		nraw = backtrace(raw, STACK_RAW);
		if (__atomic_compare_exchange_n(&stack_request, &number,
			number | STACK_CLAIMED, false, __ATOMIC_ACQ_REL,
			__ATOMIC_RELAXED)) {
			stack_keep(&stack_answer, raw, nraw,
			    stack_interrupted(context), 0);
			__atomic_store_n(&stack_request, 0, __ATOMIC_RELEASE);
			(void)sem_post(&stack_answered);
		}
	}
	errno = before;
}

/* Under the mutex: is the handler that the process has for it ours? */
static bool
stack_is_ours(void)
{
	struct sigaction now;

	return sigaction(WI_STACK_SIGNAL, NULL, &now) == 0 &&
	    (now.sa_flags & SA_SIGINFO) != 0 &&
	    now.sa_sigaction == stack_on_signal;
}

/* Under the mutex.  No SA_ONSTACK: alternate stacks are small. */
static int
stack_install(void)
{
	struct sigaction ours = { .sa_sigaction = stack_on_signal,
		.sa_flags = SA_SIGINFO | SA_RESTART };
	void *raw[STACK_RAW];

	/* The first one loads libgcc, which a handler must not. */
	if (backtrace(raw, STACK_RAW) == 0)
		return -ENOSYS;
	if (sigaction(WI_STACK_SIGNAL, NULL, &stack_before) != 0)
		return -errno;
	if ((stack_before.sa_flags & SA_SIGINFO) != 0 ||
	    (stack_before.sa_handler != SIG_DFL &&
		stack_before.sa_handler != SIG_IGN))
		return -EBUSY;
	if (!stack_sem_made && sem_init(&stack_answered, 0, 0) != 0)
		return -errno;
	stack_sem_made = true;

	/* No handler of another's may keep a claim waiting.  What a broken
	 * stack brings upon the walk is still the program's to see. */
	(void)sigfillset(&ours.sa_mask);
	(void)sigdelset(&ours.sa_mask, SIGSEGV);
	(void)sigdelset(&ours.sa_mask, SIGBUS);
	return sigaction(WI_STACK_SIGNAL, &ours, NULL) == 0 ? WEFT_OK : -errno;
}

int
wi_stack_start(void)
{
	int rv = WEFT_OK;

	(void)pthread_mutex_lock(&stack_mutex);
	if (stack_nstarts == 0)
		rv = stack_install();
	if (rv == WEFT_OK)
		stack_nstarts++;
	(void)pthread_mutex_unlock(&stack_mutex);
	return rv;
}

void
wi_stack_stop(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	(void)pthread_mutex_lock(&stack_mutex);
	wi_assert(stack_nstarts > 0);
	stack_nstarts--;
	if (stack_nstarts == 0 && stack_is_ours()) {
		/* A request that a thread blocks would end the process later,
		 * by SIG_DFL.  To ignore a signal drops it where it waits. */
		(void)sigaction(WI_STACK_SIGNAL, &ignore, NULL);
		(void)sigaction(WI_STACK_SIGNAL, &stack_before, NULL);
	}
	(void)pthread_mutex_unlock(&stack_mutex);
}

void
wi_stack_unblock(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, WI_STACK_SIGNAL);
	(void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* Was the semaphore posted before the time was over? */
static bool
stack_await(uint32_t timeout_ms)
{
	uint64_t end_ns = wi_clock_ns() + timeout_ms * UINT64_C(1000000);
	struct timespec end = { .tv_sec = (time_t)(end_ns / 1000000000),
		.tv_nsec = (long)(end_ns % 1000000000) };
	int rv;

	do
		rv = sem_clockwait(&stack_answered, CLOCK_MONOTONIC, &end);
	while (rv != 0 && errno == EINTR);
	return rv == 0;
}

/* To a thread, or to the one with that number, if it is not 0. */
static int
stack_send(pthread_t thread, pid_t tid, uintptr_t number)
{
	const union sigval value = { .sival_ptr = (void *)number };
	siginfo_t info;

	if (tid == 0)
		return -pthread_sigqueue(thread, WI_STACK_SIGNAL, value);
	memset(&info, 0, sizeof(info));
	info.si_signo = WI_STACK_SIGNAL;
	info.si_code = SI_QUEUE;
	info.si_pid = getpid();
	info.si_uid = getuid();
	info.si_value = value;
	return syscall(SYS_rt_tgsigqueueinfo, getpid(), tid, WI_STACK_SIGNAL,
		   &info) == 0 ?
	    WEFT_OK :
	    -errno;
}

/* Under the mutex; see late_note. */
static int
stack_ask(pthread_t thread, pid_t tid, uint32_t timeout_ms,
    bool (*await)(uint32_t timeout_ms))
{
	uintptr_t number, expected;
	int rv;

	stack_last += 2 * STACK_CLAIMED;
	if (stack_last == 0) /* 0 is none */
		stack_last += 2 * STACK_CLAIMED;
	number = expected = stack_last;
	__atomic_store_n(&stack_request, number, __ATOMIC_RELEASE);
	rv = stack_send(thread, tid, number);
	if (rv < 0) {
		__atomic_store_n(&stack_request, 0, __ATOMIC_RELEASE);
		return rv;
	}
	if (!await(timeout_ms)) {
		if (__atomic_compare_exchange_n(&stack_request, &expected, 0,
			false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return -ETIMEDOUT;
		while (sem_wait(&stack_answered) != 0)
			wi_assert(errno == EINTR);
	}
	/* Also says to TSan, which does not know sem_clockwait(), that the
	 * answer was written before. */
	wi_assert(__atomic_load_n(&stack_request, __ATOMIC_ACQUIRE) == 0);
	return WEFT_OK;
}

static void
stack_nap(void)
{
	const struct timespec nap = { .tv_nsec = 100000 };

	(void)nanosleep(&nap, NULL);
}

/* stack_await() for a handler: sem_trywait() and nanosleep() take no lock. */
static bool
stack_await_in_crash(uint32_t timeout_ms)
{
	uint64_t end = wi_clock_ns() + timeout_ms * UINT64_C(1000000);

	while (sem_trywait(&stack_answered) != 0) {
		if (wi_clock_ns() > end)
			return false;
		stack_nap();
	}
	return true;
}

int
wi_stack_of_in_crash(pid_t tid, uint32_t timeout_ms, struct wi_stack *stack)
{
	uint64_t end = wi_clock_ns() + timeout_ms * UINT64_C(1000000);
	int rv;

	stack->nframes = 0;
	while (pthread_mutex_trylock(&stack_mutex) != 0) {
		if (wi_clock_ns() > end)
			return -EBUSY;
		stack_nap();
	}
	if (stack_nstarts == 0)
		rv = WEFT_ESTATE;
	else if (!stack_is_ours())
		rv = -EBUSY;
	else
		rv = stack_ask(
		    pthread_self(), tid, timeout_ms, stack_await_in_crash);
	if (rv == WEFT_OK)
		*stack = stack_answer;
	(void)pthread_mutex_unlock(&stack_mutex);
	return rv;
}

#if defined(__x86_64__)
#define STACK_HAS_CALLER 1
/* A call has pushed where it returns to. */
static void
stack_to_caller(ucontext_t *context)
{
	greg_t *regs = context->uc_mcontext.gregs;

	regs[REG_RIP] = *(const greg_t *)(uintptr_t)regs[REG_RSP];
	regs[REG_RSP] += (greg_t)sizeof(greg_t);
}
#elif defined(__aarch64__)
#define STACK_HAS_CALLER 1
static void
stack_to_caller(ucontext_t *context)
{
	context->uc_mcontext.pc = context->uc_mcontext.regs[30];
}
#else
#define STACK_HAS_CALLER 0
static void
stack_to_caller(ucontext_t *context)
{
	(void)context;
}
#endif

/* lost_note: the walk reads the registers out of the context, on the stack of
 * the handler.  So who called what is no code is found by a context that looks
 * as if that had returned. */
void
wi_stack_crashed(void *context, int lost, struct wi_stack *stack)
{
	const uintptr_t pc = stack_interrupted(context);
	ucontext_t *now = context;
	const mcontext_t before = now->uc_mcontext;
	void *raw[STACK_RAW];
	int nraw;

	stack->nframes = 0;
	if (!lost || !STACK_HAS_CALLER) {
		nraw = backtrace(raw, STACK_RAW);
		stack_keep(stack, raw, nraw, pc, 0);
		return;
	}
	stack_to_caller(now);
	nraw = backtrace(raw, STACK_RAW - 1);
	stack_keep(stack, raw, nraw, stack_interrupted(now), 1);
	now->uc_mcontext = before;
	if (stack->nframes == WI_STACK_FRAMES)
		stack->nframes--;
	memmove(stack->frames + 1, stack->frames,
	    (size_t)stack->nframes * sizeof(stack->frames[0]));
	stack->frames[0] = (void *)pc;
	stack->nframes++;
}

int
wi_stack_of(pthread_t thread, uint32_t timeout_ms, struct wi_stack *stack)
{
	int rv;

	stack->nframes = 0;
	if (pthread_equal(thread, pthread_self())) {
		wi_stack_here(stack);
		return WEFT_OK;
	}
	(void)pthread_mutex_lock(&stack_mutex);
	if (stack_nstarts == 0)
		rv = WEFT_ESTATE;
	else if (!stack_is_ours())
		rv = -EBUSY;
	else
		rv = stack_ask(thread, 0, timeout_ms, stack_await);
	if (rv == WEFT_OK)
		*stack = stack_answer;
	(void)pthread_mutex_unlock(&stack_mutex);
	return rv;
}

__attribute__((noinline)) void
wi_stack_here(struct wi_stack *stack)
{
	void *raw[STACK_RAW];
	int nraw = backtrace(raw, STACK_RAW);

	stack_keep(
	    stack, raw, nraw, (uintptr_t)__builtin_return_address(0), 1);
}

#else /* no backtrace() */

int
wi_stack_start(void)
{
	return -ENOSYS;
}

void
wi_stack_stop(void)
{
}

void
wi_stack_unblock(void)
{
}

int
wi_stack_of(pthread_t thread, uint32_t timeout_ms, struct wi_stack *stack)
{
	(void)thread;
	(void)timeout_ms;
	stack->nframes = 0;
	return WEFT_ESTATE;
}

int
wi_stack_of_in_crash(pid_t tid, uint32_t timeout_ms, struct wi_stack *stack)
{
	(void)tid;
	return wi_stack_of(pthread_self(), timeout_ms, stack);
}

void
wi_stack_crashed(void *context, int lost, struct wi_stack *stack)
{
	(void)context;
	(void)lost;
	stack->nframes = 0;
}

void
wi_stack_here(struct wi_stack *stack)
{
	stack->nframes = 0;
}

#endif
