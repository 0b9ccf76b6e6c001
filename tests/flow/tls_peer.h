/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/tls_peer.h - the other side of a connection by TLS: OpenSSL over
 * memory, and the socket moved by hand, so that a test can cut what is sent
 * anywhere.
 *
 * Every call either does all of it or fails the test with what it waited for.
 */
#ifndef TESTS_FLOW_TLS_PEER_H
#define TESTS_FLOW_TLS_PEER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include <weft/node.h>

#include "flow_client.h"

struct tls_peer {
	SSL_CTX *ctx;
	SSL *ssl;
	BIO *in;
	BIO *out;
	int fd;
	size_t piece; /* [bytes] of one write to the socket; 0: all of it */
	int inner;    /* of a tunnel: where plain bytes come from */
	bool alive;   /* a tunnel's thread is to be joined */
	pthread_t thread;
	const char *failed; /* why the handshake did; NULL: it did not */
};

/* tls_peer_client() - of a listener: nothing is connected yet, so that
 * peer->ctx and peer->ssl can be changed.  tls_peer_server() - of a
 * connection that came in, with the certificate of that name. */
struct tls_peer *tls_peer_client(void);
struct tls_peer *tls_peer_server(const char *name);

/* tls_peer_again() - another server, that knows the tickets of the first. */
struct tls_peer *tls_peer_again(const struct tls_peer *server);

/* tls_peer_connect() - TCP alone.  tls_peer_take() - of a server: the next
 * client of a socket that listens. */
void tls_peer_connect(struct tls_peer *peer, const struct weft_bound *bound);
void tls_peer_take(struct tls_peer *peer, int listener);

/* tls_peer_shake() - the handshake; false: it failed, and peer->failed says
 * why.  In TLS 1.3 a client's is over before the server has looked at its
 * certificate. */
bool tls_peer_shake(struct tls_peer *peer);

/* tls_peer_to() - both, and it does not fail. */
struct tls_peer *tls_peer_to(const struct weft_bound *bound);

/* tls_peer_write(), tls_peer_read() - all of the bytes. */
void tls_peer_write(struct tls_peer *peer, const void *data, size_t len);
void tls_peer_read(struct tls_peer *peer, void *out, size_t len);

/* tls_peer_say(), tls_peer_hear() - a text of at most 127 bytes, in varint
 * framing. */
void tls_peer_say(struct tls_peer *peer, const char *text);
void tls_peer_hear(struct tls_peer *peer, const char *text);

/* tls_peer_end() - what SSL_get_error() says when nothing more comes:
 * SSL_ERROR_ZERO_RETURN for close_notify, SSL_ERROR_SYSCALL for the end of TCP
 * alone, SSL_ERROR_SSL for an alert. */
int tls_peer_end(struct tls_peer *peer);

/* tls_peer_push() - what OpenSSL has written goes to the socket. */
void tls_peer_push(struct tls_peer *peer);

/* tls_peer_pull() - the socket's next bytes go to OpenSSL; false: the end. */
bool tls_peer_pull(struct tls_peer *peer);

/* tls_peer_tunnel() - from here on a thread moves all, and the client that is
 * returned is the plain side, for flow_send() and such. */
struct flow_client *tls_peer_tunnel(struct tls_peer *peer);

/* tls_peer_free() - close_notify if that is possible, and close. */
void tls_peer_free(struct tls_peer **peerp);

/* tls_peer_cut() - close without close_notify. */
void tls_peer_cut(struct tls_peer **peerp);

#endif
