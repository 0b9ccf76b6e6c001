/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/check_plugin.h - is this plugin fit to be run?
 *
 * thread: main, and no other may run: the process forks.
 */
#ifndef WI_CHECK_PLUGIN_H
#define WI_CHECK_PLUGIN_H

#include <stdint.h>

#include "host/check.h"
#include "host/finding.h"

/*
 * wi_check_plugin() - look at its file, and load it in a process that may be
 * lost.
 *
 *   what     in       a file or a NAME, options behind a '?', as
 *                     weft_node_load().
 *   limit_ns in       [ns] for the loading.
 *   out      in,out   what was found; an all-zero one at first.
 */
void wi_check_plugin(
    const char *what, uint64_t limit_ns, struct wi_findings *out);

/* wi_check_plugin_main() - the same, printed.  returns the exit status. */
int wi_check_plugin_main(const struct wi_check *check);

#endif
