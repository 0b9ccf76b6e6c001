/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/ws_small.h - a WebSocket client of a flow test that makes its
 * messages smaller (RFC 7692), by zlib, plainly.
 */
#ifndef TESTS_FLOW_WS_SMALL_H
#define TESTS_FLOW_WS_SMALL_H

#include <zlib.h>

#include "ws_client.h"

#define WS_SMALL 0x40u /* RSV1 */
#define WS_OFFER "Sec-WebSocket-Extensions: permessage-deflate"

struct ws_small {
	z_stream out;
	z_stream in;
	bool alone; /* each of ours is by itself */
};

static inline void
ws_small_init(struct ws_small *small, bool alone)
{
	memset(small, 0, sizeof(*small));
	small->alone = alone;
	ck_assert_int_eq(
	    deflateInit2(&small->out, 6, Z_DEFLATED, -15, 8, 0), Z_OK);
	ck_assert_int_eq(inflateInit2(&small->in, -15), Z_OK);
}

static inline void
ws_small_fini(struct ws_small *small)
{
	(void)deflateEnd(&small->out);
	(void)inflateEnd(&small->in);
}

/* ws_small_make() - a message, as it goes into a frame; its length. */
static inline size_t
ws_small_make(struct ws_small *small, const void *data, size_t len,
    uint8_t *out, size_t size)
{
	size_t n;

	if (small->alone)
		(void)deflateReset(&small->out);
	small->out.next_in = (z_const Bytef *)(uintptr_t)data;
	small->out.avail_in = (uInt)len;
	small->out.next_out = out;
	small->out.avail_out = (uInt)size;
	ck_assert_int_eq(deflate(&small->out, Z_SYNC_FLUSH), Z_OK);
	n = size - small->out.avail_out;
	ck_assert_uint_gt(small->out.avail_out, 0);
	ck_assert_uint_ge(n, 5);
	return n - 4;
}

/* ws_small_send() - in one frame. */
static inline void
ws_small_send(struct flow_client *client, struct ws_small *small,
    unsigned first, const void *data, size_t len)
{
	uint8_t out[65535];

	ws_send(client, first | WS_SMALL, out,
	    ws_small_make(small, data, len, out, sizeof(out)));
}

/* ws_small_read() - what a frame carries, which refers to nothing before it;
 * its length. */
static inline size_t
ws_small_read(struct ws_small *small, const uint8_t *frame, size_t len,
    void *out, size_t size)
{
	(void)inflateReset(&small->in);
	small->in.next_in = (z_const Bytef *)(uintptr_t)frame;
	small->in.avail_in = (uInt)len;
	small->in.next_out = out;
	small->in.avail_out = (uInt)size;
	(void)inflate(&small->in, Z_SYNC_FLUSH);
	ck_assert_uint_eq(small->in.avail_in, 0);
	ck_assert_uint_gt(small->in.avail_out, 0);
	/* No tail (RFC 7692, section 7.2.1), so it is not over. */
	small->in.next_in = (z_const Bytef *)(uintptr_t) "\0\0\xff\xff";
	small->in.avail_in = 4;
	ck_assert_int_eq(inflate(&small->in, Z_SYNC_FLUSH), Z_OK);
	ck_assert_int_ne(small->in.data_type & 128, 0);
	return size - small->in.avail_out;
}

/* ws_small_hear() - the next frame has that first byte, and carries that
 * message, as it is or smaller. */
static inline void
ws_small_hear(struct flow_client *client, struct ws_small *small,
    unsigned first, const void *data, size_t len)
{
	static uint8_t frame[1u << 20], found[(2u << 20) + 1];
	size_t n;

	ck_assert_uint_eq(ws_recv(client, frame, sizeof(frame), &n), first);
	if ((first & WS_SMALL) == 0) {
		ck_assert_uint_eq(n, len);
		ck_assert_mem_eq(frame, data, len);
		return;
	}
	ck_assert_uint_lt(n, len);
	ck_assert_uint_eq(
	    ws_small_read(small, frame, n, found, sizeof(found)), len);
	ck_assert_mem_eq(found, data, len);
}

/* ws_small_open() - a client that offers that; the answer has found in it. */
static inline struct flow_client *
ws_small_open(const struct weft_bound *bound, const char *target,
    const char *offer, const char *found)
{
	struct flow_client *client = flow_client_new(bound);
	char answer[1024];

	ws_ask(client, target, offer);
	ck_assert_uint_eq(ws_answer(client, answer, sizeof(answer)), 101);
	ck_assert_msg(strstr(answer, found) != NULL, "%s", answer);
	return client;
}

/* ws_small_text() - so many bytes that shrink, another text for each seed. */
static inline const char *
ws_small_text(char *out, size_t len, unsigned seed)
{
	static const char words[] =
	    "{\"type\":\"message\",\"room\":\"general\",\"text\":\"hello\"}";
	size_t i;

	for (i = 0; i < len; i++)
		out[i] = words[(i + (i / 97) * seed) % (sizeof(words) - 1)];
	return out;
}

#endif
