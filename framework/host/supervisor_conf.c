/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/supervisor_conf.c - the file becomes a plan, at the start and at each
 * SIGHUP.
 *
 * thread: main, of the supervisor.
 *
 * A reload is all or nothing as far as the file and its sockets go: whatever
 * is wrong with them, the old plan goes on, also for the next host.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "host/channel.h"
#include "host/conf.h"
#include "host/conf_diff.h"
#include "host/notify.h"
#include "host/privileges.h"
#include "host/supervisor.h"

static void
conf_complain(
    struct wi_supervisor *supervisor, const struct wi_conf_problems *problems)
{
	char line[1024];
	size_t i;

	for (i = 0; i < problems->n; i++) {
		wi_conf_problem_text(&problems->list[i], line, sizeof(line));
		wi_supervisor_say(
		    supervisor, WEFT_LOG_ERROR, "SERVE-CONF", "%s", line);
	}
	if (problems->more > 0)
		wi_supervisor_say(supervisor, WEFT_LOG_ERROR, "SERVE-CONF",
		    "and %zu more", problems->more);
}

static int
conf_set(struct wi_plan *plan, enum wi_plan_text which, const char *text)
{
	return text == NULL ? WEFT_OK : wi_plan_set(plan, which, text);
}

static int
conf_texts(struct wi_plan *plan, const struct wi_conf *conf)
{
	int rv = conf_set(plan, WI_PLAN_LOG_FILE, conf->log_file);

	if (rv == WEFT_OK)
		rv = conf_set(plan, WI_PLAN_ADMIN, conf->admin);
	if (rv == WEFT_OK)
		rv = conf_set(plan, WI_PLAN_USER, conf->user);
	if (rv == WEFT_OK)
		rv = conf_set(plan, WI_PLAN_GROUP, conf->group);
	if (rv == WEFT_OK)
		rv = conf_set(plan, WI_PLAN_CRASH_DIR, conf->crash_dir);
	return rv;
}

static int
conf_plugin(struct wi_plan *plan, const struct wi_conf_plugin *plugin)
{
	char what[WI_CHANNEL_MAX / 2];
	int n = snprintf(what, sizeof(what), "%s%s%s", plugin->what,
	    plugin->options == NULL ? "" : "?",
	    plugin->options == NULL ? "" : plugin->options);

	return n < 0 || (size_t)n >= sizeof(what) ?
	    -EMSGSIZE :
	    wi_plan_add_plugin(plan, plugin->title, what);
}

static int
conf_plan(struct wi_plan *plan, const struct wi_conf *conf)
{
	size_t i;
	int rv;

	plan->options = conf->node;
	plan->restart_max = conf->supervisor.restart_max;
	plan->restart_window_ms = conf->supervisor.restart_window_ms;
	plan->backoff_ms = conf->supervisor.backoff_ms;
	plan->backoff_max_ms = conf->supervisor.backoff_max_ms;
	plan->drain_ms = conf->supervisor.drain_ms;
	plan->handover_ms = conf->supervisor.handover_ms;
	plan->stuck_ms = conf->supervisor.stuck_ms;
	plan->start_ms = conf->supervisor.start_ms;
	rv = conf_texts(plan, conf);
	for (i = 0; i < conf->nplugins && rv == WEFT_OK; i++)
		rv = conf_plugin(plan, &conf->plugins[i]);
	for (i = 0; i < conf->nlisteners && rv == WEFT_OK; i++)
		rv = wi_plan_add_listener(plan, conf->listeners[i].title,
		    conf->listeners[i].url, conf->listeners[i].plugin, -1);
	return rv;
}

/* What only the process that serves can know to be wrong. */
static int
conf_check(struct wi_supervisor *supervisor, const struct wi_plan *plan)
{
	struct weft_error err;
	int rv = wi_privileges_check(wi_plan_text(plan, WI_PLAN_USER),
	    wi_plan_text(plan, WI_PLAN_GROUP), &err);

	if (rv < 0)
		wi_supervisor_say(supervisor, WEFT_LOG_ERROR, "SERVE-CONF",
		    "%s: %s", supervisor->file, err.text);
	return rv < 0 ? -EINVAL : WEFT_OK;
}

int
wi_supervisor_conf(struct wi_supervisor *supervisor, struct wi_plan *plan,
    struct wi_conf **confp)
{
	struct wi_conf_problems problems = { .n = 0 };
	int rv;

	wi_plan_init(plan);
	rv =
	    wi_conf_read(supervisor->file, supervisor->sets, confp, &problems);
	if (rv == WEFT_OK)
		rv = conf_plan(plan, *confp);
	if (rv == WEFT_OK)
		rv = conf_check(supervisor, plan);
	else
		conf_complain(supervisor, &problems);
	if (rv == -ENOMEM || rv == -EMSGSIZE)
		wi_supervisor_say(supervisor, WEFT_LOG_ERROR, "SERVE-CONF",
		    "%s: %s", supervisor->file, weft_strerror(rv));
	wi_conf_problems_fini(&problems);
	if (rv < 0) {
		wi_conf_free(confp);
		wi_plan_fini(plan, false);
	}
	return rv;
}

int
wi_supervisor_log(struct wi_supervisor *supervisor, const struct wi_plan *plan)
{
	const uint32_t level = plan->options.log_level;
	struct weft_error err;
	int rv = wi_log_move(
	    &supervisor->log, wi_plan_text(plan, WI_PLAN_LOG_FILE), &err);

	if (rv < 0)
		wi_supervisor_say(supervisor, WEFT_LOG_ERROR, "SERVE-LOG",
		    "%s: %s", supervisor->file, err.text);
	supervisor->log.level =
	    level == 0 ? WEFT_LOG_INFO : (enum weft_log_level)level;
	return rv;
}

/* ---- SIGHUP */

/* However it went, systemd waits for this. */
static void
conf_reloaded(const char *words)
{
	(void)wi_notify("READY=1\nSTATUS=%s", words);
}

/* What is another way now: a line for each. */
static void
conf_say_changes(struct wi_supervisor *supervisor)
{
	struct wi_conf_diff diff = { NULL, 0, 0 };
	char *text = NULL, *line, *rest;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return;
	if (wi_conf_diff(supervisor->conf, supervisor->told_conf, &diff) ==
	    WEFT_OK)
		wi_conf_diff_text(&diff, out);
	(void)fclose(out);
	for (line = text == NULL ? NULL : strtok_r(text, "\n", &rest);
	     line != NULL; line = strtok_r(NULL, "\n", &rest))
		wi_supervisor_say(
		    supervisor, WEFT_LOG_INFO, "SERVE-CHANGE", "%s", line);
	free(text);
	wi_conf_diff_fini(&diff);
}

/* The file as it is now, with its sockets: in told. */
static int
conf_read_again(struct wi_supervisor *supervisor)
{
	struct weft_error err;
	int rv = wi_supervisor_conf(
	    supervisor, &supervisor->told, &supervisor->told_conf);

	if (rv < 0)
		return rv;
	rv = wi_sockets_open(&supervisor->sockets, &supervisor->told, &err);
	if (rv < 0) {
		wi_supervisor_say(supervisor, WEFT_LOG_ERROR, "SERVE-SOCKET",
		    "%s: %s", supervisor->file, err.text);
		wi_plan_fini(&supervisor->told, false);
		wi_conf_free(&supervisor->told_conf);
	}
	return rv;
}

void
wi_supervisor_reload(struct wi_supervisor *supervisor)
{
	if (supervisor->state != WI_SUPERVISES)
		return;
	(void)wi_notify_reloading();
	if (supervisor->reloads || conf_read_again(supervisor) < 0) {
		wi_supervisor_say(supervisor, WEFT_LOG_ERROR, "SERVE-RELOAD",
		    "%s: %s: what was configured before goes on",
		    supervisor->file,
		    supervisor->reloads ? "it is being reloaded" :
					  "cannot be used");
		conf_reloaded("serving, the last reload failed");
		return;
	}
	conf_say_changes(supervisor);
	/* Without a host that listens it is the plan of the next one. */
	if (supervisor->host.pid == 0 || !supervisor->host.ready ||
	    wi_plan_tell(&supervisor->told, supervisor->host.channel) < 0)
		wi_supervisor_applied(supervisor);
	else
		supervisor->reloads = true;
}

static void
conf_closed(void *arg, const struct wi_kept *kept)
{
	wi_supervisor_say((struct wi_supervisor *)arg, WEFT_LOG_INFO,
	    "SERVE-CLOSED", "%s %s", kept->title, kept->url);
}

void
wi_supervisor_sweep(struct wi_supervisor *supervisor)
{
	wi_sockets_sweep(
	    &supervisor->sockets, &supervisor->plan, conf_closed, supervisor);
}

void
wi_supervisor_applied(struct wi_supervisor *supervisor)
{
	wi_plan_fini(&supervisor->plan, false);
	supervisor->plan = supervisor->told;
	wi_plan_init(&supervisor->told);
	wi_conf_free(&supervisor->conf);
	supervisor->conf = supervisor->told_conf;
	supervisor->told_conf = NULL;
	supervisor->reloads = false;
	(void)wi_supervisor_log(supervisor, &supervisor->plan);
	wi_supervisor_sweep(supervisor);
	wi_supervisor_say(supervisor, WEFT_LOG_INFO, "SERVE-RELOADED",
	    "%s: %zu listeners", supervisor->file,
	    supervisor->plan.nlisteners);
	conf_reloaded("serving, reloaded");
}

void
wi_supervisor_not_applied(struct wi_supervisor *supervisor)
{
	if (!supervisor->reloads)
		return;
	supervisor->reloads = false;
	wi_plan_fini(&supervisor->told, false);
	wi_conf_free(&supervisor->told_conf);
	wi_supervisor_sweep(supervisor);
	wi_supervisor_say(supervisor, WEFT_LOG_ERROR, "SERVE-RELOAD",
	    "%s: the host has died meanwhile: what was configured before goes "
	    "on",
	    supervisor->file);
	conf_reloaded("serving, the last reload failed");
}
