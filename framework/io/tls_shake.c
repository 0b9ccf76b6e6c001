/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/tls_shake - the handshake of TLS.
 *
 * thread: I/O; the steps themselves are run beside it (io/aside.h).  A step of
 * a full handshake takes 0.3 ms, for which all connections would wait.
 *
 *	whole records have come -> a place -> a step -> its answer is sent
 *	    -> more is waited for, or io/shake goes on with the codec
 *
 * place_note: a handshake takes one of max_handshakes places with its first
 * step, and gives it back when it is over, however it ends.  Those that find
 * none wait in the order in which they came, and are not read from.  Who only
 * connects and says nothing has no place: it costs a few hundred bytes and
 * until its deadline (option handshake) nobody anything.  Connections of ours
 * need no place: they could wait for a peer that waits for one of ours.
 *
 * step_note: the threads beside are given no more than two steps each, so that
 * one whose connection has ended meanwhile is not run for nothing.
 *
 * record_note: an SSL gets whole records only, so that who sends byte by byte
 * costs no step for each.
 *
 * See own_note in io/tls.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/err.h>

#include "base/assert.h"
#include "handoff/tls_facts.h"
#include "io/shake.h"
#include "io/tls.h"
#include "tls/terms.h"

#define SHAKE_READ (16u << 10)                  /* [bytes] of one read */
#define SHAKE_STEPS 2u                          /* see step_note */
#define SHAKE_RECORD_HEAD 5u                    /* [bytes] RFC 8446, 5.1 */
#define SHAKE_RECORD_MAX (WI_TLS_RECORD + 256u) /* [bytes] behind it */

enum shake_outcome {
	SHAKE_MORE,   /* it waits for the peer */
	SHAKE_STANDS, /* it is over */
	SHAKE_FAILED,
};

struct wi_tls_shake {
	struct wi_aside_job job; /* first */
	struct wi_tls *tls;
	struct wi_io *io;
	struct wi_tls_terms *terms;
	struct wi_tls_context *context; /* from the first step on */
	struct wi_tls_failure failure;
	struct wi_tls_shake *next; /* in the list that it is in */
	struct wi_tls_shake *prev;
	size_t behind;   /* [bytes] behind the records of this step */
	uint8_t outcome; /* enum shake_outcome, of the last step */
	bool ours;       /* we connect */
	bool busy;       /* see own_note */
	bool placed;     /* see place_note */
	bool ready;      /* in the list of those */
	bool waiting;    /* likewise */
};

static void shake_on_step(struct wi_aside_job *job);
static void shake_on_stepped(struct wi_aside_job *job);
static void shake_next(struct wi_io *io) WI_ON_IO;

/* ---- lists */

WI_ON_IO static void
shake_append(struct wi_tls_shake **first, struct wi_tls_shake **last,
    struct wi_tls_shake *shake)
{
	shake->next = NULL;
	shake->prev = *last;
	if (*last == NULL)
		*first = shake;
	else
		(*last)->next = shake;
	*last = shake;
}

WI_ON_IO static void
shake_remove(struct wi_tls_shake **first, struct wi_tls_shake **last,
    struct wi_tls_shake *shake)
{
	if (shake->prev == NULL)
		*first = shake->next;
	else
		shake->prev->next = shake->next;
	if (shake->next == NULL)
		*last = shake->prev;
	else
		shake->next->prev = shake->prev;
}

WI_ON_IO static void
shake_leave_lists(struct wi_tls_desk *desk, struct wi_tls_shake *shake)
{
	if (shake->ready)
		shake_remove(&desk->ready_first, &desk->ready_last, shake);
	if (shake->waiting)
		shake_remove(&desk->waiting_first, &desk->waiting_last, shake);
	shake->ready = shake->waiting = false;
}

/* ---- begin and end */

WI_ON_IO static int
shake_desk(struct wi_io *io)
{
	struct wi_tls_desk *desk = io->tls_desk;
	int rv;

	if (desk != NULL)
		return WEFT_OK;
	desk = malloc(sizeof(*desk));
	if (desk == NULL)
		return -ENOMEM;
	memset(desk, 0, offsetof(struct wi_tls_desk, in));
	rv = wi_aside_start(&desk->aside, &io->loop, &io->slice);
	if (rv < 0) {
		free(desk);
		return rv;
	}
	desk->max_steps = SHAKE_STEPS * desk->aside.nthreads;
	io->tls_desk = desk;
	return WEFT_OK;
}

void
wi_tls_desk_stop(struct wi_io *io)
{
	if (io->tls_desk != NULL)
		wi_aside_stop(&io->tls_desk->aside);
}

void
wi_tls_desk_free(struct wi_io *io)
{
	free(io->tls_desk);
	io->tls_desk = NULL;
}

/* Its place, and what only a handshake needs. */
WI_ON_IO static void
shake_end(struct wi_io *io, struct wi_tls *tls)
{
	struct wi_tls_shake *shake = tls->shake;

	tls->shake = NULL;
	shake_leave_lists(io->tls_desk, shake);
	if (shake->placed)
		io->tls_desk->nplaces--;
	wi_tls_context_drop(&shake->context);
	if (tls->ssl != NULL)
		(void)SSL_set_app_data(tls->ssl, NULL);
	free(shake);
}

WI_ON_IO static void
shake_free(struct wi_io *io, struct wi_tls *tls)
{
	if (tls->shake != NULL)
		shake_end(io, tls);
	SSL_free(tls->ssl);
	wi_tls_pipe_drop(&tls->pipe);
	free(tls->held);
	free(tls->facts);
	free(tls->failure);
	free(tls);
}

void
wi_tls_drop(struct wi_io *io, struct wi_conn *conn)
{
	struct wi_tls *tls = conn->tls;

	conn->tls = NULL;
	if (tls == NULL)
		return;
	tls->conn = NULL;
	if (tls->shake != NULL && tls->shake->busy)
		return;
	shake_free(io, tls);
	shake_next(io);
}

bool
wi_tls_reads(const struct wi_conn *conn)
{
	const struct wi_tls_shake *shake =
	    conn->tls == NULL ? NULL : conn->tls->shake;

	return shake == NULL ||
	    !(shake->busy || shake->ready || shake->waiting);
}

/* ---- steps */

/* [bytes] of the whole records that have come (record_note); what cannot be
 * one is left to OpenSSL to refuse. */
static size_t
shake_records(const struct wi_tls_pipe *pipe)
{
	const uint8_t *in = pipe->in;
	size_t used = 0, left, len;

	for (;;) {
		left = pipe->in_len - used;
		if (left > 0 && (in[used] < 20 || in[used] > 23))
			return pipe->in_len;
		if (left < SHAKE_RECORD_HEAD)
			return used;
		len = (size_t)in[used + 3] << 8 | in[used + 4];
		if (len > SHAKE_RECORD_MAX)
			return pipe->in_len;
		if (left < SHAKE_RECORD_HEAD + len)
			return used;
		used += SHAKE_RECORD_HEAD + len;
	}
}

WI_ON_IO static void
shake_start(struct wi_io *io, struct wi_tls_shake *shake)
{
	struct wi_tls_pipe *pipe = &shake->tls->pipe;
	size_t records = shake_records(pipe);

	shake->behind = pipe->in_len - records;
	pipe->in_len = records;
	shake->busy = true;
	io->tls_desk->nsteps++;
	wi_aside_give(&io->tls_desk->aside, &shake->job);
}

/* See place_note. */
WI_ON_IO static void
shake_want(struct wi_io *io, struct wi_tls_shake *shake)
{
	struct wi_tls_desk *desk = io->tls_desk;

	if (!shake->ours && !shake->placed &&
	    desk->nplaces >= io->max_handshakes) {
		wi_count(io->counters, WEFT_COUNTER_handshakes_waited, 1);
		shake->waiting = true;
		shake_append(&desk->waiting_first, &desk->waiting_last, shake);
		return;
	}
	if (!shake->ours && !shake->placed) {
		shake->placed = true;
		desk->nplaces++;
	}
	if (desk->nsteps < desk->max_steps) {
		shake_start(io, shake);
		return;
	}
	shake->ready = true;
	shake_append(&desk->ready_first, &desk->ready_last, shake);
}

/* A step has come back, or a place is free. */
static void
shake_next(struct wi_io *io)
{
	struct wi_tls_desk *desk = io->tls_desk;
	struct wi_tls_shake *shake;

	while (desk->waiting_first != NULL &&
	    desk->nplaces < io->max_handshakes) {
		shake = desk->waiting_first;
		shake_leave_lists(desk, shake);
		shake_want(io, shake);
	}
	while (desk->ready_first != NULL && desk->nsteps < desk->max_steps) {
		shake = desk->ready_first;
		shake_leave_lists(desk, shake);
		shake_start(io, shake);
	}
}

void
wi_tls_shake_more(struct wi_io *io)
{
	if (io->tls_desk != NULL)
		shake_next(io);
}

/* thread: beside. */
static void
shake_step(struct wi_tls_shake *shake)
{
	struct wi_tls *tls = shake->tls;
	int rv;

	shake->outcome = SHAKE_FAILED;
	if (tls->ssl == NULL)
		tls->ssl = wi_tls_terms_begin(shake->terms, &tls->pipe,
		    &shake->failure, &shake->context);
	if (tls->ssl == NULL) {
		shake->failure.code = -ENOMEM;
		(void)snprintf(shake->failure.text,
		    sizeof(shake->failure.text), "no memory");
		return;
	}
	ERR_clear_error();
	rv = SSL_do_handshake(tls->ssl);
	if (rv == 1) {
		tls->facts = wi_tls_facts_new(tls->ssl);
		shake->outcome = SHAKE_STANDS;
	} else if (SSL_get_error(tls->ssl, rv) == SSL_ERROR_WANT_READ) {
		shake->outcome = SHAKE_MORE;
	} else {
		wi_tls_failed(&shake->failure);
	}
}

/* thread: beside. */
static void
shake_on_step(struct wi_aside_job *job)
{
	shake_step((struct wi_tls_shake *)job);
}

/* It is said why, and the alert that OpenSSL has written is sent. */
WI_ON_IO static void
shake_failed(struct wi_io *io, struct wi_conn *conn)
{
	struct wi_tls_failure failure = conn->tls->shake->failure;

	shake_end(io, conn->tls);
	(void)wi_tls_send(io, conn);
	wi_shake_failed(io, conn, failure.code, failure.text);
}

WI_ON_IO static void
shake_stands(struct wi_io *io, struct wi_conn *conn)
{
	struct wi_tls *tls = conn->tls;
	int rv;

	shake_end(io, tls);
	tls->stands = true;
	if (tls->facts == NULL) {
		wi_shake_failed(io, conn, -ENOMEM, "no memory");
		return;
	}
	wi_count(io->counters, WEFT_COUNTER_tls_handshakes, 1);
	if (tls->facts->info.resumed)
		wi_count(io->counters, WEFT_COUNTER_tls_resumptions, 1);
	rv = wi_tls_send(io, conn);
	if (rv < 0) {
		wi_shake_failed(io, conn, rv, "the peer is gone");
		return;
	}
	wi_shake_secured(io, conn);
	/* What the peer has sent at once makes no socket readable. */
	if (conn->tls == tls && wi_tls_holds(conn))
		wi_read_resume(io, conn);
}

/* What it has brought goes to the peer; more is read, or was already. */
WI_ON_IO static void
shake_goes_on(struct wi_io *io, struct wi_conn *conn)
{
	struct wi_tls *tls = conn->tls;
	int rv = wi_tls_send(io, conn);

	if (rv < 0)
		wi_shake_failed(io, conn, rv, "the peer is gone");
	else if (shake_records(&tls->pipe) > 0)
		shake_want(io, tls->shake);
	else
		wi_conn_poll(conn);
}

static void
shake_on_stepped(struct wi_aside_job *job)
{
	struct wi_tls_shake *shake = (struct wi_tls_shake *)job;
	struct wi_tls *tls = shake->tls;
	struct wi_conn *conn = tls->conn;
	struct wi_io *io = shake->io;

	wi_assert_io();
	io->tls_desk->nsteps--;
	shake->busy = false;
	tls->pipe.in_len += shake->behind;
	if (conn == NULL)
		shake_free(io, tls);
	else if (conn->state != WI_CONN_SHAKING)
		shake_end(io, tls); /* it was given up, and lingers */
	else if (shake->outcome == SHAKE_STANDS)
		shake_stands(io, conn);
	else if (shake->outcome == SHAKE_MORE)
		shake_goes_on(io, conn);
	else
		shake_failed(io, conn);
	shake_next(io);
}

/* ---- the connection */

int
wi_tls_begin(struct wi_io *io, struct wi_conn *conn)
{
	struct wi_tls_shake *shake;
	struct wi_tls *tls;
	int rv = shake_desk(io);

	wi_shake_enter(io, conn);
	if (rv < 0)
		return rv;
	tls = calloc(1, sizeof(*tls));
	shake = calloc(1, sizeof(*shake));
	if (tls == NULL || shake == NULL) {
		free(tls);
		free(shake);
		return -ENOMEM;
	}
	shake->job.run = shake_on_step;
	shake->job.done = shake_on_stepped;
	shake->tls = tls;
	shake->io = io;
	shake->terms = conn->endpoint->limits->tls;
	tls->shake = shake;
	tls->conn = conn;
	conn->tls = tls;
	shake->ours = conn->outgoing != NULL;
	if (shake->ours)
		shake_want(io, shake);
	wi_conn_poll(conn);
	return WEFT_OK;
}

/* Behind what is held already. */
WI_ON_IO static int
shake_hold(struct wi_tls *tls, const uint8_t *bytes, size_t n)
{
	struct wi_tls_pipe *pipe = &tls->pipe;
	uint8_t *held = malloc(pipe->in_len + n);

	if (held == NULL)
		return -ENOMEM;
	if (pipe->in_len > 0)
		memcpy(held, pipe->in, pipe->in_len);
	memcpy(held + pipe->in_len, bytes, n);
	free(tls->held);
	tls->held = held;
	pipe->in = held;
	pipe->in_len += n;
	return WEFT_OK;
}

void
wi_tls_shake_ready(struct wi_io *io, struct wi_conn *conn)
{
	struct wi_tls *tls = conn->tls;
	uint8_t *in = io->tls_desk->in;
	ssize_t n;

	if (!wi_tls_reads(conn))
		return; /* the poller has more to say than was asked */
	n = recv(conn->fd, in, SHAKE_READ, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		conn->peer_ended = n == 0;
		wi_conn_lost(io, conn, WEFT_REASON_RESET,
		    n == 0 ? -ECONNRESET : -errno);
		return;
	}
	wi_count(io->counters, WEFT_COUNTER_reads, 1);
	wi_count(io->counters, WEFT_COUNTER_bytes_in, (uint64_t)n);
	wi_fact_add(&conn->facts.bytes_in, (uint64_t)n);
	if (shake_hold(tls, in, (size_t)n) < 0) {
		wi_shake_failed(io, conn, -ENOMEM, "no memory");
		return;
	}
	if (shake_records(&tls->pipe) > 0)
		shake_want(io, tls->shake);
	wi_conn_poll(conn);
}
