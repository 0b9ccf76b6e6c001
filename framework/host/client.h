/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/client.h - what the client commands share: whom to call, and how to
 * connect.
 *
 * thread: main.
 */
#ifndef WI_CLIENT_H
#define WI_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <weft/codec.h>
#include <weft/error.h>

#include "base/url.h"

struct ssl_st; /* OpenSSL's SSL */
struct wi_tls_context;

/* Whom to call.  owned by: the command. */
struct wi_client {
	const char *text;               /* the URL as the user wrote it */
	const struct weft_codec *codec; /* never NULL once resolved */
	int raw;         /* the codec has no messages, only bytes */
	int datagram;    /* udp: each message is one; raw is 0 then */
	int unconnected; /* to a group or by broadcast: whoever answers has
			    another address */
	struct wi_url url;
	struct sockaddr_storage addr;
	socklen_t addr_len;
	char authority[WI_URL_HOST_MAX + 16]; /* "a.example:8080" */
	struct wi_tls_context *tls;           /* tls, wss; else NULL */
};

/*
 * wi_client_resolve() - find out whom a URL means.
 *
 *   text     in       the URL; must outlive *client.
 *   inflates in       the command takes messages that were made smaller, so
 *                     the option deflate may be there.
 *   returns           WEFT_OK; WEFT_EURL for a URL that cannot be used;
 *                     -EHOSTUNREACH for a host that has no address.
 *
 * Host names are looked up, and their first address is taken.  Options of
 * the socket and of TLS are heeded, those of an endpoint refused: a client of
 * the command line has no bounds and deadlines but its own.
 */
WEFT_CHECK int wi_client_resolve(struct wi_client *client, const char *text,
    bool inflates, struct weft_error *err);

/* wi_client_fini() - after wi_client_resolve(), whatever it answered. */
void wi_client_fini(struct wi_client *client);

/*
 * wi_client_connect() - begin to connect, without waiting.
 *
 *   source   in       0: any address of ours; else 127.0.0.source: so
 *                     more connections are possible than there are ports.
 *   fdp      out      a non-blocking socket with the URL's options.  When it
 *                     becomes writable, ask wi_client_connected().  -1 on
 *                     error.
 *   returns           WEFT_OK or a negated errno.
 *   owner             of *fdp the caller.
 */
WEFT_CHECK int wi_client_connect(const struct wi_client *client,
    unsigned source, int *fdp, struct weft_error *err);

/* wi_client_connected() - how connecting ended: WEFT_OK or a negated errno. */
WEFT_CHECK int wi_client_connected(
    const struct wi_client *client, int fd, struct weft_error *err);

/*
 * wi_client_greet() - the handshakes of TLS and of the codec, if there are any
 * (client_greet.c); waits for them.
 *
 *   fd       in       connected.
 *   tlsp     out      NULL without TLS; wi_client_tls_end() ends it, also if
 *                     this fails.
 *   state    in,out   of the codec, zeroed.
 *   returns           WEFT_OK, WEFT_EMALFORMED, WEFT_ETLS or another of those.
 */
WEFT_CHECK int wi_client_greet(const struct wi_client *client, int fd,
    struct ssl_st **tlsp, void *state, struct weft_error *err);

/* client_tls.c, which also does without: tls may be NULL.
 * wi_client_tls_init() - files are read; wi_client_tls_shake() - of one
 * connection.
 * wi_client_send(), wi_client_recv() - as send(2) and recv(2).
 * wi_client_holds() - was more read than wi_client_recv() had room for?
 * wi_client_shut() - nothing more is said.
 * wi_client_tls_end() - before the socket is closed. */
WEFT_CHECK int wi_client_tls_init(
    struct wi_client *client, struct weft_error *err);
WEFT_CHECK int wi_client_tls_shake(const struct wi_client *client, int fd,
    struct ssl_st **tlsp, struct weft_error *err);
ssize_t wi_client_send(
    int fd, struct ssl_st *tls, const void *data, size_t len);
ssize_t wi_client_recv(int fd, struct ssl_st *tls, void *out, size_t size);
int wi_client_holds(struct ssl_st *tls);
void wi_client_shut(int fd, struct ssl_st *tls);
void wi_client_tls_end(struct ssl_st **tlsp);

/* wi_client_is_loopback() - is it an IPv4 address 127.x.y.z? */
int wi_client_is_loopback(const struct wi_client *client);

/*
 * wi_client_raise_nofile() - make room for so many descriptors.
 *
 *   returns           WEFT_OK, or -EMFILE with what is needed and allowed.
 */
WEFT_CHECK int wi_client_raise_nofile(uint64_t need, struct weft_error *err);

#endif
