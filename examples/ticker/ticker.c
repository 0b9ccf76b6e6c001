/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ticker - prices that change two hundred times a second, for readers of any
 * speed: who does not keep up gets the newest price of each symbol, and none
 * of those between.
 *
 *	build/weft run build/examples/ticker/.libs/ticker.so \
 *	    --listen 'tcp+line://127.0.0.1:4000?sndbuf=8k'
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <weft/weft.h>

#define SYMBOLS 26 /* A .. Z */
#define TICK_MS 5

struct ticker {
	uint64_t tick;
	unsigned nreaders;
	weft_timer timer; /* while there are readers */
};

/* A topic for each symbol; of each, only the newest waits for a reader. */
static int
load(struct weft_load *load, void **state)
{
	const struct weft_slow_reader newest = { .policy =
						     WEFT_SLOW_CONFLATE };
	int rv =
	    weft_node_topic_slow(weft_load_node(load), "price/+", &newest);

	if (rv < 0)
		return weft_load_fail(load, rv, "no memory");
	*state = calloc(1, sizeof(struct ticker));
	return *state != NULL ? WEFT_OK :
				weft_load_fail(load, -ENOMEM, "no memory");
}

static void
opened(struct weft_call *call, weft_endpoint from)
{
	const struct weft_signal tick = { .kind = 0 };
	struct ticker *ticker = weft_call_state(call);

	weft_subscribe(call, from, "price/+");
	if (ticker->nreaders++ == 0)
		weft_signal_every(
		    weft_strand_of(call), TICK_MS, &tick, &ticker->timer);
}

static void
closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	struct ticker *ticker = weft_call_state(call);

	(void)from;
	(void)why;
	if (--ticker->nreaders == 0)
		weft_cancel(ticker->timer);
}

/* A tick: all prices change. */
static void
ticked(struct weft_call *call, const struct weft_signal *signal)
{
	struct ticker *ticker = weft_call_state(call);
	char topic[16], text[64];
	int len, i;

	(void)signal;
	ticker->tick++;
	for (i = 0; i < SYMBOLS; i++) {
		snprintf(topic, sizeof(topic), "price/%c", 'A' + i);
		len = snprintf(
		    text, sizeof(text), "%c %" PRIu64, 'A' + i, ticker->tick);
		weft_publish(
		    call, topic, (struct weft_bytes){ text, (size_t)len });
	}
}

/* Any line is answered with what slow readers did not have to read. */
static void
message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	char text[64];
	int len;

	(void)msg;
	len = snprintf(text, sizeof(text), "replaced %" PRIu64,
	    weft_node_counter(
		weft_call_node(call), WEFT_COUNTER_slow_conflated));
	weft_send(call, from, (struct weft_bytes){ text, (size_t)len });
}

WEFT_PLUGIN(.name = "ticker", .load = load, .unload = free, .opened = opened,
    .message = message, .closed = closed, .scope = WEFT_SCOPE_PLUGIN,
    .signal = ticked);
