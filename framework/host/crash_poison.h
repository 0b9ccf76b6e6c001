/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/crash_poison.h - messages that hosts have died of, as reports say.
 */
#ifndef WI_CRASH_POISON_H
#define WI_CRASH_POISON_H

#include "host/crash_dir.h"

/* wi_crash_poison_judge() - whatever was at hand in two crashes within
 * within_s is quarantined from now on.  thread: main. */
int wi_crash_poison_judge(const struct wi_crash_dir *dir,
    const struct wi_crash_list *list, uint32_t within_s);

/* wi_crash_poison_tell() - a node is told all that is.  thread: main. */
int wi_crash_poison_tell(
    const struct wi_crash_dir *dir, struct weft_node *node);

/* wi_crash_poison_caught() - a weft_quarantine_cb; arg: the directory.
 * thread: a worker. */
int wi_crash_poison_caught(
    void *arg, uint64_t hash, weft_endpoint from, struct weft_bytes msg);

#endif
