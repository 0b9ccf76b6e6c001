/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/hub.h - what the I/O thread and the workers of a node share.
 *
 * Everything in it is either constant while the node runs, or says who writes
 * it.  Built and ended by node.c.
 */
#ifndef WI_HUB_H
#define WI_HUB_H

#include <stdint.h>

#include "base/counter.h"
#include "base/log.h"
#include "codec/deflate.h"
#include "handoff/desk.h"
#include "handoff/doing.h"
#include "handoff/endpoint.h"
#include "handoff/gate.h"
#include "handoff/flight.h"
#include "handoff/near.h"
#include "handoff/outbox.h"
#include "handoff/overload.h"
#include "handoff/pull.h"
#include "handoff/quarantine.h"
#include "handoff/runq.h"
#include "handoff/shared.h"
#include "handoff/slots.h"
#include "handoff/spare.h"
#include "handoff/timer.h"
#include "handoff/wake.h"

struct wi_hub;
struct wi_worker;

/* What a worker is to do about the present run. */
enum wi_hurry {
	WI_HURRY_NOT,
	WI_HURRY_SOON, /* it takes long: let out what was sent */
	WI_HURRY_NOW,  /* end it at the next message (handoff/gate.h) */
};

/* A worker as the others see it. */
struct wi_station {
	struct wi_hub *hub; /* constant */
	uint32_t number;    /* constant: its place in hub->stations */
	pthread_t thread;   /* constant while it is manned */
	pid_t tid;          /* atomic: the same for the system */
	_Alignas(64) struct wi_bed bed;
	_Alignas(64) struct wi_runq runq;
	/* Written by the worker, read by whoever schedules: relaxed. */
	_Alignas(64) uint64_t busy_since; /* [ns] this run began; 0: none */
	uint64_t run_ns;      /* [ns] a run takes, moving average */
	uint32_t hurry;       /* enum wi_hurry: set by others */
	struct wi_gate *gate; /* atomic: that it has entered; NULL: none */
	uint64_t ntaken;      /* strands it took */
	uint64_t nqueued;     /* strands it queued, for itself or others */
	_Alignas(64) struct wi_doing doing;
	/* The I/O thread's: busy_since of a run, or 0. */
	uint64_t said;    /* that was said to be stuck */
	uint64_t waits;   /* atomic: in which the handler waits */
	uint64_t look_at; /* [ns] the next look whether it does */
	struct wi_counters counters;
	struct wi_flight flight; /* what it called last */
};

struct wi_hub {
	struct weft_node *node;
	struct wi_log *log;
	struct wi_desk desk;
	struct wi_slots slots; /* arrays: struct wi_endpoint, struct wi_conn,
	                          struct wi_endpoint_more */
	struct wi_shareds shareds;
	uint32_t max_signals;        /* atomic: pending, of one strand */
	uint32_t publish_high_bytes; /* atomic */
	uint32_t max_requests;       /* atomic */
	uint32_t nrequests;          /* atomic: that wait for their outcome */
	struct wi_timers timers;
	struct wi_station *stations; /* max_workers of them */
	struct wi_worker *workers;   /* work/pool's, likewise */
	uint32_t nworkers;           /* constant: always manned */
	uint32_t max_workers;        /* constant */
	uint32_t nlive; /* atomic; I/O writes: from there on none was ever
	                   manned */
	struct wi_spares spares;
	bool stacks;  /* constant: base/stack.h can be asked of workers */
	bool crashes; /* constant: they are reported, so threads have stacks
	                 for that */
	pid_t io_tid; /* atomic: of the I/O thread; 0: it does not run */
	struct wi_quarantine quarantine;
	uint32_t node_number; /* 16 bits, part of every endpoint id */

	struct wi_outbox outbox;
	struct wi_io_door io_door;

	struct wi_pull pull; /* beside the stations: weft_node_receive() */

	struct wi_overload overload;
	struct wi_near near;              /* the I/O thread's */
	_Alignas(64) uint64_t nscheduled; /* strands the I/O thread queued;
	                                     atomic, I/O writes */
	_Alignas(64) uint64_t nposted;    /* strands that threads which are not
	                                  ours queued; atomic */
	uint64_t publishing; /* [bytes] atomic: full_note in work/publish.c */
	uint32_t publish_receivers; /* [bytes] of a message's, on an average;
	                               atomic, I/O writes */
	/* Subscriptions of endpoints that deflate, by set; atomic, I/O
	 * writes: share_note in io/publish.c. */
	uint32_t deflate_subscriptions[WI_DEFLATE_SETS];
	_Alignas(64) struct wi_counters io_counters;
	struct wi_counters any_counters; /* of threads that are not ours */

	_Alignas(64) uint32_t workers_stop; /* atomic, I/O writes */
	uint32_t nthreads; /* atomic: workers that have not left their loop */
	uint32_t signals_end;   /* atomic: no more are taken */
	uint32_t strands_ended; /* atomic: all, by force (strands.c) */
	uint32_t visitors;      /* atomic: see wi_post_begin() */
	uint32_t stop_asked;    /* atomic: weft_node_stop() calls */
	uint32_t runs;          /* atomic: in weft_node_run() */
	uint32_t leaving;       /* atomic: weft_node_drain() was called */
};

/* The worker's that this thread is, or NULL; set by work/worker. */
extern _Thread_local struct wi_station *wi_station_current
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

#endif
