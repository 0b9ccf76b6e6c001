/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/seccomp_told.c - what a host says when a call kills it that its profile
 * forbids.
 *
 * thread: the one that has made the call, in a handler of SIGSYS: no lock, no
 *         malloc, no stdio.
 * to:     the supervisor, which logs it (host/supervisor_host.c).
 *
 * order_note: the handler of crash reports is installed later, so it comes
 * first; when its report is kept it sends the signal again, with all that came
 * with the first, and it comes here.
 *
 * fork_note: what is forbidden to the host is so to what it forks, and that is
 * mostly execve(2).  Such a child dies here as well, and the host lives; the
 * line is the only trace of it, so it is said too, by the child, which has the
 * host's end of the channel.
 *
 * spawn_note: posix_spawn(3), and so system(3) and popen(3), give a child no
 * handlers, and it dies without a word.  So the host's main thread has SIGCHLD
 * to itself (host/host.c), and says that a child has died of SIGSYS; the
 * supervisor leaves that out if the child has spoken.
 */
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <weft/crash.h>

#include "base/calls.h"
#include "host/channel.h"
#include "host/host.h"
#include "host/seccomp.h"

static const struct wi_host *told_host; /* atomic; NULL: nothing is said */

/* A text that grows in a place. */
struct told_text {
	char *at;
	size_t size;
	size_t len; /* below size: there is a NUL behind it */
};

static void
told_put(struct told_text *text, const char *word)
{
	for (; *word != '\0' && text->len < text->size - 1; word++)
		text->at[text->len++] = *word;
	text->at[text->len] = '\0';
}

static void
told_put_number(struct told_text *text, int number)
{
	char digits[16];
	size_t i = sizeof(digits) - 1;
	unsigned left = number < 0 ? 0 : (unsigned)number;

	digits[i] = '\0';
	do
		digits[--i] = (char)('0' + left % 10);
	while ((left /= 10) > 0);
	told_put(text, digits + i);
}

static void
told_where(const struct wi_host *host, struct wi_seccomp_call *call)
{
	struct told_text text = { call->where, sizeof(call->where), 0 };
	const char *plugin = host->loading, *callback = "load";

	if (weft_crash_where(host->node, &plugin, &callback) < 0 &&
	    plugin == NULL) {
		told_put(&text, "no callback of a plugin");
		return;
	}
	told_put(&text, "plugin ");
	told_put(&text, plugin);
	told_put(&text, ", callback ");
	told_put(&text, callback);
}

/* There is no supervisor that would log it. */
static void
told_stderr(const struct wi_seccomp_call *call)
{
	char line[320];
	struct told_text text = { line, sizeof(line), 0 };

	told_put(&text, "weft: seccomp: process ");
	told_put_number(&text, call->pid);
	told_put(&text, " of the host was killed for calling ");
	told_put(&text, wi_call_name(call->number, call->arch));
	told_put(&text, " (");
	told_put_number(&text, call->number);
	told_put(&text, "), which its profile forbids: ");
	told_put(&text, call->where);
	told_put(&text, "\n");
	if (write(STDERR_FILENO, text.at, text.len) < 0)
		return; /* then nobody hears it */
}

static void
told_say(const struct wi_host *host, const siginfo_t *info)
{
	struct wi_seccomp_call call;

	memset(&call, 0, sizeof(call));
	call.number = info->si_syscall;
	call.arch = info->si_arch;
	call.pid = (int32_t)getpid();
	told_where(host, &call);
	if (host->channel < 0 ||
	    wi_channel_say(
		host->channel, WI_SAY_FORBIDDEN, -1, &call, sizeof(call)) < 0)
		told_stderr(&call);
}

/* Then it dies of the same signal, and whoever waits for it sees that. */
static void
told_on_signal(int signum, siginfo_t *info, void *context)
{
	const struct wi_host *host =
	    __atomic_load_n(&told_host, __ATOMIC_ACQUIRE);
	const struct sigaction nobody = { .sa_handler = SIG_DFL };
	sigset_t set;

	(void)context;
	if (host != NULL && info->si_code == WI_CALL_CODE)
		told_say(host, info);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, signum);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
	(void)sigaction(signum, &nobody, NULL);
	(void)syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid),
	    signum, info);
}

void
wi_seccomp_tell(const struct wi_host *host)
{
	struct sigaction ours = { .sa_sigaction = told_on_signal,
		.sa_flags = SA_SIGINFO | SA_ONSTACK };

	__atomic_store_n(&told_host, host, __ATOMIC_RELEASE);
	(void)sigfillset(&ours.sa_mask);
	(void)sigaction(SIGSYS, &ours, NULL);
}

void
wi_seccomp_hush(void)
{
	__atomic_store_n(&told_host, NULL, __ATOMIC_RELEASE);
}

void
wi_seccomp_mute(const struct wi_host *host, pid_t pid)
{
	struct wi_seccomp_call call;

	memset(&call, 0, sizeof(call));
	call.number = -1;
	call.pid = (int32_t)pid;
	if (host->channel >= 0)
		(void)wi_channel_say(
		    host->channel, WI_SAY_FORBIDDEN, -1, &call, sizeof(call));
}
