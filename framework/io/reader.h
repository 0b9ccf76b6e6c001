/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/reader.h - what is kept of an endpoint that listens to topics, or for
 * which something waits that may be dropped.  Most have neither.
 *
 * owned by: the I/O thread; by its connection.
 */
#ifndef WI_READER_H
#define WI_READER_H

#include <stdint.h>

#include "base/thread_role.h"
#include "io/slow_keys.h"

struct wi_conn;
struct wi_subscribed;
struct wi_waiting;

struct wi_reader {
	struct wi_subscribed *subscribed; /* newest first (io/subscribe.c) */
	uint64_t published;               /* mark of the last message for it */
	struct wi_waiting *oldest; /* of those that may be dropped, in the
	                              order of the queue */
	struct wi_waiting *newest;
	struct wi_slow_keys keys; /* of those that have one */
	uint32_t naged;           /* of those that have an age_ms */
};

/* wi_reader_of() - the connection's, made if there is none; NULL: no
 * memory. */
struct wi_reader *wi_reader_of(struct wi_conn *conn) WI_ON_IO;

/* wi_reader_settle() - it is freed if there is nothing in it. */
void wi_reader_settle(struct wi_conn *conn) WI_ON_IO;

#endif
