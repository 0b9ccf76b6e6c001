/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reload_state.h - the states of a plugin, from one version to the next.
 *
 * thread: the one that reloads, while the plugin's gate is shut.
 */
#ifndef WI_RELOAD_STATE_H
#define WI_RELOAD_STATE_H

#include <weft/error.h>

#include "plugin/load.h"
#include "plugin/saved.h"

struct weft_node;

/* wi_reload_collect() - which states there are.  saved: all zero before.
 * WEFT_OK or -ENOMEM. */
int wi_reload_collect(struct weft_node *node, const struct wi_plugin *plugin,
    struct wi_saved *saved, struct weft_error *err);

/*
 * wi_reload_save() - the present version writes them.
 *
 *   saved    in,out   its items; what was saved of them.
 *   returns           WEFT_OK, or WEFT_ELOAD: a callback refused, or there is
 *                     a state and no callback that would save it.
 */
int wi_reload_save(struct weft_node *node, const struct wi_plugin *plugin,
    struct wi_saved *saved, struct weft_error *err);

/* wi_reload_recall() - instead: what was saved of them once.  kept: nothing
 * is left of it. */
void wi_reload_recall(struct wi_saved *saved, struct wi_saved *kept);

/*
 * wi_reload_load() - the next version reads it: load(), then the rest.
 *
 *   load     in,out   begun, of that version.
 *   saved    in,out   now of each item.
 *   returns           WEFT_OK, WEFT_ELOAD or -ENOMEM; then what was made is
 *                     dropped, and unload() was called.
 */
int wi_reload_load(struct weft_node *node, struct weft_load *load,
    struct wi_saved *saved, struct weft_error *err);

/* wi_reload_undo() - it does not take over, though all went well. */
void wi_reload_undo(
    struct weft_node *node, struct weft_load *load, struct wi_saved *saved);

/* wi_reload_hand_over() - strands and endpoints have their new states. */
void wi_reload_hand_over(struct weft_node *node, const struct weft_load *load,
    const struct wi_saved *saved);

/* wi_reload_drop() - the version before frees what it had; unload() too. */
void wi_reload_drop(struct weft_node *node, struct wi_version *version,
    const struct wi_saved *saved);

#endif
