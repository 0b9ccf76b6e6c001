/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/overload - more comes than handlers can do.
 *
 * thread: those that take messages out of mailboxes.  They race to write since
 * and is, all relaxed: who comes second may turn a moment too early or too
 * late, and the next message puts it right.
 */
#include "handoff/overload.h"

#include "base/clock.h"

void
wi_overload_init(struct wi_overload *overload, struct wi_log *log,
    uint32_t target_ms, uint32_t interval_ms)
{
	*overload = (struct wi_overload){
		.target_ns = (uint64_t)target_ms * 1000000u,
		.interval_ns = (uint64_t)interval_ms * 1000000u,
		.log = log,
	};
}

static uint64_t
overload_read(const uint64_t *ns)
{
	return __atomic_load_n(ns, __ATOMIC_RELAXED);
}

static void
overload_over(struct wi_overload *overload)
{
	if (__atomic_load_n(&overload->since, __ATOMIC_RELAXED) != 0)
		__atomic_store_n(&overload->since, 0, __ATOMIC_RELAXED);
	if (wi_overload_is(overload) &&
	    __atomic_exchange_n(&overload->is, 0, __ATOMIC_RELAXED) != 0)
		wi_log_say(overload->log, WI_LOG_WORK_LOAD,
		    "overload is over: a message has waited less than %llu ms",
		    (unsigned long long)(overload_read(&overload->target_ns) /
			1000000u));
}

void
wi_overload_set(
    struct wi_overload *overload, uint32_t target_ms, uint32_t interval_ms)
{
	__atomic_store_n(&overload->interval_ns,
	    (uint64_t)interval_ms * 1000000u, __ATOMIC_RELAXED);
	__atomic_store_n(&overload->target_ns, (uint64_t)target_ms * 1000000u,
	    __ATOMIC_RELAXED);
	if (target_ms != 0)
		return;
	__atomic_store_n(&overload->since, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&overload->is, 0, __ATOMIC_RELAXED);
}

void
wi_overload_saw(struct wi_overload *overload, uint64_t from, uint64_t now)
{
	const uint64_t target_ns = overload_read(&overload->target_ns);
	uint64_t since = overload_read(&overload->since);

	if (now - from < target_ns) {
		overload_over(overload);
	} else if (since == 0) {
		__atomic_store_n(&overload->since, now, __ATOMIC_RELAXED);
	} else if (now > since &&
	    now - since >= overload_read(&overload->interval_ns) &&
	    !wi_overload_is(overload) &&
	    __atomic_exchange_n(&overload->is, 1, __ATOMIC_RELAXED) == 0) {
		__atomic_fetch_add(&overload->times, 1, __ATOMIC_RELAXED);
		wi_log_say(overload->log, WI_LOG_WORK_OVERLOAD,
		    "expected messages to wait less than %llu ms, found all "
		    "to wait longer for %llu ms: who has some waiting is not "
		    "read from",
		    (unsigned long long)(target_ns / 1000000u),
		    (unsigned long long)((now - since) / 1000000u));
	}
}

bool
wi_overload_late(struct wi_overload *overload, const struct wi_limits *limits,
    const struct wi_batch *batch)
{
	uint64_t now;
	uint32_t deadline_ms;

	/* Of an endpoint that stamps nothing. */
	if (batch->stamp == 0)
		return false;
	now = wi_clock_ns();
	if (now < batch->stamp)
		return false;
	if (overload_read(&overload->target_ns) != 0)
		wi_overload_saw(overload, batch->stamp, now);
	deadline_ms = WI_LIMIT(limits, deadline_ms);
	return deadline_ms != 0 &&
	    now - batch->stamp > (uint64_t)deadline_ms * 1000000u;
}
