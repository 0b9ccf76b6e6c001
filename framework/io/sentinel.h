/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/sentinel.h - says which handlers do not come back.
 */
#ifndef WI_SENTINEL_H
#define WI_SENTINEL_H

#include <stdint.h>

#include "base/thread_role.h"

struct wi_io;

/* wi_sentinel_look() - log a handler that has run for stuck_after_ms, once.
 * Called while a worker is awake; now: [ns]. */
void wi_sentinel_look(struct wi_io *io, uint64_t now) WI_ON_IO;

#endif
