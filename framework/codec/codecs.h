/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/codecs.h - the codecs that are built in, by name.
 *
 * thread: any (constants).
 */
#ifndef WI_CODECS_H
#define WI_CODECS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <weft/codec.h>

#include "codec/deflate.h"

#define WI_CODEC_HEAD_MAX 32 /* the most that any codec's head_max may be */
#define WI_CODEC_TAIL_MAX 32

extern const struct weft_codec wi_codec_raw;
extern const struct weft_codec wi_codec_varint;
extern const struct weft_codec wi_codec_u16;
extern const struct weft_codec wi_codec_u32;
extern const struct weft_codec wi_codec_line;
extern const struct weft_codec wi_codec_tpl;
extern const struct weft_codec wi_codec_rpc;

/* WebSocket, not in the list: what ws:// says (codec/ws.c).
 * wi_codec_ws_find() - the one that a URL means: "", "text"; NULL: none. */
extern const struct weft_codec wi_codec_ws;
extern const struct weft_codec wi_codec_ws_text;
extern const struct weft_codec wi_codec_ws_client;
extern const struct weft_codec wi_codec_ws_client_text;
const struct weft_codec *wi_codec_ws_find(const char *name, bool client);

/* Those of connections that agreed on permessage-deflate (codec/ws_deflate.c):
 * each of the four above, for each set of parameters that what we send depends
 * on.  They find the set of an endpoint, and so who shares a copy. */
enum {
	WI_CODEC_WS_KINDS = 4
};
extern const struct weft_codec wi_codecs_deflate[][WI_CODEC_WS_KINDS];

/* wi_codec_deflates() - is it one of these?  Else what they do below is not
 * for it. */
static inline bool
wi_codec_deflates(const struct weft_codec *codec)
{
	return (uintptr_t)codec - (uintptr_t)wi_codecs_deflate <
	    (size_t)WI_DEFLATE_SETS * WI_CODEC_WS_KINDS * sizeof(*codec);
}

/* wi_codec_agreed() - the codec of an endpoint whose handshake is over; state:
 * of decode().  sends: what it sends may be made smaller.  Itself, if it is
 * not of ws:// or nothing was agreed on.
 * wi_codec_plain() - and back: the same without deflate. */
const struct weft_codec *wi_codec_agreed(
    const struct weft_codec *codec, const void *state, bool sends);
const struct weft_codec *wi_codec_plain(const struct weft_codec *codec);

/* wi_codec_deflate_set() - the set of one that deflates. */
enum wi_deflate_set wi_codec_deflate_set(const struct weft_codec *codec);

/* wi_codec_deflated() - the frame of a message that wi_deflate() made smaller
 * for that set; out has room for WI_CODEC_HEAD_MAX more.  returns its length.
 */
size_t wi_codec_deflated(const struct weft_codec *codec, uint8_t *out,
    const uint8_t *smaller, size_t len);

/* In the flags of a message that is to be inflated (handoff/inflated.h), of
 * one that deflates: how. */
#define WI_CODEC_INFLATES (1u << 31)
#define WI_CODEC_TAKEOVER (1u << 30)
static inline uint32_t
wi_codec_inflates(unsigned bits, bool takeover)
{
	return WI_CODEC_INFLATES | (takeover ? WI_CODEC_TAKEOVER : 0u) |
	    bits << 24;
}
static inline unsigned
wi_codec_inflate_bits(uint32_t flags)
{
	return flags >> 24 & 15u;
}

/* wi_codec_cut_max() - [bytes] that decode() may cut a message to be. */
size_t wi_codec_cut_max(const struct weft_codec *codec, size_t max_message);

/* For datagrams, not in the list: each message with its length in front, 4
 * bytes in host order, so that io/udp.c finds where one ends and the next
 * begins.  None of it goes on the wire. */
extern const struct weft_codec wi_codec_datagram;
#define WI_DATAGRAM_HEAD 4u

/* wi_codec_find() - by name, "" is raw; NULL if there is none. */
const struct weft_codec *wi_codec_find(const char *name);

/* wi_codec_names() - "raw, varint, u16", for error texts; cut at size. */
void wi_codec_names(char *out, size_t size);

/* wi_codec_message_max() - [bytes] of the longest message that may be sent
 * where max_message is the endpoint's bound. */
static inline size_t
wi_codec_message_max(const struct weft_codec *codec, size_t max_message)
{
	if (codec->message_max != 0 && codec->message_max < max_message)
		return codec->message_max;
	return max_message;
}

/* wi_codec_wire_max() - [bytes] that a message of len may be on the wire, by
 * the contract of weft/codec.h.  What a plugin's codec says is compared with
 * it before memory is taken for it. */
static inline size_t
wi_codec_wire_max(size_t len)
{
	return 2 * len + 1024;
}

/* wi_codec_encode_limit() - likewise of one that is sent. */
static inline size_t
wi_codec_encode_limit(size_t len)
{
	return 8 * len + 1024;
}

/* wi_codec_frame_max() - [bytes] of a message of len as it goes on the wire,
 * at most; more than wi_codec_encode_limit() is the codec's fault. */
static inline size_t
wi_codec_frame_max(const struct weft_codec *codec, size_t len)
{
	if (__builtin_expect(codec->encode_max != NULL, 0))
		return codec->encode_max(len);
	return codec->head_max + len + codec->tail_max;
}

/* wi_codec_encode() - wi_codec_frame() where there is an encode(). */
size_t wi_codec_encode(const struct weft_codec *codec, uint8_t *out,
    const void *data, size_t len, uint32_t flags);

/* wi_codec_frame() - write a message as it goes on the wire; out has room for
 * wi_codec_frame_max().  flags: 0 or WEFT_TEXT.  returns its length. */
static inline size_t
wi_codec_frame(const struct weft_codec *codec, uint8_t *out, const void *data,
    size_t len, uint32_t flags)
{
	size_t n = 0;

	if (__builtin_expect(codec->encode != NULL, 0))
		return wi_codec_encode(codec, out, data, len, flags);
	if (codec->head != NULL)
		n = codec->head(out, len, flags);
	if (len > 0)
		memcpy(out + n, data, len);
	n += len;
	if (codec->tail != NULL)
		n += codec->tail(out + n, len, flags);
	return n;
}

/* wi_codec_seal() - the same of a request or a reply; codec has a seal(). */
static inline size_t
wi_codec_seal(const struct weft_codec *codec, uint8_t *out, const void *data,
    size_t len, enum weft_kind kind, uint64_t id)
{
	size_t n = codec->seal(out, len, kind, id);

	if (len > 0)
		memcpy(out + n, data, len);
	n += len;
	if (codec->tail != NULL)
		n += codec->tail(out + n, len, 0);
	return n;
}

#endif
