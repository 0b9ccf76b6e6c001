/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/tls_seen.h - an echo that notes what it is told of TLS, and a
 * node with it and some certificates: a and b, signed by ca.
 */
#ifndef TESTS_FLOW_TLS_SEEN_H
#define TESTS_FLOW_TLS_SEEN_H

#include <stdio.h>
#include <string.h>

#include "flow.h"
#include "flow_client.h"
#include "tls_files.h"
#include "tls_peer.h"

#define ECHO "tls+varint://127.0.0.1:0?cert=%a.pem"

/* What was seen; under flow_lock(). */
static struct {
	unsigned nopened, nclosed;
	char version[32], name[64], alpn[32], peer[64];
	bool resumed, told;
	enum weft_reason why;
	int code;
} seen;

static inline void
on_opened(struct weft_call *call, weft_endpoint from)
{
	struct weft_endpoint_info about;
	struct weft_tls_info info;

	ck_assert_int_eq(weft_call_tls(call, &info), WEFT_OK);
	ck_assert_int_eq(
	    weft_endpoint_info(weft_call_node(call), from, &about), WEFT_OK);
	ck_assert(strcmp(about.transport, "tls") == 0 ||
	    strcmp(about.transport, "wss") == 0);
	ck_assert_uint_gt(strlen(info.cipher), 4);
	flow_lock();
	seen.nopened++;
	(void)snprintf(seen.version, sizeof(seen.version), "%s", info.version);
	(void)snprintf(seen.name, sizeof(seen.name), "%s", info.server_name);
	(void)snprintf(seen.alpn, sizeof(seen.alpn), "%s", info.alpn);
	(void)snprintf(seen.peer, sizeof(seen.peer), "%s", info.peer_name);
	seen.resumed = info.resumed;
	flow_notify();
	flow_unlock();
}

static inline void
on_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	struct weft_tls_info info;

	ck_assert_int_eq(weft_call_tls(call, &info), WEFT_OK);
	ck_assert_int_eq(weft_send(call, from, msg), WEFT_OK);
	if (msg.len == 3 && memcmp(msg.data, "bye", 3) == 0)
		ck_assert_int_eq(weft_close(call, from), WEFT_OK);
}

static inline void
on_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	struct weft_tls_info info;

	(void)from;
	flow_lock();
	seen.told = weft_call_tls(call, &info) == WEFT_OK;
	seen.nclosed++;
	seen.why = why;
	seen.code = weft_call_code(call);
	flow_notify();
	flow_unlock();
}

static const struct weft_plugin plugin = WEFT_PLUGIN_INIT(.name = "tls",
    .opened = on_opened, .message = on_message, .closed = on_closed);

static inline struct flow *
begin(const char *url)
{
	struct flow *flow = flow_new();

	tls_files_new();
	tls_make_ca("ca");
	tls_make("a", "ca", "localhost,127.0.0.1");
	tls_make("b", "ca", "b.example,*.wild.example");
	flow_start(flow, tls_url(url), &plugin);
	return flow;
}

static inline void
end(struct flow **flow)
{
	flow_end(flow);
	tls_files_free();
}

static inline void
closed_as(enum weft_reason why, int code)
{
	FLOW_WAIT(seen.nclosed == 1, "closed()");
	ck_assert_int_eq(seen.why, why);
	ck_assert_int_eq(seen.code, code);
	ck_assert(seen.told);
}

#endif
