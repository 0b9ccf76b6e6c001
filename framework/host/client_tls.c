/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/client_tls - what the client commands say and hear, by TLS or without.
 *
 * OpenSSL reads and writes the socket itself here: a client of the command
 * line has few sockets, and waits for them anyway.
 *
 * thread: main.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/err.h>

#include "base/fail.h"
#include "host/client.h"
#include "tls/context.h"

#define CLIENT_TLS_MS 10000 /* until the next step of a handshake */

int
wi_client_tls_init(struct wi_client *client, struct weft_error *err)
{
	struct wi_tls_wish wish;
	struct weft_error why;
	int rc;

	if (!client->url.tls)
		return WEFT_OK;
	wi_tls_wish(&client->url, true, &wish);
	rc = wi_tls_context_new(&wish, NULL, NULL, &client->tls, &why);
	return rc == WEFT_OK ?
	    WEFT_OK :
	    wi_fail(err, rc, "%s: %s", client->text, why.text);
}

void
wi_client_fini(struct wi_client *client)
{
	wi_tls_context_drop(&client->tls);
}

/* Until the socket can do what OpenSSL waits for; false: it is in vain. */
static int
client_tls_waits(SSL *ssl, int fd, int rv)
{
	struct pollfd pfd = { .fd = fd };

	switch (SSL_get_error(ssl, rv)) {
	case SSL_ERROR_WANT_READ:
		pfd.events = POLLIN;
		break;
	case SSL_ERROR_WANT_WRITE:
		pfd.events = POLLOUT;
		break;
	default:
		return 0;
	}
	return poll(&pfd, 1, CLIENT_TLS_MS) != 0;
}

int
wi_client_tls_shake(
    const struct wi_client *client, int fd, SSL **tlsp, struct weft_error *err)
{
	struct wi_tls_failure failure = { .code = WEFT_OK };
	SSL *ssl = NULL;
	int rv;

	if (client->tls == NULL)
		return WEFT_OK;
	ssl = wi_tls_context_begin(client->tls, &failure);
	if (ssl == NULL || SSL_set_fd(ssl, fd) != 1) {
		SSL_free(ssl);
		return wi_fail(err, -ENOMEM, "no memory for TLS");
	}
	SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE);
	ERR_clear_error();
	while (
	    (rv = SSL_do_handshake(ssl)) != 1 && client_tls_waits(ssl, fd, rv))
		ERR_clear_error();
	(void)SSL_set_app_data(ssl, NULL);
	if (rv == 1) {
		*tlsp = ssl;
		return WEFT_OK;
	}
	if (failure.code == WEFT_OK && ERR_peek_error() == 0)
		(void)wi_fail(err, WEFT_ETLS,
		    "%s: TLS: expected the handshake to go on, found the end "
		    "of the connection, or nothing for 10 s",
		    client->text);
	else {
		wi_tls_failed(&failure);
		(void)wi_fail(err, failure.code, "%s: TLS: %s", client->text,
		    failure.text);
	}
	SSL_free(ssl);
	return err->code;
}

/* errno for what a call of an SSL was answered. */
static ssize_t
client_tls_errno(SSL *ssl, int rv)
{
	int before = errno;

	switch (SSL_get_error(ssl, rv)) {
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		errno = EAGAIN;
		break;
	case SSL_ERROR_SYSCALL:
		errno = before != 0 ? before : ECONNRESET;
		break;
	default:
		/* The end of TCP alone is no end: it may have been cut. */
		errno = ERR_GET_REASON(ERR_peek_error()) ==
			SSL_R_UNEXPECTED_EOF_WHILE_READING ?
		    ECONNRESET :
		    EPROTO;
	}
	ERR_clear_error();
	return -1;
}

ssize_t
wi_client_send(int fd, SSL *tls, const void *data, size_t len)
{
	size_t sent = 0, n;
	int rv;

	if (tls == NULL)
		return send(fd, data, len, MSG_NOSIGNAL);
	while (sent < len) {
		ERR_clear_error();
		errno = 0;
		rv = SSL_write_ex(
		    tls, (const uint8_t *)data + sent, len - sent, &n);
		if (rv != 1)
			return sent > 0 ? (ssize_t)sent :
					  client_tls_errno(tls, rv);
		sent += n;
	}
	return (ssize_t)sent;
}

ssize_t
wi_client_recv(int fd, SSL *tls, void *out, size_t size)
{
	size_t got = 0, n;
	int rv;

	if (tls == NULL)
		return recv(fd, out, size, 0);
	while (got < size) {
		ERR_clear_error();
		errno = 0;
		rv = SSL_read_ex(tls, (uint8_t *)out + got, size - got, &n);
		if (rv != 1)
			return got > 0 ? (ssize_t)got :
					 client_tls_errno(tls, rv);
		got += n;
	}
	return (ssize_t)got;
}

int
wi_client_holds(SSL *tls)
{
	return tls != NULL && SSL_pending(tls) > 0;
}

void
wi_client_shut(int fd, SSL *tls)
{
	if (tls == NULL) {
		(void)shutdown(fd, SHUT_WR);
		return;
	}
	ERR_clear_error();
	(void)SSL_shutdown(tls);
	ERR_clear_error();
}

void
wi_client_tls_end(SSL **tlsp)
{
	SSL *tls = *tlsp;

	*tlsp = NULL;
	if (tls == NULL)
		return;
	if ((SSL_get_shutdown(tls) & SSL_SENT_SHUTDOWN) == 0)
		wi_client_shut(-1, tls);
	SSL_free(tls);
}
