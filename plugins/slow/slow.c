/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slow - an echo that takes its time, for tests and benchmarks.
 *
 *	weft run 'slow?burn_us=200' --listen tcp+varint://127.0.0.1:3042
 *
 * burn_us   uses that much CPU time before it answers;
 * sleep_us  then sleeps that long, as a call to a database would;
 * every     only each n-th message is slow, counted over all clients.
 */
#include <weft/weft.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define SLOW_US_MAX 60000000u /* a minute */
#define SLOW_EVERY_MAX 1000000000u

struct slow {
	uint64_t burn_ns;
	uint64_t sleep_ns;
	uint64_t every;
	atomic_uint_fast64_t messages; /* since load */
};

static const struct weft_plugin_option options[] = {
	{ "burn_us", WEFT_OPTION_NUMBER, "0", 0, SLOW_US_MAX,
	    "CPU time that it uses before it answers [us]" },
	{ "sleep_us", WEFT_OPTION_NUMBER, "0", 0, SLOW_US_MAX,
	    "how long it then sleeps [us]" },
	{ "every", WEFT_OPTION_NUMBER, "1", 1, SLOW_EVERY_MAX,
	    "only each n-th message is slow, counted over all clients" },
	WEFT_OPTION_END,
};

/* Each has a default, and was checked by the table. */
static uint64_t
option(struct weft_load *load, const char *name)
{
	return strtoull(weft_load_option(load, name), NULL, 10);
}

static int
load(struct weft_load *load, void **state)
{
	struct slow *slow = malloc(sizeof(*slow));

	if (slow == NULL)
		return weft_load_fail(load, -ENOMEM, "no memory");
	slow->burn_ns = option(load, "burn_us") * 1000;
	slow->sleep_ns = option(load, "sleep_us") * 1000;
	slow->every = option(load, "every");
	atomic_init(&slow->messages, 0);
	*state = slow;
	return WEFT_OK;
}

static void
unload(void *state)
{
	free(state);
}

/* This thread's CPU time: a wait for a core does not count as work done. */
static uint64_t
cpu_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void
burn(uint64_t ns)
{
	uint64_t start = cpu_ns();

	while (cpu_ns() - start < ns)
		;
}

static void
sleep_for(uint64_t ns)
{
	struct timespec left = { .tv_sec = (time_t)(ns / 1000000000u),
		.tv_nsec = (long)(ns % 1000000000u) };

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
		;
}

static void
message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	struct slow *slow = weft_call_state(call);
	uint64_t count;

	count = 1 +
	    atomic_fetch_add_explicit(
		&slow->messages, 1, memory_order_relaxed);
	if (count % slow->every == 0) {
		if (slow->burn_ns > 0)
			burn(slow->burn_ns);
		if (slow->sleep_ns > 0)
			sleep_for(slow->sleep_ns);
	}
	weft_send(call, from, msg);
}

WEFT_PLUGIN(.name = "slow", .load = load, .unload = unload, .message = message,
    .options = options);
