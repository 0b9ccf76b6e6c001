/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/ws_client.h - a WebSocket client of a flow test (RFC 6455), that
 * knows frames by itself and says what it is told to, right or wrong.
 */
#ifndef TESTS_FLOW_WS_CLIENT_H
#define TESTS_FLOW_WS_CLIENT_H

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "flow_client.h"

#define WS_FIN 0x80u
#define WS_TEXT 0x1u
#define WS_BINARY 0x2u
#define WS_CLOSE 0x8u
#define WS_PING 0x9u
#define WS_PONG 0xau

/* ws_ask() - a request for a target, with more fields ("Name: value\r\n"). */
static inline void
ws_ask(struct flow_client *client, const char *target, const char *fields)
{
	char request[2048];
	int n = snprintf(request, sizeof(request),
	    "GET %s HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\n"
	    "Connection: keep-alive, Upgrade\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	    "Sec-WebSocket-Version: 13\r\n%s\r\n",
	    target, fields);

	flow_write(client, request, (size_t)n);
}

/* ws_answer() - the head of the answer, ended by NUL; its status. */
static inline unsigned
ws_answer(struct flow_client *client, char *out, size_t size)
{
	size_t n = 0;

	do {
		ck_assert_uint_lt(n + 1, size);
		flow_read(client, out + n, 1);
		out[++n] = '\0';
	} while (strstr(out, "\r\n\r\n") == NULL);
	ck_assert_int_eq(strncmp(out, "HTTP/1.1 ", 9), 0);
	return (unsigned)strtoul(out + 9, NULL, 10);
}

/* ws_open() - both, and it is 101 with the key's answer (section 1.3). */
static inline void
ws_open(struct flow_client *client, const char *target)
{
	char answer[1024];

	ws_ask(client, target, "");
	ck_assert_uint_eq(ws_answer(client, answer, sizeof(answer)), 101);
	ck_assert_ptr_nonnull(strstr(answer, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
}

/* ws_frame() - a frame of at most 65535 bytes, masked with zeros; returns its
 * length. */
static inline size_t
ws_frame(uint8_t *out, unsigned first, const void *data, size_t len)
{
	size_t n = 2;

	out[0] = (uint8_t)first;
	out[1] = (uint8_t)(0x80u | (len > 125 ? 126u : (unsigned)len));
	if (len > 125) {
		out[n++] = (uint8_t)(len >> 8);
		out[n++] = (uint8_t)len;
	}
	memset(out + n, 0, 4);
	if (len > 0)
		memcpy(out + n + 4, data, len);
	return n + 4 + len;
}

static inline void
ws_send(
    struct flow_client *client, unsigned first, const void *data, size_t len)
{
	uint8_t frame[65535 + 16];

	flow_write(client, frame, ws_frame(frame, first, data, len));
}

/* ws_recv() - the next frame, whole and not masked: its first byte. */
static inline unsigned
ws_recv(struct flow_client *client, void *out, size_t size, size_t *len)
{
	uint8_t head[2], more[8];
	unsigned i, n;

	flow_read(client, head, 2);
	ck_assert_uint_eq(head[1] & 0x80u, 0);
	*len = head[1];
	if (head[1] > 125) {
		n = head[1] == 126 ? 2 : 8;
		flow_read(client, more, n);
		for (*len = 0, i = 0; i < n; i++)
			*len = *len << 8 | more[i];
	}
	ck_assert_uint_le(*len, size);
	flow_read(client, out, *len);
	return head[0];
}

/* ws_hear() - a frame of that first byte, with that text. */
static inline void
ws_hear(struct flow_client *client, unsigned first, const char *text)
{
	char found[1024];
	size_t len;

	ck_assert_uint_eq(
	    ws_recv(client, found, sizeof(found) - 1, &len), first);
	found[len] = '\0';
	ck_assert_str_eq(found, text);
}

/* ws_hear_close() - Close with that status and text, then the end. */
static inline void
ws_hear_close(struct flow_client *client, unsigned status, const char *text)
{
	uint8_t found[128];
	size_t len;

	ck_assert_uint_eq(ws_recv(client, found, sizeof(found) - 1, &len),
	    WS_FIN | WS_CLOSE);
	ck_assert_uint_ge(len, 2);
	ck_assert_uint_eq((unsigned)found[0] << 8 | found[1], status);
	found[len] = '\0';
	ck_assert_str_eq((char *)found + 2, text);
	ck_assert_int_eq(flow_read_end(client), 0);
}

#endif
