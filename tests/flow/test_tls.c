/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_tls.c - listeners of tls:// through a whole node: what is
 * agreed on in a handshake.  Messages and the end are in test_tls_messages.c,
 * who is not let in is in test_tls_refused.c.
 */
#include "flow.h"

#include <stdlib.h>
#include <string.h>

#include "tls_seen.h"

/* ---- what is agreed on */

static void
versions(const char *url, int version, const char *name)
{
	struct flow *flow = begin(url);
	struct tls_peer *peer = tls_peer_client();

	ck_assert_int_eq(SSL_set_max_proto_version(peer->ssl, version), 1);
	tls_peer_connect(peer, &flow->bound[0]);
	ck_assert_msg(tls_peer_shake(peer), "%s", peer->failed);
	tls_peer_say(peer, "hello");
	tls_peer_hear(peer, "hello");
	ck_assert_str_eq(seen.version, name);
	tls_peer_free(&peer);
	closed_as(WEFT_REASON_PEER, WEFT_OK);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_tls_handshakes), 1);
	end(&flow);
}

START_TEST(tls_1_3_is_spoken)
{
	versions(ECHO, TLS1_3_VERSION, "TLSv1.3");
}
END_TEST

START_TEST(tls_1_2_is_spoken)
{
	versions(ECHO, TLS1_2_VERSION, "TLSv1.2");
}
END_TEST

/* Whose certificate answers to a name. */
static void
expect_name(struct flow *flow, const char *asked, const char *common)
{
	struct tls_peer *peer = tls_peer_client();
	char found[64];

	if (asked[0] != '\0')
		ck_assert_int_eq(
		    SSL_ctrl(peer->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME,
			TLSEXT_NAMETYPE_host_name, (void *)(uintptr_t)asked),
		    1);
	tls_peer_connect(peer, &flow->bound[0]);
	ck_assert_msg(tls_peer_shake(peer), "%s", peer->failed);
	ck_assert_int_gt(
	    X509_NAME_get_text_by_NID(
		X509_get_subject_name(SSL_get0_peer_certificate(peer->ssl)),
		NID_commonName, found, sizeof(found)),
	    0);
	ck_assert_str_eq(found, common);
	tls_peer_say(peer, "hello");
	tls_peer_hear(peer, "hello");
	ck_assert_str_eq(seen.name, asked);
	tls_peer_free(&peer);
}

START_TEST(the_name_that_is_asked_for_chooses_the_certificate)
{
	struct flow *flow =
	    begin("tls+varint://127.0.0.1:0?cert=%a.crt,%b.crt&key=%a.key,"
		  "%b.key");

	expect_name(flow, "localhost", "localhost");
	expect_name(flow, "b.example", "b.example");
	expect_name(flow, "x.wild.example", "b.example");
	expect_name(flow, "x.y.wild.example", "localhost");
	expect_name(flow, "unknown.example", "localhost");
	expect_name(flow, "", "localhost");
	end(&flow);
}
END_TEST

/* *.pem, by their names: a, b, ca. */
START_TEST(a_directory_has_many_certificates)
{
	struct flow *flow = begin("tls+varint://127.0.0.1:0?cert=%");

	expect_name(flow, "b.example", "b.example");
	expect_name(flow, "unknown.example", "localhost");
	end(&flow);
}
END_TEST

START_TEST(a_protocol_is_chosen)
{
	struct flow *flow = begin(ECHO "&alpn=mine,http/1.1");
	struct tls_peer *peer = tls_peer_client();
	static const uint8_t offered[] = "\x08http/1.1\x04mine";
	static const uint8_t others[] = "\x02h2";

	ck_assert_int_eq(
	    SSL_set_alpn_protos(peer->ssl, offered, sizeof(offered) - 1), 0);
	tls_peer_connect(peer, &flow->bound[0]);
	ck_assert_msg(tls_peer_shake(peer), "%s", peer->failed);
	FLOW_WAIT(seen.nopened == 1, "opened()");
	ck_assert_str_eq(seen.alpn, "mine");
	tls_peer_free(&peer);
	peer = tls_peer_client();
	ck_assert_int_eq(
	    SSL_set_alpn_protos(peer->ssl, others, sizeof(others) - 1), 0);
	tls_peer_connect(peer, &flow->bound[0]);
	ck_assert(!tls_peer_shake(peer));
	ck_assert_ptr_nonnull(strstr(peer->failed, "no application protocol"));
	tls_peer_free(&peer);
	flow_wait_count(flow, WEFT_COUNTER_handshakes_failed, 1);
	/* Who offers none speaks what the codec is. */
	peer = tls_peer_to(&flow->bound[0]);
	FLOW_WAIT(seen.nopened == 2, "opened()");
	ck_assert_str_eq(seen.alpn, "");
	tls_peer_free(&peer);
	end(&flow);
}
END_TEST

static SSL_SESSION *
take_up(struct flow *flow, SSL_SESSION *session, int version, bool resumed)
{
	struct tls_peer *peer = tls_peer_client();
	unsigned before = seen.nopened;

	ck_assert_int_eq(SSL_set_max_proto_version(peer->ssl, version), 1);
	if (session != NULL)
		ck_assert_int_eq(SSL_set_session(peer->ssl, session), 1);
	SSL_SESSION_free(session);
	tls_peer_connect(peer, &flow->bound[0]);
	ck_assert_msg(tls_peer_shake(peer), "%s", peer->failed);
	tls_peer_say(peer, "hello");
	tls_peer_hear(peer, "hello"); /* behind the tickets of TLS 1.3 */
	ck_assert_uint_eq(seen.nopened, before + 1);
	ck_assert_int_eq(seen.resumed, resumed);
	ck_assert_int_eq(SSL_session_reused(peer->ssl), resumed);
	session = SSL_get1_session(peer->ssl);
	ck_assert_int_eq(SSL_SESSION_is_resumable(session), 1);
	tls_peer_free(&peer);
	return session;
}

static void
tickets(int version)
{
	struct flow *flow = begin(ECHO);
	SSL_SESSION *session;
	struct weft_error err;

	session = take_up(flow, NULL, version, false);
	session = take_up(flow, session, version, true);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_tls_resumptions), 1);
	ck_assert_int_eq(weft_node_tls_reload(flow->node, &err), WEFT_OK);
	session = take_up(flow, session, version, false);
	SSL_SESSION_free(session);
	end(&flow);
}

START_TEST(a_session_is_taken_up_again_until_a_reload)
{
	tickets(TLS1_3_VERSION);
}
END_TEST

START_TEST(so_it_is_in_tls_1_2)
{
	tickets(TLS1_2_VERSION);
}
END_TEST

FLOW_MAIN("tls", tls_1_3_is_spoken, tls_1_2_is_spoken,
    the_name_that_is_asked_for_chooses_the_certificate,
    a_directory_has_many_certificates, a_protocol_is_chosen,
    a_session_is_taken_up_again_until_a_reload, so_it_is_in_tls_1_2)
