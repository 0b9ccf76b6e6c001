/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_thread - a node runs: in the calling thread, or in one of its own.
 *
 * thread: one of the program's, which becomes the I/O thread, or starts and
 * joins it.
 *
 * start_note: weft_node_start() waits until the thread has told that the
 * node's workers stand, or has ended with the reason why not.  So what goes
 * wrong at the start is its answer, and what goes wrong later that of
 * weft_node_join().
 */
#include "node_thread.h"

#include <errno.h>
#include <signal.h>

#include <weft/node.h>

#include "base/assert.h"
#include "base/fail.h"
#include "work/node_hub.h"
#include "work/receive.h"

static void *node_thread_main(void *arg);

int
weft_node_run(struct weft_node *node, struct weft_error *err)
{
	if (wi_node_thread(node)->started)
		return wi_fail(err, WEFT_ESTATE,
		    "node: expected one that has not run yet");
	return wi_node_serve(node, NULL, err);
}

/* The program's threads get its signals; this one those that it brings upon
 * itself, and the two that a node was asked to stop on, since the program may
 * have blocked them elsewhere. */
static void
node_thread_signals(const struct weft_node *node, sigset_t *blocked)
{
	(void)sigfillset(blocked);
	(void)sigdelset(blocked, SIGSEGV);
	(void)sigdelset(blocked, SIGBUS);
	(void)sigdelset(blocked, SIGFPE);
	(void)sigdelset(blocked, SIGILL);
	(void)sigdelset(blocked, SIGABRT);
	(void)sigdelset(blocked, SIGTRAP);
	(void)sigdelset(blocked, SIGSYS);
	if (wi_node_wants_signals(node)) {
		(void)sigdelset(blocked, SIGINT);
		(void)sigdelset(blocked, SIGTERM);
	}
}

static int
node_thread_create(struct weft_node *node, struct wi_node_thread *thread)
{
	sigset_t blocked, before;
	int rv;

	node_thread_signals(node, &blocked);
	(void)pthread_sigmask(SIG_SETMASK, &blocked, &before);
	rv = pthread_create(&thread->thread, NULL, node_thread_main, node);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -rv;
}

static void
node_thread_running(struct weft_node *node)
{
	struct wi_node_thread *thread = wi_node_thread(node);

	thread->running = true;
	wi_assert(sem_post(&thread->told) == 0);
}

static void *
node_thread_main(void *arg)
{
	struct weft_node *node = arg;
	struct wi_node_thread *thread = wi_node_thread(node);

	(void)pthread_setname_np(pthread_self(), "weft-io");
	thread->rv = wi_node_serve(node, node_thread_running, &thread->err);
	if (!thread->running)
		wi_assert(sem_post(&thread->told) == 0);
	return NULL;
}

int
weft_node_start(struct weft_node *node, struct weft_error *err)
{
	struct wi_node_thread *thread = wi_node_thread(node);
	int rv;

	wi_fail_clear(err);
	if (thread->started)
		return wi_fail(err, WEFT_ESTATE,
		    "node: expected one that has not run yet");
	thread->running = false;
	rv = sem_init(&thread->told, 0, 0) < 0 ?
	    -errno :
	    node_thread_create(node, thread);
	if (rv < 0)
		return wi_fail(err, rv,
		    "node: its thread could not be started: %s",
		    weft_strerror(rv));
	while (sem_wait(&thread->told) < 0)
		wi_assert(errno == EINTR);
	(void)sem_destroy(&thread->told);
	if (thread->running) {
		thread->started = true;
		return WEFT_OK;
	}
	wi_assert(pthread_join(thread->thread, NULL) == 0);
	if (err != NULL)
		*err = thread->err;
	return thread->rv;
}

int
weft_node_join(struct weft_node *node, struct weft_error *err)
{
	struct wi_node_thread *thread = wi_node_thread(node);
	struct wi_hub *hub = wi_node_hub(node);

	wi_fail_clear(err);
	if (!thread->started)
		return wi_fail(
		    err, WEFT_ESTATE, "node: expected one that was started");
	if (pthread_equal(pthread_self(), thread->thread) ||
	    wi_receive_is_worker(hub))
		return wi_fail(err, WEFT_ESTATE,
		    "node: expected a thread that is not the node's own");
	if (wi_receive_end(hub) < 0)
		return wi_fail(err, WEFT_ESTATE,
		    "node: expected nobody in weft_node_receive(), found a "
		    "thread that is");
	wi_assert(pthread_join(thread->thread, NULL) == 0);
	thread->started = false;
	if (err != NULL)
		*err = thread->err;
	return thread->rv;
}
