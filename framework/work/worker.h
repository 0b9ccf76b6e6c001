/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/worker.h - a worker thread's own things.
 *
 * The way of events through this folder, one file a step:
 *
 *   (handoff) -> worker -> dispatch -> handler -> send -> (handoff)
 *
 * pool starts and joins the threads; buffer is the memory that a handler gives
 * away.  Included by work/ and node.c only.
 */
#ifndef WI_WORKER_H
#define WI_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/thread_role.h"
#include "codec/deflate.h"
#include "handoff/block.h"
#include "handoff/hub.h"
#include "handoff/outbox.h"

/* What a sender needs to know of a receiver. */
struct wi_receiver {
	struct wi_endpoint *endpoint;
	const struct weft_codec *codec;
	const struct wi_limits *limits;
};

/* What an endpoint's marks let go to it, for a message that they let. */
struct wi_room {
	size_t want;       /* [bytes] of the message, at most */
	uint64_t bytes;    /* want, and more */
	uint64_t messages; /* 1 and more */
};

/* The chunk that the next message may join: the one begun last, while it is at
 * the end of the worker's block and not published. */
struct wi_open {
	struct wi_chunk *chunk; /* NULL: none */
	struct wi_receiver to;
	struct wi_room room; /* that the chunk may take, at most */
};

/* owned by: its thread. */
struct wi_worker {
	struct wi_hub *hub;
	struct wi_station *station; /* how the others see it */
	struct wi_counters *counters;
	uint32_t number;
	bool spare;   /* see handoff/spare.h */
	bool started; /* thread is to be joined */
	pthread_t thread;

	struct wi_pool blocks;
	struct wi_block *out_block; /* replies are framed into it */

	/* Chunks that are not published yet, oldest first. */
	struct wi_chunk *out_first;
	struct wi_chunk *out_last;
	struct wi_open open;
	uint32_t out_bytes; /* [bytes] in them */

	bool owes_wake;     /* published, but the I/O thread not woken yet */
	bool slow;          /* handlers take long: publish after each */
	uint32_t nmessages; /* in the present run */
	uint64_t owed_at;   /* [ns] since when */
	uint64_t began;     /* [ns] the present run */
	uint64_t woke_at;   /* [ns] the I/O thread was last woken in a run */
	uint64_t helped_at; /* [ns] it was last seen whether help is due */
	struct weft_call *call;       /* that runs; NULL: none */
	struct wi_timer_cache timers; /* free ones */
	struct wi_arena arena;        /* values of the messages at hand */
	struct wi_inflater *inflater; /* for those that are by themselves */
	struct wi_deflater deflater;  /* for what it sends */
};

/* A run of a handler: what the public struct weft_call is. */
struct weft_call {
	struct wi_worker *worker;
	struct wi_strand *strand;     /* that is run: shared, or its own */
	struct wi_endpoint *endpoint; /* whose event it is; NULL: nobody's */
	struct wi_plugin *plugin;
	int code;                  /* in closed(): what the system said */
	bool last;                 /* its endpoint has no event after this */
	bool binds;                /* weft_bind() was called for endpoint */
	struct wi_strand *bind_to; /* then: where, held; NULL: its own */
	uint32_t flags;            /* of its message: WEFT_TEXT */
	uint32_t status;           /* in closed(): what the peer has said */
	struct wi_hello *hello;    /* in opened(): or NULL */
	struct wi_http_call *http; /* the request of http:// at hand, or NULL
	                            */
	bool asked;                /* its message is a request */
	uint64_t request;          /* then: its id */
};

/* The worker that this thread is, or NULL.  initial-exec: it is read for each
 * message that is sent. */
extern _Thread_local struct wi_worker *wi_worker_current
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

/* wi_worker_main() - the thread.  arg: struct wi_worker. */
void *wi_worker_main(void *arg);

/* worker.c: between two messages while handlers take long: lets out what was
 * sent.  false: the run has had its time. */
bool wi_worker_pace(struct wi_worker *worker) WI_ON_WORKER;

/* dispatch.c: run a strand for a while.  true: it is to be queued again.
 * dispatch_endpoint.c: the events of one endpoint, see there. */
bool wi_dispatch_run(
    struct wi_worker *worker, struct wi_strand *strand) WI_ON_WORKER;

/* send.c: hand what was framed to the I/O thread; wake it, or owe it. */
void wi_send_publish(struct wi_worker *worker) WI_ON_WORKER;

/* send.c: wake the I/O thread if that is owed. */
void wi_send_wake(struct wi_worker *worker) WI_ON_WORKER;

#endif
