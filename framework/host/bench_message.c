/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/bench_message.c - what messages look like, and what is wrong with a
 * reply.
 *
 * A message of 12 bytes or more: its number (8 bytes, little-endian), its
 * connection (4), then a piece of a fixed pattern that begins at a place of
 * its own, so that bytes of a neighbour do not pass.  A shorter one has the
 * low bytes of both, mixed: what fits.  An empty one can only be counted.
 *
 * Over the codec tpl it is a value of the type "blob", which has these bytes
 * as its one member: so all before them is the same in each message, and taken
 * as what the codec writes in front.
 *
 * Over ws:// the mask is all zero, as one may be: the server takes it off as
 * any other, and here all frames are the same.
 *
 * thread: main.
 */
#include "host/bench.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/type.h>

#include "base/fail.h"
#include "codec/codecs.h"
#include "codec/ws.h"

#define NAMED 12 /* [bytes] of number and connection */

#define blob_MEMBERS(M) M(bytes, data)
WEFT_TYPE(blob);

/* Little-endian, so that the low bytes come first on every machine. */
static void
message_put64(uint8_t *out, uint64_t value)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	value = __builtin_bswap64(value);
#endif
	memcpy(out, &value, 8);
}

static uint64_t
message_get64(const uint8_t *in)
{
	uint64_t value;

	memcpy(&value, in, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	value = __builtin_bswap64(value);
#endif
	return value;
}

/* The name of a message: NAMED bytes and 4 to spare. */
static void
message_name(uint8_t *out, size_t size, uint32_t number, uint64_t seq)
{
	if (size < NAMED) {
		/* An odd factor: connections differ in the lowest byte too. */
		message_put64(
		    out, seq + number * UINT64_C(0x9e3779b97f4a7c15));
		memset(out + 8, 0x5a, 8);
	} else {
		message_put64(out, seq);
		message_put64(out + 8, number);
	}
}

static const uint8_t *
message_filling(
    const struct wi_bench_message *m, uint32_t number, uint64_t seq)
{
	return m->pattern + ((seq * 37 + number * 101) % WI_BENCH_PATTERN);
}

/* The image of a blob of nothing is what stands in front of all; only two
 * lengths are those of the whole. */
static int
message_blob(struct wi_bench_message *m)
{
	static const struct blob blob = { { NULL, 0 } };
	uint32_t size = (uint32_t)m->size, whole;
	int rc;

	rc = weft_pack(
	    &blob_type, &blob, m->head, sizeof(m->head), &m->head_len);
	if (rc != WEFT_OK)
		return rc;
	whole = size + (uint32_t)m->head_len;
	memcpy(m->head + 4, &whole, sizeof(whole));
	memcpy(m->head + m->head_len - 4, &size, sizeof(size));
	m->inside = m->head_len;
	return WEFT_OK;
}

int
wi_bench_message_init(struct wi_bench_message *m,
    const struct weft_codec *codec, size_t size, struct weft_error *err)
{
	uint64_t x = UINT64_C(88172645463325252);
	size_t i;

	memset(m, 0, sizeof(*m));
	m->size = size;
	if (codec->head_max > sizeof(m->head) ||
	    codec->tail_max > sizeof(m->tail))
		return wi_fail(err, -EINVAL,
		    "codec %s: expected a head and a"
		    " tail of at most 32 bytes, found %" PRIu32
		    " and %" PRIu32,
		    codec->name, codec->head_max, codec->tail_max);
	if (size > wi_codec_message_max(codec, size))
		return wi_fail(err, WEFT_ETOOBIG,
		    "codec %s: expected messages of at most %zu bytes,"
		    " found %zu",
		    codec->name, codec->message_max, size);
	if (codec->head != NULL)
		m->head_len = codec->head(m->head, size, 0);
	if (codec->tail != NULL)
		m->tail_len = codec->tail(m->tail, size, 0);
	if (codec == &wi_codec_ws_client_text)
		return wi_fail(err, WEFT_EURL,
		    "expected a URL whose messages are bytes (ws://), found "
		    "ws+text: what is sent is not text");
	if (codec->begin != NULL) {
		m->head_len = wi_ws_head(m->head, WI_WS_BINARY, size);
		m->head[1] |= WI_WS_MASKED;
		memset(m->head + m->head_len, 0, 4);
		m->head_len += 4;
	}
	if (codec == &wi_codec_tpl && message_blob(m) != WEFT_OK)
		return wi_fail(err, -EINVAL,
		    "codec tpl: expected a head of at most 32 bytes");
	m->frame = m->head_len + size + m->tail_len;
	m->pattern = malloc(size + WI_BENCH_PATTERN);
	m->scratch = malloc(size + NAMED + 4);
	if (m->pattern == NULL || m->scratch == NULL)
		return wi_fail(
		    err, -ENOMEM, "no memory for messages of %zu bytes", size);
	for (i = 0; i < size + WI_BENCH_PATTERN; i++) {
		x ^= x << 13; /* xorshift64 */
		x ^= x >> 7;
		x ^= x << 17;
		m->pattern[i] = (uint8_t)(x >> 32);
	}
	return WEFT_OK;
}

void
wi_bench_message_fini(struct wi_bench_message *m)
{
	free(m->pattern);
	free(m->scratch);
	m->pattern = NULL;
	m->scratch = NULL;
}

/* The message itself, m->size bytes. */
static void
message_write(const struct wi_bench_message *m, uint8_t *out, uint32_t number,
    uint64_t seq)
{
	uint8_t name[16];

	message_name(name, m->size, number, seq);
	if (m->size <= NAMED) {
		memcpy(out, name, m->size);
		return;
	}
	memcpy(out, name, NAMED);
	memcpy(out + NAMED, message_filling(m, number, seq), m->size - NAMED);
}

void
wi_bench_message_put(const struct wi_bench_message *m, uint8_t *out,
    uint32_t number, uint64_t seq)
{
	memcpy(out, m->head, m->head_len);
	message_write(m, out + m->head_len, number, seq);
	memcpy(out + m->head_len + m->size, m->tail, m->tail_len);
}

uint64_t
wi_bench_message_seq(const uint8_t *data, size_t len)
{
	return len < NAMED ? UINT64_MAX : message_get64(data);
}

int
wi_bench_message_is(const struct wi_bench_message *m, const uint8_t *data,
    size_t len, uint32_t number, uint64_t seq)
{
	uint8_t name[16];

	if (len != m->size)
		return 0;
	message_name(name, len, number, seq);
	if (len <= NAMED)
		return memcmp(data, name, len) == 0;
	return memcmp(data, name, NAMED) == 0 &&
	    memcmp(data + NAMED, message_filling(m, number, seq),
		len - NAMED) == 0;
}

int
wi_bench_message_part_is(const struct wi_bench_message *m, const uint8_t *data,
    size_t from, size_t len, uint32_t number, uint64_t seq)
{
	if (from >= NAMED)
		return memcmp(data,
			   message_filling(m, number, seq) + (from - NAMED),
			   len) == 0;
	message_write(m, m->scratch, number, seq);
	return memcmp(data, m->scratch + from, len) == 0;
}

void
wi_bench_message_blame_part(const struct wi_bench_message *m, char *out,
    size_t out_size, const uint8_t *data, size_t from, size_t len,
    uint32_t number, uint64_t seq)
{
	const uint8_t *want = m->scratch + from;
	size_t i = 0;

	message_write(m, m->scratch, number, seq);
	while (i + 1 < len && data[i] == want[i])
		i++;
	snprintf(out, out_size,
	    "message %" PRIu64 ", byte %zu: expected"
	    " 0x%02x, found 0x%02x",
	    seq, from + i, want[i], data[i]);
}

/* In order of what explains most: another length, another message (if it says
 * so itself and is whole), another byte. */
void
wi_bench_message_blame(const struct wi_bench_message *m, char *out,
    size_t out_size, const uint8_t *data, size_t len, uint32_t number,
    uint64_t seq)
{
	uint64_t found_seq = 0;
	uint32_t found = 0;

	if (len != m->size) {
		snprintf(out, out_size,
		    "message %" PRIu64 ": expected %zu"
		    " bytes, found a reply of %zu",
		    seq, m->size, len);
		return;
	}
	if (len >= NAMED) {
		found_seq = message_get64(data);
		found = (uint32_t)(message_get64(data + 4) >> 32);
	}
	if ((found_seq == seq && found == number) || len < NAMED ||
	    !wi_bench_message_is(m, data, len, found, found_seq)) {
		wi_bench_message_blame_part(
		    m, out, out_size, data, 0, len, number, seq);
		return;
	}
	snprintf(out, out_size,
	    "expected message %" PRIu64 ", found message %" PRIu64
	    " of connection %" PRIu32 " (lost, doubled or reordered)",
	    seq, found_seq, found);
}
