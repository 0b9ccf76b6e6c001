/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/ws - WebSocket (RFC 6455): messages become frames, and the tables.
 *
 *	wi_codec_ws            a listener's: sends binary messages
 *	wi_codec_ws_text       the same, sends text
 *	wi_codec_ws_client...  a connection's: they mask what they send
 *
 * Each message is one frame.  weft_send_text() sends text in any of them.
 * Those of connections that agreed to make messages smaller are in
 * ws_deflate.c.
 *
 * thread: any for head() and encode(), several at a time; I/O for the rest.
 */
#include "codec/ws.h"

#include <string.h>

#include <weft/error.h>

#include "base/random.h"
#include "codec/codecs.h"
#include "codec/mask.h"

bool
wi_ws_status_valid(unsigned status)
{
	return (status >= 1000 && status <= 1003) ||
	    (status >= 1007 && status <= 1014) ||
	    (status >= 3000 && status <= 4999);
}

size_t
wi_ws_head(uint8_t *out, unsigned first, size_t len)
{
	unsigned i;

	out[0] = (uint8_t)(WI_WS_FIN | first);
	if (len <= WI_WS_CONTROL_MAX) {
		out[1] = (uint8_t)len;
		return 2;
	}
	if (len <= 0xffff) {
		out[1] = 126;
		out[2] = (uint8_t)(len >> 8);
		out[3] = (uint8_t)len;
		return 4;
	}
	out[1] = 127;
	for (i = 0; i < 8; i++)
		out[2 + i] = (uint8_t)((uint64_t)len >> (56 - 8 * i));
	return 10;
}

/* Head, mask and masked payload (section 5.3: a key that nobody can guess). */
size_t
wi_ws_masked(uint8_t *out, unsigned first, const uint8_t *payload, size_t len)
{
	size_t n = wi_ws_head(out, first, len);
	uint32_t key = wi_random();

	out[1] |= WI_WS_MASKED;
	memcpy(out + n, &key, 4);
	if (len > 0)
		wi_mask_copy(out + n + 4, payload, len, out + n);
	return n + 4 + len;
}

size_t
wi_ws_control(uint8_t *out, bool client, enum wi_ws_opcode opcode,
    const uint8_t *payload, size_t len)
{
	size_t n;

	if (client)
		return wi_ws_masked(out, opcode, payload, len);
	n = wi_ws_head(out, opcode, len);
	if (len > 0)
		memmove(out + n, payload, len);
	return n + len;
}

static size_t
ws_head(uint8_t *out, size_t len, uint32_t flags)
{
	return wi_ws_head(out, wi_ws_opcode(flags), len);
}

static size_t
ws_head_text(uint8_t *out, size_t len, uint32_t flags)
{
	(void)flags;
	return wi_ws_head(out, WI_WS_TEXT, len);
}

static size_t
ws_encode_max(size_t len)
{
	return len + WI_WS_HEAD_MAX;
}

static size_t
ws_encode(uint8_t *out, const uint8_t *msg, size_t len, uint32_t flags)
{
	return wi_ws_masked(out, wi_ws_opcode(flags), msg, len);
}

static size_t
ws_encode_text(uint8_t *out, const uint8_t *msg, size_t len, uint32_t flags)
{
	(void)flags;
	return wi_ws_masked(out, WI_WS_TEXT, msg, len);
}

void
wi_ws_leave(void *state, uint32_t status, const char *text, size_t len)
{
	struct wi_ws *ws = state;

	ws->status = (uint16_t)status;
	ws->text_len =
	    (uint8_t)(len > WI_WS_CONTROL_MAX - 2 ? WI_WS_CONTROL_MAX - 2 :
						    len);
	if (ws->text_len > 0)
		memcpy(ws->answer + WI_WS_TEXT_AT, text, ws->text_len);
}

/* Section 7.4.1. */
static uint16_t
ws_status(enum weft_reason why)
{
	switch (why) {
	case WEFT_REASON_LOCAL:
	case WEFT_REASON_PEER:
		return WI_WS_NORMAL;
	case WEFT_REASON_STOPPING:
	case WEFT_REASON_UNLISTEN:
	case WEFT_REASON_IDLE:
		return WI_WS_GOING;
	case WEFT_REASON_TOOBIG:
		return WI_WS_TOOBIG;
	case WEFT_REASON_MALFORMED:
		return WI_WS_INVALID;
	case WEFT_REASON_PARTIAL:
	case WEFT_REASON_SLOW:
		return WI_WS_POLICY;
	default:
		return WI_WS_ERROR;
	}
}

size_t
wi_ws_end(void *state, enum weft_reason why, uint8_t *out)
{
	struct wi_ws *ws = state;
	uint8_t payload[WI_WS_CONTROL_MAX];
	uint16_t status = ws->status != 0 ? ws->status : ws_status(why);
	size_t n = 0;

	/* Who said none gets none. */
	if (status != WI_WS_NONE) {
		payload[0] = (uint8_t)(status >> 8);
		payload[1] = (uint8_t)status;
		n = 2;
		if (ws->text_len > 0)
			memcpy(payload + 2, ws->answer + WI_WS_TEXT_AT,
			    ws->text_len);
		n += ws->text_len;
	}
	return wi_ws_control(out, ws->client, WI_WS_CLOSE, payload, n);
}

size_t
wi_ws_ping(void *state, uint8_t *out)
{
	const struct wi_ws *ws = state;

	return wi_ws_control(out, ws->client, WI_WS_PING, NULL, 0);
}

#define WS_SERVER(its_name, its_head)                                         \
	{                                                                     \
		WI_WS_BOTH, .name = its_name, .head_max = WI_WS_HEAD_MAX,     \
			    .head = its_head, .begin = wi_ws_begin_server     \
	}
#define WS_CLIENT(its_name, its_encode)                                       \
	{                                                                     \
		WI_WS_BOTH, .name = its_name, .encode_max = ws_encode_max,    \
			    .encode = its_encode, .begin = wi_ws_begin_client \
	}

const struct weft_codec wi_codec_ws = WS_SERVER("ws", ws_head);
const struct weft_codec wi_codec_ws_text = WS_SERVER("text", ws_head_text);
const struct weft_codec wi_codec_ws_client = WS_CLIENT("ws", ws_encode);
const struct weft_codec wi_codec_ws_client_text =
    WS_CLIENT("text", ws_encode_text);

const struct weft_codec *
wi_codec_ws_find(const char *name, bool client)
{
	if (name[0] == '\0')
		return client ? &wi_codec_ws_client : &wi_codec_ws;
	if (strcmp(name, "text") == 0)
		return client ? &wi_codec_ws_client_text : &wi_codec_ws_text;
	return NULL;
}
