/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/ws_oracle.h - wslay, as one endpoint that is fed a script: its
 * messages, its pongs, and whether it has ended.
 */
#ifndef TESTS_WS_ORACLE_H
#define TESTS_WS_ORACLE_H

#include "ws_feed.h"

#include <wslay/wslay.h>

#include "check_random.h"

struct oracle {
	wslay_event_context_ptr wslay;
	const struct codec_bytes *script;
	size_t at;
	size_t until; /* what has arrived */
	struct codec_bytes sent;
	struct codec_bytes messages;
	size_t nmessages;
	bool client;
};

static inline ssize_t
on_recv(wslay_event_context_ptr wslay, uint8_t *out, size_t size, int flags,
    void *data)
{
	struct oracle *oracle = data;
	size_t n = oracle->until - oracle->at;

	(void)flags;
	if (n == 0) {
		wslay_event_set_error(wslay, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	n = n < size ? n : size;
	memcpy(out, oracle->script->data + oracle->at, n);
	oracle->at += n;
	return (ssize_t)n;
}

static inline ssize_t
on_send(wslay_event_context_ptr wslay, const uint8_t *bytes, size_t len,
    int flags, void *data)
{
	struct oracle *oracle = data;

	(void)wslay;
	(void)flags;
	codec_bytes_add(&oracle->sent, bytes, len);
	return (ssize_t)len;
}

static inline int
on_genmask(wslay_event_context_ptr wslay, uint8_t *out, size_t len, void *data)
{
	(void)wslay;
	(void)data;
	memset(out, 0x55, len);
	return 0;
}

/* A message, as it is compared: kind, length, bytes. */
static inline void
note_message(
    struct codec_bytes *messages, bool text, const uint8_t *at, size_t len)
{
	const uint8_t kind = text;

	codec_bytes_add(messages, &kind, 1);
	codec_bytes_add(messages, &len, sizeof(len));
	codec_bytes_add(messages, at, len);
}

static inline void
on_message(wslay_event_context_ptr wslay,
    const struct wslay_event_on_msg_recv_arg *arg, void *data)
{
	struct oracle *oracle = data;

	(void)wslay;
	if (wslay_is_ctrl_frame(arg->opcode))
		return;
	note_message(&oracle->messages, arg->opcode == WSLAY_TEXT_FRAME,
	    arg->msg, arg->msg_length);
	oracle->nmessages++;
}

/* Frame by frame: a Close that comes in pieces confuses wslay 1.1.1, which
 * then looks for UTF-8 in the status; and once it has to close, it forgets
 * pongs that are not sent yet. */
static inline void
arrive(struct oracle *oracle)
{
	const size_t left = oracle->script->len - oracle->until;
	const uint8_t *at = oracle->script->data + oracle->until;
	unsigned n = left < 2 ? 0 : at[1] & 0x7fu, i, more;
	uint64_t len = n;

	more = n == 126 ? 2 : n == 127 ? 8 : 0;
	if (left < 2 + more) {
		oracle->until = oracle->script->len;
		return;
	}
	for (i = 0, len = more > 0 ? 0 : n; i < more; i++)
		len = len << 8 | at[2 + i];
	more += 2 + (at[1] & 0x80u ? 4 : 0);
	oracle->until +=
	    left < more || left - more < len ? left : more + (size_t)len;
}

/* All of the script, and what wslay says to it; true: it has ended. */
static inline bool
oracle_run(struct oracle *oracle, uint64_t max_message)
{
	const struct wslay_event_callbacks callbacks = {
		.recv_callback = on_recv,
		.send_callback = on_send,
		.genmask_callback = on_genmask,
		.on_msg_recv_callback = on_message,
	};

	ck_assert_int_eq((oracle->client ? wslay_event_context_client_init :
					   wslay_event_context_server_init)(
			     &oracle->wslay, &callbacks, oracle),
	    0);
	wslay_event_config_set_max_recv_msg_length(oracle->wslay, max_message);
	while (oracle->until < oracle->script->len &&
	    wslay_event_get_read_enabled(oracle->wslay)) {
		arrive(oracle);
		if (wslay_event_recv(oracle->wslay) != 0)
			return true;
		check_holds(wslay_event_send(oracle->wslay) == 0);
	}
	return !wslay_event_get_read_enabled(oracle->wslay);
}

/* The pongs that it sent, without their masks. */
static inline void
oracle_pongs(struct oracle *oracle, struct codec_bytes *pongs)
{
	size_t at, n;

	for (at = 0; at < oracle->sent.len; at += n) {
		uint8_t *frame = oracle->sent.data + at;

		n = 2 + (frame[1] & 0x7fu) + (oracle->client ? 4 : 0);
		if (frame[0] == 0x8a)
			codec_bytes_add(
			    pongs, frame, ws_unmask(oracle->client, frame, n));
	}
}

static inline void
oracle_free(struct oracle *oracle)
{
	wslay_event_context_free(oracle->wslay);
	codec_bytes_free(&oracle->sent);
	codec_bytes_free(&oracle->messages);
}

#endif
