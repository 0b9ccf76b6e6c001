/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/subscribe - which endpoint has subscribed to what.
 *
 * thread: I/O.  Subscriptions hang on their connection, newest first, and end
 * when its endpoint's name turns stale (wi_conn_shut()).
 */
#include "io/subscribe.h"

#include <errno.h>
#include <stdlib.h>

#include "handoff/publish.h"
#include "io/io.h"

/* The link that points to an endpoint's subscription to a filter, or to the
 * NULL at the end. */
WI_ON_IO static struct wi_subscribed **
subscribe_find(struct wi_conn *conn, const char *filter, size_t len)
{
	struct wi_subscribed **link = &conn->subscribed;

	while (*link != NULL && !wi_topics_is(&(*link)->sub, filter, len))
		link = &(*link)->next;
	return link;
}

WI_ON_IO static void
subscribe_remove(struct wi_io *io, struct wi_subscribed **link)
{
	struct wi_subscribed *one = *link;

	*link = one->next;
	one->conn->nsubscribed--;
	(void)wi_topics_remove(&io->publisher.topics, &one->sub);
	wi_count(io->counters, WEFT_COUNTER_unsubscriptions, 1);
	free(one);
}

WI_ON_IO static int
subscribe_add(
    struct wi_io *io, struct wi_conn *conn, const char *filter, size_t len)
{
	struct wi_subscribed *one;
	int rv;

	if (conn->nsubscribed == io->publisher.max_subscriptions)
		return WEFT_EFULL;
	one = calloc(1, sizeof(*one));
	if (one == NULL)
		return -ENOMEM;
	rv =
	    wi_topics_add(&io->publisher.topics, filter, len, &one->sub, NULL);
	if (rv < 0) {
		free(one);
		return rv;
	}
	one->conn = conn;
	one->next = conn->subscribed;
	conn->subscribed = one;
	conn->nsubscribed++;
	wi_count(io->counters, WEFT_COUNTER_subscriptions, 1);
	return WEFT_OK;
}

WI_ON_IO static void
subscribe_refused(struct wi_io *io, const struct wi_conn *conn,
    const char *filter, size_t len, int code)
{
	char peer[WI_ADDRESS_TEXT];

	wi_conn_peer(conn, peer, sizeof(peer));
	wi_count(io->counters, WEFT_COUNTER_subscriptions_refused, 1);
	if (code == WEFT_EFULL)
		wi_log_say(io->hub->log, WI_LOG_IO_SUBSCRIBE,
		    "%s: \"%.*s\": expected at most %u subscriptions of an "
		    "endpoint, found one more",
		    peer, (int)len, filter, io->publisher.max_subscriptions);
	else
		wi_log_say(io->hub->log, WI_LOG_IO_SUBSCRIBE,
		    "%s: \"%.*s\": %s", peer, (int)len, filter,
		    weft_strerror(code));
}

void
wi_subscribe_take(struct wi_io *io, const struct wi_chunk *chunk)
{
	const struct wi_publish *what = (const void *)chunk->bytes;
	const char *filter = (const char *)what->bytes;
	struct wi_endpoint *endpoint;
	struct wi_subscribed **link;
	struct wi_conn *conn;
	int rv;

	endpoint = wi_endpoint_find(&io->hub->slots, what->endpoint);
	if (endpoint == NULL)
		return;
	conn = wi_conn_of(io, wi_endpoint_slot(endpoint));
	link = subscribe_find(conn, filter, what->topic_len);
	if (chunk->kind == WI_CHUNK_UNSUBSCRIBE) {
		if (*link != NULL)
			subscribe_remove(io, link);
		return;
	}
	if (*link != NULL)
		return;
	rv = subscribe_add(io, conn, filter, what->topic_len);
	if (rv < 0)
		subscribe_refused(io, conn, filter, what->topic_len, rv);
}

void
wi_subscribe_end(struct wi_io *io, struct wi_conn *conn)
{
	while (conn->subscribed != NULL)
		subscribe_remove(io, &conn->subscribed);
}
