/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin/load.h - a plugin's load() is run.
 *
 * thread: the one that sets a node up.
 */
#ifndef WI_LOAD_H
#define WI_LOAD_H

#include <weft/error.h>

#include "plugin/plugin.h"

/*
 * wi_load_run() - make the plugin's state.
 *
 *   plugins  in,out   the node's; codecs gets what load() brings.
 *   plugin   in,out   checked, not in the list yet; gets its state.
 *   options  in       "burn_us=200&every=10", or NULL.
 *   err      out      names the plugin's file; may be NULL.
 *   returns           WEFT_OK, or an error below, and then there is no state;
 *                     what load() brought is for wi_codecs_drop().
 *   errors            WEFT_ELOAD  load() refused, or an option is not one that
 *                                 it asked for.
 *                     -ENOMEM
 */
int wi_load_run(struct wi_plugins *plugins, struct wi_plugin *plugin,
    const char *options, struct weft_error *err);

/* wi_load_plugin() - whose load() runs. */
struct wi_plugin *wi_load_plugin(const struct weft_load *load);

#endif
