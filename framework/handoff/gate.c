/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/gate - a plugin's gate.
 *
 * thread: workers enter and leave, another thread shuts and opens.
 */
#include "handoff/gate.h"

#include <errno.h>
#include <time.h>

#include <weft/error.h>

#include "base/assert.h"
#include "handoff/hub.h"
#include "handoff/schedule.h"

CK_STACK_CONTAINER(struct wi_strand, entry, gate_strand)

int
wi_gate_init(struct wi_gate *gate)
{
	gate->shut = 0;
	ck_stack_init(&gate->parked);
	return sem_init(&gate->left, 0, 0) < 0 ? -errno : WEFT_OK;
}

void
wi_gate_fini(struct wi_gate *gate)
{
	(void)sem_destroy(&gate->left);
}

static bool
gate_is_shut(const struct wi_gate *gate)
{
	return __atomic_load_n(&gate->shut, __ATOMIC_SEQ_CST) != 0;
}

/* All that is parked, in any order: each is another strand. */
static void
gate_unpark(struct wi_hub *hub, struct wi_gate *gate)
{
	ck_stack_entry_t *entry = ck_stack_batch_pop_upmc(&gate->parked);
	ck_stack_entry_t *next;

	for (; entry != NULL; entry = next) {
		next = entry->next;
		wi_schedule_post(hub, gate_strand(entry));
	}
}

/* See gate_note and park_note. */
bool
wi_gate_enter(
    struct wi_station *station, struct wi_gate *gate, struct wi_strand *strand)
{
	__atomic_store_n(&station->gate, gate, __ATOMIC_SEQ_CST);
	if (__builtin_expect(!gate_is_shut(gate), 1))
		return true;
	wi_gate_leave(station, gate);
	ck_stack_push_upmc(&gate->parked, &strand->entry);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!gate_is_shut(gate))
		gate_unpark(station->hub, gate);
	return false;
}

void
wi_gate_leave(struct wi_station *station, struct wi_gate *gate)
{
	__atomic_store_n(&station->gate, NULL, __ATOMIC_SEQ_CST);
	if (__builtin_expect(gate_is_shut(gate), 0))
		wi_assert(sem_post(&gate->left) == 0);
}

/* Is anybody inside?  He is asked to end his run at the next message. */
static bool
gate_used(struct wi_hub *hub, const struct wi_gate *gate)
{
	struct wi_station *station;
	bool used = false;
	uint32_t i;

	for (i = 0; i < hub->max_workers; i++) {
		station = &hub->stations[i];
		if (__atomic_load_n(&station->gate, __ATOMIC_SEQ_CST) != gate)
			continue;
		used = true;
		__atomic_store_n(
		    &station->hurry, WI_HURRY_NOW, __ATOMIC_RELAXED);
	}
	return used;
}

int
wi_gate_close(struct wi_hub *hub, struct wi_gate *gate, uint32_t wait_ms)
{
	struct timespec due;
	int rc;

	(void)clock_gettime(CLOCK_MONOTONIC, &due);
	due.tv_sec += wait_ms / 1000;
	due.tv_nsec += (long)(wait_ms % 1000) * 1000000;
	due.tv_sec += due.tv_nsec / 1000000000;
	due.tv_nsec %= 1000000000;
	while (sem_trywait(&gate->left) == 0)
		continue; /* of another time */
	__atomic_store_n(&gate->shut, 1, __ATOMIC_SEQ_CST);
	while (gate_used(hub, gate)) {
		do
			rc = sem_clockwait(&gate->left, CLOCK_MONOTONIC, &due);
		while (rc < 0 && errno == EINTR);
		if (rc < 0) {
			wi_gate_open(hub, gate);
			return WEFT_EBUSY;
		}
	}
	return WEFT_OK;
}

void
wi_gate_open(struct wi_hub *hub, struct wi_gate *gate)
{
	__atomic_store_n(&gate->shut, 0, __ATOMIC_SEQ_CST);
	gate_unpark(hub, gate);
}
