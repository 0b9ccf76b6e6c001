/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/rpc.c - messages, requests and replies: the codec that carries an id.
 *
 *   length   unsigned LEB128: [bytes] of all that follows
 *   kind     one byte: enum weft_kind
 *   id       of kinds 1 to 3: unsigned LEB128, 64 bits at most
 *   payload  the rest
 *
 * Length and id have one spelling each, the shortest.  What decode() cuts is
 * the payload, so max_message holds for it alone; its flags are 0 for a
 * message, else the kind, and from bit 8 on how many bytes in front of the
 * payload the id takes: open() reads it there.
 *
 * thread: I/O (decode), any (head, seal, open).
 *
 * verdict_note: bytes are judged from the left, and the first fault decides,
 * as in codec/varint.  The length is refused when no kind of message could be
 * that long; exactly, when kind and id are known.
 */
#include "codec/codecs.h"

#include <weft/error.h>

#define RPC_LEB_MAX 10u /* 64 bits in groups of 7 */
#define RPC_HEAD_MAX (RPC_LEB_MAX + 1u + RPC_LEB_MAX)
#define RPC_FLAGS_ID 8u /* bits below the length of the id */

static int rpc_decode(void *state, uint8_t *data, size_t len,
    size_t max_message, struct weft_cut *cut);
static size_t rpc_head(uint8_t *out, size_t len, uint32_t flags);
static size_t rpc_seal(
    uint8_t *out, size_t len, enum weft_kind kind, uint64_t id);
static int rpc_open(const uint8_t *msg, size_t len, uint32_t flags,
    struct weft_envelope *envelope);

const struct weft_codec wi_codec_rpc = {
	.size = sizeof(struct weft_codec),
	.head_max = RPC_HEAD_MAX,
	.name = "rpc",
	.decode = rpc_decode,
	.head = rpc_head,
	.seal = rpc_seal,
	.open = rpc_open,
};

/* A number of the len bytes that are there: MESSAGE, and how many bytes it
 * takes in *nbytes; MORE; EMALFORMED; ETOOBIG as soon as it is above max. */
static int
rpc_number(const uint8_t *data, size_t len, uint64_t max, uint64_t *value,
    size_t *nbytes)
{
	size_t i;

	*value = 0;
	for (i = 0; i < len; i++) {
		if (i == RPC_LEB_MAX - 1 && data[i] > 1)
			return WEFT_EMALFORMED; /* an 11th byte, or bit 64 */
		*value |= (uint64_t)(data[i] & 0x7f) << (7 * i);
		if (*value > max)
			return WEFT_ETOOBIG;
		if (data[i] < 0x80) {
			if (data[i] == 0 && i > 0)
				return WEFT_EMALFORMED; /* overlong */
			*nbytes = i + 1;
			return WEFT_CUT_MESSAGE;
		}
	}
	return WEFT_CUT_MORE;
}

/* Kind and id at the front of body bytes, of which there are have. */
static int
rpc_inner(const uint8_t *data, size_t have, size_t body, size_t max_message,
    struct weft_cut *cut)
{
	size_t nid = 0;
	uint64_t id;
	int rv;

	if (body == 0)
		return WEFT_EMALFORMED;
	if (have == 0)
		return WEFT_CUT_MORE;
	if (data[0] > WEFT_KIND_REFUSAL)
		return WEFT_EMALFORMED;
	if (data[0] != WEFT_KIND_MESSAGE) {
		rv = rpc_number(data + 1, (have < body ? have : body) - 1,
		    UINT64_MAX, &id, &nid);
		if (rv == WEFT_CUT_MORE && have >= body)
			return WEFT_EMALFORMED; /* ends in the middle of it */
		if (rv != WEFT_CUT_MESSAGE)
			return rv;
		cut->flags = data[0] | (uint32_t)nid << RPC_FLAGS_ID;
	}
	cut->len = body - 1 - nid;
	cut->offset = 1 + nid;
	return cut->len > max_message ? WEFT_ETOOBIG : WEFT_CUT_MESSAGE;
}

static int
rpc_decode(void *state, uint8_t *data, size_t len, size_t max_message,
    struct weft_cut *cut)
{
	uint64_t body, max = SIZE_MAX - RPC_HEAD_MAX;
	size_t head;
	int rv;

	(void)state;
	/* Also no sum of head and body may overflow. */
	if (max_message < max - RPC_HEAD_MAX)
		max = max_message + 1 + RPC_LEB_MAX;
	rv = rpc_number(data, len, max, &body, &head);
	if (rv != WEFT_CUT_MESSAGE)
		return rv;
	rv =
	    rpc_inner(data + head, len - head, (size_t)body, max_message, cut);
	if (rv != WEFT_CUT_MESSAGE)
		return rv;
	if (len - head < body) {
		*cut = (struct weft_cut){ .need = head + (size_t)body };
		return WEFT_CUT_MORE;
	}
	cut->offset += head;
	cut->used = head + (size_t)body;
	return WEFT_CUT_MESSAGE;
}

static size_t
rpc_put(uint8_t *out, uint64_t value)
{
	size_t n;

	for (n = 0; value >= 0x80; n++) {
		out[n] = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	out[n] = (uint8_t)value;
	return n + 1;
}

static size_t
rpc_head(uint8_t *out, size_t len, uint32_t flags)
{
	size_t n = rpc_put(out, (uint64_t)len + 1);

	(void)flags;
	out[n] = WEFT_KIND_MESSAGE;
	return n + 1;
}

static size_t
rpc_seal(uint8_t *out, size_t len, enum weft_kind kind, uint64_t id)
{
	uint8_t name[RPC_LEB_MAX];
	size_t nid = rpc_put(name, id);
	size_t n = rpc_put(out, (uint64_t)len + 1 + nid);

	out[n++] = (uint8_t)kind;
	memcpy(out + n, name, nid);
	return n + nid;
}

static int
rpc_open(const uint8_t *msg, size_t len, uint32_t flags,
    struct weft_envelope *envelope)
{
	size_t nid = flags >> RPC_FLAGS_ID, nbytes;

	envelope->kind = (enum weft_kind)(flags & 0xffu);
	envelope->payload = msg;
	envelope->payload_len = len;
	if (envelope->kind == WEFT_KIND_MESSAGE)
		return WEFT_OK;
	/* It was read once, by decode(): it is right. */
	return rpc_number(msg - nid, nid, UINT64_MAX, &envelope->id,
		   &nbytes) == WEFT_CUT_MESSAGE ?
	    WEFT_OK :
	    WEFT_EMALFORMED;
}
