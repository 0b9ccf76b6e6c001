/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine.h - a node's engine, for node.c.
 */
#ifndef WI_ENGINE_H
#define WI_ENGINE_H

#include "base/thread_role.h"

struct weft_error;
struct weft_node;

/* wi_engine_start() - WEFT_OK, also if there is none; or what it answered. */
int wi_engine_start(struct weft_node *node, struct weft_error *err) WI_ON_IO;

/* wi_engine_stop() - of one that was started; it is told nothing more. */
void wi_engine_stop(struct weft_node *node) WI_ON_IO;

#endif
