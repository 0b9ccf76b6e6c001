/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/ws.h - WebSocket (RFC 6455): what its files share.
 *
 *	ws_hello.c   the handshake, of both sides
 *	ws_origin.c  which pages may connect
 *	ws_extension.c   its part about permessage-deflate
 *	ws_frame.c   frames become messages; ping, pong and close
 *	ws.c         messages become frames; the tables
 *	ws_deflate.c   the same, made smaller
 *
 * thread: I/O, but for what ws.c says.
 */
#ifndef WI_WS_H
#define WI_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/codec.h>

#include "codec/http_head.h"
#include "codec/utf8.h"
#include "codec/ws_extension.h"

#define WI_WS_HEAD_MAX 14u     /* [bytes] of a frame's head */
#define WI_WS_CONTROL_MAX 125u /* [bytes] of a control frame's payload */
#define WI_WS_TEXT_AT 132u     /* in wi_ws.answer */
#define WI_WS_ACCEPT 28u       /* [bytes] of sec-websocket-accept */

/* RFC 6455, section 5.2. */
enum wi_ws_opcode {
	WI_WS_CONTINUATION = 0x0,
	WI_WS_TEXT = 0x1,
	WI_WS_BINARY = 0x2,
	WI_WS_CLOSE = 0x8,
	WI_WS_PING = 0x9,
	WI_WS_PONG = 0xa,
};
#define WI_WS_FIN 0x80u
#define WI_WS_DEFLATED 0x40u /* RSV1: RFC 7692, section 6 */
#define WI_WS_MASKED 0x80u

/* RFC 6455, section 7.4.1. */
enum wi_ws_status {
	WI_WS_NORMAL = 1000,
	WI_WS_GOING = 1001,
	WI_WS_PROTOCOL = 1002,
	WI_WS_NONE = 1005, /* never on the wire */
	WI_WS_INVALID = 1007,
	WI_WS_POLICY = 1008,
	WI_WS_TOOBIG = 1009,
	WI_WS_ERROR = 1011,
};

enum wi_ws_phase {
	WI_WS_SHAKING,
	WI_WS_OPEN,
	WI_WS_ENDED,
};

/* In answer, behind an HTTP answer: words for the log. */
#define WI_WS_WORDS_AT 136u

/* What decode() remembers of an endpoint. */
struct wi_ws {
	const struct weft_codec_place *place;
	bool client;
	uint8_t phase;  /* enum wi_ws_phase */
	uint8_t opcode; /* of the message whose frames are being joined; 0:
	                   there is none */
	bool deflated;  /* likewise: it was made smaller */
	bool said;      /* the first part of a server's answer */
	uint8_t set;    /* enum wi_deflate_set of what we send */
	uint8_t bits;   /* as struct wi_ws_extension; 0: none was agreed on */
	bool takeover;  /* likewise */
	struct wi_utf8 utf8; /* of a text, so far */
	uint32_t looked;     /* [bytes] of the head of the handshake */
	uint32_t joined;     /* join_note in ws_frame.c */
	uint32_t gap;
	uint16_t status; /* to be said at the end; 0: by the reason */
	uint8_t text_len;
	/* An answer; from WI_WS_TEXT_AT on, behind the longest control frame,
	 * the text behind status: a ping may arrive after leave(). */
	uint8_t answer[256];
};

/* wi_ws_hello() - the handshake's part of decode().
 * wi_ws_begin() - the codec's begin(), of both sides. */
int wi_ws_hello(
    struct wi_ws *ws, const uint8_t *data, size_t len, struct weft_cut *cut);
int wi_ws_begin_server(void *state, const struct weft_codec_place *place,
    uint8_t *out, size_t size, size_t *len);
int wi_ws_begin_client(void *state, const struct weft_codec_place *place,
    uint8_t *out, size_t size, size_t *len);

/* wi_ws_choose() - the subprotocol of a request (section 4.2.2, step 5); len
 * 0: none.  thread: any. */
struct wi_http_text wi_ws_choose(
    const struct wi_http_head *head, const char *protocols);

/* wi_ws_lets_in() - may the page connect that a request comes from, if it
 * comes from one (origin_note in ws_origin.c)?  origins: the option. */
bool wi_ws_lets_in(const struct wi_http_head *head, const char *origins);

/* wi_ws_options() - what is wrong with options of those names: words for an
 * error, NULL: nothing.  thread: any. */
const char *wi_ws_options(const char *origins, const char *protocols);

/* wi_ws_decode() - the codec's decode(). */
int wi_ws_decode(void *state, uint8_t *data, size_t len, size_t max_message,
    struct weft_cut *cut);

/* wi_ws_head() - the head of a frame that is not masked: bytes written.
 * first: its opcode, and WI_WS_DEFLATED. */
size_t wi_ws_head(uint8_t *out, unsigned first, size_t len);

/* wi_ws_masked() - head, mask and masked payload: bytes written.  out has room
 * for WI_WS_HEAD_MAX more than the payload, which may lie in it where it is
 * not overtaken: from out + WI_WS_HEAD_MAX on. */
size_t wi_ws_masked(
    uint8_t *out, unsigned first, const uint8_t *payload, size_t len);

/* wi_ws_opcode() - of a message with those flags. */
static inline enum wi_ws_opcode
wi_ws_opcode(uint32_t flags)
{
	return (flags & WEFT_TEXT) != 0 ? WI_WS_TEXT : WI_WS_BINARY;
}

/* What there is of a codec besides its table: ws.c, ws_deflate.c. */
#define WI_WS_BOTH                                                            \
	.size = sizeof(struct weft_codec),                                    \
	.state_size = sizeof(struct wi_ws), .decode = wi_ws_decode,           \
	.leave = wi_ws_leave, .end = wi_ws_end, .ping = wi_ws_ping
void wi_ws_leave(void *state, uint32_t status, const char *text, size_t len);
size_t wi_ws_end(void *state, enum weft_reason why, uint8_t *out);
size_t wi_ws_ping(void *state, uint8_t *out);

/* wi_ws_control() - a whole control frame, masked if it is a client's; out has
 * room for 131 bytes: bytes written. */
size_t wi_ws_control(uint8_t *out, bool client, enum wi_ws_opcode opcode,
    const uint8_t *payload, size_t len);

/* wi_ws_status_valid() - may a peer say that (section 7.4.1, and IANA's list)?
 */
bool wi_ws_status_valid(unsigned status);

#endif
