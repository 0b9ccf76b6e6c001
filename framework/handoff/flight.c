/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/flight.c - the flight recorder: what a worker called last.
 *
 * thread: any, beside the worker that writes; also in signal handlers.
 */
#include "handoff/flight.h"

static void
flight_load(const struct wi_flight_context *context, uint64_t number,
    struct wi_flight_event *event)
{
	event->plugin = NULL;
	event->endpoint = event->began = 0;
	if (__atomic_load_n(&context->number, __ATOMIC_ACQUIRE) != number)
		return;
	/* Acquire, each: the number is looked at again behind them. */
	event->endpoint =
	    __atomic_load_n(&context->endpoint, __ATOMIC_ACQUIRE);
	event->began = __atomic_load_n(&context->began, __ATOMIC_ACQUIRE);
	event->plugin = __atomic_load_n(&context->plugin, __ATOMIC_ACQUIRE);
	if (__atomic_load_n(&context->number, __ATOMIC_RELAXED) != number)
		event->plugin = NULL;
}

unsigned
wi_flight_get(const struct wi_flight *flight,
    struct wi_flight_event out[WI_FLIGHT_EVENTS])
{
	uint8_t next = __atomic_load_n(&flight->next, __ATOMIC_ACQUIRE);
	uint64_t word, number;
	unsigned i, n = 0;

	for (i = WI_FLIGHT_EVENTS; i > 0; i--) {
		word = __atomic_load_n(
		    &flight->words[(uint8_t)(next - i)], __ATOMIC_RELAXED);
		if ((word & WI_FLIGHT_IS_EVENT) == 0)
			continue; /* it has not had as many */
		number = word >> 40 & ((1u << WI_FLIGHT_NUMBERS) - 1);
		flight_load(&flight->contexts[number % WI_FLIGHT_EVENTS],
		    number, &out[n]);
		out[n].callback = (uint32_t)(word >> 32 & 0xff);
		out[n].len = (uint32_t)word;
		n++;
	}
	return n;
}
