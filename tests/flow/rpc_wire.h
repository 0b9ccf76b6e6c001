/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/rpc_wire.h - frames of the codec rpc for a flow_client, written
 * down anew: length, kind, id, payload.
 */
#ifndef TESTS_RPC_WIRE_H
#define TESTS_RPC_WIRE_H

#include <string.h>

#include "flow.h"
#include "flow_client.h"

#define RPC_MESSAGE 0
#define RPC_REQUEST 1
#define RPC_REPLY 2
#define RPC_REFUSAL 3

static inline size_t
rpc_frame(uint8_t *out, uint8_t kind, uint64_t id, const char *text)
{
	uint8_t inner[512];
	size_t n = 0, head;

	inner[n++] = kind;
	if (kind != RPC_MESSAGE)
		n += flow_head(inner + n, id);
	ck_assert_uint_lt(n + strlen(text), sizeof(inner));
	memcpy(inner + n, text, strlen(text));
	n += strlen(text);
	head = flow_head(out, n);
	memcpy(out + head, inner, n);
	return head + n;
}

static inline void
rpc_say(
    struct flow_client *client, uint8_t kind, uint64_t id, const char *text)
{
	uint8_t frame[600];

	flow_write(client, frame, rpc_frame(frame, kind, id, text));
}

/* The next frame must be of that kind and text; returns its id. */
static inline uint64_t
rpc_hear(struct flow_client *client, uint8_t kind, const char *text)
{
	uint8_t bytes[600];
	size_t len = flow_recv(client, bytes, sizeof(bytes) - 1), at = 1;
	uint64_t id = 0;
	unsigned shift = 0;

	ck_assert_uint_ge(len, 1);
	ck_assert_uint_eq(bytes[0], kind);
	while (kind != RPC_MESSAGE) {
		ck_assert_uint_lt(at, len);
		id |= (uint64_t)(bytes[at] & 0x7f) << shift;
		shift += 7;
		if (bytes[at++] < 0x80)
			break;
	}
	bytes[len] = '\0';
	ck_assert_str_eq((const char *)bytes + at, text);
	return id;
}

#endif
