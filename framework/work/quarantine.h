/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/quarantine.h - messages that no handler is given, on their way to one.
 *
 * thread: the worker.
 */
#ifndef WI_WORK_QUARANTINE_H
#define WI_WORK_QUARANTINE_H

#include "work/run.h"

/* wi_run_caught() - is the message on the list?  Then its sender is closed,
 * and all is said. */
bool wi_run_caught(struct wi_run *run, struct weft_bytes msg) WI_ON_WORKER;

/* wi_run_quarantined() - the same, while the list may be empty: a message is
 * not to be given to a handler. */
WI_ON_WORKER static inline bool
wi_run_quarantined(struct wi_run *run, struct weft_bytes msg)
{
	return __builtin_expect(
		   wi_quarantine_any(&run->call.worker->hub->quarantine), 0) &&
	    wi_run_caught(run, msg);
}

#endif
