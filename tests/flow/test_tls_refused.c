/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_tls_refused.c - who is not let in by a listener of tls://,
 * certificates of clients, files that cannot be used, and reading them again.
 */
#include "flow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "tls_seen.h"

/* ---- clients that speak something else */

static void
refused(struct flow *flow, unsigned n, const char *words)
{
	unsigned i;
	bool found = false;

	flow_wait_count(flow, WEFT_COUNTER_handshakes_failed, n);
	flow_wait_count(flow, WEFT_COUNTER_endpoints_closed, n);
	(void)flow_wait_log(flow, "IO-HANDSHAKE");
	flow_lock();
	for (i = 0; i < flow->nlines; i++)
		found |= strcmp(flow->lines[i].id, "IO-HANDSHAKE") == 0 &&
		    strstr(flow->lines[i].text, words) != NULL;
	flow_unlock();
	ck_assert_msg(found, "no line says: %s", words);
	ck_assert_uint_eq(seen.nopened + seen.nclosed, 0);
}

START_TEST(who_speaks_no_tls_is_told_of)
{
	struct flow *flow = begin(ECHO);
	struct flow_client *client = flow_client_new(&flow->bound[0]);
	static const char http[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
	static const uint8_t long_record[] = { 22, 3, 1, 0xff, 0xff, 1 };
	uint8_t rest[64];
	int error;

	flow_write(client, http, sizeof(http) - 1);
	(void)flow_read_rest(client, rest, sizeof(rest), &error);
	flow_client_free(&client);
	refused(flow, 1, "found a request of HTTP");
	client = flow_client_new(&flow->bound[0]);
	flow_write(client, "\3abc\3def\3ghi", 12);
	(void)flow_read_rest(client, rest, sizeof(rest), &error);
	flow_client_free(&client);
	refused(flow, 2, "TLS: expected TLS, found bytes that are none");
	client = flow_client_new(&flow->bound[0]);
	flow_write(client, long_record, sizeof(long_record));
	(void)flow_read_rest(client, rest, sizeof(rest), &error);
	flow_client_free(&client);
	refused(flow, 3, "TLS");
	client = flow_client_new(&flow->bound[0]);
	flow_client_free(&client);
	refused(flow, 4, "the peer ended the connection");
	end(&flow);
}
END_TEST

static void
too_old(const char *url, int version)
{
	struct flow *flow = begin(url);
	struct tls_peer *peer = tls_peer_client();

	SSL_set_security_level(peer->ssl, 0);
	ck_assert_int_eq(
	    SSL_set_min_proto_version(peer->ssl, TLS1_VERSION), 1);
	ck_assert_int_eq(SSL_set_max_proto_version(peer->ssl, version), 1);
	tls_peer_connect(peer, &flow->bound[0]);
	ck_assert(!tls_peer_shake(peer));
	ck_assert_ptr_nonnull(strstr(peer->failed, "protocol version"));
	tls_peer_free(&peer);
	refused(flow, 1, "found an older one");
	end(&flow);
}

START_TEST(old_versions_are_refused)
{
	too_old(ECHO, TLS1_1_VERSION);
}
END_TEST

START_TEST(so_is_1_2_if_1_3_is_asked_for)
{
	too_old(ECHO "&min_version=1.3", TLS1_2_VERSION);
}
END_TEST

START_TEST(a_handshake_has_its_time)
{
	struct flow *flow = begin(ECHO "&handshake=100ms");
	struct flow_client *client = flow_client_new(&flow->bound[0]);
	struct tls_peer *peer = tls_peer_client();

	/* One says nothing, one a part of a record, one its first words. */
	ck_assert_int_eq(flow_read_end(client), 0);
	flow_client_free(&client);
	refused(flow, 1, "found a part of it");
	client = flow_client_new(&flow->bound[0]);
	flow_write(client, "\26\3\1\2\0\1", 6);
	ck_assert_int_eq(flow_read_end(client), 0);
	flow_client_free(&client);
	refused(flow, 2, "found a part of it");
	tls_peer_connect(peer, &flow->bound[0]);
	(void)SSL_do_handshake(peer->ssl);
	tls_peer_push(peer);
	while (tls_peer_pull(peer))
		continue;
	tls_peer_cut(&peer);
	refused(flow, 3, "found a part of it");
	end(&flow);
}
END_TEST

/* How far a client comes before it goes. */
START_TEST(who_goes_in_the_middle_leaves_nothing)
{
	struct flow *flow = begin(ECHO);
	struct tls_peer *peer;
	unsigned i;

	for (i = 0; i < 200; i++) {
		struct linger linger = { .l_onoff = i % 2, .l_linger = 0 };

		peer = tls_peer_client();
		tls_peer_connect(peer, &flow->bound[0]);
		ck_assert_int_eq(setsockopt(peer->fd, SOL_SOCKET, SO_LINGER,
				     &linger, sizeof(linger)),
		    0);
		(void)SSL_do_handshake(peer->ssl);
		peer->piece = i + 1;
		if (i % 4 < 2)
			tls_peer_push(peer);
		if (i % 8 == 0)
			ck_assert(tls_peer_pull(peer));
		tls_peer_cut(&peer);
	}
	flow_wait_count(flow, WEFT_COUNTER_endpoints_closed, 200);
	flow_wait_count(flow, WEFT_COUNTER_handshakes_failed, 200);
	peer = tls_peer_to(&flow->bound[0]);
	tls_peer_say(peer, "still");
	tls_peer_hear(peer, "still");
	tls_peer_free(&peer);
	closed_as(WEFT_REASON_PEER, WEFT_OK);
	ck_assert_uint_eq(seen.nopened, 1);
	end(&flow);
}
END_TEST

/* One place: who has it and stops keeps the next one waiting, not for ever. */
START_TEST(handshakes_are_bounded)
{
	struct flow *flow = flow_new();
	struct tls_peer *first = tls_peer_client(), *second;
	struct flow_client *silent;

	tls_files_new();
	tls_make("a", NULL, "localhost");
	flow->options.max_handshakes = 1;
	flow_start(flow, tls_url(ECHO "&handshake=60s"), &plugin);
	silent = flow_client_new(&flow->bound[0]); /* takes no place */
	tls_peer_connect(first, &flow->bound[0]);
	(void)SSL_do_handshake(first->ssl);
	tls_peer_push(first);
	ck_assert(tls_peer_pull(first));
	second = tls_peer_client();
	tls_peer_connect(second, &flow->bound[0]);
	(void)SSL_do_handshake(second->ssl);
	tls_peer_push(second);
	flow_wait_count(flow, WEFT_COUNTER_handshakes_waited, 1);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_tls_handshakes), 0);
	/* The first one goes on, and the other's turn comes. */
	ck_assert_msg(tls_peer_shake(first), "%s", first->failed);
	ck_assert_msg(tls_peer_shake(second), "%s", second->failed);
	tls_peer_say(second, "hello");
	tls_peer_hear(second, "hello");
	tls_peer_say(first, "hello");
	tls_peer_hear(first, "hello");
	tls_peer_free(&first);
	tls_peer_free(&second);
	flow_client_free(&silent);
	end(&flow);
}
END_TEST

START_TEST(a_place_is_given_back_at_the_deadline)
{
	struct flow *flow = flow_new();
	struct tls_peer *first = tls_peer_client(), *second;

	tls_files_new();
	tls_make("a", NULL, "localhost");
	flow->options.max_handshakes = 1;
	flow_add(flow, tls_url(ECHO "&handshake=5s"), &plugin);
	flow_start(flow, tls_url(ECHO "&handshake=60s"), &plugin);
	tls_peer_connect(first, &flow->bound[0]);
	(void)SSL_do_handshake(first->ssl);
	tls_peer_push(first);
	ck_assert(tls_peer_pull(first));
	second = tls_peer_to(&flow->bound[1]);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_handshakes_waited), 1);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_handshakes_failed), 1);
	tls_peer_cut(&first);
	tls_peer_free(&second);
	end(&flow);
}
END_TEST

/* ---- certificates of clients */

static void
client_certificate(
    struct flow *flow, const char *name, int version, const char *refusal)
{
	struct tls_peer *peer = tls_peer_client();
	char file[32];

	ck_assert_int_eq(SSL_set_max_proto_version(peer->ssl, version), 1);
	(void)snprintf(file, sizeof(file), "%s.pem", name);
	if (name[0] != '\0') {
		ck_assert_int_eq(SSL_use_certificate_file(peer->ssl,
				     tls_file(file), SSL_FILETYPE_PEM),
		    1);
		ck_assert_int_eq(SSL_use_PrivateKey_file(peer->ssl,
				     tls_file(file), SSL_FILETYPE_PEM),
		    1);
	}
	tls_peer_connect(peer, &flow->bound[0]);
	if (refusal == NULL) {
		ck_assert_msg(tls_peer_shake(peer), "%s", peer->failed);
		tls_peer_say(peer, "hello");
		tls_peer_hear(peer, "hello");
	} else {
		if (tls_peer_shake(peer))
			ck_assert_int_eq(tls_peer_end(peer), SSL_ERROR_SSL);
		ck_assert_msg(strstr(peer->failed, refusal) != NULL,
		    "expected %s, found %s", refusal, peer->failed);
	}
	tls_peer_free(&peer);
}

#define MUTUAL                                                                \
	"tls+varint://127.0.0.1:0?cert=%a.crt&key=%a.key&client_ca=%ca.crt"

START_TEST(clients_show_who_they_are)
{
	struct flow *flow = begin(MUTUAL);

	client_certificate(flow, "b", TLS1_3_VERSION, NULL);
	ck_assert_str_eq(seen.peer, "b.example");
	seen.peer[0] = '\0';
	client_certificate(flow, "b", TLS1_2_VERSION, NULL);
	ck_assert_str_eq(seen.peer, "b.example");
	end(&flow);
}
END_TEST

START_TEST(who_does_not_is_refused)
{
	struct flow *flow = begin(MUTUAL);

	tls_make("mine", NULL, "me");
	tls_make_ca("other");
	tls_make("theirs", "other", "b.example");
	tls_make_when("past", "ca", "b.example", -10, -1);
	client_certificate(flow, "", TLS1_3_VERSION, "certificate required");
	refused(flow, 1, "expected a certificate of the client, found none");
	client_certificate(flow, "", TLS1_2_VERSION, "handshake failure");
	client_certificate(flow, "theirs", TLS1_3_VERSION, "unknown ca");
	refused(
	    flow, 3, "found one for b.example: unable to get local issuer");
	client_certificate(flow, "past", TLS1_3_VERSION, "expired");
	refused(flow, 4, "found one for b.example that ended on ");
	client_certificate(flow, "mine", TLS1_2_VERSION, "unknown ca");
	refused(flow, 5, "found one for me: self-signed certificate");
	end(&flow);
}
END_TEST

/* ---- files that cannot be used */

static void
expect_unusable(
    struct flow *flow, const char *options, int code, const char *words)
{
	struct weft_error err;
	char url[256];
	int rv;

	(void)snprintf(
	    url, sizeof(url), "tls+varint://127.0.0.1:0%s", options);
	rv = weft_node_listen(flow->node, tls_url(url), "tls", NULL, &err);
	ck_assert_msg(rv == code, "%s: %d, %s", options, rv, err.text);
	ck_assert_msg(strstr(err.text, words) != NULL, "expected %s, found %s",
	    words, err.text);
}

START_TEST(files_that_cannot_be_used_are_told_of)
{
	struct flow *flow = begin(ECHO);

	tls_write("empty.pem", "");
	tls_make_when("past", "ca", "localhost", -10, -1);
	tls_make_when("next", "ca", "localhost", 1, 10);
	tls_make("secret", "ca", "localhost");
	tls_encrypt("secret");
	expect_unusable(flow, "", WEFT_EURL, "expected the option cert");
	expect_unusable(flow, "?key=%a.key", WEFT_EURL, "the option cert");
	expect_unusable(flow, "?cert=%none.pem", -ENOENT,
	    "none.pem: expected a PEM file that can be read, found: No such");
	expect_unusable(flow, "?cert=%empty.pem", WEFT_ETLS,
	    "empty.pem: expected a certificate in PEM, found none");
	expect_unusable(flow, "?cert=%a.crt", WEFT_ETLS,
	    "a.crt: expected a private key in PEM, found none");
	expect_unusable(flow, "?cert=%a.crt&key=%none.key", -ENOENT,
	    "none.key: expected a PEM file");
	expect_unusable(flow, "?cert=%a.crt&key=%b.key", WEFT_ETLS,
	    "b.key: expected the private key of the certificate in ");
	expect_unusable(flow, "?cert=%secret.crt&key=%secret.key", WEFT_ETLS,
	    "secret.key: expected a private key in PEM, found one that is "
	    "encrypted");
	expect_unusable(flow, "?cert=%past.pem", WEFT_ETLS_EXPIRED,
	    "past.pem: expected a certificate that is valid now, found one "
	    "that ended on 20");
	expect_unusable(flow, "?cert=%next.pem", WEFT_ETLS_EXPIRED,
	    "found one that begins on 20");
	expect_unusable(flow, "?cert=%a.crt,%b.crt&key=%a.key", WEFT_EURL,
	    "key: expected a file for each of cert, found none for ");
	expect_unusable(flow, "?cert=%a.crt&key=%a.key,%b.key", WEFT_EURL,
	    "key: expected a file for each of cert, found ");
	expect_unusable(flow, "?cert=%a.pem&client_ca=%none", -ENOENT, "none");
	expect_unusable(flow, "?cert=%a.pem&client_ca=%empty.pem", WEFT_ETLS,
	    "empty.pem: expected certificates of who signs, in PEM");
	expect_unusable(flow, "?cert=%a.pem&alpn=a,,b", WEFT_EURL,
	    "alpn: expected names, as h2,http/1.1, found \"a,,b\"");
	ck_assert_uint_eq(flow_logged(flow, "TLS-KEY-OPEN"), 0);
	ck_assert_int_eq(chmod(tls_file("b.pem"), 0640), 0);
	ck_assert_int_eq(
	    weft_node_listen(flow->node,
		tls_url("tls://127.0.0.1:0?cert=%b.pem"), "tls", NULL, NULL),
	    WEFT_OK);
	ck_assert_ptr_nonnull(
	    strstr(flow_wait_log(flow, "TLS-KEY-OPEN")->text, "0640"));
	end(&flow);
}
END_TEST

/* ---- reading them again */

/* That of the certificate which a new client is shown. */
static long
serial(struct flow *flow, struct tls_peer **keep)
{
	struct tls_peer *peer = tls_peer_to(&flow->bound[0]);
	long number = ASN1_INTEGER_get(
	    X509_get0_serialNumber(SSL_get0_peer_certificate(peer->ssl)));

	tls_peer_say(peer, "hello");
	tls_peer_hear(peer, "hello");
	if (keep != NULL)
		*keep = peer;
	else
		tls_peer_free(&peer);
	return number;
}

START_TEST(files_are_read_again_without_a_restart)
{
	struct flow *flow = begin(ECHO);
	struct tls_peer *first;
	struct weft_error err;
	long old = serial(flow, &first), fresh;

	tls_make("a", "ca", "localhost");
	ck_assert_int_eq(serial(flow, NULL), old); /* not yet */
	ck_assert_int_eq(weft_node_tls_reload(flow->node, &err), WEFT_OK);
	(void)flow_wait_log(flow, "TLS-RELOADED");
	fresh = serial(flow, NULL);
	ck_assert_int_ne(fresh, old);
	/* What cannot be used changes nothing. */
	tls_write("a.pem", "nothing");
	ck_assert_int_eq(weft_node_tls_reload(flow->node, &err), WEFT_ETLS);
	ck_assert_ptr_nonnull(strstr(
	    err.text, "a.pem: expected a certificate in PEM, found none"));
	(void)flow_wait_log(flow, "TLS-RELOAD-FAILED");
	ck_assert_int_eq(serial(flow, NULL), fresh);
	/* Who was there before is there still. */
	tls_peer_say(first, "still");
	tls_peer_hear(first, "still");
	tls_peer_free(&first);
	end(&flow);
}
END_TEST

FLOW_MAIN("tls_refused", who_speaks_no_tls_is_told_of,
    old_versions_are_refused, so_is_1_2_if_1_3_is_asked_for,
    a_handshake_has_its_time, who_goes_in_the_middle_leaves_nothing,
    handshakes_are_bounded, a_place_is_given_back_at_the_deadline,
    clients_show_who_they_are, who_does_not_is_refused,
    files_that_cannot_be_used_are_told_of,
    files_are_read_again_without_a_restart)
