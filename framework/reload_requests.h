/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reload_requests.h - requests of a plugin that wait for their reply, while
 * another version of it takes over.
 *
 * thread: the one that reloads, while the plugin's gate is shut.
 */
#ifndef WI_RELOAD_REQUESTS_H
#define WI_RELOAD_REQUESTS_H

#include <weft/error.h>

#include "plugin/plugin.h"

struct weft_node;

/* wi_reload_requests_check() - can the next version take the replies?
 * WEFT_OK, or WEFT_ELOAD: an on_reply() is not in both lists of replies. */
int wi_reload_requests_check(struct weft_node *node,
    const struct wi_plugin *plugin, const struct wi_version *next,
    struct weft_error *err);

/* wi_reload_requests_move() - it does.  After the check. */
void wi_reload_requests_move(struct weft_node *node,
    const struct wi_plugin *plugin, const struct wi_version *next);

#endif
