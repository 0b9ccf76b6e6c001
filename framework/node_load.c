/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_load - the public doors by which a node gets a plugin, before it runs
 * and while it does.
 *
 * thread: before: the one that sets the node up.  While it runs: any but the
 * node's own, one at a time (struct wi_plugins, reload).
 *
 * While the node runs a file is tried in a forked process first, as in a
 * reload: a load() that crashes, hangs or refuses changes nothing here.  See
 * late_note in plugin/registry.c for what follows.
 */
#include <weft/weft.h>

#include "base/fail.h"
#include "node.h"
#include "plugin/version.h"
#include "reload.h"
#include "reload_trial.h"

#define LOAD_TRIAL_MS 5000u /* as weft/node.h says */

/* What is loaded: a file, or a part of the program. */
struct load_what {
	struct weft_node *node;
	const char *file; /* and options; NULL: api */
	const struct weft_plugin *api;
	const char *options; /* of api */
};

static int
load_open(const struct load_what *what, struct wi_version **versionp,
    struct weft_error *err)
{
	return what->file != NULL ?
	    wi_version_open(what->file, versionp, err) :
	    wi_version_of(what->api, what->options, versionp, err);
}

static int
load_bring(const struct load_what *what, enum wi_load_when when,
    struct wi_plugin **pluginp, struct weft_error *err)
{
	struct wi_version *version;
	int rc = load_open(what, &version, err);

	*pluginp = NULL;
	return rc < 0 ? rc :
			wi_plugins_bring(
			    &what->node->plugins, version, when, pluginp, err);
}

static int
load_try(void *arg, struct weft_error *err)
{
	struct wi_plugin *plugin;

	return load_bring(arg, WI_LOAD_TRIAL, &plugin, err);
}

/* What is part of the program is not tried: it is as good as the program. */
static int
load_trial(struct load_what *what, struct weft_error *err)
{
	pid_t left;
	int rc;

	if (what->file == NULL)
		return WEFT_OK;
	rc = wi_trial_run(
	    what->node, what->file, LOAD_TRIAL_MS, load_try, what, &left, err);
	wi_trial_reap(&left);
	return rc;
}

static int
load_late(
    struct load_what *what, struct wi_plugin **pluginp, struct weft_error *err)
{
	struct weft_node *node = what->node;
	int rc;

	*pluginp = NULL;
	rc = wi_reload_begin(node, "load", err);
	if (rc < 0)
		return rc;
	rc = load_trial(what, err);
	if (rc == WEFT_OK)
		rc = load_bring(what, WI_LOAD_LATE, pluginp, err);
	if (*pluginp != NULL)
		wi_gate_open(&node->hub, &(*pluginp)->gate);
	wi_reload_end(node);
	return rc;
}

static int
load_any(
    struct load_what *what, struct wi_plugin **pluginp, struct weft_error *err)
{
	struct weft_error mine;

	if (err == NULL)
		err = &mine;
	wi_fail_clear(err);
	return wi_node_state(what->node) == WI_NODE_NEW ?
	    load_bring(what, WI_LOAD_BEFORE, pluginp, err) :
	    load_late(what, pluginp, err);
}

int
weft_node_load(struct weft_node *node, const char *file, const char **namep,
    struct weft_error *err)
{
	struct load_what what = { .node = node, .file = file };
	struct wi_plugin *plugin;
	int rc = load_any(&what, &plugin, err);

	if (rc == WEFT_OK && namep != NULL)
		*namep = plugin->name;
	return rc;
}

int
weft_node_add(struct weft_node *node, const struct weft_plugin *api,
    const char *options, struct weft_error *err)
{
	struct load_what what = {
		.node = node, .api = api, .options = options
	};
	struct wi_plugin *plugin;

	return load_any(&what, &plugin, err);
}
