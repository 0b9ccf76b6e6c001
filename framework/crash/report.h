/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash/report.h - what a report says.
 *
 * thread: any, and signal handlers; one at a time.
 */
#ifndef WI_CRASH_REPORT_H
#define WI_CRASH_REPORT_H

#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/stack.h"
#include "crash/maps.h"
#include "crash/text.h"
#include "handoff/flight.h"

struct weft_node;

#define WI_CRASH_REPORT_MAX (192u << 10) /* [bytes] of a report */

#define WI_CRASH_OTHERS 64u /* threads of others, at most */

/* What a report is made of.  owned by: who writes it; too large for a
 * stack. */
struct wi_crash_report {
	struct weft_node *node;
	int signum;
	const siginfo_t *info; /* NULL: none */
	void *context;         /* NULL: none */
	/* Set while a part is written that may fault: who catches the fault
	 * jumps there. */
	volatile sig_atomic_t guarded;
	sigjmp_buf fault;

	struct wi_station *station; /* of this thread; NULL: no worker's */
	struct wi_doing doing;      /* then: what it did */
	struct wi_stack stack;      /* of this thread */
	struct wi_stack other;
	pid_t others[WI_CRASH_OTHERS]; /* threads that are not the node's */
	char task[4096];               /* what the system says of them */
	struct wi_crash_text text;
	char bytes[WI_CRASH_REPORT_MAX];
	char line[512];  /* the same in one line, for stderr */
	size_t line_len; /* [bytes]: one more fits */
	struct wi_crash_maps maps;
	struct wi_flight_event events[WI_FLIGHT_EVENTS];
};

/* wi_crash_report() - into report->text and report->line.  node, signum, info
 * and context are set; guards: a fault is caught. */
void wi_crash_report(struct wi_crash_report *report, int guards);

/* parts.c: of the thread, and of all. */
void wi_crash_put_thread(struct wi_crash_report *report);
void wi_crash_put_handler(struct wi_crash_report *report);
void wi_crash_put_message(struct wi_crash_report *report);
void wi_crash_put_stack(struct wi_crash_report *report);
void wi_crash_put_stacks(struct wi_crash_report *report);
void wi_crash_put_events(struct wi_crash_report *report);
void wi_crash_put_line(struct wi_crash_report *report);

/* wi_crash_put_stack_of() - of another thread, which has so long to answer. */
void wi_crash_put_stack_of(
    struct wi_crash_report *report, pid_t tid, uint64_t wait_ms);

/* others.c: of threads that are not the node's. */
void wi_crash_put_others(struct wi_crash_report *report);

/* signal.c: why, and where its registers were. */
const char *wi_crash_signal_name(int signum);
const char *wi_crash_code_name(int signum, int code);
int wi_crash_has_address(int signum, const siginfo_t *info);
/* wi_crash_is_call() - a system call that seccomp forbids. */
int wi_crash_is_call(int signum, const siginfo_t *info);
void wi_crash_put_registers(struct wi_crash_text *text, const void *context);
uintptr_t wi_crash_pc(const void *context);

#endif
