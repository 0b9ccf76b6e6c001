/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/http_write - a reply, or a part of one, becomes bytes.
 *
 * thread: any; a worker's go with what else it sends, like work/send's.
 *
 * It is written once, here, head and body behind each other, into one chunk of
 * kind ANSWER; the I/O thread sees to it that it is the right one's (gate_note
 * in handoff/answer.h).
 */
#include "work/http_write.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/assert.h"
#include "codec/codecs.h"
#include "codec/http.h"
#include "work/http.h"
#include "work/send.h"
#include "work/worker.h"

#define WRITE_ALONE 16384u /* [bytes]: a block of its own */
#define WRITE_MAX (1u << 30)

static uint8_t *
write_put(uint8_t *out, const char *text, size_t len)
{
	memcpy(out, text, len);
	return out + len;
}

static uint8_t *
write_put_text(uint8_t *out, const char *text)
{
	return write_put(out, text, strlen(text));
}

static uint8_t *
write_put_number(uint8_t *out, uint64_t number)
{
	char digits[20];
	size_t n = sizeof(digits);

	do
		digits[--n] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	return write_put(out, digits + n, sizeof(digits) - n);
}

/* "Date: ...", made once a second. */
static uint8_t *
write_put_date(uint8_t *out)
{
	static _Thread_local char date[WI_HTTP_DATE + 1];
	static _Thread_local time_t made;
	time_t now = time(NULL);

	if (now != made) {
		made = now;
		wi_http_date(now, date);
	}
	out = write_put_text(out, "\r\nDate: ");
	return write_put(out, date, WI_HTTP_DATE);
}

bool
wi_reply_has_body(unsigned status)
{
	return status >= 200 && status != 204 && status != 304;
}

static uint8_t *
write_put_head(uint8_t *out, const struct wi_reply *reply)
{
	const struct weft_http_response *response = reply->response;
	unsigned status = response->status;

	out = write_put_text(out, "HTTP/1.1 ");
	out = write_put_number(out, status);
	out = write_put_text(out, " ");
	out = write_put_text(out, wi_http_reason(status));
	out = write_put_date(out);
	if (response->type != NULL) {
		out = write_put_text(out, "\r\nContent-Type: ");
		out = write_put_text(out, response->type);
	}
	if (reply->chunked) {
		out = write_put_text(out, "\r\nTransfer-Encoding: chunked");
	} else if (reply->length != WEFT_HTTP_UNKNOWN &&
	    wi_reply_has_body(status)) {
		out = write_put_text(out, "\r\nContent-Length: ");
		out = write_put_number(out, reply->length);
	}
	if (!reply->lasts)
		out = write_put_text(out, "\r\nConnection: close");
	else if ((reply->id->id & WI_HTTP_ID_OLD) != 0)
		out = write_put_text(out, "\r\nConnection: keep-alive");
	out = write_put_text(out, "\r\n");
	if (response->fields != NULL)
		out = write_put_text(out, response->fields);
	return write_put_text(out, "\r\n");
}

static uint8_t *
write_put_body(uint8_t *out, const struct wi_reply *reply)
{
	size_t len = reply->body.len;
	int n;

	if (reply->chunked && len > 0) {
		n = snprintf((char *)out, WI_REPLY_CHUNK, "%zx\r\n", len);
		out += n;
	}
	if (len > 0)
		out = write_put(out, reply->body.data, len);
	if (reply->chunked && len > 0)
		out = write_put_text(out, "\r\n");
	if (reply->over)
		out = write_put_text(out, "0\r\n\r\n");
	return out;
}

static void
write_reply(struct wi_chunk *chunk, const struct wi_reply *reply)
{
	uint8_t *begin = (uint8_t *)(uintptr_t)chunk->bytes, *out = begin;

	if (reply->response != NULL)
		out = write_put_head(out, reply);
	out = write_put_body(out, reply);
	chunk->key = reply->key;
	chunk->nmessages = 1;
	chunk->len = (uint32_t)(out - begin);
	chunk->block->fill += chunk->len;
	wi_assert(chunk->len <= reply->size);
}

/* ---- sending */

static int
write_may(struct wi_hub *hub, const struct wi_chunk *pending,
    struct wi_counters *full, const struct wi_reply *reply)
{
	struct wi_receiver to;
	struct wi_room room;
	int rv;

	rv = wi_send_find_any(hub, reply->to, &to);
	if (rv == WEFT_OK && !wi_codec_replies(to.codec))
		rv = WEFT_ESTATE;
	if (rv == WEFT_OK && reply->size > WRITE_MAX)
		rv = WEFT_ETOOBIG;
	return rv < 0 ? rv :
			wi_send_may(&to, pending, reply->size, full, &room);
}

WI_ON_WORKER static int
write_by_worker(struct wi_worker *worker, const struct wi_reply *reply)
{
	struct wi_chunk *chunk = worker->out_last;
	struct wi_block *block;
	int rv;

	if (chunk != NULL && chunk->to != reply->to)
		chunk = NULL;
	rv = write_may(worker->hub, chunk, worker->counters, reply);
	if (rv < 0)
		return rv;
	if (reply->size > WRITE_ALONE) {
		block = wi_block_new(reply->size + sizeof(*chunk) + 8);
	} else {
		block = wi_send_room(worker, reply->size);
		if (block != NULL)
			wi_block_ref(block);
	}
	if (block == NULL)
		return -ENOMEM;
	chunk = wi_send_chunk(block, reply->to, WI_CHUNK_ANSWER);
	write_reply(chunk, reply);
	wi_send_link(worker, chunk);
	wi_send_grown(worker, chunk->len);
	return WEFT_OK;
}

static int
write_by_other(struct wi_hub *hub, const struct wi_reply *reply)
{
	struct wi_block *block;
	struct wi_chunk *chunk;
	int rv;

	rv = write_may(hub, NULL, &hub->any_counters, reply);
	if (rv < 0)
		return rv;
	block = wi_block_new(reply->size + sizeof(*chunk) + 8);
	if (block == NULL)
		return -ENOMEM;
	chunk = wi_send_chunk(block, reply->to, WI_CHUNK_ANSWER);
	write_reply(chunk, reply);
	return wi_send_foreign(hub, chunk);
}

int
wi_reply_send(struct wi_hub *hub, const struct wi_reply *reply)
{
	struct wi_worker *worker = wi_send_own_worker(hub);

	if (worker == NULL)
		return write_by_other(hub, reply);
	wi_assert_worker();
	return write_by_worker(worker, reply);
}
