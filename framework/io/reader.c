/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/reader - what is kept of an endpoint that listens to topics, or for which
 * something waits that may be dropped.
 *
 * thread: I/O.
 */
#include "io/reader.h"

#include <stdlib.h>

#include "io/conn.h"

struct wi_reader *
wi_reader_of(struct wi_conn *conn)
{
	if (conn->reader == NULL)
		conn->reader = calloc(1, sizeof(*conn->reader));
	return conn->reader;
}

void
wi_reader_settle(struct wi_conn *conn)
{
	struct wi_reader *reader = conn->reader;

	if (reader == NULL || reader->subscribed != NULL ||
	    reader->oldest != NULL)
		return;
	wi_slow_keys_fini(&reader->keys);
	free(reader);
	conn->reader = NULL;
}
