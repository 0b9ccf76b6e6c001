/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/sentinel - says which handlers do not come back.
 *
 * thread: I/O.  One report, then a pause: so none is held back by the log's
 * rate, and the wait for a stack (a thread that is in the kernel for good does
 * not answer) does not add up.
 */
#include "io/sentinel.h"

#include <stdio.h>

#include "base/stack.h"
#include "io/io.h"
#include "plugin/plugin.h"

#define SENTINEL_PAUSE_NS 250000000u
#define SENTINEL_STACK_MS 20u /* for the thread to answer */

static const char *const sentinel_callbacks[] = {
#define SENTINEL_NAME(name) #name,
	WI_CALLBACKS(SENTINEL_NAME)
#undef SENTINEL_NAME
};

static uint64_t
sentinel_since(const struct wi_station *station)
{
	return __atomic_load_n(&station->busy_since, __ATOMIC_RELAXED);
}

/* Whose event it is, as other lines of the log name him. */
WI_ON_IO static void
sentinel_peer(
    struct wi_io *io, const struct wi_endpoint *endpoint, char *out, size_t n)
{
	if (endpoint == NULL)
		(void)snprintf(out, n, "no endpoint");
	else
		wi_conn_peer(
		    wi_conn_of(io, wi_endpoint_slot(endpoint)), out, n);
}

WI_ON_IO static void
sentinel_stack(struct wi_io *io, const struct wi_station *station)
{
	char text[WI_LOG_TEXT_MAX - 64];
	struct wi_stack stack;
	int rv;

	rv = wi_stack_of(station->thread, SENTINEL_STACK_MS, &stack);
	if (rv == WEFT_OK)
		(void)wi_stack_text(&stack, " ", text, sizeof(text));
	wi_log_say(io->hub->log, WI_LOG_WORK_STACK, "worker %u: %s",
	    station->number, rv == WEFT_OK ? text : weft_strerror(rv));
}

WI_ON_IO static void
sentinel_say(struct wi_io *io, const struct wi_station *station,
    const struct wi_doing *doing, uint64_t ns)
{
	char peer[WI_ADDRESS_TEXT];

	sentinel_peer(io, doing->endpoint, peer, sizeof(peer));
	wi_log_say(io->hub->log, WI_LOG_WORK_STUCK,
	    "worker %u: expected %s() of %s to return within %llu ms, found "
	    "it running for %llu ms; %s, %u bytes%s%s",
	    station->number, sentinel_callbacks[doing->callback],
	    doing->plugin->name, (unsigned long long)(io->stuck_ns / 1000000u),
	    (unsigned long long)(ns / 1000000u), peer, doing->len,
	    doing->type == NULL ? "" : " of type ",
	    doing->type == NULL ? "" : doing->type);
	sentinel_stack(io, station);
	wi_count(io->counters, WEFT_COUNTER_handlers_stuck, 1);
}

void
wi_sentinel_look(struct wi_io *io, uint64_t now)
{
	struct wi_doing doing;
	uint64_t since;
	uint32_t i;

	for (i = 0; i < io->hub->nlive; i++) {
		struct wi_station *station = &io->hub->stations[i];

		since = sentinel_since(station);
		if (since == 0 || now < since + io->stuck_ns ||
		    station->said == since)
			continue;
		if (now < io->sentinel_next)
			return;
		/* The same run before and after: what is read is of it.  The
		 * handler may still return now; its thread stays. */
		doing = wi_doing_get(&station->doing);
		if (sentinel_since(station) != since)
			continue;
		station->said = since;
		io->sentinel_next = now + SENTINEL_PAUSE_NS;
		sentinel_say(io, station, &doing, now - since);
		return;
	}
}
