/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/decode - bytes of one read become a batch for the endpoint's strand.
 *
 * thread: I/O.  io/read shows it the bytes of one connection that are not used
 * up; the codec cuts messages off them in place; the batch goes to the mailbox
 * of the endpoint's strand.
 *
 * Nothing is copied and nothing is allocated here: the batch's list grows in
 * the free part of the block that is being read into.  Only when that part is
 * full does a batch end early and the next one go on in a fresh block.
 */
#include "io/decode.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include <weft/error.h>

#include "base/clock.h"
#include "codec/codecs.h"
#include "handoff/batch.h"
#include "handoff/overload.h"
#include "handoff/schedule.h"
#include "io/answer.h"
#include "io/shake.h"

#define DECODE_LIST_MIN 16u /* a batch has room for this many at least */
#define DECODE_HELLO 16384u /* [bytes] of a handshake, at most */
#define DECODE_ANSWER 1024u /* [bytes] as weft/codec.h says */

struct wi_block *
wi_decode_room(struct wi_io *io, uint32_t want)
{
	if (io->read_block != NULL && wi_block_room(io->read_block) >= want)
		return io->read_block;
	if (io->read_block != NULL)
		wi_block_unref(&io->read_block);
	io->read_block = wi_pool_take(&io->blocks);
	return io->read_block;
}

struct wi_batch *
wi_decode_begin(struct wi_io *io, struct wi_block *data, uint32_t *capacity)
{
	struct wi_block *home;
	struct wi_batch *batch;
	uint32_t align;

	home = wi_decode_room(io,
	    (uint32_t)(sizeof(*batch) + 8 +
		DECODE_LIST_MIN * sizeof(batch->messages[0])));
	if (home == NULL)
		return NULL;
	align = -home->fill & 7u;
	batch = (void *)(home->data + home->fill + align);
	*capacity = (uint32_t)((wi_block_room(home) - align - sizeof(*batch)) /
	    sizeof(batch->messages[0]));
	wi_event_init(&batch->event, WI_EVENT_MESSAGES);
	batch->home = home;
	batch->data = data;
	batch->nmessages = 0;
	batch->done = 0;
	batch->nbytes = 0;
	batch->stamp = 0;
	return batch;
}

void
wi_decode_end(struct wi_io *io, struct wi_conn *conn, struct wi_batch *batch)
{
	struct wi_endpoint *endpoint = conn->endpoint;
	struct wi_block *home = batch->home;

	if (batch->nmessages == 0)
		return;
	home->fill = (uint32_t)((uint8_t *)&batch->messages[batch->nmessages] -
	    home->data);
	wi_block_ref(home);
	if (batch->data != home)
		wi_block_ref(batch->data);
	if (wi_overload_stamps(&io->hub->overload, endpoint->limits))
		batch->stamp = wi_clock_ns();
	wi_count(io->counters, WEFT_COUNTER_messages_in, batch->nmessages);
	wi_fact_add(&conn->facts.messages_in, batch->nmessages);
	(void)wi_load_add(
	    &endpoint->in_load, wi_load(batch->nmessages, batch->nbytes));
	if (wi_mailbox_push(&endpoint->own.mailbox, &batch->event))
		wi_schedule(io->hub, &endpoint->own);
}

/* The bytes of a message that is not whole are kept: no longer than it could
 * be by the contract, whatever the codec waits for. */
WI_ON_IO static int
decode_more(struct wi_conn *conn, struct wi_span *span,
    const struct weft_cut *cut, size_t len)
{
	size_t most = wi_codec_wire_max(conn->endpoint->limits->max_message);

	if (conn->state == WI_CONN_SHAKING && most < DECODE_HELLO)
		most = DECODE_HELLO;
	if (len > most || cut->need > most)
		return WEFT_ETOOBIG;
	/* Less than there is says nothing. */
	span->need = cut->need > len ? cut->need : 0;
	return WEFT_CUT_MORE;
}

/* It was no handshake, and is for another codec. */
static inline bool
decode_is_plain(int rv, const struct weft_cut *cut)
{
	return rv == WEFT_CUT_OPEN && cut->place != NULL &&
	    cut->place->plain != 0;
}

/* Can it be, what decode() answered?  The handshake is over once. */
static inline bool
decode_possible(int rv, const struct weft_cut *cut, size_t len, bool shaking)
{
	if (cut->used > len || cut->answer_len > DECODE_ANSWER)
		return false;
	switch (rv) {
	case WEFT_CUT_OPEN:
	case WEFT_CUT_MESSAGE:
		return shaking == (rv == WEFT_CUT_OPEN) &&
		    (cut->used > 0 || decode_is_plain(rv, cut)) &&
		    cut->offset <= cut->used &&
		    cut->len <= cut->used - cut->offset;
	case WEFT_CUT_SKIP:
		return cut->used > 0 || cut->answer_len > 0;
	default:
		return rv == WEFT_CUT_END;
	}
}

/* A codec may be a plugin's, and what confused it a stranger's bytes: that
 * costs one connection. */
WI_ON_IO static int __attribute__((cold))
decode_broken(struct wi_io *io, const struct weft_codec *codec, int rv,
    const struct weft_cut *cut, size_t len)
{
	wi_log_say(io->hub->log, WI_LOG_CODEC_BROKEN,
	    "codec %s: expected decode() to use some of %zu bytes, found %d "
	    "with offset %zu, len %zu, used %zu",
	    codec->name, len, rv, cut->offset, cut->len, cut->used);
	return WEFT_EMALFORMED;
}

/* What the codec has to say besides messages.  returns rv, or what ends the
 * decoding. */
WI_ON_IO static int __attribute__((noinline))
decode_talk(struct wi_io *io, struct wi_conn *conn, struct wi_span *span,
    const struct weft_cut *cut, int rv)
{
	const bool plain = decode_is_plain(rv, cut);

	if (rv == WEFT_CUT_OPEN && !wi_shake_choose(io, conn, cut->place))
		return WEFT_ENOENDPOINT;
	if (plain)
		return wi_shake_plain(io, conn) ? rv : WEFT_ENOENDPOINT;
	if (cut->answer_len > 0 &&
	    !wi_shake_answer(io, conn, cut->answer, cut->answer_len))
		return WEFT_ENOENDPOINT;
	if (rv == WEFT_CUT_OPEN) {
		wi_shake_done(io, conn,
		    span->data->data + span->at + cut->offset, cut->len);
		if (conn->state != WI_CONN_OPEN)
			return WEFT_ENOENDPOINT;
	} else if (rv == WEFT_CUT_END) {
		span->ended = true;
		span->cut = *cut;
		return WEFT_ENOENDPOINT;
	}
	return rv;
}

/* Messages until the list is full or the bytes are used up. */
WI_ON_IO static int
decode_fill(struct wi_io *io, struct wi_conn *conn, struct wi_span *span,
    struct wi_batch *batch, uint32_t capacity)
{
	const struct weft_codec *codec = wi_endpoint_codec(conn->endpoint);
	size_t max_message = conn->endpoint->limits->max_message;
	const bool in_line = wi_codec_is_http(codec);
	void *state = wi_conn_codec_state(conn);
	int rv = WEFT_CUT_MESSAGE;

	while (span->at < span->end && batch->nmessages < capacity) {
		uint8_t *bytes = span->data->data + span->at;
		size_t len = span->end - span->at;
		struct weft_cut cut = { 0 };

		rv = codec->decode(state, bytes, len, max_message, &cut);
		if (rv == WEFT_CUT_MORE)
			rv = decode_more(conn, span, &cut, len);
		else if (rv > 0 &&
		    !decode_possible(
			rv, &cut, len, conn->state == WI_CONN_SHAKING))
			rv = decode_broken(io, codec, rv, &cut, len);
		else if (rv == WEFT_CUT_MESSAGE && cut.len > max_message &&
		    cut.len >
			wi_codec_cut_max(conn->endpoint->codec, max_message))
			rv = WEFT_ETOOBIG;
		if (__builtin_expect(
			rv > WEFT_CUT_SKIP || cut.answer_len > 0, 0))
			rv = decode_talk(io, conn, span, &cut, rv);
		if (rv <= 0)
			break;
		if (rv == WEFT_CUT_MESSAGE) {
			struct wi_message *message;

			message = &batch->messages[batch->nmessages++];
			message->offset = span->at + (uint32_t)cut.offset;
			message->len = (uint32_t)cut.len;
			message->flags = cut.flags;
			batch->nbytes += (uint32_t)cut.used;
		}
		span->at += (uint32_t)cut.used;
		if (__builtin_expect(rv == WEFT_CUT_OPEN, 0))
			break; /* the codec may be another */
		if (__builtin_expect(in_line, 0) && rv == WEFT_CUT_MESSAGE) {
			wi_answer_opens(io, conn, cut.flags);
			if (wi_answer_holds(conn))
				break;
		}
	}
	return rv;
}

/* Bytes of which processes have died in a codec: their sender is closed. */
WI_ON_IO static bool __attribute__((cold, noinline)) decode_caught(
    struct wi_io *io, struct wi_conn *conn, const struct wi_span *span)
{
	const struct weft_bytes bytes = { span->data->data + span->at,
		span->end - span->at };
	const char *codec = wi_endpoint_codec(conn->endpoint)->name;
	const weft_endpoint from = { conn->endpoint->name };
	struct wi_quarantine *quarantine = &io->hub->quarantine;
	uint64_t hash = wi_quarantine_hash_bytes(quarantine, codec, bytes);
	char peer[WI_ADDRESS_TEXT];

	if (!wi_quarantine_has(quarantine, hash))
		return false;
	if (quarantine->caught != NULL &&
	    quarantine->caught(quarantine->arg, hash, from, bytes) != 0) {
		(void)wi_quarantine_drop(quarantine, hash);
		return false;
	}
	wi_conn_peer(conn, peer, sizeof(peer));
	wi_log_say(io->hub->log, WI_LOG_IO_QUARANTINED,
	    "%s: codec %s: closed: %zu bytes with hash %016" PRIx64
	    ", which are quarantined",
	    peer, codec, bytes.len, hash);
	wi_count(io->counters, WEFT_COUNTER_messages_quarantined, 1);
	wi_conn_abort(io, conn, WEFT_REASON_QUARANTINED);
	return true;
}

int
wi_decode(struct wi_io *io, struct wi_conn *conn, struct wi_span *span,
    uint32_t limit)
{
	struct wi_batch *batch;
	uint32_t capacity;
	int rv = WEFT_CUT_MESSAGE;

	span->need = 0;
	span->ended = false;
	if (__builtin_expect(wi_quarantine_any(&io->hub->quarantine), 0) &&
	    span->at < span->end && decode_caught(io, conn, span))
		return WEFT_ENOENDPOINT;
	io->cutting = (struct wi_cutting){ conn, span, span->at };
	if (conn->streams)
		span->at = span->end; /* nobody will ever reply to it */
	while (rv > 0 && span->at < span->end && limit > 0 &&
	    !wi_answer_holds(conn)) {
		batch = wi_decode_begin(io, span->data, &capacity);
		if (batch == NULL) {
			rv = -ENOMEM;
			break;
		}
		if (capacity > limit)
			capacity = limit;
		rv = decode_fill(io, conn, span, batch, capacity);
		limit -= batch->nmessages;
		wi_decode_end(io, conn, batch);
	}
	io->cutting.conn = NULL;
	span->more = rv > 0 && span->at < span->end;
	return rv < 0 ? rv : WEFT_OK;
}
