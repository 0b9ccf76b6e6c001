/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/stress/test_tls_stress.c - handshakes of TLS, given up at any point by
 * either side, while certificates are read again.
 *
 * A node listens and connects to itself; drivers open and end connections of
 * the node's, and play clients with OpenSSL of their own that go at some
 * point: in the middle of a record, while a step is run, when it has just come
 * back, with a reset or without.  Few places (max_handshakes) make some wait.
 * Every opened has its closed, and at the end nothing is left.
 */
#include <errno.h>
#include <sys/socket.h>

#include <weft/weft.h>

#include "../flow/flow.h"
#include "../flow/tls_files.h"
#include "../flow/tls_peer.h"
#include "stress.h"

#define DRIVERS 3u
#define NAMES 8u    /* endpoints that the drivers know of */
#define STEPS 1200u /* of each driver */

static struct weft_node *node;
static struct weft_bound bound;
static char url[512];
static uint64_t names[NAMES]; /* atomic: endpoint ids */

static uint64_t nsteps, nopened, nclosed, nmessages, nconnected; /* atomic */

static void
count(uint64_t *counter)
{
	(void)__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static uint64_t
counted(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static uint64_t
progress(void)
{
	return counted(&nsteps) + counted(&nclosed) + counted(&nmessages);
}

static void
missing(FILE *out)
{
	fprintf(out, "%llu steps, %llu opened, %llu closed, %llu open now\n",
	    (unsigned long long)counted(&nsteps),
	    (unsigned long long)counted(&nopened),
	    (unsigned long long)counted(&nclosed),
	    (unsigned long long)weft_node_counter(
		node, WEFT_COUNTER_endpoints_now));
}

static void
on_opened(struct weft_call *call, weft_endpoint from)
{
	struct weft_tls_info info;

	(void)from;
	stress_expect(weft_call_tls(call, &info) == WEFT_OK &&
		strcmp(info.version, "TLSv1.3") == 0,
	    "no TLS in opened()");
	weft_call_set_user(call, &nopened);
	count(&nopened);
}

/* An echo, which ends whom it likes. */
static void
on_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	uint8_t what = 255;

	if (msg.len > 0)
		memcpy(&what, msg.data, 1);
	count(&nmessages);
	if (what < 120)
		(void)weft_send(call, from, (struct weft_bytes){ "~", 1 });
	if (what < 8)
		(void)weft_close(call, from);
	else if (what < 16)
		(void)weft_abort(call, from);
}

static void
on_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	struct weft_tls_info info;

	(void)from;
	(void)why;
	if (weft_call_user(call) == NULL)
		return; /* it never stood */
	stress_expect(
	    weft_call_tls(call, &info) == WEFT_OK, "no TLS in closed()");
	count(&nclosed);
}

static const struct weft_plugin plugin = WEFT_PLUGIN_INIT(.name = "tls",
    .opened = on_opened, .message = on_message, .closed = on_closed);

/* ---- what a driver does */

/* One of the node's own is begun in a place, and who had it ends. */
static void
step_ours(uint32_t *state)
{
	uint64_t *name = &names[stress_random(state) % NAMES], before;
	uint8_t message[64] = { 0 };
	weft_endpoint to;

	if (weft_node_connect(node, url, "tls", &to, NULL) != WEFT_OK)
		return;
	count(&nconnected);
	message[0] = (uint8_t)(stress_random(state) % 120);
	(void)weft_node_send(
	    node, to, (struct weft_bytes){ message, sizeof(message) });
	before = __atomic_exchange_n(name, to.id, __ATOMIC_ACQ_REL);
	if (before == 0)
		return;
	if (stress_random(state) % 2 == 0)
		(void)weft_node_close(node, (weft_endpoint){ before });
	else
		(void)weft_node_abort(node, (weft_endpoint){ before });
}

/* Some of what OpenSSL has to say, the rest never. */
static void
step_say_some(struct tls_peer *peer, uint32_t *state)
{
	char bytes[4096];
	int len = BIO_read(peer->out, bytes, sizeof(bytes));

	if (len > 0)
		(void)send(peer->fd, bytes,
		    stress_random(state) % (uint32_t)len + 1, MSG_NOSIGNAL);
}

/* A stranger, who goes at some point. */
static void
step_theirs(uint32_t *state)
{
	struct linger linger = { .l_onoff = stress_random(state) % 2 };
	struct tls_peer *peer = tls_peer_client();
	uint32_t how_far = stress_random(state) % 8;

	tls_peer_connect(peer, &bound);
	(void)setsockopt(
	    peer->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	peer->piece = stress_random(state) % 4 == 0 ? 64 : 0;
	if (how_far > 4) {
		if (tls_peer_shake(peer)) {
			tls_peer_say(peer, how_far == 6 ? "\1" : "hello");
			if (how_far == 7)
				tls_peer_hear(peer, "~");
		}
	} else if (how_far > 0) {
		(void)SSL_do_handshake(peer->ssl);
		if (how_far == 1)
			step_say_some(peer, state);
		else
			tls_peer_push(peer);
		if (how_far > 2)
			(void)tls_peer_pull(peer);
		if (how_far > 3) {
			(void)SSL_do_handshake(peer->ssl);
			step_say_some(peer, state);
		}
	}
	if (stress_random(state) % 2 == 0)
		tls_peer_free(&peer);
	else
		tls_peer_cut(&peer);
}

static void
drive(void *arg)
{
	uint32_t state = 0x9e3779b9u * ((uint32_t)(uintptr_t)arg + 1);
	uint64_t i, n = stress_many(STEPS);

	for (i = 0; i < n; i++) {
		if (stress_random(&state) % 4 == 0)
			step_ours(&state);
		else
			step_theirs(&state);
		if (stress_random(&state) % 64 == 0)
			stress_expect(
			    weft_node_tls_reload(node, NULL) == WEFT_OK,
			    "files cannot be read again");
		count(&nsteps);
	}
}

START_TEST(handshakes_are_given_up_at_any_point)
{
	struct weft_options options = WEFT_OPTIONS_INIT;
	struct stress_watch watch = { .progress = progress,
		.missing = missing };
	struct stress_team team = { 0 };
	struct weft_error err;
	unsigned before;
	uint32_t i;

	tls_files_new();
	tls_make("a", NULL, "127.0.0.1");
	/* What libuv opens once and keeps does not count. */
	ck_assert_int_eq(weft_node_new(&node, NULL, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
	before = flow_descriptors();
	options.max_handshakes = 4;
	options.handshake_ms = 2000;
	ck_assert_int_eq(weft_node_new(&node, &options, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_add(node, &plugin, NULL, &err), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_listen(node,
		tls_url("tls+varint://127.0.0.1:0?cert=%a.pem&min_version="
			"1.3"),
		"tls", &bound, &err),
	    WEFT_OK);
	(void)snprintf(
	    url, sizeof(url), "%s?ca=%s", bound.url, tls_file("a.crt"));
	ck_assert_int_eq(weft_node_start(node, &err), WEFT_OK);
	stress_watch_start(&watch);
	for (i = 0; i < DRIVERS; i++)
		stress_team_add(&team, drive, (void *)(uintptr_t)i);
	stress_team_run(&team);
	for (i = 0; i < NAMES; i++)
		(void)weft_node_abort(node, (weft_endpoint){ names[i] });
	weft_node_stop(node);
	ck_assert_int_eq(weft_node_join(node, &err), WEFT_OK);
	stress_watch_end(&watch);
	ck_assert_uint_gt(counted(&nopened), counted(&nconnected) / 2);
	ck_assert_uint_eq(counted(&nopened), counted(&nclosed));
	ck_assert_uint_gt(
	    weft_node_counter(node, WEFT_COUNTER_handshakes_waited), 0);
	ck_assert_uint_gt(
	    weft_node_counter(node, WEFT_COUNTER_handshakes_failed), 0);
	ck_assert_uint_eq(
	    weft_node_counter(node, WEFT_COUNTER_endpoints_now), 0);
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
	ck_assert_uint_eq(flow_descriptors(), before);
	tls_files_free();
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { handshakes_are_given_up_at_any_point };

	return stress_main("tls_stress", tests, CHECK_COUNT(tests));
}
