/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reload_trial.h - something is tried in a process that was forked for it.
 *
 * thread: the one that loads or reloads.
 */
#ifndef WI_RELOAD_TRIAL_H
#define WI_RELOAD_TRIAL_H

#include <stdint.h>
#include <sys/types.h>

#include <weft/error.h>

struct weft_node;

/* What is tried.  thread: the only one of the forked process, in which all is
 * as it was here at that moment; it may crash, hang or exit. */
typedef int wi_trial(void *arg, struct weft_error *err);

/*
 * wi_trial_run() - try it.
 *
 *   node     in       whose locks nobody is to have when it is forked.
 *   file     in       for the error's text.
 *   wait_ms  in       [ms] that it may take.
 *   left     out      a process that has answered and is still to end, for
 *                     wi_trial_reap(); 0: none.
 *   returns           what it has answered; or an error below.
 *   errors            WEFT_ELOAD  it crashed, ended itself or took longer.
 *                     or what fork(2) or pipe(2) answered.
 */
int wi_trial_run(struct weft_node *node, const char *file, uint32_t wait_ms,
    wi_trial *trial, void *arg, pid_t *left, struct weft_error *err);

/* wi_trial_reap() - wait for its end, which takes the time that its memory
 * takes to be given back.  *left may be 0, and is afterwards. */
void wi_trial_reap(pid_t *left);

#endif
