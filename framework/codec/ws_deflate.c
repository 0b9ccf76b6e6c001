/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/ws_deflate - permessage-deflate (RFC 7692): messages become frames
 * that were made smaller, and the tables of who agreed on it.
 *
 * thread: any, several at a time.
 *
 * Not as pure as a codec of a plugin has to be: what deflate works in is the
 * thread's own (codec/deflate.h).  What it writes still depends on nothing but
 * the message and the set.
 */
#include "codec/ws.h"

#include <string.h>

#include "codec/codecs.h"
#include "codec/inflate.h"
#include "codec/mask.h"

/* As they stand in wi_codecs_deflate[]. */
enum {
	KIND_SERVER,
	KIND_SERVER_TEXT,
	KIND_CLIENT,
	KIND_CLIENT_TEXT,
};

static const struct weft_codec *const deflate_plain[WI_CODEC_WS_KINDS] = {
	[KIND_SERVER] = &wi_codec_ws,
	[KIND_SERVER_TEXT] = &wi_codec_ws_text,
	[KIND_CLIENT] = &wi_codec_ws_client,
	[KIND_CLIENT_TEXT] = &wi_codec_ws_client_text,
};

/* The frame of a payload, which may lie at out + WI_WS_HEAD_MAX. */
static inline size_t
deflate_frame(unsigned kind, uint8_t *out, unsigned first,
    const uint8_t *payload, size_t len)
{
	size_t n;

	if (kind == KIND_CLIENT || kind == KIND_CLIENT_TEXT)
		return wi_ws_masked(out, first, payload, len);
	n = wi_ws_head(out, first, len);
	if (len > 0)
		memmove(out + n, payload, len);
	return n + len;
}

static inline unsigned
deflate_opcode(unsigned kind, uint32_t flags)
{
	return kind == KIND_SERVER_TEXT || kind == KIND_CLIENT_TEXT ?
	    WI_WS_TEXT :
	    wi_ws_opcode(flags);
}

static size_t
deflate_encode_max(size_t len)
{
	return len + WI_WS_HEAD_MAX;
}

/* Section 6.1: a message may always stay as it is. */
static inline size_t
deflate_encode(enum wi_deflate_set set, unsigned kind, uint8_t *out,
    const uint8_t *msg, size_t len, uint32_t flags)
{
	unsigned first = deflate_opcode(kind, flags);
	size_t n = wi_deflate(set, out + WI_WS_HEAD_MAX, len, msg, len);

	if (n == 0)
		return deflate_frame(kind, out, first, msg, len);
	return deflate_frame(
	    kind, out, first | WI_WS_DEFLATED, out + WI_WS_HEAD_MAX, n);
}

#define DEFLATE_ENCODE(set, kind)                                             \
	static size_t deflate_encode_##set##_##kind(                          \
	    uint8_t *out, const uint8_t *msg, size_t len, uint32_t flags)     \
	{                                                                     \
		return deflate_encode(                                        \
		    WI_DEFLATE_##set, KIND_##kind, out, msg, len, flags);     \
	}
#define DEFLATE_ENCODES(set)                                                  \
	DEFLATE_ENCODE(set, SERVER)                                           \
	DEFLATE_ENCODE(set, SERVER_TEXT)                                      \
	DEFLATE_ENCODE(set, CLIENT)                                           \
	DEFLATE_ENCODE(set, CLIENT_TEXT)
DEFLATE_ENCODES(NONE)
DEFLATE_ENCODES(9)
DEFLATE_ENCODES(12)
DEFLATE_ENCODES(15)

#define DEFLATE_TABLE(its_name, set, kind, its_begin)                         \
	[KIND_##kind] = { WI_WS_BOTH, .name = its_name,                       \
		.encode_max = deflate_encode_max,                             \
		.encode = deflate_encode_##set##_##kind, .begin = its_begin }
#define DEFLATE_TABLES(set)                                                   \
	[WI_DEFLATE_##                                                        \
	    set] = { DEFLATE_TABLE("ws", set, SERVER, wi_ws_begin_server),    \
		DEFLATE_TABLE("text", set, SERVER_TEXT, wi_ws_begin_server),  \
		DEFLATE_TABLE("ws", set, CLIENT, wi_ws_begin_client),         \
		DEFLATE_TABLE("text", set, CLIENT_TEXT, wi_ws_begin_client) }

const struct weft_codec wi_codecs_deflate[WI_DEFLATE_SETS]
					 [WI_CODEC_WS_KINDS] = {
						 DEFLATE_TABLES(NONE),
						 DEFLATE_TABLES(9),
						 DEFLATE_TABLES(12),
						 DEFLATE_TABLES(15),
					 };

/* Its place in the table, whatever the set; of one that deflates. */
static size_t
deflate_index(const struct weft_codec *codec)
{
	return (size_t)(codec - &wi_codecs_deflate[0][0]);
}

const struct weft_codec *
wi_codec_agreed(const struct weft_codec *codec, const void *state, bool sends)
{
	const struct wi_ws *ws = state;
	unsigned kind;

	for (kind = 0; kind < WI_CODEC_WS_KINDS; kind++)
		if (codec == deflate_plain[kind])
			break;
	if (kind == WI_CODEC_WS_KINDS || ws->bits == 0)
		return codec;
	return &wi_codecs_deflate[sends ? ws->set : WI_DEFLATE_NONE][kind];
}

const struct weft_codec *
wi_codec_plain(const struct weft_codec *codec)
{
	return wi_codec_deflates(codec) ?
	    deflate_plain[deflate_index(codec) % WI_CODEC_WS_KINDS] :
	    codec;
}

enum wi_deflate_set
wi_codec_deflate_set(const struct weft_codec *codec)
{
	return (enum wi_deflate_set)(deflate_index(codec) / WI_CODEC_WS_KINDS);
}

size_t
wi_codec_deflated(const struct weft_codec *codec, uint8_t *out,
    const uint8_t *smaller, size_t len)
{
	unsigned kind = (unsigned)(deflate_index(codec) % WI_CODEC_WS_KINDS);

	return deflate_frame(
	    kind, out, deflate_opcode(kind, 0) | WI_WS_DEFLATED, smaller, len);
}

size_t
wi_codec_cut_max(const struct weft_codec *codec, size_t max_message)
{
	return wi_codec_deflates(codec) ? wi_inflate_wire_max(max_message) :
					  max_message;
}
