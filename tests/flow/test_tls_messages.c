/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_tls_messages.c - listeners of tls:// and wss:// through a
 * whole node: how messages go and come, however they are cut, and how it ends.
 */
#include "flow.h"

#include <stdlib.h>
#include <string.h>

#include "tls_seen.h"
#include "ws_client.h"

/* ---- messages */

/* Each byte in a segment of its own, from the first of the handshake on. */
START_TEST(byte_by_byte_all_is_the_same)
{
	struct flow *flow = begin(ECHO);
	struct tls_peer *peer = tls_peer_client();
	struct flow_client *client;

	peer->piece = 1;
	tls_peer_connect(peer, &flow->bound[0]);
	ck_assert_msg(tls_peer_shake(peer), "%s", peer->failed);
	client = tls_peer_tunnel(peer);
	flow_number_send(client, 200, 0, 20);
	flow_number_recv(client, 200, 0, 20);
	flow_client_free(&client);
	tls_peer_free(&peer);
	closed_as(WEFT_REASON_PEER, WEFT_OK);
	end(&flow);
}
END_TEST

/* Sent with the end of the handshake: no socket is readable for it. */
START_TEST(messages_right_behind_the_handshake_arrive)
{
	struct flow *flow = begin(ECHO);
	struct tls_peer *peer = tls_peer_client();
	size_t n;

	tls_peer_connect(peer, &flow->bound[0]);
	(void)SSL_do_handshake(peer->ssl);
	tls_peer_push(peer);
	/* Until it is over; what it has to say is not sent yet. */
	while (SSL_do_handshake(peer->ssl) != 1)
		ck_assert(tls_peer_pull(peer));
	ck_assert_int_eq(SSL_write_ex(peer->ssl, "\5hello\3bye", 10, &n), 1);
	tls_peer_push(peer);
	tls_peer_hear(peer, "hello");
	tls_peer_hear(peer, "bye");
	ck_assert_int_eq(tls_peer_end(peer), SSL_ERROR_ZERO_RETURN);
	tls_peer_free(&peer);
	closed_as(WEFT_REASON_LOCAL, WEFT_OK);
	end(&flow);
}
END_TEST

/* Mailbox and outbox are small: reading pauses again and again, in the middle
 * of what was read and of records. */
START_TEST(many_messages_pass_small_bounds)
{
	struct flow *flow = flow_new();
	struct tls_peer *peer;
	struct flow_client *client;
	unsigned i;

	tls_files_new();
	tls_make("a", NULL, "localhost");
	flow->options.mailbox_high_messages = 3;
	flow->options.mailbox_high_bytes = 2000;
	flow_start(flow, tls_url(ECHO), &plugin);
	peer = tls_peer_to(&flow->bound[0]);
	client = tls_peer_tunnel(peer);
	for (i = 0; i < 20000; i += 500) {
		flow_number_send(client, 100, i, 500);
		flow_number_recv(client, 100, i, 500);
	}
	ck_assert_uint_gt(flow_count(flow, WEFT_COUNTER_read_pauses), 100);
	flow_client_free(&client);
	tls_peer_free(&peer);
	end(&flow);
}
END_TEST

START_TEST(long_messages_go_and_come)
{
	struct flow *flow = begin(ECHO);
	struct tls_peer *peer = tls_peer_to(&flow->bound[0]);
	struct flow_client *client = tls_peer_tunnel(peer);
	unsigned i;

	for (i = 0; i < 8; i++) {
		flow_number_send(client, 1000000, i, 1);
		flow_number_recv(client, 1000000, i, 1);
	}
	for (i = 0; i < 50; i++) {
		flow_number_send(client, 16384, 2 * i, 2);
		flow_number_recv(client, 16384, 2 * i, 2);
	}
	flow_client_free(&client);
	tls_peer_free(&peer);
	end(&flow);
}
END_TEST

/* The peer does not read: what is sealed is kept, in order, and what is not
 * makes the sender wait. */
START_TEST(who_does_not_read_gets_all_of_it_later)
{
	struct flow *flow = begin(ECHO "&sndbuf=4096&rcvbuf=4096");
	struct tls_peer *peer = tls_peer_to(&flow->bound[0]);
	static uint8_t frame[50003];
	uint8_t back[sizeof(frame)];
	unsigned i;

	for (i = 0; i < 12; i++) {
		memset(frame, 'a' + (int)i, sizeof(frame));
		(void)flow_head(frame, sizeof(frame) - 3);
		tls_peer_write(peer, frame, sizeof(frame));
	}
	flow_wait_count(flow, WEFT_COUNTER_read_pauses, 1);
	for (i = 0; i < 12; i++) {
		memset(frame, 'a' + (int)i, sizeof(frame));
		(void)flow_head(frame, sizeof(frame) - 3);
		tls_peer_read(peer, back, sizeof(back));
		ck_assert_int_eq(memcmp(back, frame, sizeof(frame)), 0);
	}
	tls_peer_free(&peer);
	closed_as(WEFT_REASON_PEER, WEFT_OK);
	end(&flow);
}
END_TEST

/* RFC 8446, 4.6.3: both sides' keys. */
START_TEST(keys_may_be_changed)
{
	struct flow *flow = begin(ECHO);
	struct tls_peer *peer = tls_peer_to(&flow->bound[0]);
	unsigned i;

	for (i = 0; i < 3; i++) {
		tls_peer_say(peer, "before");
		ck_assert_int_eq(SSL_key_update(peer->ssl,
				     i == 1 ? SSL_KEY_UPDATE_NOT_REQUESTED :
					      SSL_KEY_UPDATE_REQUESTED),
		    1);
		tls_peer_say(peer, "behind");
		tls_peer_hear(peer, "before");
		tls_peer_hear(peer, "behind");
	}
	tls_peer_free(&peer);
	closed_as(WEFT_REASON_PEER, WEFT_OK);
	end(&flow);
}
END_TEST

START_TEST(web_sockets_go_over_tls)
{
	struct flow *flow =
	    begin("wss://127.0.0.1:0/chat?cert=%a.pem&alpn=http/1.1");
	struct tls_peer *peer = tls_peer_to(&flow->bound[0]);
	struct flow_client *client = tls_peer_tunnel(peer);

	ck_assert_ptr_nonnull(strstr(flow->bound[0].url, "wss://"));
	ws_open(client, "/chat");
	ws_send(client, WS_FIN | WS_TEXT, "hello", 5);
	ws_hear(client, WS_FIN | WS_BINARY, "hello");
	ws_send(client, WS_FIN | WS_BINARY, "bye", 3);
	ws_hear(client, WS_FIN | WS_BINARY, "bye");
	ws_hear_close(client, 1000, "");
	flow_client_free(&client);
	tls_peer_free(&peer);
	closed_as(WEFT_REASON_LOCAL, WEFT_OK);
	end(&flow);
}
END_TEST

/* ---- the end */

START_TEST(our_end_is_said_behind_the_last_reply)
{
	struct flow *flow = begin(ECHO);
	struct tls_peer *peer = tls_peer_to(&flow->bound[0]);

	tls_peer_say(peer, "bye");
	tls_peer_hear(peer, "bye");
	ck_assert_int_eq(tls_peer_end(peer), SSL_ERROR_ZERO_RETURN);
	closed_as(WEFT_REASON_LOCAL, WEFT_OK);
	tls_peer_free(&peer);
	end(&flow);
}
END_TEST

START_TEST(replies_leave_behind_the_peers_end)
{
	struct flow *flow = begin(ECHO);
	struct tls_peer *peer = tls_peer_to(&flow->bound[0]);

	tls_peer_say(peer, "last");
	ck_assert_int_eq(SSL_shutdown(peer->ssl), 0);
	tls_peer_push(peer);
	tls_peer_hear(peer, "last");
	ck_assert_int_eq(tls_peer_end(peer), SSL_ERROR_ZERO_RETURN);
	tls_peer_free(&peer);
	closed_as(WEFT_REASON_PEER, WEFT_OK);
	end(&flow);
}
END_TEST

START_TEST(the_end_of_tcp_alone_is_told)
{
	struct flow *flow = begin(ECHO);
	struct tls_peer *peer = tls_peer_to(&flow->bound[0]);

	tls_peer_say(peer, "hello");
	tls_peer_hear(peer, "hello");
	tls_peer_cut(&peer);
	closed_as(WEFT_REASON_TRUNCATED, WEFT_ETLS_TRUNCATED);
	ck_assert_uint_eq(flow_count(flow, WEFT_COUNTER_closed_truncated), 1);
	(void)flow_wait_log(flow, "TLS-TRUNCATED");
	end(&flow);
}
END_TEST

START_TEST(bytes_that_were_changed_end_it)
{
	struct flow *flow = begin(ECHO);
	struct tls_peer *peer = tls_peer_to(&flow->bound[0]);
	char record[256];
	size_t n;
	int len;

	tls_peer_say(peer, "hello");
	tls_peer_hear(peer, "hello");
	ck_assert_int_eq(SSL_write_ex(peer->ssl, "\5wrong", 6, &n), 1);
	len = BIO_read(peer->out, record, sizeof(record));
	record[len - 1] ^= 1;
	ck_assert_int_eq(BIO_write(peer->out, record, len), len);
	tls_peer_push(peer);
	ck_assert_int_eq(tls_peer_end(peer), SSL_ERROR_SSL);
	ck_assert_ptr_nonnull(strstr(peer->failed, "bad record mac"));
	closed_as(WEFT_REASON_MALFORMED, WEFT_ETLS);
	(void)flow_wait_log(flow, "TLS-BROKEN");
	tls_peer_cut(&peer);
	end(&flow);
}
END_TEST

START_TEST(a_stop_ends_tls_too)
{
	struct flow *flow = begin(ECHO);
	struct tls_peer *peer = tls_peer_to(&flow->bound[0]), *shaking;

	/* One whose handshake has begun, one that says nothing. */
	shaking = tls_peer_client();
	tls_peer_connect(shaking, &flow->bound[0]);
	(void)SSL_do_handshake(shaking->ssl);
	tls_peer_push(shaking);
	ck_assert(tls_peer_pull(shaking));
	tls_peer_say(peer, "hello");
	tls_peer_hear(peer, "hello");
	weft_node_stop(flow->node);
	ck_assert_int_eq(tls_peer_end(peer), SSL_ERROR_ZERO_RETURN);
	tls_peer_free(&peer);
	tls_peer_free(&shaking);
	closed_as(WEFT_REASON_STOPPING, WEFT_OK);
	flow_join(flow);
	ck_assert_int_eq(flow->rv, WEFT_OK);
	flow_free(&flow);
	tls_files_free();
}
END_TEST

FLOW_MAIN("tls_messages", byte_by_byte_all_is_the_same,
    messages_right_behind_the_handshake_arrive,
    many_messages_pass_small_bounds, long_messages_go_and_come,
    who_does_not_read_gets_all_of_it_later, keys_may_be_changed,
    web_sockets_go_over_tls, our_end_is_said_behind_the_last_reply,
    replies_leave_behind_the_peers_end, the_end_of_tcp_alone_is_told,
    bytes_that_were_changed_end_it, a_stop_ends_tls_too)
