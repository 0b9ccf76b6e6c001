/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reload_judge - the next version of a plugin is opened, tried and judged.
 *
 * thread: the one that reloads.  Nothing of the plugin has stopped yet.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* asprintf */
#endif

#include "reload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "plugin/version.h"
#include "reload_trial.h"

/* The file and the options that it has now, as they would be asked for. */
static int
reload_default(struct wi_reload_one *reload)
{
	const struct wi_version *now = reload->plugin->version;

	if (reload->what != NULL || reload->back)
		return WEFT_OK;
	if (asprintf(&reload->text, "%s%s%s", now->path,
		now->options == NULL ? "" : "?",
		now->options == NULL ? "" : now->options) < 0) {
		reload->text = NULL;
		return wi_fail(
		    reload->err, -ENOMEM, "%s: no memory", now->path);
	}
	reload->what = reload->text;
	return WEFT_OK;
}

static int
reload_open(struct wi_reload_one *reload, struct weft_error *err)
{
	return reload->back ?
	    wi_version_again(reload->plugin->previous, &reload->next, err) :
	    wi_version_open(reload->what, &reload->next, err);
}

static int
reload_try_open(void *arg, struct weft_error *err)
{
	return reload_open(arg, err);
}

/* What listeners and strands were made by cannot change. */
static int
reload_same(struct wi_reload_one *reload)
{
	const struct wi_plugin *plugin = reload->plugin;
	const struct weft_plugin *next = &reload->next->table;
	const char *file = wi_version_file(reload->next);

	if (strcmp(next->name, plugin->name) != 0)
		return wi_fail(reload->err, WEFT_ELOAD,
		    "%s: expected a version of %s, found %s", file,
		    plugin->name, next->name);
	if (next->scope != plugin->scope)
		return wi_fail(reload->err, WEFT_ELOAD,
		    "%s: expected scope %u, as the version before has, found "
		    "%u: that takes a restart",
		    file, plugin->scope, next->scope);
	if (wi_routes_stream(next->routes) != plugin->streams)
		return wi_fail(reload->err, WEFT_ELOAD,
		    "%s: expected %s WEFT_ROUTE_STREAM(), as in the version "
		    "before: that takes a restart",
		    file, plugin->streams ? "a" : "no");
	return WEFT_OK;
}

static int
reload_codec(struct wi_reload_one *reload)
{
	struct wi_plugins *plugins = &reload->node->plugins;
	int rc;

	(void)pthread_rwlock_wrlock(&plugins->lock);
	rc = wi_version_codec(
	    reload->next, &plugins->codecs, reload->plugin, reload->err);
	(void)pthread_rwlock_unlock(&plugins->lock);
	return rc;
}

int
wi_reload_judge(struct wi_reload_one *reload)
{
	const struct wi_version *now = reload->plugin->version;
	struct weft_reloaded *done = &reload->done;
	int rc = WEFT_OK;

	if (now->table.version != NULL)
		(void)snprintf(
		    done->from, sizeof(done->from), "%s", now->table.version);
	done->from_hash = now->opened.hash;
	if ((reload->how.flags & WEFT_RELOAD_NO_TRIAL) == 0)
		rc = wi_trial_run(reload->node,
		    reload->what != NULL ? reload->what : wi_version_file(now),
		    reload->how.trial_ms, reload_try_open, reload,
		    &reload->trial, reload->err);
	wi_trial_reap(&reload->trial);
	if (rc == WEFT_OK)
		rc = reload_open(reload, reload->err);
	if (rc < 0)
		return rc;
	if (reload->next->table.version != NULL)
		(void)snprintf(done->to, sizeof(done->to), "%s",
		    reload->next->table.version);
	done->to_hash = reload->next->opened.hash;
	rc = reload_same(reload);
	return rc < 0 ? rc : reload_codec(reload);
}

bool
wi_reload_is_due(struct wi_reload_one *reload, int *rc)
{
	const struct wi_version *now = reload->plugin->version;

	*rc = reload_default(reload);
	if (*rc < 0 || reload->back ||
	    (reload->how.flags & WEFT_RELOAD_IF_CHANGED) == 0)
		return *rc == WEFT_OK;
	*rc = wi_version_changed(now, reload->what, reload->err);
	if (*rc == 1) {
		*rc = WEFT_OK;
		return true;
	}
	reload->done.from_hash = now->opened.hash;
	reload->done.to_hash = now->opened.hash;
	return false;
}
