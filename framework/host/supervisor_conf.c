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
#include "host/admin_answer.h"
#include "host/channel.h"
#include "host/conf.h"
#include "host/conf_diff.h"
#include "host/notify.h"
#include "host/privileges.h"
#include "host/supervisor.h"

/* What keeps the file from being used: logged, and answered. */
static void
conf_say(struct wi_supervisor *supervisor, const char *id, const char *text,
    json_t *line)
{
	if (!supervisor->dry)
		wi_supervisor_say(supervisor, WEFT_LOG_ERROR, id, "%s", text);
	wi_supervisor_tell(supervisor, "problem", text, line);
}

/* The same of a line about the whole file. */
static void
conf_say_file(
    struct wi_supervisor *supervisor, const char *id, const char *text)
{
	char line[1024];

	(void)snprintf(line, sizeof(line), "%s: %s", supervisor->file, text);
	conf_say(supervisor, id, line, json_object());
}

static void
conf_complain(
    struct wi_supervisor *supervisor, const struct wi_conf_problems *problems)
{
	const struct wi_conf_problem *problem;
	char line[1024];
	size_t i;

	for (i = 0; i < problems->n; i++) {
		problem = &problems->list[i];
		wi_conf_problem_text(problem, line, sizeof(line));
		conf_say(supervisor, "SERVE-CONF", line,
		    json_pack("{s:o, s:i, s:i}", "place",
			wi_answer_text(problem->place), "line", problem->line,
			"column", problem->column));
	}
	if (problems->more == 0)
		return;
	(void)snprintf(line, sizeof(line), "and %zu more", problems->more);
	conf_say(supervisor, "SERVE-CONF", line, json_object());
}

static int
conf_set(struct wi_plan *plan, enum wi_plan_text which, const char *text)
{
	return text == NULL ? WEFT_OK : wi_plan_set(plan, which, text);
}

static int
conf_texts(struct wi_plan *plan, const struct wi_conf *conf)
{
	char origins[WI_CHANNEL_MAX / 2];
	int rv = conf_set(plan, WI_PLAN_LOG_FILE, conf->log_file);

	if (rv == WEFT_OK)
		rv = conf_set(plan, WI_PLAN_ADMIN, conf->admin);
	if (rv == WEFT_OK)
		rv = conf_set(plan, WI_PLAN_USER, conf->user);
	if (rv == WEFT_OK)
		rv = conf_set(plan, WI_PLAN_GROUP, conf->group);
	if (rv == WEFT_OK)
		rv = conf_set(plan, WI_PLAN_CRASH_DIR, conf->crash_dir);
	if (rv == WEFT_OK)
		rv = conf_set(plan, WI_PLAN_FILE, conf->path);
	if (rv == WEFT_OK) {
		wi_conf_origins(conf, origins, sizeof(origins));
		rv = conf_set(plan, WI_PLAN_ORIGINS, origins);
	}
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
	plan->facts.load_any = conf->load_any;
	plan->facts.seccomp = conf->seccomp;
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
		conf_say_file(supervisor, "SERVE-CONF", err.text);
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
		conf_say_file(supervisor, "SERVE-CONF", weft_strerror(rv));
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

/* ---- SIGHUP, "weft reload" */

/* However it went, systemd waits for this. */
static void
conf_reloaded(const struct wi_supervisor *supervisor, const char *words)
{
	if (!supervisor->dry)
		(void)wi_notify("READY=1\nSTATUS=%s", words);
}

/* The new plan is not wanted any more. */
static void
conf_drop(struct wi_supervisor *supervisor)
{
	supervisor->reloads = false;
	supervisor->dry = false;
	wi_plan_fini(&supervisor->told, false);
	wi_conf_free(&supervisor->told_conf);
	wi_supervisor_sweep(supervisor);
}

static void
conf_say_change(struct wi_supervisor *supervisor,
    const struct wi_conf_change *change, json_t *line)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return;
	wi_conf_change_text(change, out);
	(void)fclose(out);
	if (text != NULL && !supervisor->dry)
		wi_supervisor_say(
		    supervisor, WEFT_LOG_INFO, "SERVE-CHANGE", "%s", text);
	if (text != NULL)
		wi_supervisor_tell(supervisor, "change", text,
		    line == NULL ? json_object() : json_copy(line));
	free(text);
}

/* What is another way now: a line for each. */
static void
conf_say_changes(struct wi_supervisor *supervisor)
{
	struct wi_conf_diff diff = { NULL, 0, 0 };
	json_t *list;
	size_t i;

	if (wi_conf_diff(supervisor->conf, supervisor->told_conf, &diff) < 0)
		return;
	list = wi_conf_diff_json(&diff);
	for (i = 0; i < diff.n; i++)
		conf_say_change(
		    supervisor, &diff.list[i], json_array_get(list, i));
	if (diff.n == 0 && !supervisor->dry)
		wi_supervisor_say(supervisor, WEFT_LOG_INFO, "SERVE-CHANGE",
		    "nothing changes");
	if (diff.n == 0)
		wi_supervisor_tell(
		    supervisor, "note", "nothing changes", json_object());
	json_decref(list);
	wi_conf_diff_fini(&diff);
}

/* The file as it is now, with its sockets, unless it is only tried: in
 * told. */
static int
conf_read_again(struct wi_supervisor *supervisor)
{
	struct weft_error err;
	int rv = wi_supervisor_conf(
	    supervisor, &supervisor->told, &supervisor->told_conf);

	if (rv < 0)
		return rv;
	supervisor->told.facts = (struct wi_plan_facts){
		.restarts = supervisor->plan.facts.restarts,
		.load_any = supervisor->told.facts.load_any,
		.seccomp = supervisor->told.facts.seccomp,
	};
	if (supervisor->dry)
		return WEFT_OK;
	rv = wi_sockets_open(&supervisor->sockets, &supervisor->told, &err);
	if (rv < 0) {
		conf_say_file(supervisor, "SERVE-SOCKET", err.text);
		wi_plan_fini(&supervisor->told, false);
		wi_conf_free(&supervisor->told_conf);
	}
	return rv;
}

static void
conf_refused(struct wi_supervisor *supervisor)
{
	if (!supervisor->dry)
		wi_supervisor_say(supervisor, WEFT_LOG_ERROR, "SERVE-RELOAD",
		    "%s: cannot be used: what was configured before goes on",
		    supervisor->file);
	conf_reloaded(supervisor, "serving, the last reload failed");
}

void
wi_supervisor_reload(struct wi_supervisor *supervisor, bool dry)
{
	int rv;

	if (supervisor->state != WI_SUPERVISES) {
		wi_supervisor_answer(supervisor, WEFT_ESTATE,
		    "%s: expected a service that goes on, found one that "
		    "stops",
		    supervisor->file);
		return;
	}
	if (!dry)
		(void)wi_notify_reloading();
	/* What is being done may be of what the file was before, and so may
	 * what a host was told that is not ready yet. */
	if (supervisor->reloads ||
	    (supervisor->host.pid != 0 && !supervisor->host.ready)) {
		supervisor->again = true;
		return;
	}
	supervisor->dry = dry;
	supervisor->left = 0;
	rv = conf_read_again(supervisor);
	if (rv < 0) {
		conf_refused(supervisor);
		supervisor->dry = false;
		wi_supervisor_answer(supervisor, rv,
		    "%s: cannot be used: what was configured before goes on",
		    supervisor->file);
		return;
	}
	conf_say_changes(supervisor);
	/* Without a host that listens it is the plan of the next one. */
	supervisor->reloads = supervisor->host.pid != 0 &&
	    wi_plan_tell(&supervisor->told, supervisor->host.channel,
		dry ? WI_SAY_TRY : WI_SAY_GO) == WEFT_OK;
	if (!supervisor->reloads)
		wi_supervisor_applied(supervisor);
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
wi_supervisor_again(struct wi_supervisor *supervisor)
{
	const bool again = supervisor->again;

	supervisor->again = false;
	if (again)
		wi_supervisor_reload(supervisor, false);
}

/* Not all of it, perhaps. */
static void
conf_answer(struct wi_supervisor *supervisor)
{
	if (supervisor->left == 0)
		wi_supervisor_answer(supervisor, WEFT_OK, "%s", "");
	else
		wi_supervisor_answer(supervisor, -ECANCELED,
		    "%s: expected all of it to be possible, found %u things "
		    "that were left as they are",
		    supervisor->file, supervisor->left);
}

void
wi_supervisor_applied(struct wi_supervisor *supervisor)
{
	if (supervisor->dry) {
		conf_drop(supervisor);
		conf_answer(supervisor);
		wi_supervisor_again(supervisor);
		return;
	}
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
	conf_reloaded(supervisor, "serving, reloaded");
	conf_answer(supervisor);
	wi_supervisor_again(supervisor);
}

void
wi_supervisor_not_applied(struct wi_supervisor *supervisor)
{
	const bool dry = supervisor->dry;

	if (!supervisor->reloads) {
		wi_supervisor_again(supervisor);
		return;
	}
	conf_drop(supervisor);
	supervisor->asked = 0; /* it went with the host */
	if (!dry) {
		wi_supervisor_say(supervisor, WEFT_LOG_ERROR, "SERVE-RELOAD",
		    "%s: the host has died meanwhile: what was configured "
		    "before goes on",
		    supervisor->file);
		conf_reloaded(supervisor, "serving, the last reload failed");
	}
	wi_supervisor_again(supervisor);
}
