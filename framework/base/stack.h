/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/stack.h - the stack of another thread of this process, as text.
 *
 * For who reports that a thread does not come back: the thread is sent a
 * signal, and walks its own stack in the handler.
 *
 * What this does to the thread: it is interrupted once for each request.  The
 * handler has SA_RESTART, so that read(), write(), accept(), connect(),
 * waitpid(), flock(), sem_wait(), futexes, mutexes and condition variables go
 * on as if nothing had been.  But signal(7) has calls that fail with EINTR
 * under any handler: nanosleep(), clock_nanosleep(), usleep() (sleep() returns
 * what is left), poll(), select(), epoll_wait(), io_getevents(), pause(),
 * sigsuspend(), sigwaitinfo(), msgrcv(), msgsnd(), semop(), and calls on a
 * socket that has SO_RCVTIMEO or SO_SNDTIMEO.  A read() or write() that had
 * moved some bytes returns their count.  So it is done rarely: once for a
 * handler of a user's that is stuck.
 *
 * Without backtrace() (musl), wi_stack_start() answers -ENOSYS, wi_stack_of()
 * WEFT_ESTATE, and other stacks are empty.
 */
#ifndef WI_STACK_H
#define WI_STACK_H

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define WI_STACK_SIGNAL (SIGRTMIN + 6) /* why this one: stack.c */
#define WI_STACK_FRAMES 32

/* The innermost comes first.  Each frame is an address inside the instruction
 * that stands there (for a caller, the return address less one), so that
 * lookups find the line of the call and not the one behind it. */
struct wi_stack {
	int nframes;
	void *frames[WI_STACK_FRAMES];
};

/*
 * wi_stack_start() - get ready to ask threads; counted, so that each node does
 * it for itself.
 *
 *   returns           WEFT_OK; -EBUSY: the program handles WI_STACK_SIGNAL;
 *                     -ENOSYS: stacks cannot be walked here.
 *   thread            any.
 */
int wi_stack_start(void);

/*
 * wi_stack_stop() - one for each start that was WEFT_OK.
 *
 * The last one drops requests that were not answered and puts back what was
 * there, unless the program has taken the signal since.
 */
void wi_stack_stop(void);

/* wi_stack_unblock() - the calling thread can be asked from now on, even if it
 * was started with all signals blocked. */
void wi_stack_unblock(void);

/*
 * wi_stack_of() - what a thread is doing.
 *
 *   thread    in      not joined yet.  Of the calling one: wi_stack_here().
 *   timeout_ms        how long to wait for the answer.  One thread at a time
 *                     is asked: the time of those before comes on top.
 *   stack     out     on an error it is empty.
 *   returns           WEFT_OK; -ETIMEDOUT: it blocks the signal, waits inside
 *                     the kernel in a way that nothing ends, or has ended;
 *                     -EBUSY: the program has taken the signal since the
 *                     start; WEFT_ESTATE: not started; or what
 *                     pthread_sigqueue() answered.
 *   thread            any, but not in a signal handler.
 */
int wi_stack_of(pthread_t thread, uint32_t timeout_ms, struct wi_stack *stack);

/*
 * wi_stack_of_in_crash() - the same in a signal handler: it never waits for a
 * lock, and looks for the answer now and then.
 *
 *   tid      in       another thread's, as the system counts them; one that
 *                     has ended is not there (-ESRCH).
 *   errors            as wi_stack_of(), and -EBUSY also: another thread is
 *                     being asked, and that takes longer than timeout_ms.
 */
int wi_stack_of_in_crash(
    pid_t tid, uint32_t timeout_ms, struct wi_stack *stack);

/*
 * wi_stack_crashed() - of the calling thread, from where a signal came.
 *
 *   context  in,out   what the handler was given (ucontext_t); as it was, when
 *                     this returns.
 *   lost     in       the program counter is no code: a call of what is no
 *                     function.  Its caller is looked for where a call leaves
 *                     it.
 *   thread            in a handler, after wi_stack_start().  What a broken
 *                     stack brings upon the walk is the caller's to see.
 */
void wi_stack_crashed(void *context, int lost, struct wi_stack *stack);

/* wi_stack_here() - of the calling thread, from the caller on.  Works without
 * a start; not in a signal handler then. */
void wi_stack_here(struct wi_stack *stack);

/*
 * wi_stack_text() - "echo.so(+0x1139) echo_message+0x12" for each frame.
 *
 *   between   in      put between frames: "\n", ", ".
 *   out       out     ended by NUL.  Frames are not cut: behind the last that
 *                     fits, "..." stands for the others.
 *   size      in      [bytes] above 0.
 *   returns           the length of the text.
 *   thread            any, but not in a signal handler.  It allocates nothing,
 *                     but waits for dlopen() and dlclose() of other threads
 *                     (their constructors too): what must not wait for a
 *                     plugin's constructor prints frames by itself.
 *
 * The offset is what "addr2line -e" wants.  The name is missing if the module
 * does not export one for the place.
 */
size_t wi_stack_text(
    const struct wi_stack *stack, const char *between, char *out, size_t size);

#endif
