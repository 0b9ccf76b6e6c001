/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/subscribe - who has subscribed to what.
 *
 * thread: I/O.  Subscriptions hang on their connection or hearer, newest
 * first, and end when the endpoint's name turns stale (wi_conn_shut()), or
 * when the strand ends.
 */
#include "io/subscribe.h"

#include <errno.h>
#include <stdlib.h>

#include <weft/engine.h>

#include "codec/codecs.h"
#include "handoff/publish.h"
#include "io/io.h"
#include "io/reader.h"

/* The link that points to a subscription to a filter, or to the NULL at the
 * end; *count: how many stand before that. */
WI_ON_IO static struct wi_subscribed **
subscribe_find(struct wi_subscribed **link, const struct wi_publish *what,
    uint32_t *count)
{
	const char *filter = (const char *)what->bytes;

	for (*count = 0; *link != NULL; link = &(*link)->next, ++*count)
		if (wi_topics_is(&(*link)->sub, filter, what->topic_len))
			break;
	return link;
}

/* Out of the tree; the engine is told of the last of a filter. */
WI_ON_IO static void
subscribe_last(struct wi_io *io, struct wi_subscribed *one)
{
	const struct wi_publisher *publisher = &io->publisher;
	char room[WI_TOPIC_BYTES + 1];
	const char *filter = NULL;

	if (publisher->engine != NULL &&
	    publisher->engine->unsubscribe != NULL)
		filter = wi_topics_filter(&one->sub, room);
	if (wi_topics_remove(&io->publisher.topics, &one->sub) &&
	    filter != NULL)
		publisher->engine->unsubscribe(publisher->engine_user, filter);
}

/* The engine is told of the first of a filter. */
WI_ON_IO static void
subscribe_first(struct wi_io *io, const struct wi_subscribed *one)
{
	const struct wi_publisher *publisher = &io->publisher;
	char room[WI_TOPIC_BYTES + 1];

	if (publisher->engine != NULL && publisher->engine->subscribe != NULL)
		publisher->engine->subscribe(
		    publisher->engine_user, wi_topics_filter(&one->sub, room));
}

/* For who publishes: share_note in io/publish.c. */
WI_ON_IO static void
subscribe_count(struct wi_io *io, enum wi_deflate_set set, int more)
{
	uint32_t *count = &io->hub->deflate_subscriptions[set];

	if (set != WI_DEFLATE_NONE)
		__atomic_store_n(
		    count, *count + (uint32_t)more, __ATOMIC_RELAXED);
}

WI_ON_IO static void
subscribe_remove(struct wi_io *io, struct wi_subscribed **link)
{
	struct wi_subscribed *one = *link;

	*link = one->next;
	subscribe_last(io, one);
	subscribe_count(io, one->deflate, -1);
	wi_count(io->counters, WEFT_COUNTER_unsubscriptions, 1);
	free(one);
}

/* As the newest of first. */
WI_ON_IO static int
subscribe_add(struct wi_io *io, struct wi_subscribed **first,
    const struct wi_subscribed *like, const struct wi_publish *what)
{
	struct wi_subscribed *one = malloc(sizeof(*one));
	bool first_of_it;
	int rv;

	if (one == NULL)
		return -ENOMEM;
	*one = *like;
	rv = wi_topics_add(&io->publisher.topics, (const char *)what->bytes,
	    what->topic_len, &one->sub, &first_of_it);
	if (rv < 0) {
		free(one);
		return rv;
	}
	one->next = *first;
	*first = one;
	if (first_of_it)
		subscribe_first(io, one);
	subscribe_count(io, one->deflate, 1);
	wi_count(io->counters, WEFT_COUNTER_subscriptions, 1);
	return WEFT_OK;
}

WI_ON_IO static void
subscribe_refused(struct wi_io *io, const struct wi_conn *conn,
    const struct wi_publish *what, int code)
{
	char peer[WI_ADDRESS_TEXT] = "a strand";

	if (conn != NULL)
		wi_conn_peer(conn, peer, sizeof(peer));
	wi_count(io->counters, WEFT_COUNTER_subscriptions_refused, 1);
	if (code == WEFT_EFULL)
		wi_log_say(io->hub->log, WI_LOG_IO_SUBSCRIBE,
		    "%s: \"%.*s\": expected at most %u subscriptions, found "
		    "one more",
		    peer, (int)what->topic_len, (const char *)what->bytes,
		    io->publisher.max_subscriptions);
	else
		wi_log_say(io->hub->log, WI_LOG_IO_SUBSCRIBE,
		    "%s: \"%.*s\": %s", peer, (int)what->topic_len,
		    (const char *)what->bytes, weft_strerror(code));
}

WI_ON_IO static void
subscribe_change(struct wi_io *io, enum wi_chunk_kind kind,
    struct wi_subscribed **first, const struct wi_subscribed *like,
    const struct wi_publish *what)
{
	struct wi_subscribed **link;
	uint32_t count;
	int rv = WEFT_EFULL;

	link = subscribe_find(first, what, &count);
	if (kind == WI_CHUNK_UNSUBSCRIBE) {
		if (*link != NULL)
			subscribe_remove(io, link);
		return;
	}
	if (*link != NULL)
		return;
	if (count < io->publisher.max_subscriptions)
		rv = subscribe_add(io, first, like, what);
	if (rv < 0)
		subscribe_refused(io, like->conn, what, rv);
}

WI_ON_IO static void
subscribe_hearer(
    struct wi_io *io, enum wi_chunk_kind kind, const struct wi_publish *what)
{
	struct wi_hearers *hearers = &io->publisher.hearers;
	struct wi_subscribed like = { .kind = what->kind };

	like.hearer =
	    wi_hearers_find(hearers, what->who, kind == WI_CHUNK_SUBSCRIBE);
	if (like.hearer == NULL)
		return;
	if (what->topic_len != 0)
		subscribe_change(
		    io, kind, &like.hearer->subscribed, &like, what);
	else
		while (like.hearer->subscribed != NULL)
			subscribe_remove(io, &like.hearer->subscribed);
	if (like.hearer->subscribed == NULL)
		wi_hearers_remove(hearers, like.hearer);
}

void
wi_subscribe_take(struct wi_io *io, const struct wi_chunk *chunk)
{
	const struct wi_publish *what = (const void *)chunk->bytes;
	struct wi_subscribed like = { .conn = NULL };
	struct wi_endpoint *endpoint;
	struct wi_reader *reader;

	if ((what->who & WI_SHARED_ID) != 0) {
		subscribe_hearer(io, chunk->kind, what);
		return;
	}
	endpoint = wi_endpoint_find(&io->hub->slots, what->who);
	if (endpoint == NULL)
		return;
	like.conn = wi_conn_of(io, wi_endpoint_slot(endpoint));
	if (wi_codec_deflates(endpoint->codec))
		like.deflate = wi_codec_deflate_set(endpoint->codec);
	reader = wi_reader_of(like.conn);
	if (reader == NULL)
		subscribe_refused(io, like.conn, what, -ENOMEM);
	else
		subscribe_change(
		    io, chunk->kind, &reader->subscribed, &like, what);
}

uint32_t
wi_subscribe_count(const struct wi_conn *conn)
{
	const struct wi_subscribed *one;
	uint32_t count = 0;

	if (conn->reader == NULL)
		return 0;
	for (one = conn->reader->subscribed; one != NULL; one = one->next)
		count++;
	return count;
}

void
wi_subscribe_end(struct wi_io *io, struct wi_conn *conn)
{
	if (conn->reader == NULL)
		return;
	while (conn->reader->subscribed != NULL)
		subscribe_remove(io, &conn->reader->subscribed);
	wi_reader_settle(conn);
}

void
wi_subscribe_end_all(struct wi_io *io)
{
	struct wi_hearers *hearers = &io->publisher.hearers;
	struct wi_hearer *hearer;
	uint32_t slot;

	for (slot = 0;
	     hearers->slots != NULL && slot < io->hub->shareds.slots.max;
	     slot++)
		while ((hearer = hearers->slots[slot]) != NULL) {
			while (hearer->subscribed != NULL)
				subscribe_remove(io, &hearer->subscribed);
			wi_hearers_remove(hearers, hearer);
		}
	free(hearers->slots);
	hearers->slots = NULL;
}
