/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_tls_client.c - connections of ours by tls:// and wss://: how
 * a server has to show who it is, and what is said of one that does not.
 *
 * Where the server has to behave badly, it is the test's own OpenSSL.
 */
#include "flow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "flow_client.h"
#include "tls_files.h"
#include "tls_peer.h"

static struct {
	unsigned nopened, nmessages, nclosed, nresumed;
	char version[32], peer[64], alpn[32], message[64];
	enum weft_reason why;
	int code;
} seen; /* under flow_lock() */

static void
on_opened(struct weft_call *call, weft_endpoint from)
{
	struct weft_tls_info info;

	(void)from;
	ck_assert_int_eq(weft_call_tls(call, &info), WEFT_OK);
	flow_lock();
	seen.nopened++;
	seen.nresumed += info.resumed;
	(void)snprintf(seen.version, sizeof(seen.version), "%s", info.version);
	(void)snprintf(seen.peer, sizeof(seen.peer), "%s", info.peer_name);
	(void)snprintf(seen.alpn, sizeof(seen.alpn), "%s", info.alpn);
	flow_notify();
	flow_unlock();
}

static void
on_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	(void)call;
	(void)from;
	flow_lock();
	seen.nmessages++;
	(void)snprintf(seen.message, sizeof(seen.message), "%.*s",
	    (int)msg.len, msg.len == 0 ? "" : (const char *)msg.data);
	flow_notify();
	flow_unlock();
}

static void
on_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	struct weft_tls_info info;

	(void)from;
	flow_lock();
	if (seen.nopened == 0)
		ck_assert_int_eq(weft_call_tls(call, &info), WEFT_ESTATE);
	seen.nclosed++;
	seen.why = why;
	seen.code = weft_call_code(call);
	flow_notify();
	flow_unlock();
}

static const struct weft_plugin client = WEFT_PLUGIN_INIT(.name = "client",
    .opened = on_opened, .message = on_message, .closed = on_closed);

/* Site 0 echoes, site 1 is there for the plugin that connections belong to. */
static struct flow *
node(const char *url)
{
	struct flow *flow = flow_new();
	weft_endpoint none;

	tls_files_new();
	tls_make_ca("ca");
	tls_make("a", "ca", "localhost,127.0.0.1");
	tls_make("b", "ca", "b.example");
	tls_make("self", NULL, "localhost,127.0.0.1");
	flow_add(flow, tls_url(url), &flow_echo);
	flow_start(flow, FLOW_VARINT, &client);
	/* Until it runs, so that it can be waited for what it connects. */
	FLOW_WAIT(weft_node_connect_wait(flow->node, "tcp://127.0.0.1:1",
		      "nobody", 0, &none, NULL) == WEFT_ENOPLUGIN,
	    "the node to run");
	return flow;
}

static void
end(struct flow **flow)
{
	flow_end(flow);
	tls_files_free();
}

#define ECHO "tls+varint://127.0.0.1:0?cert=%a.pem"

/* The URL of a port, with options. */
static const char *
to_port(unsigned port, const char *host, const char *options)
{
	static char url[512];

	(void)snprintf(
	    url, sizeof(url), "tls+varint://%s:%u%s", host, port, options);
	return tls_url(url);
}

static unsigned
port_of(const struct weft_bound *bound)
{
	return (unsigned)atoi(strrchr(bound->url, ':') + 1);
}

static weft_endpoint
connect_to(struct flow *flow, const char *url)
{
	struct weft_error err;
	weft_endpoint to;
	int rv = weft_node_connect(flow->node, url, "client", &to, &err);

	ck_assert_msg(rv == WEFT_OK, "%s", err.text);
	return to;
}

static void
say(struct flow *flow, weft_endpoint to, const char *text)
{
	ck_assert_int_eq(weft_node_send(flow->node, to,
			     (struct weft_bytes){ text, strlen(text) }),
	    WEFT_OK);
}

/* It does not come about, and this is why. */
static void
refused(struct flow *flow, const char *url, int code, const char *words)
{
	struct weft_error err;
	weft_endpoint to;
	unsigned before = seen.nclosed;
	int rv;

	rv = weft_node_connect_wait(
	    flow->node, url, "client", FLOW_DEADLINE_MS, &to, &err);
	ck_assert_msg(rv == code, "%s: %d, %s", url, rv, err.text);
	ck_assert_msg(strstr(err.text, words) != NULL, "expected %s, found %s",
	    words, err.text);
	FLOW_WAIT(seen.nclosed == before + 1, "closed()");
	ck_assert_int_eq(seen.why,
	    code == -ETIMEDOUT ? WEFT_REASON_HANDSHAKE : WEFT_REASON_CONNECT);
	ck_assert_int_eq(seen.code, code);
	ck_assert_uint_eq(seen.nopened, 0);
}

/* ---- who is good enough */

START_TEST(messages_go_and_come)
{
	struct flow *flow = node(ECHO "&alpn=mine");
	weft_endpoint to = connect_to(flow,
	    to_port(port_of(&flow->bound[0]), "127.0.0.1",
		"?ca=%ca.crt&alpn=mine"));

	say(flow, to, "early"); /* before it stands */
	FLOW_WAIT(seen.nmessages == 1, "the echo");
	ck_assert_str_eq(seen.message, "early");
	ck_assert_str_eq(seen.version, "TLSv1.3");
	ck_assert_str_eq(seen.peer, "localhost"); /* its first */
	ck_assert_str_eq(seen.alpn, "mine");
	say(flow, to, "late");
	FLOW_WAIT(seen.nmessages == 2, "the echo");
	ck_assert_int_eq(weft_node_close(flow->node, to), WEFT_OK);
	FLOW_WAIT(seen.nclosed == 1, "closed()");
	ck_assert_int_eq(seen.why, WEFT_REASON_LOCAL);
	flow_wait_count(flow, WEFT_COUNTER_endpoints_closed, 2);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_closed_truncated), 0);
	end(&flow);
}
END_TEST

START_TEST(a_name_is_asked_for_and_verified)
{
	struct flow *flow =
	    node("tls+varint://127.0.0.1:0?cert=%a.pem,%b.pem");
	unsigned port = port_of(&flow->bound[0]);
	weft_endpoint to;

	to = connect_to(flow, to_port(port, "localhost", "?ca=%ca.crt"));
	FLOW_WAIT(seen.nopened == 1, "opened()");
	ck_assert_str_eq(seen.peer, "localhost");
	ck_assert_int_eq(weft_node_close(flow->node, to), WEFT_OK);
	to = connect_to(flow,
	    to_port(port, "127.0.0.1", "?ca=%ca.crt&server_name=b.example"));
	FLOW_WAIT(seen.nopened == 2, "opened()");
	ck_assert_str_eq(seen.peer, "b.example");
	ck_assert_int_eq(weft_node_close(flow->node, to), WEFT_OK);
	end(&flow);
}
END_TEST

START_TEST(who_is_not_to_be_verified_is_not)
{
	struct flow *flow = node("tls+varint://127.0.0.1:0?cert=%self.pem");
	weft_endpoint to = connect_to(flow,
	    to_port(port_of(&flow->bound[0]), "127.0.0.1",
		"?verify=no&server_name=other.example"));

	say(flow, to, "hello");
	FLOW_WAIT(seen.nmessages == 1, "the echo");
	ck_assert_str_eq(seen.peer, "");
	ck_assert_int_eq(weft_node_close(flow->node, to), WEFT_OK);
	end(&flow);
}
END_TEST

START_TEST(we_have_a_certificate_too)
{
	struct flow *flow = node(ECHO "&client_ca=%ca.crt");
	unsigned port = port_of(&flow->bound[0]);
	weft_endpoint to;

	to = connect_to(
	    flow, to_port(port, "127.0.0.1", "?ca=%ca.crt&cert=%b.pem"));
	say(flow, to, "hello");
	FLOW_WAIT(seen.nmessages == 1, "the echo");
	ck_assert_int_eq(weft_node_close(flow->node, to), WEFT_OK);
	FLOW_WAIT(seen.nclosed == 1, "closed()");
	/* In TLS 1.3 we hear of it when it stands already. */
	to = connect_to(flow, to_port(port, "127.0.0.1", "?ca=%ca.crt"));
	FLOW_WAIT(seen.nclosed == 2, "closed()");
	ck_assert_int_eq(seen.why, WEFT_REASON_RESET);
	ck_assert_int_eq(seen.code, WEFT_ETLS_NO_CERT);
	end(&flow);
}
END_TEST

START_TEST(web_sockets_go_over_tls)
{
	struct flow *flow =
	    node("wss://127.0.0.1:0/echo?cert=%a.pem&min_version=1.3");
	weft_endpoint to;
	char url[512];

	(void)snprintf(url, sizeof(url), "%s?ca=%%ca.crt", flow->bound[0].url);
	to = connect_to(flow, tls_url(url));
	say(flow, to, "early");
	FLOW_WAIT(seen.nmessages == 1, "the echo");
	ck_assert_str_eq(seen.message, "early");
	ck_assert_int_eq(weft_node_close(flow->node, to), WEFT_OK);
	FLOW_WAIT(seen.nclosed == 1, "closed()");
	end(&flow);
}
END_TEST

/* ---- who is not */

START_TEST(who_has_signed_must_be_trusted)
{
	struct flow *flow = node(ECHO);
	unsigned port = port_of(&flow->bound[0]);

	tls_make_ca("other");
	/* The machine's own store does not know our authority. */
	refused(flow, to_port(port, "127.0.0.1", ""), WEFT_ETLS_UNTRUSTED,
	    "hangs on one we trust, found one for localhost, 127.0.0.1");
	refused(flow, to_port(port, "127.0.0.1", "?ca=%other.crt"),
	    WEFT_ETLS_UNTRUSTED, "unable to get local issuer certificate");
	flow_wait_count(flow, WEFT_COUNTER_connects_failed, 2);
	/* The server hears of it. */
	flow_wait_count(flow, WEFT_COUNTER_handshakes_failed, 4);
	end(&flow);
}
END_TEST

START_TEST(who_signs_itself_is_not_trusted)
{
	struct flow *flow = node("tls+varint://127.0.0.1:0?cert=%self.pem");

	refused(flow,
	    to_port(port_of(&flow->bound[0]), "127.0.0.1", "?ca=%ca.crt"),
	    WEFT_ETLS_UNTRUSTED, "self-signed certificate");
	end(&flow);
}
END_TEST

START_TEST(another_host_is_not_who_was_asked)
{
	struct flow *flow = node("tls+varint://127.0.0.1:0?cert=%b.pem");
	unsigned port = port_of(&flow->bound[0]);

	refused(flow, to_port(port, "127.0.0.1", "?ca=%ca.crt"),
	    WEFT_ETLS_HOST,
	    "expected a certificate for 127.0.0.1, found one for b.example");
	refused(flow, to_port(port, "localhost", "?ca=%ca.crt"),
	    WEFT_ETLS_HOST,
	    "expected a certificate for localhost, found one for b.example");
	end(&flow);
}
END_TEST

/* A server of the test's own: it is connected to, and shakes hands. */
static void
badly(struct flow *flow, struct tls_peer *peer, const char *options, int code,
    const char *words)
{
	uint16_t port;
	int fd = flow_listen(&port);
	unsigned before = seen.nclosed;

	(void)connect_to(flow, to_port(port, "127.0.0.1", options));
	tls_peer_take(peer, fd);
	ck_assert(!tls_peer_shake(peer));
	FLOW_WAIT(seen.nclosed == before + 1, "closed()");
	ck_assert_int_eq(seen.why, WEFT_REASON_CONNECT);
	ck_assert_int_eq(seen.code, code);
	ck_assert_msg(
	    strstr(flow_wait_log(flow, "IO-HANDSHAKE")->text, words) != NULL,
	    "expected %s, found %s", words,
	    flow_wait_log(flow, "IO-HANDSHAKE")->text);
	ck_assert_int_eq(close(fd), 0);
	tls_peer_free(&peer);
}

START_TEST(a_certificate_has_its_time)
{
	struct flow *flow = node(ECHO);

	tls_make_when("past", "ca", "localhost,127.0.0.1", -10, -1);
	badly(flow, tls_peer_server("past"), "?ca=%ca.crt", WEFT_ETLS_EXPIRED,
	    "found one for localhost, 127.0.0.1 that ended on 20");
	end(&flow);
}
END_TEST

START_TEST(a_certificate_has_its_beginning)
{
	struct flow *flow = node(ECHO);

	tls_make_when("next", "ca", "localhost,127.0.0.1", 2, 10);
	badly(flow, tls_peer_server("next"), "?ca=%ca.crt", WEFT_ETLS_EXPIRED,
	    "that begins on 20");
	end(&flow);
}
END_TEST

START_TEST(old_versions_are_refused)
{
	struct flow *flow = node(ECHO);
	struct tls_peer *peer = tls_peer_server("a");

	ck_assert_int_eq(
	    SSL_set_max_proto_version(peer->ssl, TLS1_2_VERSION), 1);
	badly(flow, peer, "?ca=%ca.crt&min_version=1.3", WEFT_ETLS_VERSION,
	    "no version of TLS that is spoken here");
	end(&flow);
}
END_TEST

START_TEST(who_speaks_no_tls_gets_nothing)
{
	static const char plain[] = "220 here is a server of something else";
	struct flow *flow = node(ECHO);
	struct tls_peer *peer = tls_peer_server("a");
	uint16_t port;
	int fd = flow_listen(&port);
	weft_endpoint to;

	to = connect_to(flow, to_port(port, "127.0.0.1", "?verify=no"));
	say(flow, to, "secret");
	tls_peer_take(peer, fd);
	ck_assert_int_eq(
	    send(peer->fd, plain, sizeof(plain) - 1, MSG_NOSIGNAL),
	    (int)sizeof(plain) - 1);
	FLOW_WAIT(seen.nclosed == 1, "closed()");
	ck_assert_int_eq(seen.why, WEFT_REASON_CONNECT);
	ck_assert_int_eq(seen.code, WEFT_ETLS);
	ck_assert_ptr_nonnull(strstr(flow_wait_log(flow, "IO-HANDSHAKE")->text,
	    "expected TLS, found bytes that are none"));
	ck_assert_int_eq(close(fd), 0);
	tls_peer_cut(&peer);
	end(&flow);
}
END_TEST

START_TEST(a_server_has_its_time)
{
	struct flow *flow = node(ECHO);
	uint16_t port;
	int fd = flow_listen(&port);

	refused(flow, to_port(port, "127.0.0.1", "?handshake=100ms"),
	    -ETIMEDOUT, "TLS: expected the handshake to be over in time");
	ck_assert_int_eq(close(fd), 0);
	end(&flow);
}
END_TEST

START_TEST(files_that_cannot_be_used_are_told_of)
{
	struct flow *flow = node(ECHO);
	struct weft_error err;
	weft_endpoint to;

	ck_assert_int_eq(
	    weft_node_connect(flow->node, to_port(1, "127.0.0.1", "?ca=%none"),
		"client", &to, &err),
	    -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.text, "none: expected a PEM file"));
	ck_assert_int_eq(
	    weft_node_connect(flow->node,
		to_port(1, "127.0.0.1", "?key=%a.key"), "client", &to, &err),
	    WEFT_EURL);
	ck_assert_ptr_nonnull(strstr(err.text, "option cert beside key"));
	end(&flow);
}
END_TEST

/* ---- the end, and beginning anew */

START_TEST(the_servers_end_is_told_apart)
{
	struct flow *flow = node(ECHO);
	struct tls_peer *peer = tls_peer_server("a");
	uint16_t port;
	int fd = flow_listen(&port);

	(void)connect_to(flow, to_port(port, "127.0.0.1", "?ca=%ca.crt"));
	tls_peer_take(peer, fd);
	ck_assert_msg(tls_peer_shake(peer), "%s", peer->failed);
	tls_peer_say(peer, "last");
	tls_peer_free(&peer);
	FLOW_WAIT(seen.nclosed == 1, "closed()");
	ck_assert_int_eq(seen.why, WEFT_REASON_PEER);
	ck_assert_str_eq(seen.message, "last");

	peer = tls_peer_server("a");
	(void)connect_to(flow, to_port(port, "127.0.0.1", "?ca=%ca.crt"));
	tls_peer_take(peer, fd);
	ck_assert_msg(tls_peer_shake(peer), "%s", peer->failed);
	tls_peer_say(peer, "cut");
	tls_peer_cut(&peer);
	FLOW_WAIT(seen.nclosed == 2, "closed()");
	ck_assert_int_eq(seen.why, WEFT_REASON_TRUNCATED);
	ck_assert_int_eq(seen.code, WEFT_ETLS_TRUNCATED);
	ck_assert_str_eq(seen.message, "cut");
	ck_assert_int_eq(close(fd), 0);
	end(&flow);
}
END_TEST

START_TEST(a_lost_one_is_connected_again_and_its_session_taken_up)
{
	struct flow *flow = node(ECHO);
	struct tls_peer *peer = tls_peer_server("a"), *again;
	uint16_t port;
	int fd = flow_listen(&port);
	weft_endpoint to;

	to = connect_to(
	    flow, to_port(port, "127.0.0.1", "?ca=%ca.crt&reconnect=10ms"));
	tls_peer_take(peer, fd);
	ck_assert_msg(tls_peer_shake(peer), "%s", peer->failed);
	tls_peer_say(peer, "one");
	FLOW_WAIT(seen.nmessages == 1, "a message");
	again = tls_peer_again(peer);
	tls_peer_cut(&peer);
	FLOW_WAIT(seen.nclosed == 1, "closed()");
	ck_assert_int_eq(seen.why, WEFT_REASON_TRUNCATED);
	tls_peer_take(again, fd);
	ck_assert_msg(tls_peer_shake(again), "%s", again->failed);
	FLOW_WAIT(seen.nopened == 2, "opened() again");
	ck_assert_uint_eq(seen.nresumed, 1);
	say(flow, to, "two");
	tls_peer_hear(again, "two");
	ck_assert_int_eq(weft_node_close(flow->node, to), WEFT_OK);
	ck_assert_int_eq(tls_peer_end(again), SSL_ERROR_ZERO_RETURN);
	tls_peer_free(&again);
	ck_assert_int_eq(close(fd), 0);
	end(&flow);
}
END_TEST

FLOW_MAIN("tls_client", messages_go_and_come, a_name_is_asked_for_and_verified,
    who_is_not_to_be_verified_is_not, we_have_a_certificate_too,
    web_sockets_go_over_tls, who_has_signed_must_be_trusted,
    who_signs_itself_is_not_trusted, another_host_is_not_who_was_asked,
    a_certificate_has_its_time, a_certificate_has_its_beginning,
    old_versions_are_refused, who_speaks_no_tls_gets_nothing,
    a_server_has_its_time, files_that_cannot_be_used_are_told_of,
    the_servers_end_is_told_apart,
    a_lost_one_is_connected_again_and_its_session_taken_up)
