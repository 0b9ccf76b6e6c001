/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash/others.c - a part of a report: the stacks of threads that are not the
 * node's, a plugin's own and those of libraries.
 *
 * thread: the one that has crashed, in the handler.  It may fault (guard_note
 * in crash/report.c).
 *
 * The system knows them: /proc/self/task, read with the system's own call, as
 * readdir(3) takes memory.  A signal interrupts what they wait for, so they
 * are asked by a process that dies, and by no other.  One that blocks the
 * signal is not waited for; the others share the time that is left.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread_state.h"
#include "crash/report.h"
#include "node.h"

#define OTHERS_NS UINT64_C(500000000) /* for all of them */
#define OTHERS_MS UINT64_C(1000000)   /* [ns] */

/* Of struct linux_dirent64 (getdents64(2)). */
#define OTHERS_LEN_AT 16 /* unsigned short: [bytes] of the entry */
#define OTHERS_NAME_AT 19

static bool
others_is_ours(const struct wi_crash_report *report, pid_t tid)
{
	const struct wi_hub *hub = &report->node->hub;
	uint32_t i, nlive = __atomic_load_n(&hub->nlive, __ATOMIC_RELAXED);

	if (tid == wi_thread_id() ||
	    tid == __atomic_load_n(&hub->io_tid, __ATOMIC_ACQUIRE))
		return true;
	for (i = 0; i < nlive; i++)
		if (tid ==
		    __atomic_load_n(&hub->stations[i].tid, __ATOMIC_RELAXED))
			return true;
	return false;
}

/* 0: the name is none's. */
static pid_t
others_number(const char *name)
{
	pid_t tid = 0;

	for (; *name >= '0' && *name <= '9'; name++)
		tid = tid * 10 + (*name - '0');
	return *name == '\0' ? tid : 0;
}

/* Into report->others; how many. */
static unsigned
others_find(struct wi_crash_report *report)
{
	int fd = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unsigned short len;
	unsigned n = 0;
	long have, at;
	pid_t tid;

	if (fd < 0)
		return 0;
	while ((have = syscall(SYS_getdents64, fd, report->task,
		    sizeof(report->task))) > 0)
		for (at = 0; at < have; at += len) {
			memcpy(&len, report->task + at + OTHERS_LEN_AT,
			    sizeof(len));
			tid =
			    others_number(report->task + at + OTHERS_NAME_AT);
			if (tid != 0 && n < WI_CRASH_OTHERS &&
			    !others_is_ours(report, tid))
				report->others[n++] = tid;
		}
	(void)close(fd);
	return n;
}

/* /proc/self/task/TID/FILE, into report->task; "": it has gone. */
static void
others_read(struct wi_crash_report *report, pid_t tid, const char *file)
{
	struct wi_crash_text text;
	char path[64];
	ssize_t n;
	int fd;

	wi_crash_text_init(&text, path, sizeof(path) - 1);
	wi_crash_put(&text, "/proc/self/task/");
	wi_crash_put_dec(&text, (uint64_t)tid, 1);
	wi_crash_put(&text, file);
	path[text.len] = '\0';
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, report->task, sizeof(report->task) - 1);
	report->task[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		(void)close(fd);
}

/* "SigBlk:\t0000000000010000", the lowest signal last. */
static bool
others_is_deaf(struct wi_crash_report *report, pid_t tid)
{
	static const char key[] = "SigBlk:\t";
	const unsigned place = (unsigned)WI_STACK_SIGNAL - 1;
	const char *mask;
	unsigned digit;

	others_read(report, tid, "/status");
	mask = strstr(report->task, key);
	if (mask == NULL)
		return false;
	mask += sizeof(key) - 1;
	if (strspn(mask, "0123456789abcdef") <= place / 4)
		return false;
	digit = (unsigned char)
	    mask[strspn(mask, "0123456789abcdef") - 1 - place / 4];
	digit = digit <= '9' ? digit - '0' : digit - 'a' + 10;
	return (digit >> place % 4 & 1) != 0;
}

static void
others_head(struct wi_crash_report *report, pid_t tid)
{
	char *end;

	others_read(report, tid, "/comm");
	end = strchr(report->task, '\n');
	if (end != NULL)
		*end = '\0';
	wi_crash_put(&report->text, "stack: other ");
	wi_crash_put_word(&report->text, report->task);
	wi_crash_put(&report->text, " tid ");
	wi_crash_put_dec(&report->text, (uint64_t)tid, 1);
	wi_crash_put(&report->text, "\n");
}

void
wi_crash_put_others(struct wi_crash_report *report)
{
	const uint64_t end = wi_clock_ns() + OTHERS_NS;
	uint64_t now;
	unsigned i, n;

	if (!report->guarded || !report->node->hub.stacks)
		return;
	n = others_find(report);
	for (i = 0; i < n; i++) {
		others_head(report, report->others[i]);
		if (others_is_deaf(report, report->others[i])) {
			wi_crash_put(&report->text,
			    "  (it blocks the signal that asks)\n");
			continue;
		}
		now = wi_clock_ns();
		wi_crash_put_stack_of(report, report->others[i],
		    now >= end ? 0 : (end - now) / OTHERS_MS / (n - i));
	}
}
