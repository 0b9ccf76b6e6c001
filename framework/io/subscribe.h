/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/subscribe.h - who has subscribed to what.
 *
 * owned by: the I/O thread.
 */
#ifndef WI_SUBSCRIBE_H
#define WI_SUBSCRIBE_H

#include "base/thread_role.h"
#include "codec/deflate.h"
#include "io/topics.h"

struct wi_chunk;
struct wi_conn;
struct wi_io;

/* A filter of an endpoint's or a strand's.  owned by: its connection, its
 * hearer. */
struct wi_subscribed {
	struct wi_subscription sub;  /* first: its place in the tree */
	struct wi_conn *conn;        /* NULL: a strand's */
	struct wi_hearer *hearer;    /* NULL: an endpoint's */
	struct wi_subscribed *next;  /* of the same one */
	uint32_t kind;               /* strand: of the signals */
	enum wi_deflate_set deflate; /* it is counted for; NONE: it is not */
};

/* wi_subscribe_take() - a SUBSCRIBE or UNSUBSCRIBE was collected. */
void wi_subscribe_take(
    struct wi_io *io, const struct wi_chunk *chunk) WI_ON_IO;

/* wi_subscribe_count() - how many an endpoint has, counted one by one. */
uint32_t wi_subscribe_count(const struct wi_conn *conn) WI_ON_IO;

/* wi_subscribe_end() - an endpoint's name is stale: it has subscribed to
 * nothing. */
void wi_subscribe_end(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_subscribe_end_all() - the node ends: no strand has any more. */
void wi_subscribe_end_all(struct wi_io *io) WI_ON_IO;

#endif
