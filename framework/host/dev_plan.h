/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/dev_plan.h - what weft dev runs: which plugins, on which listeners.
 *
 * thread: main.
 */
#ifndef WI_DEV_PLAN_H
#define WI_DEV_PLAN_H

#include <stddef.h>

#include "host/conf.h"
#include "host/dev_node.h"

/* owned by: dev; what is not its own is filled in by it. */
struct wi_dev_plan {
	const char *file;        /* the configuration, in the folder */
	const char *const *urls; /* of --listen, instead of the file's */
	size_t nurls;
	struct wi_conf *conf; /* its own */
	char *whats[WI_DEV_MAX];
};

/*
 * wi_dev_plan_read() - fill in options, plugins and listeners of a node.
 *
 *   plan     in,out   what it holds must stay until wi_dev_plan_free().
 *   dev      out
 *   returns           WEFT_OK, or a negative code, and all that is wrong has
 *                     been said on stderr.
 */
WEFT_CHECK int wi_dev_plan_read(
    struct wi_dev_plan *plan, struct wi_dev_node *dev);

void wi_dev_plan_free(struct wi_dev_plan *plan);

#endif
