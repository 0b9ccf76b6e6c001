/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/recent.h - the last warnings and errors that were logged: a sink in
 * front of another one.
 */
#ifndef WI_RECENT_H
#define WI_RECENT_H

#include <pthread.h>
#include <stdint.h>

#include <weft/log.h>

#define WI_RECENT_LINES 16u

struct wi_recent_line {
	uint64_t ns; /* wi_clock_ns(), when */
	enum weft_log_level level;
	char id[48];
	char text[256];
};

/* owned by: who has the node; written by any thread. */
struct wi_recent {
	weft_log_cb *next; /* constant: who gets every line */
	void *arg;
	pthread_mutex_t mutex; /* guards the rest */
	uint64_t count;        /* lines in all; the last ones are kept */
	struct wi_recent_line lines[WI_RECENT_LINES];
};

void wi_recent_init(struct wi_recent *recent, weft_log_cb *next, void *arg);
void wi_recent_fini(struct wi_recent *recent);

/* wi_recent_log() - the sink; arg is the struct wi_recent. */
weft_log_cb wi_recent_log;

/* wi_recent_copy() - what is kept, oldest first; returns how many.
 * thread: any. */
unsigned wi_recent_copy(
    struct wi_recent *recent, struct wi_recent_line out[WI_RECENT_LINES]);

#endif
