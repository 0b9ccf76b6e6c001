/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/publish - the public doors of topics.
 *
 * thread: any.  What is asked for goes to the I/O thread, which has the topic
 * tree, in the list of what this thread sends.
 *
 * full_note: hub->publishing counts what the I/O thread has to work through:
 * of each message its own bytes, and those of a chunk for each receiver that
 * the messages before it had on an average.  So what waits is bounded in time:
 * to many receivers, 4 MiB of small messages alone would keep the I/O thread
 * for seconds.  It is looked at before it is added to, so several threads at
 * once may pass the mark by one message each.  Copies that were made smaller
 * are added to it when they are there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <weft/engine.h>
#include <weft/slow.h>
#include <weft/topic.h>

#include "base/assert.h"
#include "base/topic.h"
#include "handoff/post.h"
#include "handoff/publish.h"
#include "work/node_hub.h"
#include "work/send.h"
#include "work/worker.h"

#define PUBLISH_ALONE 16384u   /* [bytes]: a block of its own */
#define PUBLISH_MAX (1u << 30) /* [bytes] of a message */
#define PUBLISH_COPIED_MAX                                                    \
	(PUBLISH_MAX / 4) /* [bytes] a longer one is not made smaller */

/* What is asked for. */
struct publish_ask {
	enum wi_chunk_kind kind;
	uint64_t who;
	uint32_t signal_kind;
	uint32_t cost; /* [bytes] see full_note */
	const char *topic;
	size_t topic_len;
	uint64_t key;
	struct weft_bytes msg;
	uint8_t *copies[WI_DEFLATE_SETS]; /* made smaller; NULL: none */
	uint32_t copy_lens[WI_DEFLATE_SETS];
};

/* [bytes] of it, as a chunk has it. */
static uint64_t
publish_size(const struct publish_ask *ask)
{
	uint64_t size = wi_publish_size(ask->topic_len, ask->msg.len);
	unsigned set;

	for (set = 0; set < WI_DEFLATE_SETS; set++)
		size += ask->copy_lens[set];
	return size;
}

int
weft_topic_check(const char *topic, struct weft_error *err)
{
	return wi_topic_check(topic, strlen(topic), err);
}

int
weft_filter_check(const char *filter, struct weft_error *err)
{
	return wi_topic_check_filter(filter, strlen(filter), err);
}

static void
publish_fill(struct wi_chunk *chunk, const struct publish_ask *ask)
{
	struct wi_publish *publish = (void *)(uintptr_t)chunk->bytes;
	uint32_t size = (uint32_t)publish_size(ask);
	uint32_t at = (uint32_t)(ask->topic_len + ask->msg.len);
	unsigned set;

	publish->who = ask->who;
	publish->kind = ask->signal_kind;
	publish->cost = ask->cost;
	publish->key = ask->key;
	publish->topic_len = (uint32_t)ask->topic_len;
	publish->len = (uint32_t)ask->msg.len;
	memcpy(publish->bytes, ask->topic, ask->topic_len);
	if (ask->msg.len > 0)
		memcpy(publish->bytes + ask->topic_len, ask->msg.data,
		    ask->msg.len);
	for (set = 0; set < WI_DEFLATE_SETS; set++) {
		publish->copies[set] =
		    (struct wi_publish_copy){ at, ask->copy_lens[set] };
		if (ask->copy_lens[set] > 0)
			memcpy(publish->bytes + at, ask->copies[set],
			    ask->copy_lens[set]);
		at += ask->copy_lens[set];
	}
	chunk->len = size;
	chunk->block->fill += size;
}

WI_ON_WORKER static int
publish_by_worker(struct wi_worker *worker, const struct publish_ask *ask)
{
	uint64_t size = publish_size(ask);
	struct wi_block *block;
	struct wi_chunk *chunk;

	if (size > PUBLISH_ALONE) {
		block = wi_block_new(size + sizeof(*chunk) + 8);
	} else {
		block = wi_send_room(worker, size);
		if (block != NULL)
			wi_block_ref(block);
	}
	if (block == NULL)
		return -ENOMEM;
	chunk = wi_send_chunk(block, 0, ask->kind);
	publish_fill(chunk, ask);
	wi_send_link(worker, chunk);
	wi_send_grown(worker, chunk->len);
	return WEFT_OK;
}

static int
publish_by_other(struct wi_hub *hub, const struct publish_ask *ask)
{
	struct wi_block *block;
	struct wi_chunk *chunk;

	if (__atomic_load_n(&hub->signals_end, __ATOMIC_SEQ_CST) != 0)
		return WEFT_ESTATE; /* no endpoint is left, nor will be */
	block = wi_block_new(publish_size(ask) + sizeof(*chunk) + 8);
	if (block == NULL)
		return -ENOMEM;
	chunk = wi_send_chunk(block, 0, ask->kind);
	publish_fill(chunk, ask);
	return wi_send_foreign(hub, chunk);
}

/* worker: the one that this thread is, of this node; or NULL. */
static int
publish_ask(struct wi_hub *hub, struct wi_worker *worker,
    const struct publish_ask *ask)
{
	if (worker == NULL)
		return publish_by_other(hub, ask);
	wi_assert_worker();
	return publish_by_worker(worker, ask);
}

/* See full_note.  false: it is full. */
static bool
publish_takes(struct wi_hub *hub, struct publish_ask *ask)
{
	uint64_t now = __atomic_load_n(&hub->publishing, __ATOMIC_RELAXED);

	ask->cost = (uint32_t)wi_publish_size(ask->topic_len, ask->msg.len) +
	    __atomic_load_n(&hub->publish_receivers, __ATOMIC_RELAXED);
	if (now != 0 &&
	    now + ask->cost >
		__atomic_load_n(&hub->publish_high_bytes, __ATOMIC_RELAXED))
		return false;
	__atomic_fetch_add(&hub->publishing, ask->cost, __ATOMIC_RELAXED);
	return true;
}

/* See share_note in io/publish.c.  Without memory there is no copy. */
static void
publish_deflate(
    struct wi_hub *hub, struct wi_worker *worker, struct publish_ask *ask)
{
	struct wi_counters *counters = &hub->any_counters;
	uint32_t len = (uint32_t)ask->msg.len;
	unsigned set;

	if (worker != NULL)
		counters = worker->counters;
	for (set = WI_DEFLATE_NONE + 1; set < WI_DEFLATE_SETS; set++) {
		if (len < WI_DEFLATE_MIN || len > PUBLISH_COPIED_MAX ||
		    __atomic_load_n(&hub->deflate_subscriptions[set],
			__ATOMIC_RELAXED) == 0)
			continue;
		ask->copies[set] = malloc(len);
		if (ask->copies[set] == NULL)
			continue;
		ask->copy_lens[set] =
		    (uint32_t)wi_deflate((enum wi_deflate_set)set,
			ask->copies[set], len, ask->msg.data, len);
		if (ask->copy_lens[set] == 0)
			continue;
		ask->cost += ask->copy_lens[set];
		__atomic_fetch_add(
		    &hub->publishing, ask->copy_lens[set], __ATOMIC_RELAXED);
		wi_count_shared(counters, WEFT_COUNTER_publishes_deflated, 1);
	}
}

static void
publish_free(struct publish_ask *ask)
{
	unsigned set;

	for (set = 0; set < WI_DEFLATE_SETS; set++)
		free(ask->copies[set]);
}

static int
publish_as(struct wi_hub *hub, struct wi_worker *worker, const char *topic,
    struct weft_bytes msg, uint64_t except, uint64_t key,
    enum wi_chunk_kind kind)
{
	struct publish_ask ask = { .kind = kind,
		.who = except,
		.key = key,
		.topic = topic,
		.topic_len = strlen(topic),
		.msg = msg };
	int rv;

	rv = wi_topic_check(topic, ask.topic_len, NULL);
	if (rv < 0)
		return rv;
	if (msg.len > PUBLISH_MAX)
		return WEFT_ETOOBIG;
	if (!publish_takes(hub, &ask)) {
		wi_count_shared(
		    &hub->any_counters, WEFT_COUNTER_publishes_full, 1);
		return WEFT_EFULL;
	}
	publish_deflate(hub, worker, &ask);
	rv = publish_ask(hub, worker, &ask);
	publish_free(&ask);
	if (rv < 0)
		__atomic_fetch_sub(
		    &hub->publishing, ask.cost, __ATOMIC_RELAXED);
	return rv;
}

static int
publish(struct wi_hub *hub, struct wi_worker *worker, const char *topic,
    struct weft_bytes msg, uint64_t except)
{
	return publish_as(
	    hub, worker, topic, msg, except, 0, WI_CHUNK_PUBLISH);
}

static int
subscribe(struct wi_hub *hub, struct wi_worker *worker, uint64_t who,
    const char *filter, enum wi_chunk_kind kind)
{
	struct publish_ask ask = { .kind = kind,
		.who = who,
		.topic = filter,
		.topic_len = strlen(filter) };
	int rv;

	rv = wi_topic_check_filter(filter, ask.topic_len, NULL);
	if (rv < 0)
		return rv;
	if (wi_endpoint_find(&hub->slots, who) == NULL)
		return WEFT_ENOENDPOINT;
	return publish_ask(hub, worker, &ask);
}

static int
subscribe_strand(struct wi_hub *hub, struct wi_worker *worker,
    const struct publish_ask *ask)
{
	struct wi_strand *strand;
	int rv;

	rv = wi_post_find(hub, ask->who, WI_HOLD_PLACE, &strand);
	if (rv < 0)
		return rv;
	/* Before it can end: wi_publish_over() sees it. */
	__atomic_store_n(&wi_shared_of(strand)->hears, 1, __ATOMIC_RELAXED);
	rv = publish_ask(hub, worker, ask);
	wi_post_release(hub, strand, WI_HOLD_PLACE, 1);
	return rv;
}

static int
subscribe_by_strand(weft_strand strand, const char *filter,
    uint32_t signal_kind, enum wi_chunk_kind kind)
{
	struct publish_ask ask = { .kind = kind,
		.who = strand.id,
		.signal_kind = signal_kind,
		.topic = filter,
		.topic_len = strlen(filter) };
	struct wi_worker *worker;
	struct wi_hub *hub;
	int rv;

	rv = wi_topic_check_filter(filter, ask.topic_len, NULL);
	if (rv < 0)
		return rv;
	if (strand.node == NULL || (strand.id & WI_SHARED_ID) == 0)
		return WEFT_ENOSTRAND;
	hub = wi_node_hub(strand.node);
	worker = wi_send_own_worker(hub);
	if (worker != NULL)
		return subscribe_strand(hub, worker, &ask);
	if (!wi_post_begin(hub))
		return WEFT_ESTATE;
	rv = subscribe_strand(hub, NULL, &ask);
	wi_post_end(hub);
	return rv;
}

int
weft_strand_subscribe(weft_strand strand, const char *filter, uint32_t kind)
{
	return subscribe_by_strand(strand, filter, kind, WI_CHUNK_SUBSCRIBE);
}

int
weft_strand_unsubscribe(weft_strand strand, const char *filter)
{
	return subscribe_by_strand(strand, filter, 0, WI_CHUNK_UNSUBSCRIBE);
}

/* The worker of a call, if that is this thread. */
static struct wi_worker *
publish_worker(const struct weft_call *call)
{
	return call->worker == wi_worker_current ? call->worker : NULL;
}

int
weft_subscribe(struct weft_call *call, weft_endpoint who, const char *filter)
{
	return subscribe(call->worker->hub, publish_worker(call), who.id,
	    filter, WI_CHUNK_SUBSCRIBE);
}

int
weft_unsubscribe(struct weft_call *call, weft_endpoint who, const char *filter)
{
	return subscribe(call->worker->hub, publish_worker(call), who.id,
	    filter, WI_CHUNK_UNSUBSCRIBE);
}

int
weft_publish(struct weft_call *call, const char *topic, struct weft_bytes msg)
{
	return publish(call->worker->hub, publish_worker(call), topic, msg, 0);
}

int
weft_publish_except(struct weft_call *call, const char *topic,
    struct weft_bytes msg, weft_endpoint except)
{
	return publish(
	    call->worker->hub, publish_worker(call), topic, msg, except.id);
}

int
weft_node_subscribe(
    struct weft_node *node, weft_endpoint who, const char *filter)
{
	struct wi_hub *hub = wi_node_hub(node);

	return subscribe(
	    hub, wi_send_own_worker(hub), who.id, filter, WI_CHUNK_SUBSCRIBE);
}

int
weft_node_unsubscribe(
    struct weft_node *node, weft_endpoint who, const char *filter)
{
	struct wi_hub *hub = wi_node_hub(node);

	return subscribe(hub, wi_send_own_worker(hub), who.id, filter,
	    WI_CHUNK_UNSUBSCRIBE);
}

int
weft_node_publish(
    struct weft_node *node, const char *topic, struct weft_bytes msg)
{
	struct wi_hub *hub = wi_node_hub(node);

	return publish(hub, wi_send_own_worker(hub), topic, msg, 0);
}

int
weft_node_publish_except(struct weft_node *node, const char *topic,
    struct weft_bytes msg, weft_endpoint except)
{
	struct wi_hub *hub = wi_node_hub(node);

	return publish(hub, wi_send_own_worker(hub), topic, msg, except.id);
}

int
weft_engine_direct(
    struct weft_node *node, const char *topic, struct weft_bytes msg)
{
	struct wi_hub *hub = wi_node_hub(node);

	return publish_as(
	    hub, wi_send_own_worker(hub), topic, msg, 0, 0, WI_CHUNK_DIRECT);
}

/* ---- slow readers */

int
weft_publish_keyed(struct weft_call *call, const char *topic, uint64_t key,
    struct weft_bytes msg)
{
	return publish_as(call->worker->hub, publish_worker(call), topic, msg,
	    0, key, WI_CHUNK_PUBLISH);
}

int
weft_node_publish_keyed(struct weft_node *node, const char *topic,
    uint64_t key, struct weft_bytes msg)
{
	struct wi_hub *hub = wi_node_hub(node);

	return publish_as(hub, wi_send_own_worker(hub), topic, msg, 0, key,
	    WI_CHUNK_PUBLISH);
}

static int
publish_slow(struct wi_hub *hub, struct wi_worker *worker, const char *filter,
    const struct weft_slow_reader *what)
{
	struct publish_ask ask = { .kind = WI_CHUNK_RULE,
		.topic = filter,
		.topic_len = strlen(filter),
		.msg = { what, sizeof(*what) } };
	int rv;

	rv = wi_topic_check_filter(filter, ask.topic_len, NULL);
	if (rv < 0)
		return rv;
	if (weft_slow_name(what->policy) == NULL || what->reserved != 0)
		return -EINVAL;
	return publish_ask(hub, worker, &ask);
}

int
weft_topic_slow(struct weft_call *call, const char *filter,
    const struct weft_slow_reader *what)
{
	return publish_slow(
	    call->worker->hub, publish_worker(call), filter, what);
}

int
weft_node_topic_slow(struct weft_node *node, const char *filter,
    const struct weft_slow_reader *what)
{
	struct wi_hub *hub = wi_node_hub(node);

	return publish_slow(hub, wi_send_own_worker(hub), filter, what);
}
