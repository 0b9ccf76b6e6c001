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
 * Bytes are judged from the left (verdict_note in codec/leb128.h).  A length
 * is refused at once when no kind of message could be that long; exactly, when
 * kind and id are known.
 */
#include "codec/codecs.h"

#include "codec/leb128.h"

#define RPC_HEAD_MAX (WI_LEB128_MAX + 1u + WI_LEB128_MAX)
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
		rv = wi_leb128_get(data + 1, (have < body ? have : body) - 1,
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
		max = max_message + 1 + WI_LEB128_MAX;
	rv = wi_leb128_get(data, len, max, &body, &head);
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
rpc_head(uint8_t *out, size_t len, uint32_t flags)
{
	size_t n = wi_leb128_put(out, (uint64_t)len + 1);

	(void)flags;
	out[n] = WEFT_KIND_MESSAGE;
	return n + 1;
}

static size_t
rpc_seal(uint8_t *out, size_t len, enum weft_kind kind, uint64_t id)
{
	uint8_t name[WI_LEB128_MAX];
	size_t nid = wi_leb128_put(name, id);
	size_t n = wi_leb128_put(out, (uint64_t)len + 1 + nid);

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
	return wi_leb128_get(msg - nid, nid, UINT64_MAX, &envelope->id,
		   &nbytes) == WEFT_CUT_MESSAGE ?
	    WEFT_OK :
	    WEFT_EMALFORMED;
}
