/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/tls_peer.c - the other side of a connection by TLS.
 */
#include "tls_peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#include "flow.h"
#include "tls_files.h"

#define PEER_READ 65536u

static struct tls_peer *
peer_new(const SSL_METHOD *method)
{
	struct tls_peer *peer = calloc(1, sizeof(*peer));

	ck_assert_ptr_nonnull(peer);
	peer->fd = peer->inner = -1;
	peer->ctx = SSL_CTX_new(method);
	ck_assert_ptr_nonnull(peer->ctx);
	return peer;
}

static void
peer_join(struct tls_peer *peer)
{
	peer->ssl = SSL_new(peer->ctx);
	peer->in = BIO_new(BIO_s_mem());
	peer->out = BIO_new(BIO_s_mem());
	ck_assert_ptr_nonnull(peer->ssl);
	(void)BIO_set_mem_eof_return(peer->in, -1);
	SSL_set_bio(peer->ssl, peer->in, peer->out);
}

struct tls_peer *
tls_peer_client(void)
{
	struct tls_peer *peer = peer_new(TLS_client_method());

	peer_join(peer);
	SSL_set_connect_state(peer->ssl);
	return peer;
}

struct tls_peer *
tls_peer_server(const char *name)
{
	struct tls_peer *peer = peer_new(TLS_server_method());
	char file[64];

	(void)snprintf(file, sizeof(file), "%s.pem", name);
	ck_assert_int_eq(
	    SSL_CTX_use_certificate_chain_file(peer->ctx, tls_file(file)), 1);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey_file(
			     peer->ctx, tls_file(file), SSL_FILETYPE_PEM),
	    1);
	peer_join(peer);
	SSL_set_accept_state(peer->ssl);
	return peer;
}

struct tls_peer *
tls_peer_again(const struct tls_peer *server)
{
	struct tls_peer *peer = calloc(1, sizeof(*peer));

	ck_assert_ptr_nonnull(peer);
	peer->fd = peer->inner = -1;
	peer->ctx = server->ctx;
	ck_assert_int_eq(SSL_CTX_up_ref(peer->ctx), 1);
	peer_join(peer);
	SSL_set_accept_state(peer->ssl);
	return peer;
}

void
tls_peer_connect(struct tls_peer *peer, const struct weft_bound *bound)
{
	struct flow_client *client = flow_client_new(bound);

	peer->fd = client->fd;
	free(client);
}

static void
peer_wait(int fd, short events, const char *what)
{
	struct pollfd pollfd = { .fd = fd, .events = events };

	ck_assert_msg(poll(&pollfd, 1, FLOW_DEADLINE_MS) == 1,
	    "waited for %s, in vain", what);
}

void
tls_peer_take(struct tls_peer *peer, int listener)
{
	peer_wait(listener, POLLIN, "a client to connect");
	peer->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	ck_assert_int_ge(peer->fd, 0);
}

/* A tunnel goes on reading meanwhile, or an echo would stand still. */
static void
peer_wait_for_room(struct tls_peer *peer)
{
	struct pollfd pollfd = { .fd = peer->fd, .events = POLLOUT };

	if (peer->alive)
		pollfd.events |= POLLIN;
	do {
		ck_assert_msg(poll(&pollfd, 1, FLOW_DEADLINE_MS) == 1,
		    "waited for the socket to take it, in vain");
		if ((pollfd.revents & POLLIN) != 0 && !tls_peer_pull(peer))
			return;
	} while ((pollfd.revents & ~POLLIN) == 0);
}

void
tls_peer_push(struct tls_peer *peer)
{
	char bytes[PEER_READ];
	size_t most = peer->piece == 0 || peer->piece > PEER_READ ?
	    PEER_READ :
	    peer->piece;
	ssize_t sent;
	int n, at;

	while ((n = BIO_read(peer->out, bytes, (int)most)) > 0)
		for (at = 0; at < n; at += (int)sent) {
			peer_wait_for_room(peer);
			sent = send(peer->fd, bytes + at, (size_t)(n - at),
			    MSG_NOSIGNAL | MSG_DONTWAIT);
			if (sent < 0 && errno == EAGAIN)
				sent = 0;
			else if (sent < 0)
				return; /* the end is told by reading */
		}
}

bool
tls_peer_pull(struct tls_peer *peer)
{
	char bytes[PEER_READ];
	ssize_t n;

	peer_wait(peer->fd, POLLIN, "something to come");
	n = recv(peer->fd, bytes, sizeof(bytes), 0);
	if (n <= 0)
		return false;
	ck_assert_int_eq(BIO_write(peer->in, bytes, (int)n), (int)n);
	return true;
}

bool
tls_peer_shake(struct tls_peer *peer)
{
	int rv;

	for (;;) {
		ERR_clear_error();
		rv = SSL_do_handshake(peer->ssl);
		tls_peer_push(peer);
		if (rv == 1)
			return true;
		if (SSL_get_error(peer->ssl, rv) != SSL_ERROR_WANT_READ) {
			peer->failed =
			    ERR_reason_error_string(ERR_get_error());
			return false;
		}
		if (!tls_peer_pull(peer)) {
			peer->failed = "the end";
			return false;
		}
	}
}

struct tls_peer *
tls_peer_to(const struct weft_bound *bound)
{
	struct tls_peer *peer = tls_peer_client();

	tls_peer_connect(peer, bound);
	ck_assert_msg(tls_peer_shake(peer), "handshake: %s", peer->failed);
	return peer;
}

void
tls_peer_write(struct tls_peer *peer, const void *data, size_t len)
{
	size_t n;

	if (len > 0)
		ck_assert_int_eq(SSL_write_ex(peer->ssl, data, len, &n), 1);
	tls_peer_push(peer);
}

void
tls_peer_read(struct tls_peer *peer, void *out, size_t len)
{
	size_t got = 0, n;
	int rv;

	while (got < len) {
		rv = SSL_read_ex(peer->ssl, (char *)out + got, len - got, &n);
		tls_peer_push(peer);
		if (rv == 1) {
			got += n;
			continue;
		}
		ck_assert_int_eq(
		    SSL_get_error(peer->ssl, rv), SSL_ERROR_WANT_READ);
		ck_assert_msg(tls_peer_pull(peer),
		    "%zu of %zu bytes, then "
		    "the end",
		    got, len);
	}
}

void
tls_peer_say(struct tls_peer *peer, const char *text)
{
	uint8_t frame[128];
	size_t len = strlen(text);

	ck_assert_uint_lt(len, sizeof(frame));
	frame[0] = (uint8_t)len;
	memcpy(frame + 1, text, len);
	tls_peer_write(peer, frame, len + 1);
}

void
tls_peer_hear(struct tls_peer *peer, const char *text)
{
	char frame[128];

	tls_peer_read(peer, frame, strlen(text) + 1);
	ck_assert_uint_eq((uint8_t)frame[0], strlen(text));
	ck_assert_int_eq(memcmp(frame + 1, text, strlen(text)), 0);
}

int
tls_peer_end(struct tls_peer *peer)
{
	char byte;
	size_t n;
	int rv, error;

	for (;;) {
		ERR_clear_error();
		rv = SSL_read_ex(peer->ssl, &byte, 1, &n);
		ck_assert_int_ne(rv, 1);
		error = SSL_get_error(peer->ssl, rv);
		if (error != SSL_ERROR_WANT_READ) {
			peer->failed = error == SSL_ERROR_SSL ?
			    ERR_reason_error_string(ERR_get_error()) :
			    NULL;
			return error;
		}
		if (!tls_peer_pull(peer))
			return SSL_ERROR_SYSCALL;
	}
}

/* ---- a tunnel */

/* What has come by TLS goes to the plain side; false: its end. */
static bool
peer_inward(struct tls_peer *peer)
{
	char bytes[PEER_READ];
	size_t n, at;
	ssize_t sent;

	while (SSL_read_ex(peer->ssl, bytes, sizeof(bytes), &n) == 1)
		for (at = 0; at < n; at += (size_t)sent) {
			sent = send(
			    peer->inner, bytes + at, n - at, MSG_NOSIGNAL);
			if (sent < 0)
				return false;
		}
	ERR_clear_error();
	tls_peer_push(peer);
	return (SSL_get_shutdown(peer->ssl) & SSL_RECEIVED_SHUTDOWN) == 0;
}

/* What the plain side has said; false: its end. */
static bool
peer_outward(struct tls_peer *peer)
{
	char bytes[PEER_READ];
	ssize_t n = recv(peer->inner, bytes, sizeof(bytes), 0);

	if (n <= 0) {
		(void)SSL_shutdown(peer->ssl);
		tls_peer_push(peer);
		return false;
	}
	tls_peer_write(peer, bytes, (size_t)n);
	return true;
}

static void *
peer_main(void *arg)
{
	struct tls_peer *peer = arg;
	struct pollfd pollfds[2] = { { .fd = peer->fd, .events = POLLIN },
		{ .fd = peer->inner, .events = POLLIN } };
	bool open = peer_inward(peer);

	while (open) {
		if (poll(pollfds, 2, FLOW_DEADLINE_MS) <= 0)
			break;
		if (pollfds[1].revents != 0 && pollfds[1].fd >= 0 &&
		    !peer_outward(peer))
			pollfds[1].fd = -1;
		/* What has come may have been pulled while that was sent. */
		if (poll(pollfds, 1, 0) == 1)
			open = tls_peer_pull(peer);
		open = peer_inward(peer) && open;
	}
	(void)shutdown(peer->inner, SHUT_RDWR);
	return NULL;
}

struct flow_client *
tls_peer_tunnel(struct tls_peer *peer)
{
	struct flow_client *client = calloc(1, sizeof(*client));
	int fds[2];

	ck_assert_ptr_nonnull(client);
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	client->fd = fds[0];
	peer->inner = fds[1];
	peer->alive = true;
	ck_assert_int_eq(
	    pthread_create(&peer->thread, NULL, peer_main, peer), 0);
	return client;
}

/* ---- the end */

static void
peer_free(struct tls_peer **peerp, bool says)
{
	struct tls_peer *peer = *peerp;

	*peerp = NULL;
	if (peer->alive) {
		ck_assert_int_eq(pthread_join(peer->thread, NULL), 0);
		(void)close(peer->inner);
	} else if (says && SSL_is_init_finished(peer->ssl)) {
		(void)SSL_shutdown(peer->ssl);
		tls_peer_push(peer);
	}
	ERR_clear_error();
	SSL_free(peer->ssl);
	SSL_CTX_free(peer->ctx);
	if (peer->fd >= 0)
		(void)close(peer->fd);
	free(peer);
}

void
tls_peer_free(struct tls_peer **peerp)
{
	peer_free(peerp, true);
}

void
tls_peer_cut(struct tls_peer **peerp)
{
	peer_free(peerp, false);
}
