/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/bench.h - weft bench: load on an echo server, and what came of it.
 *
 *   bench_options.c  the command line
 *   bench.c          connect, warm up, measure, drain: the phases
 *   bench_conn.c     one connection: send, receive, check
 *   bench_datagram.c the same over udp, where messages may be lost
 *   bench_message.c  what messages look like, and what is wrong with a reply
 *   bench_report.c   the figures, for people and as JSON
 *
 * thread: main, alone.
 */
#ifndef WI_BENCH_H
#define WI_BENCH_H

#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>

#include "host/client.h"
#include "host/histogram.h"

#define WI_BENCH_NAME "weft bench"

/* ---- the command line (bench_options.c) */

struct wi_bench_options {
	const char *url;
	uint64_t connections;
	uint64_t depth;    /* unanswered messages per connection; 0: any */
	uint64_t size;     /* [bytes] of a message */
	uint64_t sources;  /* addresses to come from; 0: the usual one */
	uint64_t duration; /* [ns] */
	uint64_t warmup;   /* [ns] before it, not counted */
	uint64_t timeout;  /* [ns] to connect, and for the last replies */
	double rate;       /* messages per second in all; 0: closed loop */
	uint64_t deadline; /* [ns] open loop: later is too late, and replies
	                      may be missing; 0: they may not */
	int idle;          /* connect and hold, send nothing */
	int json;
};

/*
 * wi_bench_options() - read the command line.
 *
 * Does not return for --help (status 0) and for a wrong one (status 2, after
 * saying what is wrong).
 */
void wi_bench_options(struct wi_bench_options *options, int argc, char **argv);

/* ---- messages (bench_message.c) */

#define WI_BENCH_PATTERN                                                      \
	256 /* places at which a message's filling may begin */

/* How the messages of this run look.  owned by: struct wi_bench. */
struct wi_bench_message {
	size_t size;      /* [bytes] of the message itself */
	size_t frame;     /* [bytes] with the codec's head and tail */
	size_t head_len;  /* [bytes] */
	size_t inside;    /* [bytes] of the head that decode() leaves in the
	                     message */
	size_t tail_len;  /* [bytes] */
	uint8_t head[32]; /* all messages are of one length: so is this */
	uint8_t tail[32];
	uint8_t *pattern; /* size + WI_BENCH_PATTERN bytes */
	uint8_t *scratch; /* size bytes, for checks of a part */
};

/* wi_bench_message_cut() - what decode() has cut is only the message itself
 * from here on; of one that is too short, nothing is. */
static inline void
wi_bench_message_cut(const struct wi_bench_message *m, struct weft_cut *cut)
{
	size_t inside = cut->len < m->inside ? cut->len : m->inside;

	cut->offset += inside;
	cut->len -= inside;
}

WEFT_CHECK int wi_bench_message_init(struct wi_bench_message *m,
    const struct weft_codec *codec, size_t size, struct weft_error *err);
void wi_bench_message_fini(struct wi_bench_message *m);

/* wi_bench_message_put() - write the frame of message seq: m->frame bytes. */
void wi_bench_message_put(const struct wi_bench_message *m, uint8_t *out,
    uint32_t number, uint64_t seq);

/* wi_bench_message_is() - is data the message seq of connection number? */
int wi_bench_message_is(const struct wi_bench_message *m, const uint8_t *data,
    size_t len, uint32_t number, uint64_t seq);

/* wi_bench_message_seq() - the number that a message says it has; UINT64_MAX:
 * it is too short. */
uint64_t wi_bench_message_seq(const uint8_t *data, size_t len);

/* wi_bench_message_part_is() - the same for bytes from .. from + len of it. */
int wi_bench_message_part_is(const struct wi_bench_message *m,
    const uint8_t *data, size_t from, size_t len, uint32_t number,
    uint64_t seq);

/*
 * wi_bench_message_blame() - say how a reply differs from message seq.
 * wi_bench_message_blame_part() - the same for bytes from .. from + len of it.
 */
void wi_bench_message_blame(const struct wi_bench_message *m, char *out,
    size_t out_size, const uint8_t *data, size_t len, uint32_t number,
    uint64_t seq);
void wi_bench_message_blame_part(const struct wi_bench_message *m, char *out,
    size_t out_size, const uint8_t *data, size_t from, size_t len,
    uint32_t number, uint64_t seq);

/* ---- one connection (bench_conn.c) */

enum wi_bench_conn_state {
	WI_BENCH_CONN_NEW,        /* no socket yet */
	WI_BENCH_CONN_CONNECTING, /* waits to become writable */
	WI_BENCH_CONN_OPEN,
	WI_BENCH_CONN_CLOSED /* by us, or given up after an error */
};

/*
 * Messages have numbers from 0.  acked <= sent <= made: those below acked are
 * answered, those below sent have left whole, those below made are due.
 */
struct wi_bench_conn {
	int fd;
	struct ssl_st *tls; /* NULL: none */
	uint32_t number;    /* which of the connections */
	enum wi_bench_conn_state state;
	int writing; /* waits to become writable again */
	uint64_t made;
	uint64_t sent;
	uint64_t acked;
	uint64_t counted; /* acked, and in the figures */
	size_t sent_part; /* [bytes] of message sent that have left */
	size_t part_len;  /* [bytes] of the reply acked that have come */
	uint8_t *part;    /* these bytes (not for raw), or NULL */
	uint64_t *stamps; /* closed loop: when each became due [ns] */
	uint64_t moved;   /* udp: when something was last sent or came [ns] */
	void *codec_state;
};

struct wi_bench;

/* wi_bench_conn_open() - begin to connect. */
WEFT_CHECK int wi_bench_conn_open(
    struct wi_bench *b, struct wi_bench_conn *c, struct weft_error *err);

/* wi_bench_conn_ready() - the first event: how connecting ended. */
WEFT_CHECK int wi_bench_conn_ready(
    struct wi_bench *b, struct wi_bench_conn *c, struct weft_error *err);

/* wi_bench_conn_start() - closed loop: the first messages are due now. */
void wi_bench_conn_start(
    struct wi_bench *b, struct wi_bench_conn *c, uint64_t now);

/* wi_bench_conn_due() - open loop: messages below made are due. */
void wi_bench_conn_due(
    struct wi_bench *b, struct wi_bench_conn *c, uint64_t made, uint64_t now);

/* wi_bench_conn_on_event() - bytes have come, or may go. */
void wi_bench_conn_on_event(
    struct wi_bench *b, struct wi_bench_conn *c, uint32_t events);

/* wi_bench_conn_close() - close the socket, free what hangs on it. */
void wi_bench_conn_close(struct wi_bench *b, struct wi_bench_conn *c);

/* What bench_datagram.c needs of bench_conn.c: watch for events, count what
 * was answered, what will not be, what was sent, and end it. */
int wi_bench_conn_watch(const struct wi_bench *b, struct wi_bench_conn *c,
    int operation, uint32_t events);
void wi_bench_conn_answered(
    struct wi_bench *b, struct wi_bench_conn *c, uint64_t now);
void wi_bench_conn_lost(
    struct wi_bench *b, struct wi_bench_conn *c, uint64_t n);
void wi_bench_conn_sent(
    struct wi_bench *b, struct wi_bench_conn *c, size_t bytes, uint64_t now);
void wi_bench_conn_give_up(struct wi_bench *b, struct wi_bench_conn *c,
    uint64_t *counter, const char *why);

/* ---- one connection over udp (bench_datagram.c) */

#define WI_BENCH_LOSABLE_MIN 12u /* [bytes]: it must tell its number */
#define WI_BENCH_PATIENCE                                                     \
	UINT64_C(200000000) /* [ns] without an answer: what is out is lost */

/* wi_bench_datagram_flush() - send all that may go.
 * wi_bench_datagram_read() - what has come.
 * wi_bench_datagram_stalled() - nothing has come for WI_BENCH_PATIENCE: count
 * what is out as lost and go on. */
void wi_bench_datagram_flush(
    struct wi_bench *b, struct wi_bench_conn *c, uint64_t now);
void wi_bench_datagram_read(struct wi_bench *b, struct wi_bench_conn *c);
void wi_bench_datagram_stalled(
    struct wi_bench *b, struct wi_bench_conn *c, uint64_t now);

/* ---- all of it (bench.c) */

enum wi_bench_phase {
	WI_BENCH_CONNECTING,
	WI_BENCH_WARMING, /* load is on and not counted */
	WI_BENCH_MEASURING,
	WI_BENCH_DRAINING, /* nothing new is made, the last replies come */
	WI_BENCH_OVER
};

/* What came of it. */
struct wi_bench_figures {
	uint64_t elapsed;  /* [ns] measured */
	uint64_t messages; /* right replies that came in that time */
	uint64_t replies;  /* right replies from first to last */
	uint64_t wrong;    /* replies that were not the expected one */
	uint64_t closed;   /* connections that the peer ended or broke */
	uint64_t lost;     /* messages that were due and not answered */
	uint64_t in_time;  /* due in that time, answered before the deadline */
	double cpu;        /* [s] of this program in that time */
	struct wi_histogram latency; /* [ns], from the time it was due */
	struct wi_histogram late;    /* [ns], open loop: due to sent */
};

/* owned by: wi_bench_main(). */
struct wi_bench {
	struct wi_bench_options options;
	struct wi_client client;
	struct wi_bench_message message;
	struct wi_bench_figures figures;
	struct wi_bench_conn *conns; /* options.connections of them */
	enum wi_bench_phase phase;
	int epoll_fd;
	int signal_fd;         /* SIGINT, SIGTERM */
	int interrupted;       /* signals that came */
	int failed;            /* it could not be done at all */
	uint64_t opening;      /* connections whose connecting has begun */
	uint64_t open;         /* connections in state OPEN */
	uint64_t outstanding;  /* made and not acked, over all that are open */
	uint64_t due;          /* open loop: messages made over all */
	uint64_t started;      /* [ns] the load began */
	uint64_t measure_from; /* [ns] */
	uint64_t measure_to;   /* [ns] */
	uint64_t deadline;     /* [ns] of CONNECTING, of DRAINING */
	uint64_t read_at;      /* [ns] the present read */
	uint64_t look_at;      /* [ns] udp: when to look for stalled ones */
	uint64_t stamp_mask;   /* a ring of stamps has one more entry */
	uint8_t *in;           /* reads of all connections, in turn */
	uint8_t *out;          /* writes of all connections, in turn */
	size_t in_size;
	size_t out_size;
	size_t out_frames; /* frames that fit into out */
};

/* wi_bench_due_at() - open loop: when message seq of a connection is due. */
uint64_t wi_bench_due_at(
    const struct wi_bench *b, uint32_t number, uint64_t seq);

/* wi_bench_main() - the command; argv[0] is its name. */
int wi_bench_main(int argc, char **argv);

/* ---- the figures (bench_report.c) */

/* wi_bench_report() - print them to stdout. */
void wi_bench_report(const struct wi_bench *b);

#endif
