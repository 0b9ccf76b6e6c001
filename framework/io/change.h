/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/change.h - the node's options change while it runs.
 */
#ifndef WI_CHANGE_H
#define WI_CHANGE_H

#include <stdbool.h>

#include "base/thread_role.h"

struct wi_io;
struct wi_order;

/* wi_change_take() - an order to look at all that is open.  true: it was
 * pushed again, and is not the caller's any more. */
bool wi_change_take(struct wi_io *io, struct wi_order *order) WI_ON_IO;

#endif
