/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/dev_plan.h - what weft dev runs: which plugins, on which listeners.
 *
 * thread: main.
 */
#ifndef WI_DEV_PLAN_H
#define WI_DEV_PLAN_H

#include <stddef.h>

#include "host/dev_node.h"

/* owned by: dev; all zero at first. */
struct wi_dev_plan {
	const char *const *urls; /* of --listen, instead of the file's */
	size_t nurls;
	char *what; /* the plugin, if it is not a file's */
};

/*
 * wi_dev_plan_read() - fill in options, plugins and listeners of a node.
 *
 *   plan     in,out   urls in; what it holds besides must stay until
 *                     wi_dev_plan_free().
 *   dev      out
 *   err      out      one line.
 *   returns           WEFT_OK, or a negative code.
 */
WEFT_CHECK int wi_dev_plan_read(
    struct wi_dev_plan *plan, struct wi_dev_node *dev, struct weft_error *err);

void wi_dev_plan_free(struct wi_dev_plan *plan);

#endif
