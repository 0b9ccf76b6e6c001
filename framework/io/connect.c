/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/connect - connections of ours: dialled, lost, dialled again.
 *
 * thread: I/O.  Takes the order of weft_node_connect(), whose endpoint exists
 * already: what is sent to it meanwhile waits in its queue.  Gives what stands
 * to io/conn.
 *
 * again_note: an endpoint with reconnect keeps slot, id and queue.  When its
 * connection is lost, what has not left is dropped, and what comes from then
 * on is kept for the next one: who was told closed() and sends again has lost
 * nothing.  LOST goes to its strand, for closed(); when the handler has seen
 * it (RELEASE) and the old handle is closed, the connection is CONNECTING
 * again.  Its strand goes on: signals and timers are run.  Attempts that fail
 * in between are logged and counted, but no event.  The wait doubles with each
 * and is cut by a random part, so that a thousand clients of a server that was
 * restarted do not come at once.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/fail.h"
#include "base/random.h"
#include "base/url.h"
#include "handoff/order.h"
#include "handoff/waiter.h"
#include "io/dial.h"
#include "io/io.h"
#include "io/udp.h"

struct wi_outgoing {
	struct wi_url url;
	struct wi_dial *dial;     /* while one is under way */
	struct wi_waiter *waiter; /* who waits for the first time it stands */
	uint32_t delay_ms;        /* before the next attempt */
	bool lasts;               /* lost, and to be dialled again */
	bool close_asked; /* by weft_close(): end when the queue has left */
	bool stood;       /* it has stood before */
};

static void connect_on_dialled(void *arg, const struct wi_dialled *result);

WI_ON_IO static void
connect_dial(struct wi_io *io, struct wi_conn *conn)
{
	struct wi_outgoing *out = conn->outgoing;
	int rv;

	rv = wi_dial_start(&out->dial, &io->loop, &out->url,
	    WI_LIMIT(conn->endpoint->limits, handshake_ms), connect_on_dialled,
	    conn);
	if (rv < 0)
		wi_connect_failed(io, conn, rv, weft_strerror(rv));
}

/* [ms] to wait: the delay, less up to half of it. */
WI_ON_IO static uint64_t
connect_jitter(uint32_t delay_ms)
{
	return delay_ms - wi_random() % (delay_ms / 2 + 1);
}

WI_ON_IO static void
connect_later(struct wi_io *io, struct wi_conn *conn)
{
	struct wi_outgoing *out = conn->outgoing;
	const struct wi_limits *limits = conn->endpoint->limits;

	wi_due_set(&io->dues, &conn->due,
	    uv_now(&io->loop) + connect_jitter(out->delay_ms));
	out->delay_ms = out->delay_ms > limits->reconnect_max_ms / 2 ?
	    limits->reconnect_max_ms :
	    2 * out->delay_ms;
}

WI_ON_IO static enum weft_reason
connect_reason(int code)
{
	return code == WEFT_EUNRESOLVED ? WEFT_REASON_UNRESOLVED :
	    code == -ETIMEDOUT          ? WEFT_REASON_HANDSHAKE :
					  WEFT_REASON_CONNECT;
}

void
wi_connect_failed(
    struct wi_io *io, struct wi_conn *conn, int code, const char *text)
{
	struct wi_outgoing *out = conn->outgoing;

	wi_count(io->counters, WEFT_COUNTER_connects_failed, 1);
	wi_log_say(io->hub->log, WI_LOG_IO_CONNECT_FAILED, "%s", text);
	if (conn->endpoint->limits->reconnect_ms != 0 && !out->close_asked) {
		connect_later(io, conn);
		return;
	}
	wi_waiter_tell(&out->waiter, code, text);
	wi_conn_break(io, conn, connect_reason(code), code);
}

WI_ON_IO static int
connect_takes(
    struct wi_io *io, struct wi_conn *conn, const struct wi_dialled *result)
{
	int rv;

	wi_fact_set_address(conn->facts.remote, &result->remote);
	wi_fact_set_address(conn->facts.local, &result->local);
	if (conn->outgoing->url.is != WI_URL_UDP &&
	    conn->outgoing->url.is != WI_URL_MULTICAST)
		return wi_conn_stands(io, conn, result->fd);
	rv = wi_udp_connect(io, result->fd, conn, result);
	return rv < 0 ? rv : wi_conn_stands(io, conn, -1);
}

static void
connect_on_dialled(void *arg, const struct wi_dialled *result)
{
	struct wi_conn *conn = arg;
	struct wi_io *io = wi_conn_io(conn);
	struct wi_outgoing *out = conn->outgoing;
	int rv;

	wi_assert_io();
	out->dial = NULL;
	if (result->fd < 0) {
		wi_connect_failed(io, conn, result->code, result->text);
		return;
	}
	rv = connect_takes(io, conn, result);
	if (rv < 0) {
		wi_connect_failed(io, conn, rv, weft_strerror(rv));
		return;
	}
	if (conn->state == WI_CONN_OPEN)
		wi_connect_stood(io, conn);
}

void
wi_connect_stood(struct wi_io *io, struct wi_conn *conn)
{
	struct wi_outgoing *out = conn->outgoing;
	char peer[WI_ADDRESS_TEXT];

	/* What was sent to it meanwhile; and there may be room again for who
	 * was told WEFT_EFULL before its queue was lost. */
	if (conn->out_first != NULL)
		wi_flush_again(io, conn);
	wi_flush_took(io, conn, 0);
	wi_conn_peer(conn, peer, sizeof(peer));
	wi_log_say(io->hub->log, WI_LOG_IO_CONNECTED, "%s", peer);
	if (out->stood)
		wi_count(io->counters, WEFT_COUNTER_reconnects, 1);
	out->stood = true;
	out->delay_ms = conn->endpoint->limits->reconnect_ms;
	wi_waiter_tell(&out->waiter, WEFT_OK, NULL);
	if (out->close_asked)
		wi_conn_end(io, conn, WEFT_REASON_LOCAL);
}

/* The node has stopped: nobody is left to be told but the waiter. */
WI_ON_IO static void
connect_refuse(struct wi_order *order, struct wi_endpoint *endpoint)
{
	wi_waiter_tell(&order->waiter, WEFT_ESTATE, "the node has stopped");
	wi_endpoint_shut(endpoint);
	/* The slot is not given back: somebody may just be telling its strand
	 * something (last_note in strands.c). */
}

void
wi_connect_take(struct wi_io *io, struct wi_order *order)
{
	struct wi_endpoint *endpoint = wi_endpoint_at(
	    &io->hub->slots, (uint32_t)(order->id & WI_ID_SLOT_MASK));
	struct wi_conn *conn = wi_conn_of(io, wi_endpoint_slot(endpoint));
	struct wi_outgoing *out;

	if (io->drain >= WI_DRAIN_JOINING) {
		connect_refuse(order, endpoint);
		return;
	}
	wi_conn_prepare(io, conn, endpoint);
	wi_count(io->counters, WEFT_COUNTER_connects, 1);
	out = calloc(1, sizeof(*out));
	if (out == NULL) {
		wi_waiter_tell(&order->waiter, -ENOMEM, NULL);
		wi_conn_break(io, conn, WEFT_REASON_NOMEM, -ENOMEM);
		return;
	}
	out->url = order->url;
	out->waiter = order->waiter;
	out->delay_ms = endpoint->limits->reconnect_ms;
	conn->outgoing = out;
	if (io->drain != WI_DRAIN_NOT)
		wi_conn_break(io, conn, WEFT_REASON_STOPPING, WEFT_OK);
	else
		connect_dial(io, conn);
}

void
wi_connect_due(struct wi_io *io, struct wi_conn *conn)
{
	if (conn->outgoing->dial == NULL)
		connect_dial(io, conn);
}

void
wi_connect_close(struct wi_io *io, struct wi_conn *conn)
{
	struct wi_outgoing *out = conn->outgoing;

	if (wi_connect_lasts(conn)) {
		/* Its handler is told CLOSED; that was the last. */
		out->lasts = false;
		wi_conn_shut(io, conn);
		wi_flush_drop(io, conn);
		wi_count(io->counters, WEFT_COUNTER_endpoints_closed, 1);
	} else if ((conn->state == WI_CONN_CONNECTING ||
		       conn->state == WI_CONN_SHAKING) &&
	    conn->out_first != NULL) {
		out->close_asked = true;
	} else {
		wi_conn_end(io, conn, WEFT_REASON_LOCAL);
	}
}

void
wi_connect_lost(
    struct wi_io *io, struct wi_conn *conn, enum weft_reason why, int code)
{
	struct wi_outgoing *out = conn->outgoing;

	if (out->dial != NULL)
		wi_dial_cancel(&out->dial);
	wi_waiter_tell(&out->waiter, code < 0 ? code : WEFT_ENOENDPOINT,
	    weft_reason_name(why));
	if (conn->endpoint->limits->reconnect_ms == 0 || !out->stood ||
	    out->close_asked || io->drain != WI_DRAIN_NOT)
		return;
	out->lasts = why == WEFT_REASON_PEER || why == WEFT_REASON_RESET ||
	    why == WEFT_REASON_TRUNCATED || why == WEFT_REASON_TOOBIG ||
	    why == WEFT_REASON_MALFORMED || why == WEFT_REASON_PARTIAL ||
	    why == WEFT_REASON_IDLE || why == WEFT_REASON_SLOW;
	if (out->lasts)
		wi_flush_drop(io, conn);
}

bool
wi_connect_lasts(const struct wi_conn *conn)
{
	return conn->outgoing != NULL && conn->outgoing->lasts;
}

/* See again_note. */
void
wi_connect_again(struct wi_io *io, struct wi_conn *conn)
{
	struct wi_endpoint *endpoint = conn->endpoint;

	conn->outgoing->lasts = false;
	conn->released = false;
	conn->peer_ended = false;
	conn->write_error = 0;
	__atomic_store_n(&endpoint->in_load, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&endpoint->read_paused, 0, __ATOMIC_RELAXED);
	/* If it was lost for what its peer sent, that is over. */
	__atomic_store_n(&endpoint->muted, 0, __ATOMIC_RELAXED);
	/* drain_state stays: DRAINED has been run before CLOSED, and who was
	 * told WEFT_EFULL waits for it still. */
	wi_conn_to(conn, WI_CONN_CONNECTING);
	connect_later(io, conn);
}

void
wi_connect_forget(struct wi_conn *conn)
{
	if (conn->outgoing == NULL)
		return;
	wi_waiter_tell(&conn->outgoing->waiter, WEFT_ENOENDPOINT, NULL);
	free(conn->outgoing);
	conn->outgoing = NULL;
}
