/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/host_limits.c - what stands in no block: the node's options become
 * those of another plan while it runs, and which line set which.
 *
 * thread: the host's main.
 *
 * What takes a restart stays as it is, and so does what is above what was
 * reserved at the start; all else is the next plan's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/admin.h>
#include <weft/limits.h>

#include "host/channel.h"
#include "host/conf.h"
#include "host/conf_table.h"
#include "host/host.h"

#define LIMITS_WORKERS 64u /* max_workers 0: weft/node.h */

uint32_t *
wi_host_option(
    struct weft_options *options, const struct wi_conf_option *option)
{
	const size_t first = offsetof(struct wi_conf, node);

	if (option->section != WI_CONF_TOP || option->offset < first ||
	    option->offset >= first + sizeof(*options))
		return NULL;
	return (void *)((char *)options + (option->offset - first));
}

/* What 0 stands for, of those that have a bound. */
static uint32_t
limits_value(const struct wi_host *host, uint32_t value)
{
	struct weft_workers_info workers;

	if (value != 0)
		return value;
	weft_node_workers(host->node, &workers);
	return workers.workers > LIMITS_WORKERS ? workers.workers :
						  LIMITS_WORKERS;
}

/* Said once, not with each reload. */
static void
limits_left(struct wi_host *host, const struct wi_conf_option *option,
    uint32_t value, uint32_t most)
{
	if (*wi_host_option(&host->plan.options, option) != value)
		wi_host_say(host, WI_SAY_LEFT,
		    "%s: expected at most %u, which was reserved at the "
		    "start, found %u: takes a restart",
		    option->name, most, value);
}

void
wi_host_limits(struct wi_host *host, const struct wi_plan *next, bool dry)
{
	struct weft_options options = next->options, now = WEFT_OPTIONS_INIT;
	const struct wi_conf_option *option;
	struct weft_error err;
	uint32_t *value, was, most;
	unsigned i;

	weft_node_options(host->node, &now);
	options.log = now.log;
	options.log_arg = now.log_arg;
	for (i = 0; (option = wi_conf_option(i)) != NULL; i++) {
		value = wi_host_option(&options, option);
		if (value == NULL || option->live == WI_CONF_IS_LIVE)
			continue;
		was = *wi_host_option(&now, option);
		most =
		    limits_value(host, *wi_host_option(&host->made, option));
		if (option->live == WI_CONF_IS_UP_TO &&
		    limits_value(host, *value) <= most)
			continue;
		if (option->live == WI_CONF_IS_UP_TO)
			limits_left(host, option, *value, most);
		*value = was;
	}
	if (dry)
		return;
	if (weft_node_limits(host->node, &options, &err) < 0)
		wi_host_say(host, WI_SAY_LEFT,
		    "%s: the limits stay as they "
		    "were",
		    err.text);
	host->plan.options = next->options;
}

/* ---- which line set what */

/* The line of an option that stands in no block, LF included; 0: there is
 * none. */
static size_t
origins_line(const char *lines, const char *name, const char **line)
{
	char head[96];
	const char *end;
	const int len = snprintf(head, sizeof(head), "\t\t%s\t", name);

	for (; *lines == '\t'; lines = end + 1) {
		end = strchr(lines, '\n');
		if (strncmp(lines, head, (size_t)len) == 0) {
			*line = lines;
			return (size_t)(end + 1 - lines);
		}
	}
	return 0;
}

/* Is it as the next plan has it? */
static bool
origins_new(struct weft_options *now, struct weft_options *next,
    const struct wi_conf_option *option)
{
	const uint32_t *value = wi_host_option(now, option);

	return value == NULL ? option->live == WI_CONF_IS_LIVE :
			       *value == *wi_host_option(next, option);
}

char *
wi_host_origins(const struct wi_host *host, const struct wi_plan *next)
{
	struct weft_options now = WEFT_OPTIONS_INIT, then = next->options;
	const char *old = wi_plan_text(&host->plan, WI_PLAN_ORIGINS);
	const char *new = wi_plan_text(next, WI_PLAN_ORIGINS), *line;
	const struct wi_conf_option *option;
	char *all = malloc(strlen(old) + strlen(new) + 1);
	size_t used = 0, len;
	unsigned i;

	if (all == NULL)
		return NULL;
	weft_node_options(host->node, &now);
	for (i = 0; (option = wi_conf_option(i)) != NULL; i++) {
		if (option->section != WI_CONF_TOP)
			continue;
		len =
		    origins_line(origins_new(&now, &then, option) ? new : old,
			option->name, &line);
		if (len > 0)
			memcpy(all + used, line, len);
		used += len;
	}
	while (*new == '\t')
		new = strchr(new, '\n') + 1;
	strcpy(all + used, new);
	return all;
}
