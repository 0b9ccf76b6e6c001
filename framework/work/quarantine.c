/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/quarantine.c - messages that no handler is given: caught before it, and
 * the public door of their list (weft/crash.h).
 *
 * thread: the worker that catches; the list's door is anyone's.
 */
#include "work/quarantine.h"

#include <inttypes.h>
#include <string.h>

#include "base/assert.h"
#include "work/close.h"
#include "work/node_hub.h"

bool
wi_run_caught(struct wi_run *run, struct weft_bytes msg)
{
	const weft_endpoint from = { run->call.endpoint->name };
	struct wi_hub *hub = run->call.worker->hub;
	struct wi_quarantine *quarantine = &hub->quarantine;
	uint64_t hash = wi_quarantine_hash(quarantine, msg);
	char peer[128];

	if (!wi_quarantine_has(quarantine, hash))
		return false;
	if (quarantine->caught != NULL &&
	    quarantine->caught(quarantine->arg, hash, from, msg) != 0) {
		(void)wi_quarantine_drop(quarantine, hash);
		return false;
	}
	wi_node_peer(hub->node, run->call.endpoint, peer, sizeof(peer));
	wi_log_say(hub->log, WI_LOG_WORK_QUARANTINED,
	    "%s: %s: closed: a message of %zu bytes with hash %016" PRIx64
	    ", which is quarantined",
	    peer, run->call.plugin->name, msg.len, hash);
	wi_count(
	    run->call.worker->counters, WEFT_COUNTER_messages_quarantined, 1);
	if (wi_close_quarantined(&run->call) < 0)
		(void)weft_abort(&run->call, from);
	return true;
}

void
weft_node_quarantine_begin(struct weft_node *node, const uint8_t key[16],
    weft_quarantine_cb *caught, void *arg)
{
	struct wi_quarantine *quarantine = &wi_node_hub(node)->quarantine;

	memcpy(quarantine->key.words, key, sizeof(quarantine->key.words));
	quarantine->caught = caught;
	quarantine->arg = arg;
}

int
weft_node_quarantine(struct weft_node *node, uint64_t hash)
{
	return wi_quarantine_add(&wi_node_hub(node)->quarantine, hash);
}

int
weft_node_quarantine_release(struct weft_node *node, uint64_t hash)
{
	return wi_quarantine_drop(&wi_node_hub(node)->quarantine, hash);
}
