/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/http - bytes become requests (RFC 9112).
 *
 * thread: I/O; any for encode().
 *
 * A request is cut when it is whole.  What cannot be answered by a handler is
 * answered at the end of the connection: decode() says END, and end() writes
 * the status; the connection cannot go on, since nobody knows where the next
 * request begins.
 */
#include "codec/http.h"

#include <stdio.h>
#include <string.h>

#include <weft/error.h>

#include "codec/codecs.h"

#define HTTP_GAP 256u      /* [bytes] see join_note in ws_frame.c */
#define HTTP_EVENT_LINE 7u /* [bytes] "data: " and LF */
#define HTTP_EVENT_AROUND 32u

static int
http_refuse(struct wi_http *http, struct weft_cut *cut, unsigned status,
    const char *why)
{
	http->phase = WI_HTTP_ENDED;
	http->status = (uint16_t)status;
	cut->error = status == 413 ? WEFT_ETOOBIG : WEFT_EMALFORMED;
	cut->status = status;
	cut->why = why;
	return WEFT_CUT_END;
}

/* ---- bodies */

static int
http_message(
    struct wi_http *http, struct weft_cut *cut, size_t body, size_t used)
{
	http->number = http->number % WI_HTTP_NUMBER_MASK + 1;
	cut->len = http->head_len + body;
	cut->used = used;
	cut->flags = http->number << WI_HTTP_NUMBER_SHIFT;
	http->phase = WI_HTTP_HEAD;
	http->looked = 0;
	memset(&http->chunks, 0, sizeof(http->chunks));
	return WEFT_CUT_MESSAGE;
}

static int
http_body(struct wi_http *http, size_t len, struct weft_cut *cut)
{
	size_t whole = (size_t)http->head_len + (size_t)http->body_len;

	if (len >= whole)
		return http_message(http, cut, (size_t)http->body_len, whole);
	cut->need = whole;
	return WEFT_CUT_MORE;
}

/* See join_note in ws_frame.c: the head is at the front, too. */
static int
http_mend_gap(struct wi_http *http, uint8_t *data, struct weft_cut *cut)
{
	size_t joined = http->head_len + http->chunks.joined;
	size_t gap = http->chunks.at - http->chunks.joined;

	if (gap <= HTTP_GAP || gap <= joined / 2)
		return WEFT_CUT_MORE;
	memmove(data + gap, data, joined);
	http->chunks.at -= (uint32_t)gap;
	cut->used = gap;
	return WEFT_CUT_SKIP;
}

static int
http_chunks(struct wi_http *http, uint8_t *data, size_t len, size_t max_body,
    struct weft_cut *cut)
{
	const char *why;

	switch (wi_http_chunks_join(&http->chunks, data + http->head_len,
	    len - http->head_len, max_body, &why)) {
	case WI_HTTP_CHUNKS_DONE:
		return http_message(http, cut, http->chunks.joined,
		    (size_t)http->head_len + http->chunks.at);
	case WI_HTTP_CHUNKS_MORE:
		return http_mend_gap(http, data, cut);
	case WI_HTTP_CHUNKS_LONG:
		return http_refuse(http, cut, 413,
		    "expected a body of at most max_message, found a longer "
		    "one");
	default:
		return http_refuse(http, cut, 400, why);
	}
}

static int
http_body_any(struct wi_http *http, uint8_t *data, size_t len, size_t max_body,
    struct weft_cut *cut)
{
	return http->phase == WI_HTTP_BODY ?
	    http_body(http, len, cut) :
	    http_chunks(http, data, len, max_body, cut);
}

/* ---- bodies in pieces */

/* What ends in the middle of one is not answered: a reply may have begun. */
static int
http_break(struct wi_http *http, struct weft_cut *cut, const char *why)
{
	(void)http_refuse(http, cut, 400, why);
	http->status = 0;
	return WEFT_CUT_END;
}

static int
http_piece(struct wi_http *http, struct weft_cut *cut, size_t len, size_t used,
    bool last)
{
	cut->len = len;
	cut->used = used;
	cut->flags = http->number << WI_HTTP_NUMBER_SHIFT | WI_HTTP_PIECE |
	    (last ? WI_HTTP_LAST : 0u);
	if (last) {
		http->phase = WI_HTTP_HEAD;
		http->looked = 0;
		memset(&http->chunks, 0, sizeof(http->chunks));
	}
	return WEFT_CUT_MESSAGE;
}

static int
http_stream_body(
    struct wi_http *http, size_t len, size_t max_body, struct weft_cut *cut)
{
	if (len > max_body)
		len = max_body;
	if (len > http->body_len)
		len = (size_t)http->body_len;
	http->body_len -= len;
	return http_piece(http, cut, len, len, http->body_len == 0);
}

static int
http_stream_chunks(struct wi_http *http, uint8_t *data, size_t len,
    size_t max_body, struct weft_cut *cut)
{
	struct wi_http_chunks *chunks = &http->chunks;
	size_t joined, at;
	const char *why;

	if (len > max_body)
		len = max_body;
	/* Any chunk, and of the fields behind them the usual many. */
	switch (wi_http_chunks_join(chunks, data, len, UINT32_MAX, &why)) {
	case WI_HTTP_CHUNKS_DONE:
		return http_piece(http, cut, chunks->joined, chunks->at, true);
	case WI_HTTP_CHUNKS_MORE:
		joined = chunks->joined;
		at = chunks->at;
		chunks->joined = 0;
		chunks->at = 0;
		if (joined > 0)
			return http_piece(http, cut, joined, at, false);
		cut->used = at;
		return at > 0 ? WEFT_CUT_SKIP : WEFT_CUT_MORE;
	default:
		return http_break(http, cut,
		    why != NULL ? why :
				  "expected a chunk of at most 4 GiB, found a "
				  "longer one");
	}
}

/* The head goes ahead. */
static int
http_stream_begin(struct wi_http *http, const struct wi_http_head *head,
    struct weft_cut *cut)
{
	(void)http_message(http, cut, 0, http->head_len);
	cut->flags |= WI_HTTP_PART;
	http->body_len = head->length;
	http->phase =
	    head->chunked ? WI_HTTP_STREAM_CHUNKS : WI_HTTP_STREAM_BODY;
	return WEFT_CUT_MESSAGE;
}

/* ---- heads */

/* A head has no end within its bound: is it the first line that is too long
 * (RFC 9110, 15.5.15), or what follows? */
static int
http_head_long(struct wi_http *http, const uint8_t *data, struct weft_cut *cut)
{
	return memchr(data + 2, '\r', WI_HTTP_HEAD_MAX - 2) == NULL ?
	    http_refuse(http, cut, 414,
		"expected a request line of at most 8192 bytes, found a "
		"longer one") :
	    http_refuse(http, cut, 431,
		"expected a head of at most 8192 bytes, found a longer one");
}

/* RFC 9110, section 10.1.1: who waits to be told to go on is told, unless the
 * body is there already. */
static unsigned
http_expect(const struct wi_http_head *head, bool whole, struct weft_cut *cut)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	const struct wi_http_field *expect;
	unsigned n;

	expect = wi_http_head_find(head, "expect", &n);
	if (expect == NULL || head->minor == 0)
		return 0;
	if (n != 1 || !wi_http_is_word(expect->value, "100-continue"))
		return 417;
	if (!whole && head->body) {
		cut->answer = (const uint8_t *)go_on;
		cut->answer_len = strlen(go_on);
	}
	return 0;
}

/* A head that is whole. */
static int
http_begin(struct wi_http *http, uint8_t *data, size_t len, size_t max_body,
    bool stream, struct weft_cut *cut)
{
	struct wi_http_head head;
	const char *why;
	unsigned status;

	status = wi_http_head_parse(data, http->head_len, true, &head, &why);
	if (status != 0)
		return http_refuse(http, cut, status, why);
	if (head.length > max_body && !stream)
		return http_refuse(http, cut, 413,
		    "expected a body of at most max_message, found a longer "
		    "one");
	status = http_expect(
	    &head, !head.chunked && len >= http->head_len + head.length, cut);
	if (status != 0)
		return http_refuse(http, cut, status,
		    "expected expect: 100-continue (RFC 9110, 10.1.1), found "
		    "another");
	if (stream && head.body &&
	    (head.chunked || head.length > max_body ||
		len < http->head_len + head.length))
		return http_stream_begin(http, &head, cut);
	http->body_len = head.length;
	http->phase = head.chunked ? WI_HTTP_CHUNKS : WI_HTTP_BODY;
	return http_body_any(http, data, len, max_body, cut);
}

/* RFC 9112, section 2.2: empty lines in front of a request are let by. */
static size_t
http_blank(const uint8_t *data, size_t len)
{
	size_t n = 0;

	while (n + 2 <= len && data[n] == '\r' && data[n + 1] == '\n')
		n += 2;
	return n;
}

static int
http_head(struct wi_http *http, uint8_t *data, size_t len, size_t max_body,
    bool stream, struct weft_cut *cut)
{
	size_t blank, head;

	blank = http->looked == 0 ? http_blank(data, len) : 0;
	if (blank > 0) {
		cut->used = blank;
		return WEFT_CUT_SKIP;
	}
	if (len == 1 && data[0] == '\r')
		return WEFT_CUT_MORE;
	head = wi_http_head_end(data, len, &http->looked);
	if (head == 0 && len < WI_HTTP_HEAD_MAX)
		return WEFT_CUT_MORE;
	if (head == 0 || head > WI_HTTP_HEAD_MAX)
		return http_head_long(http, data, cut);
	http->head_len = (uint32_t)head;
	return http_begin(http, data, len, max_body, stream, cut);
}

/* max_message is that of a body and the longest head (network_limits.c). */
static int
http_decode_any(struct wi_http *http, uint8_t *data, size_t len,
    size_t max_message, bool stream, struct weft_cut *cut)
{
	size_t max_body = max_message - WI_HTTP_HEAD_MAX;

	switch ((enum wi_http_phase)http->phase) {
	case WI_HTTP_HEAD:
		return http_head(http, data, len, max_body, stream, cut);
	case WI_HTTP_STREAM_BODY:
		return http_stream_body(http, len, max_body, cut);
	case WI_HTTP_STREAM_CHUNKS:
		return http_stream_chunks(http, data, len, max_body, cut);
	case WI_HTTP_ENDED:
		cut->used = len; /* nothing is read any more */
		return WEFT_CUT_SKIP;
	default:
		return http_body_any(http, data, len, max_body, cut);
	}
}

static int
http_decode(void *state, uint8_t *data, size_t len, size_t max_message,
    struct weft_cut *cut)
{
	return http_decode_any(state, data, len, max_message, false, cut);
}

static int
http_decode_stream(void *state, uint8_t *data, size_t len, size_t max_message,
    struct weft_cut *cut)
{
	return http_decode_any(state, data, len, max_message, true, cut);
}

/* ---- the end */

static size_t
http_end(void *state, enum weft_reason why, uint8_t *out)
{
	const struct wi_http *http = state;
	unsigned status = http->status;
	int n;

	/* RFC 9110, section 15.5.9. */
	if (status == 0 && why == WEFT_REASON_PARTIAL &&
	    http->phase < WI_HTTP_STREAM_BODY)
		status = 408;
	if (status == 0)
		return 0;
	n = snprintf((char *)out, WI_HTTP_GOODBYE_MAX,
	    "HTTP/1.1 %u %s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
	    status, wi_http_reason(status));
	return (size_t)n;
}

/* ---- events (WHATWG HTML, 9.2.6), each a chunk */

static size_t
events_encode_max(size_t len)
{
	return HTTP_EVENT_LINE * (len + 1) + HTTP_EVENT_AROUND;
}

/* A line ends in CR LF, CR or LF: each of them begins a new one. */
static size_t
events_lines(uint8_t *out, const uint8_t *msg, size_t len)
{
	size_t i, n = 0;

	memcpy(out, "data: ", 6);
	n = 6;
	for (i = 0; i < len; i++) {
		if (msg[i] != '\r' && msg[i] != '\n') {
			out[n++] = msg[i];
			continue;
		}
		if (msg[i] == '\r' && i + 1 < len && msg[i + 1] == '\n')
			i++;
		memcpy(out + n, "\ndata: ", 7);
		n += 7;
	}
	memcpy(out + n, "\n\n", 2);
	return n + 2;
}

/* The size stands in front, in 8 digits: it is known last. */
static size_t
events_encode(uint8_t *out, const uint8_t *msg, size_t len, uint32_t flags)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = events_lines(out + 10, msg, len);
	unsigned i;

	(void)flags;
	for (i = 0; i < 8; i++)
		out[i] = (uint8_t)digits[n >> (28 - 4 * i) & 15u];
	memcpy(out + 8, "\r\n", 2);
	memcpy(out + 10 + n, "\r\n", 2);
	return 12 + n;
}

const struct weft_codec wi_codec_http = {
	.size = sizeof(struct weft_codec),
	.state_size = sizeof(struct wi_http),
	.name = "http",
	.decode = http_decode,
	.end = http_end,
};

const struct weft_codec wi_codec_http_stream = {
	.size = sizeof(struct weft_codec),
	.state_size = sizeof(struct wi_http),
	.name = "http",
	.decode = http_decode_stream,
	.end = http_end,
};

const struct weft_codec wi_codec_http_events = {
	.size = sizeof(struct weft_codec),
	.state_size = sizeof(struct wi_http),
	.name = "events",
	.decode = http_decode,
	.encode_max = events_encode_max,
	.encode = events_encode,
	.end = http_end,
};
