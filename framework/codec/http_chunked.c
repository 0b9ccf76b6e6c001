/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/http_chunked - a body that comes in chunks (RFC 9112, section 7.1).
 *
 * thread: I/O.
 *
 *	| joined | gap | what comes next ...
 *
 * The bytes of the next chunk are moved down to joined.  What a chunk says
 * besides its size, and the fields behind the last one, are looked at and
 * forgotten.
 *
 * strict_note: whoever reads a chunk's size otherwise than the proxy in front
 * of it takes a part of a body for a request.  So a size is 1 to 8 digits and
 * nothing else, each line ends in CR LF, and no line has a control character.
 */
#include "codec/http.h"

#include <string.h>

#define CHUNKED_LINE_MAX 256u /* [bytes] of a line with a size */
#define CHUNKED_DIGITS 8u

enum chunked_phase {
	CHUNKED_SIZE,
	CHUNKED_DATA,
	CHUNKED_DATA_END,
	CHUNKED_TRAILER,
};

static int
chunked_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* [bytes] of the line that stands there, with its end; 0: it has none yet; -1:
 * it is none (strict_note), or longer than max. */
static int
chunked_line(const uint8_t *at, size_t len, size_t max)
{
	size_t i;

	for (i = 0; i < len && i < max; i++)
		if (at[i] == '\r') {
			if (i + 1 == len)
				return 0;
			return at[i + 1] == '\n' ? (int)i + 2 : -1;
		} else if ((at[i] < ' ' && at[i] != '\t') || at[i] == 0x7f) {
			return -1;
		}
	return len < max ? 0 : -1;
}

/* [bytes] of the token that stands there; 0: none. */
static size_t
chunked_token(const char *at, size_t len)
{
	size_t n = 0;

	while (n < len && wi_http_is_token((struct wi_http_text){ at + n, 1 }))
		n++;
	return n;
}

/* [bytes] of what stands between quotes, with them; 0: it is not ended. */
static size_t
chunked_quoted(const char *at, size_t len)
{
	size_t n = 1;

	while (n < len && at[n] != '"')
		n += at[n] == '\\' ? 2 : 1;
	return n < len ? n + 1 : 0;
}

/* What a chunk says besides its size (section 7.1.1), all of it? */
static bool
chunked_is_extension(const char *at, size_t len)
{
	size_t n;

	while (len > 0) {
		n = *at == ';' ? chunked_token(at + 1, len - 1) : 0;
		if (n == 0)
			return false;
		at += n + 1;
		len -= n + 1;
		if (len == 0 || *at != '=')
			continue;
		n = len > 1 && at[1] == '"' ? chunked_quoted(at + 1, len - 1) :
					      chunked_token(at + 1, len - 1);
		if (n == 0)
			return false;
		at += n + 1;
		len -= n + 1;
	}
	return true;
}

static enum wi_http_chunks_result
chunked_size(struct wi_http_chunks *chunks, const uint8_t *at, size_t len,
    size_t max, const char **why)
{
	int n = chunked_line(at, len, CHUNKED_LINE_MAX);
	uint32_t size = 0, digits = 0;

	*why = "expected a chunk's size (RFC 9112, 7.1), found something else";
	if (n == 0)
		return WI_HTTP_CHUNKS_MORE;
	for (; n > 0 && chunked_digit(at[digits]) >= 0; digits++) {
		if (digits == CHUNKED_DIGITS)
			return WI_HTTP_CHUNKS_LONG;
		size = size << 4 | (uint32_t)chunked_digit(at[digits]);
	}
	if (n < 0 || digits == 0 ||
	    !chunked_is_extension(
		(const char *)at + digits, (size_t)n - 2 - digits))
		return WI_HTTP_CHUNKS_WRONG;
	if (size > max - chunks->joined)
		return WI_HTTP_CHUNKS_LONG;
	chunks->at += (uint32_t)n;
	chunks->left = size;
	chunks->phase = size == 0 ? CHUNKED_TRAILER : CHUNKED_DATA;
	return WI_HTTP_CHUNKS_DONE;
}

static enum wi_http_chunks_result
chunked_data(struct wi_http_chunks *chunks, uint8_t *data, size_t len)
{
	uint32_t n = chunks->left;

	if (n > len - chunks->at)
		n = (uint32_t)(len - chunks->at);
	memmove(data + chunks->joined, data + chunks->at, n);
	chunks->joined += n;
	chunks->at += n;
	chunks->left -= n;
	if (chunks->left > 0)
		return WI_HTTP_CHUNKS_MORE;
	chunks->phase = CHUNKED_DATA_END;
	return WI_HTTP_CHUNKS_DONE;
}

static enum wi_http_chunks_result
chunked_data_end(struct wi_http_chunks *chunks, const uint8_t *at, size_t len,
    const char **why)
{
	*why = "expected CR LF behind a chunk (RFC 9112, 7.1), found "
	       "something else";
	if (len > 0 && at[0] != '\r')
		return WI_HTTP_CHUNKS_WRONG;
	if (len < 2)
		return WI_HTTP_CHUNKS_MORE;
	if (at[1] != '\n')
		return WI_HTTP_CHUNKS_WRONG;
	chunks->at += 2;
	chunks->phase = CHUNKED_SIZE;
	return WI_HTTP_CHUNKS_DONE;
}

/* A line of it; *last: that was the empty one. */
static enum wi_http_chunks_result
chunked_trailer(struct wi_http_chunks *chunks, const uint8_t *at, size_t len,
    bool *last, const char **why)
{
	int n = chunked_line(at, len, WI_HTTP_HEAD_MAX - chunks->trailer);
	const uint8_t *colon;

	*why = "expected fields of at most 8192 bytes behind the last chunk "
	       "(RFC 9112, 7.1.2), found something else";
	if (n == 0)
		return WI_HTTP_CHUNKS_MORE;
	if (n < 0)
		return WI_HTTP_CHUNKS_WRONG;
	*last = n == 2;
	colon = memchr(at, ':', (size_t)n);
	if (!*last &&
	    (colon == NULL ||
		!wi_http_is_token((struct wi_http_text){
		    (const char *)at, (size_t)(colon - at) })))
		return WI_HTTP_CHUNKS_WRONG;
	chunks->at += (uint32_t)n;
	chunks->trailer += (uint32_t)n;
	return WI_HTTP_CHUNKS_DONE;
}

enum wi_http_chunks_result
wi_http_chunks_join(struct wi_http_chunks *chunks, uint8_t *data, size_t len,
    size_t max, const char **why)
{
	enum wi_http_chunks_result result = WI_HTTP_CHUNKS_DONE;
	bool last = false;

	*why = NULL;
	while (result == WI_HTTP_CHUNKS_DONE && !last) {
		const uint8_t *at = data + chunks->at;
		size_t rest = len - chunks->at;

		switch ((enum chunked_phase)chunks->phase) {
		case CHUNKED_SIZE:
			result = chunked_size(chunks, at, rest, max, why);
			break;
		case CHUNKED_DATA:
			result = chunked_data(chunks, data, len);
			break;
		case CHUNKED_DATA_END:
			result = chunked_data_end(chunks, at, rest, why);
			break;
		case CHUNKED_TRAILER:
			result = chunked_trailer(chunks, at, rest, &last, why);
			break;
		}
	}
	return result;
}
