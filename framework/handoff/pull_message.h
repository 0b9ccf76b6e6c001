/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/pull_message.h - messages that weft_node_receive() hands out.
 *
 * thread: the one that has the pull (handoff/pull.h).
 */
#ifndef WI_PULL_MESSAGE_H
#define WI_PULL_MESSAGE_H

#include <stdbool.h>

struct weft_event;
struct wi_batch;
struct wi_hub;

/* wi_pull_message() - the next message of a batch of pull.strand that somebody
 * is to see; false: it has none.  event: kind and msg are set. */
bool wi_pull_message(
    struct wi_hub *hub, struct wi_batch *batch, struct weft_event *event);

#endif
