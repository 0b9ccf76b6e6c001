/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/ws_frame - frames become messages (RFC 6455, sections 5 to 7).
 *
 * thread: I/O.
 *
 * A frame is looked at when it is whole; its payload is unmasked where it
 * lies.  What is wrong with its head is said as soon as the head is there.
 *
 * join_note: a message of several frames is joined at the front of the bytes
 * that are not used up:
 *
 *	| joined | gap | next frame ...
 *
 * The payload of the next frame is moved down to joined; heads, and control
 * frames between, are what the gap is made of.  When the gap is longer than
 * half of joined, joined is moved up and the gap is used up (SKIP): so each
 * byte is moved three times at most, and what has to be kept is bounded, into
 * however small frames a peer cuts its message, and whatever it puts between.
 */
#include "codec/ws.h"

#include <string.h>

#include <weft/error.h>

#include "codec/codecs.h"
#include "codec/inflate.h"
#include "codec/mask.h"

#define FRAME_GAP 256u /* [bytes] that a gap may have in any case */

struct frame {
	unsigned opcode;
	bool fin;
	bool deflated; /* the message that it is of */
	size_t head;   /* [bytes] */
	uint64_t len;
	uint8_t *payload;
	uint8_t *key; /* NULL: not masked */
};

/* The connection is to be failed (section 7.1.7). */
static int
frame_fail(struct wi_ws *ws, struct weft_cut *cut, uint16_t status, int error,
    const char *why)
{
	ws->phase = WI_WS_ENDED;
	ws->status = status;
	ws->text_len = 0;
	cut->error = error;
	cut->why = why;
	return WEFT_CUT_END;
}

static int
frame_wrong(struct wi_ws *ws, struct weft_cut *cut, const char *why)
{
	return frame_fail(ws, cut, WI_WS_PROTOCOL, WEFT_EMALFORMED, why);
}

/* The first two bytes, NULL: nothing is wrong with them (section 5.2). */
static const char *
frame_judge(const struct wi_ws *ws, uint8_t first, uint8_t second)
{
	const unsigned opcode = first & 0x0fu, len = second & 0x7fu;
	unsigned reserved = first & 0x70u;

	/* RFC 7692, section 6: of a message's first frame. */
	if (ws->bits != 0 && opcode != WI_WS_CONTINUATION &&
	    opcode < WI_WS_CLOSE)
		reserved &= ~WI_WS_DEFLATED;
	if (reserved != 0)
		return "expected no reserved bit (RFC 6455, 5.2), found one";
	if (((second & WI_WS_MASKED) != 0) == ws->client)
		return ws->client ?
		    "expected no mask from a server (RFC 6455, 5.1), found "
		    "one" :
		    "expected a mask from a client (RFC 6455, 5.1), found "
		    "none";
	if (opcode >= WI_WS_CLOSE) {
		if (opcode > WI_WS_PONG)
			return "expected an opcode of RFC 6455, 5.2, found "
			       "another";
		if ((first & WI_WS_FIN) == 0)
			return "expected a control frame to be whole (RFC "
			       "6455, 5.5), found a part";
		if (len > WI_WS_CONTROL_MAX)
			return "expected at most 125 bytes in a control frame "
			       "(RFC 6455, 5.5), found more";
		if (opcode == WI_WS_CLOSE && len == 1)
			return "expected a status of two bytes (RFC 6455, "
			       "5.5.1), found one";
		return NULL;
	}
	if (opcode > WI_WS_BINARY)
		return "expected an opcode of RFC 6455, 5.2, found another";
	if (opcode == WI_WS_CONTINUATION && ws->opcode == 0)
		return "expected a message to continue (RFC 6455, 5.4), found "
		       "none";
	if (opcode != WI_WS_CONTINUATION && ws->opcode != 0)
		return "expected the rest of a message (RFC 6455, 5.4), found "
		       "another one";
	return NULL;
}

/* How long the head is, by its second byte. */
static size_t
frame_head(uint8_t second)
{
	const unsigned len = second & 0x7fu;

	return 2 +
	    (len == 126        ? 2u :
		    len == 127 ? 8u :
				 0u) +
	    ((second & WI_WS_MASKED) != 0 ? 4u : 0u);
}

static uint64_t
frame_number(const uint8_t *at, unsigned n)
{
	uint64_t number = 0;

	while (n-- > 0)
		number = number << 8 | *at++;
	return number;
}

/* The length; false: not in the least number of bytes (section 5.2). */
static bool
frame_length(const uint8_t *at, uint64_t *len)
{
	*len = at[1] & 0x7fu;
	if (*len == 126) {
		*len = frame_number(at + 2, 2);
		return *len > 125;
	}
	if (*len == 127) {
		*len = frame_number(at + 2, 8);
		return *len > 0xffff && *len >> 63 == 0;
	}
	return true;
}

/* A whole frame behind what is joined: WEFT_CUT_MESSAGE; or MORE, or END. */
static int
frame_read(struct wi_ws *ws, uint8_t *at, size_t len, size_t max_message,
    struct frame *frame, struct weft_cut *cut)
{
	const char *why;

	if (len < 2)
		return WEFT_CUT_MORE;
	why = frame_judge(ws, at[0], at[1]);
	if (why != NULL)
		return frame_wrong(ws, cut, why);
	frame->head = frame_head(at[1]);
	if (len < frame->head)
		return WEFT_CUT_MORE;
	if (!frame_length(at, &frame->len))
		return frame_wrong(ws, cut,
		    "expected a length in as few bytes as it takes (RFC 6455, "
		    "5.2), found it in more");
	frame->opcode = at[0] & 0x0fu;
	frame->fin = (at[0] & WI_WS_FIN) != 0;
	frame->deflated = (at[0] & WI_WS_DEFLATED) != 0 ||
	    (frame->opcode == WI_WS_CONTINUATION && ws->deflated);
	if (frame->deflated)
		max_message = wi_inflate_wire_max(max_message);
	if (frame->opcode < WI_WS_CLOSE &&
	    frame->len > max_message - ws->joined)
		return frame_fail(ws, cut, WI_WS_TOOBIG, WEFT_ETOOBIG,
		    "expected at most max_message bytes, found more");
	frame->payload = at + frame->head;
	frame->key = (at[1] & WI_WS_MASKED) != 0 ? frame->payload - 4 : NULL;
	if (len - frame->head < frame->len) {
		cut->need = (size_t)(frame->payload - at) + frame->len +
		    ws->joined + ws->gap;
		return WEFT_CUT_MORE;
	}
	if (frame->key != NULL)
		wi_mask_copy(frame->payload, frame->payload,
		    (size_t)frame->len, frame->key);
	return WEFT_CUT_MESSAGE;
}

/* Text, as far as it has come; false: it is not.  What was made smaller is
 * looked at when it has been inflated. */
static bool
frame_text(struct wi_ws *ws, unsigned opcode, const struct frame *frame)
{
	return opcode != WI_WS_TEXT || frame->deflated ||
	    (wi_utf8_next(&ws->utf8, frame->payload, (size_t)frame->len) &&
		(!frame->fin || wi_utf8_whole(&ws->utf8)));
}

/* Section 5.5.1: its status is the answer's. */
static int
frame_close(struct wi_ws *ws, const struct frame *frame, struct weft_cut *cut)
{
	struct wi_utf8 utf8 = { 0, 0, 0 };
	unsigned status = WI_WS_NONE;

	if (frame->len >= 2) {
		status = (unsigned)frame_number(frame->payload, 2);
		if (!wi_ws_status_valid(status))
			return frame_wrong(ws, cut,
			    "expected a status of RFC 6455, 7.4, found "
			    "another");
		if (!wi_utf8_next(
			&utf8, frame->payload + 2, (size_t)frame->len - 2) ||
		    !wi_utf8_whole(&utf8))
			return frame_fail(ws, cut, WI_WS_INVALID,
			    WEFT_EMALFORMED,
			    "expected a reason in UTF-8 (RFC 6455, 5.5.1), "
			    "found something else");
	}
	ws->phase = WI_WS_ENDED;
	if (ws->status == 0)
		ws->status = (uint16_t)status;
	cut->status = status;
	return WEFT_CUT_END;
}

/* WEFT_CUT_SKIP: it has been seen to. */
static int
frame_control(
    struct wi_ws *ws, const struct frame *frame, struct weft_cut *cut)
{
	if (frame->opcode == WI_WS_CLOSE)
		return frame_close(ws, frame, cut);
	if (frame->opcode == WI_WS_PING) {
		cut->answer = ws->answer;
		cut->answer_len = wi_ws_control(ws->answer, ws->client,
		    WI_WS_PONG, frame->payload, (size_t)frame->len);
	}
	return WEFT_CUT_SKIP;
}

static uint32_t
frame_flags(const struct wi_ws *ws, unsigned opcode, const struct frame *frame)
{
	uint32_t flags = opcode == WI_WS_TEXT ? WEFT_TEXT : 0;

	if (frame->deflated)
		flags |= wi_codec_inflates(ws->bits, ws->takeover);
	return flags;
}

static int
frame_not_text(struct wi_ws *ws, struct weft_cut *cut)
{
	return frame_fail(ws, cut, WI_WS_INVALID, WEFT_EMALFORMED,
	    "expected text in UTF-8 (RFC 6455, 8.1), found something else");
}

/* A data frame that is a whole message. */
static int
frame_alone(struct wi_ws *ws, const struct frame *frame, struct weft_cut *cut)
{
	ws->utf8 = (struct wi_utf8){ 0, 0, 0 };
	if (!frame_text(ws, frame->opcode, frame))
		return frame_not_text(ws, cut);
	cut->offset = frame->head;
	cut->len = (size_t)frame->len;
	cut->used = frame->head + (size_t)frame->len;
	cut->flags = frame_flags(ws, frame->opcode, frame);
	return WEFT_CUT_MESSAGE;
}

/* One that is not; see join_note.  WEFT_CUT_SKIP: look for the next. */
static int
frame_join(struct wi_ws *ws, uint8_t *data, const struct frame *frame,
    struct weft_cut *cut)
{
	if (ws->opcode == 0) {
		ws->opcode = (uint8_t)frame->opcode;
		ws->deflated = frame->deflated;
		ws->utf8 = (struct wi_utf8){ 0, 0, 0 };
	}
	if (!frame_text(ws, ws->opcode, frame))
		return frame_not_text(ws, cut);
	memmove(data + ws->joined, frame->payload, (size_t)frame->len);
	ws->joined += (uint32_t)frame->len;
	ws->gap += (uint32_t)frame->head;
	if (!frame->fin)
		return WEFT_CUT_SKIP;
	cut->len = ws->joined;
	cut->used = (size_t)ws->joined + ws->gap;
	cut->flags = frame_flags(ws, ws->opcode, frame);
	ws->joined = 0;
	ws->gap = 0;
	ws->opcode = 0;
	ws->deflated = false;
	return WEFT_CUT_MESSAGE;
}

/* See join_note. */
static int
frame_close_gap(struct wi_ws *ws, uint8_t *data, struct weft_cut *cut)
{
	memmove(data + ws->gap, data, ws->joined);
	cut->used = ws->gap;
	ws->gap = 0;
	return WEFT_CUT_SKIP;
}

static bool
frame_is_alone(const struct wi_ws *ws, const struct frame *frame)
{
	return frame->opcode != WI_WS_CONTINUATION && frame->fin &&
	    ws->opcode == 0;
}

int
wi_ws_decode(void *state, uint8_t *data, size_t len, size_t max_message,
    struct weft_cut *cut)
{
	struct wi_ws *ws = state;
	struct frame frame;
	size_t before;
	int rv;

	if (ws->phase == WI_WS_SHAKING)
		return wi_ws_hello(ws, data, len, cut);
	if (ws->phase == WI_WS_ENDED)
		return WEFT_CUT_END;
	for (;;) {
		before = (size_t)ws->joined + ws->gap;
		rv = frame_read(
		    ws, data + before, len - before, max_message, &frame, cut);
		if (rv != WEFT_CUT_MESSAGE)
			return rv;
		if (frame.opcode >= WI_WS_CLOSE) {
			rv = frame_control(ws, &frame, cut);
			if (rv == WEFT_CUT_END)
				return rv;
			ws->gap += (uint32_t)(frame.head + frame.len);
		} else if (frame_is_alone(ws, &frame)) {
			/* Nothing is joined, and no gap is left by then. */
			return frame_alone(ws, &frame, cut);
		} else {
			rv = frame_join(ws, data, &frame, cut);
			if (rv != WEFT_CUT_SKIP)
				return rv;
		}
		if (ws->gap > ws->joined / 2 + FRAME_GAP || ws->joined == 0)
			return frame_close_gap(ws, data, cut);
		if (cut->answer_len > 0)
			return WEFT_CUT_SKIP;
	}
}
