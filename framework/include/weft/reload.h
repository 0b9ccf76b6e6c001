/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft/reload.h - another version of a plugin takes over, and clients stay.
 *
 *	static int
 *	save(struct weft_save *save, void *state)
 *	{
 *		return scores_save(save, state);
 *	}
 *
 *	static int
 *	load(struct weft_load *load, void **state)
 *	{
 *		struct scores *scores = *state = calloc(1, sizeof(*scores));
 *
 *		return weft_load_is_reload(load) ?
 *		    scores_load(load, scores) : WEFT_OK;
 *	}
 *
 * with WEFT_TYPE(scores) in both versions (weft/type.h): what the new one has
 * appended to it gets its declared defaults.
 *
 * What stays as it is, whatever the plugin does: endpoints and their names,
 * what was read of them and what was sent to them, listeners, strands that
 * were made and their names, what is bound to what, subscriptions, timers,
 * signals and requests that wait.  What is the plugin's own is handed over:
 *
 *	what			written by		read by
 *	weft_call_state()	save()			load()
 *	weft_call_strand_state()	save_strand()	load_strand()
 *	weft_call_user()	save_endpoint()		load_endpoint()
 *
 * The way of it: the new file is opened, and judged, in a process forked for
 * that, then here.  No handler of the plugin begins any more; those that run
 * return.  The old version writes its state.  The new one reads it: first in a
 * process that was forked for that, then here.  Then it is the plugin; what
 * has come meanwhile is run by it.  The old one drops what it had, by
 * drop_strand(), drop_endpoint() and unload().  Its code is unmapped when
 * nothing that waits refers to it any more.  Whatever goes wrong before the
 * new one is the plugin, the old one goes on as if nothing had been.
 *
 * Listeners and connections keep the codec that they have, also if the plugin
 * has brought it (WEFT_CODEC()): those that are opened from then on get that
 * of the new version.
 */
#ifndef WEFT_RELOAD_H
#define WEFT_RELOAD_H

#include <stdint.h>

#include <weft/endpoint.h>
#include <weft/error.h>
#include <weft/export.h>
#include <weft/strand.h>
#include <weft/type.h>

WEFT_BEGIN_DECLS

struct weft_load;
struct weft_node;
struct weft_save; /* opaque: one state that is written, weft_save_*() only */

/*
 * weft_save_bytes() - what the next version is to have.
 * weft_save_typed() - the same of a value; tag_save(save, &value) by
 * WEFT_TYPE(tag) (weft/type.h).
 *
 *   save     in       what save(), save_strand() or save_endpoint() was given.
 *   bytes    in       copied.
 *   type     in       a type that was declared.
 *   value    in       the struct.
 *   returns           WEFT_OK, or an error below.
 *   errors            -EEXIST  it has been called in this callback before.
 *                     -ENOMEM; weft_save_typed() as weft_pack().
 *   thread            the one that runs the callback.
 */
WEFT_EXPORT WEFT_CHECK int weft_save_bytes(
    struct weft_save *save, struct weft_bytes bytes);

/*
 * weft_load_is_reload() - does this load() take over from another version?
 * Then what it set up at first, its timers for instance, is there already.
 *
 *   load     in       what load() was given.
 *   returns           1 or 0.
 *   thread            the one that runs load().
 */
WEFT_EXPORT int weft_load_is_reload(const struct weft_load *load);

/*
 * weft_load_is_trial() - is this the process that was forked to try it?  What
 * load() does outside of memory is then better not done.
 */
WEFT_EXPORT int weft_load_is_trial(const struct weft_load *load);

/*
 * weft_load_bytes() - what the version before has saved.
 * weft_load_typed() - the same as a value; tag_load(load, &value) by
 * WEFT_TYPE(tag) (weft/type.h).
 *
 *   load     in       what load(), load_strand() or load_endpoint() was given.
 *   bytes    out      {NULL, 0}: nothing was saved.
 *   type     in       the same that was saved, or another version of it
 *                     (weft/type.h).
 *   value    out      the struct.
 *   returns           WEFT_OK, or an error below.
 *   errors            WEFT_ENOSAVED    nothing was saved, or it is no reload.
 *                     WEFT_EMALFORMED  it is no value of that type; what is
 *                                      wrong becomes part of the error if the
 *                                      callback returns the code.
 *                     -ENOMEM
 *   owner             what value and bytes point to is the library's, until
 *                     the callback returns.
 *   thread            the one that runs the callback.
 */
WEFT_EXPORT struct weft_bytes weft_load_bytes(const struct weft_load *load);

/* In struct weft_reload. */
#define WEFT_RELOAD_DRY 1u /* all of it, but the old one goes on */
#define WEFT_RELOAD_NO_TRIAL                                                  \
	2u /* no process is forked: a new version that
                                   crashes takes this one along */
#define WEFT_RELOAD_IF_CHANGED                                                \
	4u /* nothing is done, and to_hash is from_hash,
                                     if file and options are the same */

/* How a plugin is to be reloaded.  0 in any number means the default. */
struct weft_reload {
	uint32_t size;     /* sizeof(struct weft_reload) */
	uint32_t flags;    /* WEFT_RELOAD_* */
	uint32_t wait_ms;  /* [ms] for handlers to return; default 5,000 */
	uint32_t trial_ms; /* [ms] for the trial; default 5,000 */
};

/* What has been done.  Texts are cut to fit. */
struct weft_reloaded {
	char from[64]; /* versions, or "" */
	char to[64];
	uint64_t from_hash; /* of the files' bytes */
	uint64_t to_hash;
	uint64_t wait_ns;  /* [ns] until its handlers had returned */
	uint64_t pause_ns; /* [ns] from then on none began */
	uint64_t save_ns;  /* [ns] of pause_ns, the old one's save*() */
	uint64_t trial_ns; /* [ns] of pause_ns, load*() in the forked process,
	                      and its forking */
	uint64_t load_ns;  /* [ns] of pause_ns, the new one's load*() */
	uint32_t strands;  /* whose state was handed over */
	uint32_t endpoints;
	uint32_t mapped; /* old versions of it whose code is still needed */
};

/*
 * weft_node_reload() - another version takes over.
 *
 *   node     in       running or not.
 *   plugin   in       the name of one that was loaded from a file.
 *   what     in       its new file, then options, as weft_node_load(); NULL:
 *                     the file and the options that it has now.
 *   how      in       NULL: all defaults.
 *   done     out      may be NULL; also told of one that failed, as far as it
 *                     went.
 *   err      out      names the file, what was expected and found; may be
 *                     NULL.
 *   returns           WEFT_OK: the new one is the plugin.  Or an error below,
 *                     and the old one goes on.
 *   errors            WEFT_ENOPLUGIN, WEFT_ELOAD, WEFT_EABI  as
 *                                  weft_node_load(); the trial crashed; its
 *                                  name, scope or kind of routes is another;
 *                                  save() refused; there is a state that
 *                                  nothing hands over, or a request that waits
 *                                  for its reply and is not in .replies.
 *                     WEFT_EBUSY   a handler did not return within wait_ms, or
 *                                  the plugin is being reloaded.
 *                     WEFT_ESTATE  this is a handler, the I/O thread or a
 *                                  callback of a reload of this node, or the
 *                                  node stops.
 *                     -ENOMEM, or what the OS answered.
 *   thread            any but the node's own, not in a callback of a reload
 *                     nor in one that such a callback waits for, and not while
 *                     another frees the node.  Blocks; runs the callbacks, and
 *                     waits for a reload of another plugin that is under way.
 *
 * weft_node_rollback() - the version before the present one, as it was loaded
 * then, takes over from it, likewise: with the present state, if that can be
 * handed over, else with the one that it had when it was replaced.
 *
 *   errors            WEFT_ENOSAVED  there was none before.
 *                     others as weft_node_reload().
 */
WEFT_EXPORT WEFT_CHECK int weft_node_reload(struct weft_node *node,
    const char *plugin, const char *what, const struct weft_reload *how,
    struct weft_reloaded *done, struct weft_error *err);
WEFT_EXPORT WEFT_CHECK int weft_node_rollback(struct weft_node *node,
    const char *plugin, const struct weft_reload *how,
    struct weft_reloaded *done, struct weft_error *err);

WEFT_END_DECLS

#endif
