/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash/install.c - handlers of the signals that a process dies of.
 *
 * thread: the one that sets a node up installs; the handler runs on the thread
 *         that has crashed, on a stack of its own if it is the node's.
 * owns:   the report and its place, static: a handler has no other way to
 *         them, and a process dies once.
 * to:     crash/report.c, crash/keep.c.
 *
 * once_note: the first thread that crashes writes; crash_owner has its id.
 * Another that crashes meanwhile waits for the end of the process.  The same
 * one again has met a fault in what it reads for the report (guard_note in
 * crash/report.c).
 *
 * again_note: when the report is kept, the signal is sent to this thread
 * again, with all that came with the first, and comes when the handler has
 * returned, to what handled it before: so whoever waits for the process, and
 * the core, see what they would have seen.
 */
#include "crash/install.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <weft/crash.h>

#include "base/fail.h"
#include "base/thread_state.h"
#include "crash/keep.h"
#include "crash/report.h"
#include "node.h"

#define CRASH_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CRASH_WAIT_MS 10000 /* for the thread that crashed first */

static const int crash_signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT,
	SIGTRAP, SIGSYS };

static struct weft_node *crash_node; /* NULL: nothing is installed */
static pid_t crash_pid;
static struct wi_crash_place crash_place;
static struct sigaction crash_before[CRASH_COUNT(crash_signals)];
static pid_t crash_owner; /* atomic: see once_note; 0: none */
static struct wi_crash_report crash_report;

/* ---- in a handler */

static void
crash_nap(void)
{
	const struct timespec nap = { .tv_nsec = 1000000 };

	(void)nanosleep(&nap, NULL);
}

/* What cannot be kept is said in one line. */
static void
crash_keep(void)
{
	struct wi_crash_text line;
	int rv = wi_crash_keep(
	    &crash_place, crash_report.bytes, crash_report.text.len);

	if (rv == WEFT_OK)
		return;
	wi_crash_text_init(
	    &line, crash_report.line, sizeof(crash_report.line) - 1);
	line.len = crash_report.line_len;
	wi_crash_put(&line, "; the report cannot be kept in ");
	wi_crash_put(&line, crash_place.path);
	wi_crash_put(&line, ": error ");
	wi_crash_put_dec(&line, (uint64_t)-rv, 1);
	line.at[line.len++] = '\n';
	(void)wi_crash_write_all(STDERR_FILENO, line.at, line.len);
}

static void
crash_put_back(void)
{
	size_t i;

	for (i = 0; i < CRASH_COUNT(crash_signals); i++)
		(void)sigaction(crash_signals[i], &crash_before[i], NULL);
}

/* See again_note. */
static void
crash_again(int signum, siginfo_t *info)
{
	sigset_t set;

	crash_put_back();
	(void)sigemptyset(&set);
	(void)sigaddset(&set, signum);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
	(void)syscall(
	    SYS_rt_tgsigqueueinfo, getpid(), wi_thread_id(), signum, info);
}

static void
crash_write(int signum, siginfo_t *info, void *context)
{
	crash_report.node = crash_node;
	crash_report.signum = signum;
	crash_report.info = info;
	crash_report.context = context;
	wi_crash_report(&crash_report, 1);
	crash_keep();
}

static bool
crash_claim(pid_t *owner)
{
	*owner = 0;
	return __atomic_compare_exchange_n(&crash_owner, owner, wi_thread_id(),
	    false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/* A child that was forked may die without a word: whoever has made it asks. */
static void
crash_on_signal(int signum, siginfo_t *info, void *context)
{
	int before = errno, waited;
	pid_t owner;

	if (getpid() == crash_pid) {
		if (crash_claim(&owner)) {
			crash_write(signum, info, context);
		} else if (owner == wi_thread_id()) {
			if (crash_report.guarded)
				siglongjmp(crash_report.fault, 1);
		} else {
			for (waited = 0; waited < CRASH_WAIT_MS; waited++)
				crash_nap();
		}
	}
	crash_again(signum, info);
	errno = before;
}

/* ---- before and after */

static void
crash_set_handlers(void)
{
	/* SA_NODEFER: once_note.  Other signals wait. */
	struct sigaction ours = { .sa_sigaction = crash_on_signal,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
	size_t i;

	(void)sigfillset(&ours.sa_mask);
	for (i = 0; i < CRASH_COUNT(crash_signals); i++)
		(void)sigdelset(&ours.sa_mask, crash_signals[i]);
	for (i = 0; i < CRASH_COUNT(crash_signals); i++)
		(void)sigaction(crash_signals[i], &ours, &crash_before[i]);
}

/* Workers have it from wi_pool_start(); a walk must have been done once
 * before a handler does one. */
static void
crash_warm_up(void)
{
	struct wi_stack stack;

	wi_stack_here(&stack);
	wi_crash_maps_read(&crash_report.maps);
}

int
weft_crash_install(struct weft_node *node,
    const struct weft_crash_options *options, struct weft_error *err)
{
	int rv;

	wi_fail_clear(err);
	if (options->size != sizeof(*options))
		return wi_fail(err, -EINVAL,
		    "crash: expected options of size %zu, found %u",
		    sizeof(*options), options->size);
	if (crash_node != NULL)
		return wi_fail(err, -EBUSY,
		    "crash: expected one node of this process, found %s",
		    crash_node == node ? "it installed already" :
					 "another that is installed");
	if (wi_node_state(node) != WI_NODE_NEW)
		return wi_fail(err, WEFT_ESTATE,
		    "crash: expected a node that has not run yet");
	rv = wi_crash_place_open(
	    &crash_place, options->dir, options->fd, WI_CRASH_REPORT_MAX);
	if (rv < 0)
		return wi_fail(err, rv,
		    "%s: expected a directory for reports of crashes, found: "
		    "%s",
		    options->dir, weft_strerror(rv));
	crash_warm_up();
	crash_node = node;
	crash_pid = getpid();
	node->hub.crashes = true;
	crash_set_handlers();
	return WEFT_OK;
}

void
weft_crash_remove(struct weft_node *node)
{
	struct sigaction now;
	size_t i;

	if (node == NULL || crash_node != node)
		return;
	/* Whoever has taken one since keeps it. */
	for (i = 0; i < CRASH_COUNT(crash_signals); i++)
		if (sigaction(crash_signals[i], NULL, &now) == 0 &&
		    (now.sa_flags & SA_SIGINFO) != 0 &&
		    now.sa_sigaction == crash_on_signal)
			(void)sigaction(
			    crash_signals[i], &crash_before[i], NULL);
	crash_node = NULL;
	node->hub.crashes = false;
	wi_crash_place_close(&crash_place);
}

int
weft_crash_write(struct weft_node *node, int fd, int signum, const void *info,
    void *context)
{
	pid_t owner;
	int rv;

	if (!crash_claim(&owner))
		return -EBUSY;
	crash_report.node = node;
	crash_report.signum = signum;
	crash_report.info = info;
	crash_report.context = context;
	wi_crash_report(&crash_report, 0);
	rv = wi_crash_write_all(fd, crash_report.bytes, crash_report.text.len);
	__atomic_store_n(&crash_owner, 0, __ATOMIC_RELEASE);
	return rv;
}

void
wi_crash_io_begin(struct weft_node *node, struct wi_altstack *altstack)
{
	struct wi_hub *hub = &node->hub;

	altstack->memory = NULL;
	__atomic_store_n(&hub->io_tid, wi_thread_id(), __ATOMIC_RELEASE);
	if (!hub->crashes)
		return;
	wi_altstack_begin(altstack);
	wi_stack_unblock();
}

void
wi_crash_io_end(struct weft_node *node, struct wi_altstack *altstack)
{
	__atomic_store_n(&node->hub.io_tid, 0, __ATOMIC_RELEASE);
	wi_altstack_end(altstack);
}
