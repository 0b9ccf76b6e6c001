/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/collect - what the workers asked for.
 *
 * thread: I/O.  Takes everything out of the outbox: chunks go to the queue of
 * their connection (io/flush), commands to io/conn.
 */
#include "base/assert.h"
#include "handoff/order.h"
#include "handoff/waiter.h"
#include "io/answer.h"
#include "io/change.h"
#include "io/io.h"
#include "io/shake.h"
#include "io/show.h"
#include "io/slow.h"
#include "io/subscribe.h"
#include "io/topic_rules.h"

WI_ON_IO static void
collect_close(
    struct wi_io *io, struct wi_conn *conn, const struct wi_chunk *chunk)
{
	wi_shake_leave(conn, chunk->bytes, chunk->len);
	/* What no handler has seen yet shall not be seen any more. */
	__atomic_store_n(&conn->endpoint->muted, 1, __ATOMIC_RELAXED);
	if (conn->outgoing != NULL)
		wi_connect_close(io, conn);
	else
		wi_conn_end(io, conn, WEFT_REASON_LOCAL);
}

WI_ON_IO static void
collect_order(struct wi_io *io, struct wi_chunk *chunk)
{
	struct wi_order *order = (void *)(uintptr_t)chunk->bytes;

	switch (order->kind) {
	case WI_ORDER_LISTEN:
		wi_listen_take(io, order);
		break;
	case WI_ORDER_UNLISTEN:
		wi_listen_end(io, order->id);
		break;
	case WI_ORDER_CONNECT:
		wi_connect_take(io, order);
		break;
	case WI_ORDER_PING:
		wi_waiter_tell(&order->waiter, WEFT_OK, NULL);
		break;
	case WI_ORDER_SUSPEND:
	case WI_ORDER_RESUME:
		wi_listen_suspend(
		    io, order->id, order->kind == WI_ORDER_SUSPEND);
		break;
	case WI_ORDER_LOOK:
		wi_show(io, order);
		break;
	case WI_ORDER_LEAVE:
		wi_drain_leave(io, (uint32_t)order->id);
		break;
	case WI_ORDER_CHANGE:
		if (wi_change_take(io, order))
			return; /* it comes again */
		break;
	}
	wi_order_drop(order);
}

/* What is not for an endpoint. */
WI_ON_IO static void
collect_for_nobody(struct wi_io *io, struct wi_chunk *chunk)
{
	struct wi_block *block = chunk->block;

	if (chunk->kind == WI_CHUNK_ORDER) {
		collect_order(io, chunk);
		return;
	}
	if (chunk->kind == WI_CHUNK_PUBLISH || chunk->kind == WI_CHUNK_DIRECT)
		wi_publish_take(io, chunk);
	else if (chunk->kind == WI_CHUNK_RULE)
		wi_topic_rules_take(io, chunk);
	else
		wi_subscribe_take(io, chunk);
	wi_block_unref(&block);
}

/* The endpoint is gone: see stale_note in handoff/endpoint.c. */
WI_ON_IO static void
collect_drop(struct wi_io *io, struct wi_chunk *chunk)
{
	uint32_t slot = (uint32_t)(chunk->to & WI_ID_SLOT_MASK);
	struct wi_endpoint *endpoint = wi_endpoint_at(&io->hub->slots, slot);
	struct wi_conn *conn = wi_conn_of(io, slot);
	uint64_t load = wi_load(chunk->nmessages, chunk->len);
	struct wi_block *block = chunk->block;

	if (wi_chunk_is_message(chunk->kind)) {
		wi_count(
		    io->counters, WEFT_COUNTER_sends_gone, chunk->nmessages);
		/* It may have kept the slot's next endpoint from reading, and
		 * from sending. */
		if (conn->state == WI_CONN_FREE) {
			(void)wi_load_sub(&endpoint->out_load, load);
		} else {
			wi_flush_took(io, conn, load);
			wi_read_resume(io, conn);
		}
	}
	wi_block_unref(&block);
}

WI_ON_IO static void
collect_message(struct wi_io *io, struct wi_conn *conn, struct wi_chunk *chunk)
{
	uint32_t nmessages = chunk->nmessages;
	bool is_queued = true;

	if (conn->endpoint->limits->slow_reader == WEFT_SLOW_REFUSE)
		wi_flush_queue(io, conn, chunk);
	else
		is_queued = wi_slow_sent(io, conn, chunk);
	if (is_queued)
		wi_fact_add(&conn->facts.messages_out, nmessages);
	/* Last: who waits for it sees what else was counted. */
	wi_count(io->counters, WEFT_COUNTER_messages_out, nmessages);
}

/* Its runner could not make anything of a message. */
WI_ON_IO static void
collect_wrong(
    struct wi_io *io, struct wi_conn *conn, const struct wi_wrong *wrong)
{
	__atomic_store_n(&conn->endpoint->muted, 1, __ATOMIC_RELAXED);
	if (conn->state == WI_CONN_OPEN)
		wi_shake_wrong(io, conn, wrong->error, wrong->why);
}

WI_ON_IO static void
collect_chunk(struct wi_io *io, struct wi_chunk *chunk)
{
	struct wi_endpoint *endpoint;
	struct wi_block *block;
	struct wi_conn *conn;

	if (chunk->to == 0) {
		collect_for_nobody(io, chunk);
		return;
	}
	endpoint = wi_endpoint_find(&io->hub->slots, chunk->to);
	if (endpoint == NULL) {
		collect_drop(io, chunk);
		return;
	}
	conn = wi_conn_of(io, wi_endpoint_slot(endpoint));
	if (chunk->kind == WI_CHUNK_ANSWER) {
		wi_answer_take(io, conn, chunk);
		return;
	}
	if (wi_chunk_is_message(chunk->kind)) {
		if (wi_answer_lets(conn))
			collect_message(io, conn, chunk);
		else
			collect_drop(io, chunk);
		return;
	}
	switch (chunk->kind) {
	case WI_CHUNK_WRONG:
		collect_wrong(io, conn, (const void *)chunk->bytes);
		break;
	case WI_CHUNK_ABORT:
		wi_conn_abort(io, conn, WEFT_REASON_ABORT);
		break;
	case WI_CHUNK_QUARANTINED:
		wi_conn_abort(io, conn, WEFT_REASON_QUARANTINED);
		break;
	case WI_CHUNK_MALFORMED:
		wi_count(io->counters, WEFT_COUNTER_closed_malformed, 1);
		if (!conn->greeted) {
			wi_conn_abort(io, conn, WEFT_REASON_MALFORMED);
			break;
		}
		/* Its peer is told why. */
		__atomic_store_n(&endpoint->muted, 1, __ATOMIC_RELAXED);
		wi_conn_end(io, conn, WEFT_REASON_MALFORMED);
		break;
	default:
		collect_close(io, conn, chunk);
	}
	block = chunk->block;
	wi_block_unref(&block);
}

/* What was said of endpoints, before the chunks are looked at. */
WI_ON_IO static void
collect_take_attention(struct wi_io *io)
{
	struct wi_endpoint *endpoint, *next;
	struct wi_conn *conn, **end = &io->attended;
	uint32_t what;

	endpoint = wi_outbox_take_attention(&io->hub->outbox);
	for (; endpoint != NULL; endpoint = next) {
		next = wi_outbox_next_attention(endpoint, &what);
		conn = wi_conn_of(io, wi_endpoint_slot(endpoint));
		conn->attention = (uint8_t)what;
		*end = conn;
		end = &conn->attended_next;
	}
	*end = NULL;
}

WI_ON_IO static void
collect_attend(struct wi_io *io)
{
	struct wi_conn *conn;
	uint32_t what;

	while ((conn = io->attended) != NULL) {
		io->attended = conn->attended_next;
		what = conn->attention;
		if ((what & WI_ATTEND_RESUME) != 0)
			wi_read_resume(io, conn);
		if ((what & WI_ATTEND_RELEASE) != 0)
			wi_conn_release(io, conn);
		if ((what & WI_ATTEND_UNHELD) != 0)
			wi_conn_unheld(io, conn);
	}
}

/* See order_note in handoff/outbox.h. */
bool
wi_collect(struct wi_io *io)
{
	struct wi_chunk *list, *chunk, *next_list, *next;
	bool any;

	wi_timer_take_sets(io);
	collect_take_attention(io);
	list = wi_outbox_take_chunks(&io->hub->outbox);
	any = io->attended != NULL || list != NULL;
	for (; list != NULL; list = next_list) {
		next_list = wi_outbox_next_list(list);
		for (chunk = list; chunk != NULL; chunk = next) {
			next = chunk->next;
			collect_chunk(io, chunk);
		}
	}
	wi_timer_orders(io);
	collect_attend(io);
	return any;
}
