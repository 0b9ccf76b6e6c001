/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/publish - one message to all who have subscribed.
 *
 * thread: I/O.
 *
 * The message is framed once for each codec among the receivers, into a block
 * of just its size, and each of them queues a chunk of its own that refers to
 * it: what a slow one keeps is the frame and its chunk, and nothing of the
 * others.
 *
 * share_note: what publishes makes a copy smaller for each set of parameters
 * (codec/deflate.h) that has subscriptions, on its own thread (work/publish);
 * all receivers of that set share it.  Where there is none, because the first
 * of them came later or the message would not shrink, it goes as it is: here
 * nothing is ever deflated.
 *
 * found_note: queueing may close a connection, and so end subscriptions, which
 * a match does not allow.  So they are all found first.  Whoever is closed
 * meanwhile keeps its place until the turn is over (free_note in io/conn.c),
 * and its id is 0.
 */
#include "io/publish.h"

#include <stdlib.h>
#include <string.h>

#include <weft/engine.h>

#include "base/hash.h"
#include "codec/codecs.h"
#include "handoff/publish.h"
#include "io/answer.h"
#include "io/io.h"
#include "io/reader.h"
#include "io/slow.h"
#include "io/subscribe.h"
#include "io/waiting.h"

#define PUBLISH_FRAMES 16u  /* codecs for which a frame is kept */
#define PUBLISH_FLUSH 4096u /* [bytes] queued for one: they are written */
#define PUBLISH_FOUND 256u  /* receivers that there is room for at first */

/* The message as one codec has it. */
struct publish_frame {
	const struct weft_codec *codec;
	struct wi_block *block; /* NULL: no memory, or it cannot be framed */
};

struct publish_run {
	struct wi_io *io;
	struct wi_hearer *hearers; /* who get it */
	const uint8_t *msg;
	uint32_t len;
	uint32_t nframes;
	bool has_key;
	struct wi_slow_key key; /* once somebody conflates */
	const struct wi_publish *what;
	const struct weft_slow_reader *rule; /* or NULL */
	uint64_t delivered;
	uint64_t dropped;
	struct publish_frame frames[PUBLISH_FRAMES];
};

int
wi_publisher_init(struct wi_publisher *publisher, struct wi_hub *hub,
    uint32_t max_subscriptions)
{
	memset(publisher, 0, sizeof(*publisher));
	wi_topics_init(&publisher->topics);
	wi_topic_rules_init(&publisher->rules);
	publisher->hearers.hub = hub;
	publisher->max_subscriptions = max_subscriptions;
	return wi_hash_key_make(&publisher->secret);
}

void
wi_publisher_fini(struct wi_publisher *publisher)
{
	wi_topic_rules_fini(&publisher->rules);
	wi_topics_fini(&publisher->topics);
	free(publisher->found);
	publisher->found = NULL;
}

WI_ON_IO static void
publish_found_hearer(struct publish_run *run, const struct wi_subscribed *one)
{
	struct wi_hearer *hearer = one->hearer;

	if (hearer->published == run->io->publisher.mark)
		return;
	hearer->published = run->io->publisher.mark;
	hearer->kind = one->kind;
	hearer->found_next = run->hearers;
	run->hearers = hearer;
}

/* See found_note. */
static void
publish_found(void *arg, struct wi_subscription *sub)
{
	struct publish_run *run = arg;
	struct wi_publisher *publisher = &run->io->publisher;
	struct wi_subscribed *one = (struct wi_subscribed *)sub;
	struct wi_conn *conn = one->conn;
	struct wi_conn **grown;
	size_t capacity;

	wi_assert_io();
	if (conn == NULL) {
		publish_found_hearer(run, one);
		return;
	}
	if (conn->reader->published == publisher->mark ||
	    conn->endpoint->id == run->what->who)
		return;
	conn->reader->published = publisher->mark;
	if (publisher->nfound == publisher->capacity) {
		capacity = publisher->capacity == 0 ? PUBLISH_FOUND :
						      2 * publisher->capacity;
		grown = realloc(publisher->found, capacity * sizeof(*grown));
		if (grown == NULL) {
			run->dropped++;
			return;
		}
		publisher->found = grown;
		publisher->capacity = capacity;
	}
	publisher->found[publisher->nfound++] = conn;
}

/* See share_note. */
WI_ON_IO static struct wi_block *
publish_share(const struct publish_run *run, const struct weft_codec *codec)
{
	const struct wi_publish_copy *copy =
	    &run->what->copies[wi_codec_deflate_set(codec)];
	struct wi_block *block;

	block = wi_block_new(copy->len + WI_CODEC_HEAD_MAX);
	if (block != NULL)
		block->fill = (uint32_t)wi_codec_deflated(codec, block->data,
		    run->what->bytes + copy->at, copy->len);
	return block;
}

WI_ON_IO static struct wi_block *
publish_make(const struct publish_run *run, const struct weft_codec *codec)
{
	struct wi_block *block;
	size_t want;

	if (wi_codec_deflates(codec) &&
	    run->what->copies[wi_codec_deflate_set(codec)].len > 0)
		return publish_share(run, codec);
	codec = wi_codec_plain(codec);
	want = wi_codec_frame_max(codec, run->len);

	if (want > wi_codec_encode_limit(run->len))
		return NULL;
	block = wi_block_new(want);
	if (block != NULL)
		block->fill = (uint32_t)wi_codec_frame(
		    codec, block->data, run->msg, run->len, 0);
	return block;
}

/* The frame for a codec, one reference of which is the caller's; NULL: there
 * is none. */
WI_ON_IO static struct wi_block *
publish_frame(struct publish_run *run, const struct weft_codec *codec)
{
	struct publish_frame *frame;
	uint32_t i;

	for (i = 0; i < run->nframes; i++) {
		frame = &run->frames[i];
		if (frame->codec != codec)
			continue;
		if (frame->block != NULL)
			wi_block_ref(frame->block);
		return frame->block;
	}
	if (run->nframes == PUBLISH_FRAMES)
		return publish_make(run, codec);
	frame = &run->frames[run->nframes++];
	frame->codec = codec;
	frame->block = publish_make(run, codec);
	if (frame->block != NULL)
		wi_block_ref(frame->block);
	return frame->block;
}

/* What holds for it at one of its receivers: what was said of the topic, else
 * what holds for the receiver. */
WI_ON_IO static struct wi_slow_terms
publish_terms(struct publish_run *run, const struct wi_limits *limits)
{
	struct wi_slow_terms terms = wi_slow_terms(limits);
	const struct weft_slow_reader *rule = run->rule;

	if (rule != NULL && rule->policy != WEFT_SLOW_DEFAULT)
		terms.policy = rule->policy;
	if (rule != NULL && rule->high_bytes != 0)
		terms.high_bytes = rule->high_bytes;
	if (rule != NULL && rule->age_ms != 0)
		terms.age_ms = rule->age_ms;
	if (terms.policy != WEFT_SLOW_CONFLATE)
		return terms;
	if (!run->has_key)
		run->key = wi_slow_key(run->io, run->what->bytes,
		    run->what->topic_len, run->what->key);
	run->has_key = true;
	terms.keyed = true;
	terms.key = run->key;
	return terms;
}

/* false: it is left out. */
WI_ON_IO static bool
publish_deliver(struct publish_run *run, struct wi_conn *conn)
{
	struct wi_endpoint *endpoint = conn->endpoint;
	const struct weft_codec *codec = wi_endpoint_codec(endpoint);
	struct wi_slow_terms terms;
	struct wi_chunk chunk = { .nmessages = 1 };
	struct wi_waiting *waiting;
	struct wi_io *io = run->io;

	if (!wi_answer_lets(conn) ||
	    run->len >
		wi_codec_message_max(codec, endpoint->limits->max_message))
		return false;
	chunk.block = publish_frame(run, codec);
	if (chunk.block == NULL)
		return false;
	chunk.bytes = chunk.block->data;
	chunk.len = chunk.block->fill;
	waiting = wi_waiting_new(&io->waitings, &chunk);
	if (waiting == NULL) {
		wi_block_unref(&chunk.block);
		return false;
	}
	(void)wi_load_add(&endpoint->out_load, wi_load(1, chunk.len));
	terms = publish_terms(run, endpoint->limits);
	if (!wi_slow_queue(io, conn, &waiting->chunk, &terms))
		return false;
	wi_count(io->counters, WEFT_COUNTER_messages_out, 1);
	wi_fact_add(&conn->facts.messages_out, 1);
	/* Many messages in one turn must not pile up to their mark. */
	if (conn->out_bytes >= PUBLISH_FLUSH && conn->is_dirty &&
	    !conn->waits && conn->udp == NULL)
		wi_flush_conn(io, conn);
	return true;
}

/* The engine is told, unless it said it. */
WI_ON_IO static void
publish_upstream(const struct publish_run *run, const struct wi_publish *what,
    enum wi_chunk_kind kind)
{
	const struct wi_publisher *publisher = &run->io->publisher;
	char topic[WI_TOPIC_BYTES + 1];

	if (kind == WI_CHUNK_DIRECT || publisher->engine == NULL ||
	    publisher->engine->publish == NULL)
		return;
	memcpy(topic, what->bytes, what->topic_len);
	topic[what->topic_len] = '\0';
	publisher->engine->publish(publisher->engine_user, topic,
	    (struct weft_bytes){ run->msg, run->len });
}

WI_ON_IO static void
publish_tell(struct publish_run *run, const struct wi_publish *what)
{
	struct wi_hearer *hearer;
	struct wi_block *copy;

	if (run->hearers == NULL)
		return;
	copy = wi_hearer_copy(
	    (const char *)what->bytes, what->topic_len, run->msg, run->len);
	for (hearer = run->hearers; hearer != NULL;
	     hearer = hearer->found_next)
		if (copy != NULL &&
		    wi_hearer_tell(&run->io->publisher.hearers, hearer, copy))
			run->delivered++;
		else
			run->dropped++;
	if (copy != NULL)
		wi_block_unref(&copy);
}

/* What a message's receivers take, on an average of about eight messages: see
 * full_note in work/publish.c. */
WI_ON_IO static void
publish_learn(struct wi_hub *hub, uint64_t nreceivers)
{
	uint64_t average = hub->publish_receivers;
	uint64_t is = nreceivers * sizeof(struct wi_chunk);

	if (is >= average)
		average += (is - average + 7) / 8;
	else
		average -= (average - is + 7) / 8;
	if (average > UINT32_MAX / 4)
		average = UINT32_MAX / 4;
	__atomic_store_n(
	    &hub->publish_receivers, (uint32_t)average, __ATOMIC_RELAXED);
}

void
wi_publish_take(struct wi_io *io, const struct wi_chunk *chunk)
{
	const struct wi_publish *what = (const void *)chunk->bytes;
	struct wi_publisher *publisher = &io->publisher;
	struct publish_run run = { .io = io,
		.what = what,
		.msg = what->bytes + what->topic_len,
		.len = what->len };
	size_t i;

	publisher->mark++;
	publisher->nfound = 0;
	run.rule = wi_topic_rules_find(
	    &publisher->rules, (const char *)what->bytes, what->topic_len);
	(void)wi_topics_match(&publisher->topics, (const char *)what->bytes,
	    what->topic_len, publish_found, &run);
	publish_upstream(&run, what, chunk->kind);
	publish_tell(&run, what);
	for (i = 0; i < publisher->nfound; i++) {
		if (publisher->found[i]->endpoint->id == 0)
			continue;
		if (publish_deliver(&run, publisher->found[i]))
			run.delivered++;
		else
			run.dropped++;
	}
	for (i = 0; i < run.nframes; i++)
		if (run.frames[i].block != NULL)
			wi_block_unref(&run.frames[i].block);
	wi_count(io->counters, WEFT_COUNTER_deliveries, run.delivered);
	wi_count(io->counters, WEFT_COUNTER_deliveries_dropped, run.dropped);
	wi_count(io->counters, WEFT_COUNTER_publishes, 1); /* all is counted */
	publish_learn(io->hub, run.delivered + run.dropped);
	__atomic_fetch_sub(&io->hub->publishing, what->cost, __ATOMIC_RELAXED);
}
