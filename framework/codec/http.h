/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/http.h - HTTP/1.1 and 1.0 (RFC 9112), a server's side: what its files
 * share.
 *
 *	http_head.c     the head in its parts
 *	http_chunked.c  a body that comes in chunks
 *	http.c          bytes become requests; the tables
 *	http_words.c    status lines, dates
 *	http_path.c     paths, routes, queries
 *
 * A message is a whole request: its head, and behind it its body, decoded.  Of
 * wi_codec_http_stream a body that is not there yet comes in pieces.
 */
#ifndef WI_HTTP_H
#define WI_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/codec.h>

#include "codec/http_head.h"

/* In a message's flags: the number of the request on its connection, 1 to the
 * mask, and 1 again. */
#define WI_HTTP_NUMBER_SHIFT 8
#define WI_HTTP_NUMBER_MASK 0xffffffu
/* Of wi_codec_http_stream, besides: */
#define WI_HTTP_PART 2u  /* the head alone, its body follows in pieces */
#define WI_HTTP_PIECE 4u /* one of them */
#define WI_HTTP_LAST 8u  /* the last */

enum wi_http_phase {
	WI_HTTP_HEAD,
	WI_HTTP_BODY,        /* length is known */
	WI_HTTP_CHUNKS,      /* http_chunked.c */
	WI_HTTP_STREAM_BODY, /* the same of wi_codec_http_stream */
	WI_HTTP_STREAM_CHUNKS,
	WI_HTTP_ENDED,
};

/* A body in chunks, as far as it was looked at. */
struct wi_http_chunks {
	uint8_t phase;    /* http_chunked.c */
	uint32_t joined;  /* [bytes] of the body so far */
	uint32_t at;      /* [bytes] behind the head: what comes next */
	uint32_t left;    /* [bytes] of the chunk that are to come */
	uint32_t trailer; /* [bytes] of trailer fields so far */
};

/* What decode() remembers of a connection. */
struct wi_http {
	uint8_t phase;     /* enum wi_http_phase */
	uint16_t status;   /* that is to be said at the end; 0: none */
	uint32_t number;   /* of the request that was cut last */
	uint32_t looked;   /* [bytes] of the head */
	uint32_t head_len; /* [bytes] */
	uint64_t body_len; /* [bytes] BODY; STREAM_BODY: that are to come */
	struct wi_http_chunks chunks;
};

enum wi_http_chunks_result {
	WI_HTTP_CHUNKS_MORE,
	WI_HTTP_CHUNKS_DONE,
	WI_HTTP_CHUNKS_WRONG, /* 400 */
	WI_HTTP_CHUNKS_LONG,  /* 413 */
};

/*
 * wi_http_chunks_join() - chunks are joined where they lie (RFC 9112, 7.1).
 *
 *   chunks   in,out   zeroed at first.
 *   data     in,out   what stands behind the head; the same bytes at every
 *                     call, and more.
 *   max      in       [bytes] of a body, at most.
 *   why      out      WRONG: what was expected, in words.
 *   returns           DONE: chunks->joined bytes are the body, chunks->at were
 *                     used up.
 */
enum wi_http_chunks_result wi_http_chunks_join(struct wi_http_chunks *chunks,
    uint8_t *data, size_t len, size_t max, const char **why);

/* wi_http_reason() - "Not Found"; "" for a status that has no words here. */
const char *wi_http_reason(unsigned status);

#define WI_HTTP_DATE 29u /* [bytes] of "Sun, 06 Nov 1994 08:49:37 GMT" */

/* wi_http_date() - a date (RFC 9110, 5.6.7).  seconds: since 1970. */
void wi_http_date(int64_t seconds, char out[WI_HTTP_DATE + 1]);

/* What ends a connection that has asked what cannot be answered. */
#define WI_HTTP_GOODBYE_MAX 192u

/* A listener's; one whose plugin has routes that take bodies in pieces; a
 * stream of events (weft_http_events()), which reads as the first. */
extern const struct weft_codec wi_codec_http;
extern const struct weft_codec wi_codec_http_stream;
extern const struct weft_codec wi_codec_http_events;

/* wi_codec_replies() - it gets replies only. */
static inline bool
wi_codec_replies(const struct weft_codec *codec)
{
	return codec == &wi_codec_http || codec == &wi_codec_http_stream;
}

/* wi_codec_is_http() - any of them. */
static inline bool
wi_codec_is_http(const struct weft_codec *codec)
{
	return wi_codec_replies(codec) || codec == &wi_codec_http_events;
}

#endif
