/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/show.h - the I/O thread tells what it knows (handoff/look.h).
 */
#ifndef WI_SHOW_H
#define WI_SHOW_H

#include "base/thread_role.h"

struct wi_io;
struct wi_order;

/* wi_show() - answer an order of WI_ORDER_LOOK; its look and its waiter are
 * let go of. */
void wi_show(struct wi_io *io, struct wi_order *order) WI_ON_IO;

#endif
