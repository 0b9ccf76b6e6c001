/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/dev_plan.c - what weft dev runs: which plugins, on which listeners.
 *
 * thread: main.
 */
#include "host/dev_plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"

/* The folder's name is the plugin's, as "weft new" has it. */
static int
plan_folder(struct wi_dev_plan *plan, struct weft_error *err)
{
	char *folder = getcwd(NULL, 0);
	const char *name;

	if (folder == NULL)
		return wi_fail(err, -errno, "no working directory: %s",
		    weft_strerror(-errno));
	name = strrchr(folder, '/') + 1;
	if (asprintf(&plan->what, "./%s.so", name) < 0)
		plan->what = NULL;
	free(folder);
	return plan->what != NULL ? WEFT_OK :
				    wi_fail(err, -ENOMEM, "no memory");
}

int
wi_dev_plan_read(
    struct wi_dev_plan *plan, struct wi_dev_node *dev, struct weft_error *err)
{
	size_t i;
	int rc = plan_folder(plan, err);

	if (rc < 0)
		return rc;
	if (plan->nurls == 0)
		return wi_fail(
		    err, -EINVAL, "expected --listen URL, found none");
	dev->plugins[0].what = plan->what;
	dev->nplugins = 1;
	for (i = 0; i < plan->nurls; i++)
		dev->listeners[i].url = plan->urls[i];
	dev->nlisteners = plan->nurls;
	return WEFT_OK;
}

void
wi_dev_plan_free(struct wi_dev_plan *plan)
{
	free(plan->what);
	plan->what = NULL;
}
