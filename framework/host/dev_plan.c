/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/dev_plan.c - what weft dev runs: which plugins, on which listeners.
 *
 * The folder's configuration says it.  With --listen, its first plugin is
 * served there, and its own listeners are not: for a port that is taken.
 *
 * thread: main.
 */
#include "host/dev_plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/usage.h"

#define PLAN_NAME "weft dev"

static void
plan_complain(struct wi_conf_problems *problems)
{
	char text[1024];
	size_t i;

	for (i = 0; i < problems->n; i++) {
		wi_conf_problem_text(&problems->list[i], text, sizeof(text));
		wi_complain(PLAN_NAME, "%s", text);
	}
	if (problems->more > 0)
		wi_complain(
		    PLAN_NAME, "and %zu more problems", problems->more);
	wi_conf_problems_fini(problems);
}

static int
plan_plugins(struct wi_dev_plan *plan, struct wi_dev_node *dev)
{
	const struct wi_conf_plugin *plugin;
	size_t i;

	for (i = 0; i < plan->conf->nplugins; i++) {
		plugin = &plan->conf->plugins[i];
		if (asprintf(&plan->whats[i], "%s%s%s", plugin->what,
			plugin->options == NULL ? "" : "?",
			plugin->options == NULL ? "" : plugin->options) < 0) {
			plan->whats[i] = NULL;
			wi_complain(PLAN_NAME, "no memory");
			return -ENOMEM;
		}
		dev->plugins[i].what = plan->whats[i];
	}
	dev->nplugins = plan->conf->nplugins;
	return WEFT_OK;
}

static size_t
plan_find(const struct wi_conf *conf, const char *title)
{
	size_t i = 0;

	while (i + 1 < conf->nplugins &&
	    strcmp(conf->plugins[i].title, title) != 0)
		i++;
	return i;
}

static void
plan_listeners(struct wi_dev_plan *plan, struct wi_dev_node *dev)
{
	const struct wi_conf *conf = plan->conf;
	size_t i;

	for (i = 0; i < plan->nurls; i++)
		dev->listeners[i].url = plan->urls[i];
	dev->nlisteners = plan->nurls;
	if (plan->nurls > 0)
		return;
	for (i = 0; i < conf->nlisteners; i++) {
		dev->listeners[i].url = conf->listeners[i].url;
		dev->listeners[i].plugin =
		    plan_find(conf, conf->listeners[i].plugin);
	}
	dev->nlisteners = conf->nlisteners;
}

int
wi_dev_plan_read(struct wi_dev_plan *plan, struct wi_dev_node *dev)
{
	static struct wi_conf_problems problems;
	const struct wi_conf *conf;
	int rc = wi_conf_read(plan->file, NULL, &plan->conf, &problems);

	if (rc < 0) {
		plan_complain(&problems);
		return rc;
	}
	wi_conf_problems_fini(&problems);
	conf = plan->conf;
	if (conf->nplugins == 0 || conf->nplugins > WI_DEV_MAX ||
	    conf->nlisteners > WI_DEV_MAX ||
	    conf->nlisteners + plan->nurls == 0) {
		wi_complain(PLAN_NAME,
		    "%s: expected 1 to %d plugins and listeners, found %zu "
		    "and %zu",
		    plan->file, WI_DEV_MAX, conf->nplugins, conf->nlisteners);
		return -EINVAL;
	}
	dev->options = conf->node;
	/* What is ready is said by ourselves. */
	if (strcmp(wi_conf_origin(conf, "", NULL, "log"), "default") == 0)
		dev->options.log_level = WEFT_LOG_WARN;
	plan_listeners(plan, dev);
	return plan_plugins(plan, dev);
}

void
wi_dev_plan_free(struct wi_dev_plan *plan)
{
	size_t i;

	for (i = 0; i < WI_DEV_MAX; i++)
		free(plan->whats[i]);
	wi_conf_free(&plan->conf);
	memset(plan, 0, sizeof(*plan));
}
