/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reload - another version of a plugin takes over (weft/reload.h).
 *
 * thread: any but the node's own.
 * owns:   the next version until it is the plugin, then the one before until
 *         its code is unmapped.
 *
 * commit_note: all that can fail is done before anything changes: the file is
 * opened and judged, the gate is shut, the states are saved and loaded.  Then
 * follow stores, and the gate is opened.  From the outside the plugin is the
 * one version or the other; who looks at what it says without being its
 * worker holds the lock of struct wi_plugins.
 *
 * stop_note: a node that stops waits for a reload that is under way before it
 * ends strands (struct wi_plugins, reload), and none begins after that.  Who
 * frees a node sees to it that nobody is in weft_node_reload().
 *
 * self_note: what is called during a reload, the plugin's functions and the
 * program's sink of the log, may ask for another one, and would wait for
 * itself for ever.  So who reloads leaves the address of a word that each
 * thread has of its own: that of another thread is not ours, whenever it is
 * read, and the process that is forked for a trial has the same one.
 *
 * retire_note: code that was replaced is unmapped when nothing waits that
 * would call it (base/code.h); that is looked at after each reload, and at the
 * node's end.  The code of a codec stays: connections have it.
 */
#include "reload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/weft.h>

#include "base/clock.h"
#include "base/code.h"
#include "base/fail.h"
#include "node.h"
#include "plugin/previous.h"
#include "plugin/version.h"
#include "reload_requests.h"
#include "reload_state.h"
#include "reload_trial.h"
#include "work/receive.h"

#define RELOAD_WAIT_MS 5000u
#define RELOAD_TRIAL_MS 5000u
#define RELOAD_FLAGS                                                          \
	(WEFT_RELOAD_DRY | WEFT_RELOAD_NO_TRIAL | WEFT_RELOAD_IF_CHANGED)

/* See self_note; only its address matters. */
static __thread char reload_thread;

/* ---- what is asked for */

static int
reload_how(struct wi_reload_one *reload, const struct weft_reload *how)
{
	size_t size = sizeof(reload->how);

	if (how != NULL) {
		if (how->size < size)
			size = how->size;
		memcpy(&reload->how, how, size);
	}
	if (reload->how.wait_ms == 0)
		reload->how.wait_ms = RELOAD_WAIT_MS;
	if (reload->how.trial_ms == 0)
		reload->how.trial_ms = RELOAD_TRIAL_MS;
	if ((reload->how.flags & ~RELOAD_FLAGS) != 0)
		return wi_fail(reload->err, -EINVAL,
		    "reload: expected flags of WEFT_RELOAD_*, found %#x",
		    reload->how.flags);
	return WEFT_OK;
}

int
wi_reload_may(struct weft_node *node, const char *what, struct weft_error *err)
{
	struct wi_hub *hub = &node->hub;

	if (wi_receive_is_worker(hub) || wi_role_is_io())
		return wi_fail(err, WEFT_ESTATE,
		    "%s: expected a thread that is not the node's own", what);
	if (__atomic_load_n(&node->plugins.reloader, __ATOMIC_RELAXED) ==
	    &reload_thread)
		return wi_fail(err, WEFT_ESTATE,
		    "%s: expected a thread on which none is under way, found "
		    "a callback of one",
		    what);
	if (__atomic_load_n(&hub->stop_asked, __ATOMIC_ACQUIRE) != 0 ||
	    wi_node_state(node) > WI_NODE_RUNNING)
		return wi_fail(err, WEFT_ESTATE,
		    "%s: expected a node that does not stop", what);
	return WEFT_OK;
}

int
wi_reload_begin(
    struct weft_node *node, const char *what, struct weft_error *err)
{
	struct wi_plugins *plugins = &node->plugins;
	/* Asked before the lock too: who may not must not wait for it. */
	int rc = wi_reload_may(node, what, err);

	if (rc < 0)
		return rc;
	(void)pthread_mutex_lock(&plugins->reload);
	rc = wi_reload_may(node, what, err);
	if (rc == WEFT_OK)
		__atomic_store_n(
		    &plugins->reloader, &reload_thread, __ATOMIC_RELAXED);
	else
		(void)pthread_mutex_unlock(&plugins->reload);
	return rc;
}

void
wi_reload_end(struct weft_node *node)
{
	__atomic_store_n(&node->plugins.reloader, NULL, __ATOMIC_RELAXED);
	(void)pthread_mutex_unlock(&node->plugins.reload);
}

/* The plugin, which is ours to reload until reload_give(). */
static int
reload_take(struct wi_reload_one *reload, const char *name)
{
	struct wi_plugins *plugins = &reload->node->plugins;

	reload->plugin = wi_plugins_find(plugins, name);
	if (reload->plugin == NULL)
		return wi_fail(reload->err, WEFT_ENOPLUGIN,
		    "%s: expected the name of a loaded plugin", name);
	if (__atomic_exchange_n(
		&reload->plugin->reloads, 1, __ATOMIC_ACQUIRE) != 0)
		return wi_fail(
		    reload->err, WEFT_EBUSY, "%s: it is being reloaded", name);
	if (reload->plugin->version->path != NULL)
		return WEFT_OK;
	__atomic_store_n(&reload->plugin->reloads, 0, __ATOMIC_RELEASE);
	return wi_fail(reload->err, WEFT_ELOAD,
	    "%s: expected a plugin from a file, found one that is part of the "
	    "program",
	    name);
}

static void
reload_give(struct wi_reload_one *reload)
{
	__atomic_store_n(&reload->plugin->reloads, 0, __ATOMIC_RELEASE);
}

/* ---- the states; the gate is shut */

static int
reload_try_load(void *arg, struct weft_error *err)
{
	struct wi_reload_one *reload = arg;

	reload->load.trial = true;
	return wi_reload_load(
	    reload->node, &reload->load, &reload->saved, err);
}

static int
reload_load(struct wi_reload_one *reload)
{
	uint64_t began = wi_clock_ns(), tried;
	int rc = WEFT_OK;

	wi_trial_reap(&reload->trial);

	if ((reload->how.flags & WEFT_RELOAD_NO_TRIAL) == 0)
		rc = wi_trial_run(reload->node, wi_version_file(reload->next),
		    reload->how.trial_ms, reload_try_load, reload,
		    &reload->trial, reload->err);
	tried = wi_clock_ns();
	reload->done.trial_ns += tried - began;
	if (rc == WEFT_OK)
		rc = wi_reload_load(
		    reload->node, &reload->load, &reload->saved, reload->err);
	reload->done.load_ns += wi_clock_ns() - tried;
	return rc;
}

static void
reload_count(struct wi_reload_one *reload)
{
	size_t i;

	for (i = 1; i < reload->saved.nitems; i++)
		if (reload->saved.items[i].kind == WI_SAVED_STRAND)
			reload->done.strands++;
		else
			reload->done.endpoints++;
}

static int
reload_states(struct wi_reload_one *reload)
{
	struct weft_node *node = reload->node;
	struct wi_plugin *plugin = reload->plugin;
	uint64_t began = wi_clock_ns();
	int rc;

	rc = wi_reload_collect(node, plugin, &reload->saved, reload->err);
	if (rc == WEFT_OK)
		rc = wi_reload_requests_check(
		    node, plugin, reload->next, reload->err);
	if (rc < 0)
		return rc;
	reload_count(reload);
	rc = wi_reload_save(node, plugin, &reload->saved, reload->err);
	reload->done.save_ns = wi_clock_ns() - began;
	if (rc == WEFT_OK)
		rc = reload_load(reload);
	if (rc == WEFT_OK || !reload->back)
		return rc;
	wi_reload_recall(&reload->saved, &plugin->previous->saved);
	return reload_load(reload);
}

/* ---- the change: see commit_note */

static struct wi_version *
reload_commit(struct wi_reload_one *reload)
{
	struct wi_plugins *plugins = &reload->node->plugins;
	struct wi_plugin *plugin = reload->plugin;
	struct wi_version *before = plugin->version;

	(void)pthread_rwlock_wrlock(&plugins->lock);
	wi_reload_requests_move(reload->node, plugin, reload->next);
	wi_reload_hand_over(reload->node, &reload->load, &reload->saved);
	wi_codecs_replace(&plugins->codecs, plugin);
	wi_plugin_become(plugin, reload->next);
	(void)pthread_rwlock_unlock(&plugins->lock);
	reload->next = NULL;
	return before;
}

/* See retire_note. */
static void
reload_sweep(struct wi_reload_one *reload)
{
	struct wi_version **link = &reload->plugin->retired, *version;

	while ((version = *link) != NULL) {
		if (version->codecs ||
		    wi_code_used(version->opened.code) != 0) {
			reload->done.mapped++;
			link = &version->next;
			continue;
		}
		*link = version->next;
		wi_plugin_unmap(
		    &reload->node->log, reload->plugin->name, &version);
	}
}

/* What was replaced drops what it had, and can be gone back to. */
static void
reload_retire(struct wi_reload_one *reload, struct wi_version *before)
{
	struct wi_plugin *plugin = reload->plugin;

	wi_reload_drop(reload->node, before, &reload->saved);
	wi_previous_free(&plugin->previous);
	plugin->previous = wi_previous_new(before, &reload->saved);
	if (plugin->previous == NULL)
		wi_log_say(&reload->node->log, WI_LOG_PLUGIN_NO_WAY_BACK,
		    "%s %s: no memory or no descriptor for it", plugin->name,
		    reload->done.from);
	before->next = plugin->retired;
	plugin->retired = before;
	reload_sweep(reload);
}

static int
reload_shut(struct wi_reload_one *reload)
{
	struct wi_hub *hub = &reload->node->hub;
	uint64_t began = wi_clock_ns();
	int rv;

	rv = wi_gate_close(hub, &reload->plugin->gate, reload->how.wait_ms);
	reload->done.wait_ns = wi_clock_ns() - began;
	if (rv == WEFT_OK)
		return WEFT_OK;
	return wi_fail(reload->err, rv,
	    "%s: expected its handlers to return within %u ms, found one "
	    "running",
	    reload->plugin->name, reload->how.wait_ms);
}

static int
reload_change(struct wi_reload_one *reload)
{
	struct weft_node *node = reload->node;
	struct wi_version *before = NULL;
	uint64_t began;
	int rc;

	rc = reload_shut(reload);
	if (rc < 0)
		return rc;
	began = wi_clock_ns();
	rc = reload_states(reload);
	if (rc == WEFT_OK && (reload->how.flags & WEFT_RELOAD_DRY) != 0)
		wi_reload_undo(node, &reload->load, &reload->saved);
	else if (rc == WEFT_OK)
		before = reload_commit(reload);
	wi_gate_open(&node->hub, &reload->plugin->gate);
	reload->done.pause_ns = wi_clock_ns() - began;
	/* Not before: its memory takes longer to end than it took to load. */
	wi_trial_reap(&reload->trial);
	if (before != NULL)
		reload_retire(reload, before);
	return rc;
}

/* ---- all of it */

static void
reload_say(struct wi_reload_one *reload, int rc)
{
	const struct weft_reloaded *done = &reload->done;
	const char *dry =
	    (reload->how.flags & WEFT_RELOAD_DRY) != 0 ? " (only tried)" : "";

	if (rc == WEFT_OK)
		wi_log_say(&reload->node->log, WI_LOG_PLUGIN_RELOADED,
		    "%s %s -> %s%s: paused for %llu us, %u strands and %u "
		    "endpoints handed over",
		    reload->plugin->name, done->from, done->to, dry,
		    (unsigned long long)(done->pause_ns / 1000), done->strands,
		    done->endpoints);
	else
		wi_log_say(&reload->node->log, WI_LOG_PLUGIN_KEPT, "%s %s: %s",
		    reload->plugin->name, done->from, reload->err->text);
}

/* The plugin is ours. */
static int
reload_run(struct wi_reload_one *reload)
{
	struct wi_plugins *plugins = &reload->node->plugins;
	int rc;

	rc = wi_reload_judge(reload);
	if (rc == WEFT_OK) {
		rc = wi_load_begin(&reload->load, plugins, reload->plugin,
		    reload->next, reload->err);
		reload->load.reload = true;
		if (rc == WEFT_OK)
			rc = reload_change(reload);
		wi_load_end(&reload->load);
	}
	(void)pthread_rwlock_wrlock(&plugins->lock);
	wi_codecs_drop(&plugins->codecs, reload->plugin);
	(void)pthread_rwlock_unlock(&plugins->lock);
	if (reload->next != NULL)
		(void)wi_version_close(&reload->next);
	wi_saved_fini(&reload->saved);
	reload_say(reload, rc);
	return rc;
}

/* The plugin is ours; see stop_note. */
static int
reload_locked(struct wi_reload_one *reload, const char *name)
{
	int rc;

	if (reload->back && reload->plugin->previous == NULL)
		return wi_fail(reload->err, WEFT_ENOSAVED,
		    "%s: expected a version before the present one, found "
		    "none",
		    name);
	if (wi_reload_is_due(reload, &rc))
		rc = reload_run(reload);
	free(reload->text);
	return rc;
}

static int
reload_plugin(struct wi_reload_one *reload, const char *name,
    const struct weft_reload *how, struct weft_reloaded *done,
    struct weft_error *err)
{
	struct weft_error mine;
	int rc;

	reload->err = err != NULL ? err : &mine;
	wi_fail_clear(reload->err);
	rc = reload_how(reload, how);
	if (rc == WEFT_OK)
		rc = wi_reload_may(reload->node, "reload", reload->err);
	if (rc == WEFT_OK)
		rc = reload_take(reload, name);
	if (rc < 0)
		return rc;
	rc = wi_reload_begin(reload->node, "reload", reload->err);
	if (rc == WEFT_OK) {
		rc = reload_locked(reload, name);
		wi_reload_end(reload->node);
	}
	reload_give(reload);
	if (done != NULL)
		*done = reload->done;
	return rc;
}

int
weft_node_reload(struct weft_node *node, const char *plugin, const char *what,
    const struct weft_reload *how, struct weft_reloaded *done,
    struct weft_error *err)
{
	struct wi_reload_one reload = { .node = node, .what = what };

	return reload_plugin(&reload, plugin, how, done, err);
}

int
weft_node_rollback(struct weft_node *node, const char *plugin,
    const struct weft_reload *how, struct weft_reloaded *done,
    struct weft_error *err)
{
	struct wi_reload_one reload = { .node = node, .back = true };

	return reload_plugin(&reload, plugin, how, done, err);
}
