/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/client.c - what the client commands share: whom to call, and how to
 * connect.
 *
 * Plain sockets and no libuv: a client has one thing to do, and a load
 * generator that shares the machine with its server must cost little.
 *
 * thread: main.
 */
#include "host/client.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/url.h"
#include "codec/codecs.h"
#include "io/socket.h"

/* What a URL may say to a client: what its socket is like.  Deadlines and
 * bounds are those of a node. */
#define CLIENT_OPTION(name) (UINT64_C(1) << WI_URL_##name)
#define CLIENT_OPTIONS                                                        \
	(CLIENT_OPTION(rcvbuf) | CLIENT_OPTION(sndbuf) |                      \
	    CLIENT_OPTION(nodelay) | CLIENT_OPTION(keepalive) |               \
	    CLIENT_OPTION(bind_device) | CLIENT_OPTION(source) |              \
	    CLIENT_OPTION(broadcast) | CLIENT_OPTION(interface) |             \
	    CLIENT_OPTION(ttl) | CLIENT_OPTION(loop) |                        \
	    CLIENT_OPTION(protocols) | CLIENT_OPTION(query) |                 \
	    CLIENT_OPTION(cert) | CLIENT_OPTION(key) | CLIENT_OPTION(ca) |    \
	    CLIENT_OPTION(verify) | CLIENT_OPTION(server_name) |              \
	    CLIENT_OPTION(alpn) | CLIENT_OPTION(min_version))

#define CLIENT_DEFLATE (CLIENT_OPTION(deflate) | CLIENT_OPTION(deflate_bits))

/* The first address of a host that is not numeric. */
static int
client_lookup(
    struct wi_client *client, const struct wi_url *url, struct weft_error *err)
{
	struct addrinfo hints, *found = NULL;
	char port[8];
	int rc;

	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = client->datagram ? SOCK_DGRAM : SOCK_STREAM;
	snprintf(port, sizeof(port), "%u", (unsigned)url->port);
	rc = getaddrinfo(url->host, port, &hints, &found);
	if (rc != 0)
		return wi_fail(err, -EHOSTUNREACH,
		    "%s: expected the address or name of a host, found \"%s\""
		    " (%s)",
		    client->text, url->host, gai_strerror(rc));
	memcpy(&client->addr, found->ai_addr, found->ai_addrlen);
	client->addr_len = found->ai_addrlen;
	freeaddrinfo(found);
	return WEFT_OK;
}

/* Transport and codec are some that a client knows. */
static int
client_check(struct wi_client *client, const struct wi_url *url, bool inflates,
    struct weft_error *err)
{
	uint64_t others = url->given & ~CLIENT_OPTIONS;
	char names[128];

	if (inflates)
		others &= ~CLIENT_DEFLATE;
	if (url->is == 0 || url->web == WI_URL_WEB_HTTP)
		return wi_fail(err, WEFT_EURL,
		    "%s: expected a transport of tcp, unix, udp, ws, tls, "
		    "wss, found \"%s\"",
		    client->text, url->transport);
	if (others != 0)
		return wi_fail(err, WEFT_EURL,
		    "%s: expected options of the socket only (as nodelay, "
		    "source), or of TLS (as ca), found %s",
		    client->text,
		    wi_url_option_info((unsigned)__builtin_ctzll(others))
			->name);
	client->datagram = (url->is & WI_URL_DATAGRAM) != 0;
	client->unconnected = url->multicast ||
	    (client->datagram && url->numbers[WI_URL_broadcast] != 0);
	client->codec = url->web == WI_URL_WEB_WS ?
	    wi_codec_ws_find(url->codec, true) :
	    wi_codec_find(url->codec);
	wi_url_authority(url, client->authority, sizeof(client->authority));
	if (client->codec == NULL ||
	    (client->datagram && client->codec != &wi_codec_raw)) {
		if (url->web)
			return wi_fail(err, WEFT_EURL,
			    "%s: expected no codec, or text; found %s",
			    client->text, url->codec);
		wi_codec_names(names, sizeof(names));
		return wi_fail(err, WEFT_EURL,
		    "%s: expected a codec (%s), found \"%s\"%s", client->text,
		    client->datagram ? "raw" : names, url->codec,
		    client->datagram ? "" :
				       ": one of a plugin is not known "
				       "to clients");
	}
	client->raw = client->codec == &wi_codec_raw && !client->datagram;
	return WEFT_OK;
}

int
wi_client_resolve(struct wi_client *client, const char *text, bool inflates,
    struct weft_error *err)
{
	struct wi_url *url = &client->url;
	int rc;

	memset(client, 0, sizeof(*client));
	client->text = text;
	rc = wi_url_parse(text, WI_URL_CONNECT, url, err);
	if (rc != WEFT_OK)
		return rc;
	rc = client_check(client, url, inflates, err);
	if (rc == WEFT_OK)
		rc = wi_client_tls_init(client, err);
	if (rc != WEFT_OK)
		return rc;
	if (url->is == WI_URL_UNIX) {
		client->addr_len = wi_socket_path(url, &client->addr);
		return WEFT_OK;
	}
	if (url->port == 0)
		return wi_fail(err, WEFT_EURL,
		    "%s: expected the port of a server, found 0", text);
	if (wi_url_address(url, &client->addr, &client->addr_len, NULL) ==
	    WEFT_OK)
		return WEFT_OK;
	return client_lookup(client, url, err);
}

/* Leave from 127.0.0.source; the port is chosen when the peer is known, so
 * that each pair of addresses has all ports. */
static int
client_bind(int fd, unsigned source)
{
	struct sockaddr_in from;
	int on = 1;

	memset(&from, 0, sizeof(from));
	from.sin_family = AF_INET;
	from.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + source);
	if (setsockopt(
		fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) != 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&from, sizeof(from)) != 0)
		return -errno;
	return 0;
}

/* A negated errno in words, with the hint that the usual causes deserve. */
static int
client_fail(const struct wi_client *client, int rc, struct weft_error *err)
{
	const char *hint = "";

	if (rc == -ECONNREFUSED)
		hint = " (no server listens there)";
	else if (rc == -EADDRNOTAVAIL)
		hint = " (no port is left: spread over more --sources)";
	return wi_fail(err, rc, "%s: cannot connect: %s%s", client->text,
	    strerror(-rc), hint);
}

int
wi_client_connect(const struct wi_client *client, unsigned source, int *fdp,
    struct weft_error *err)
{
	int rc, fd;

	*fdp = -1;
	rc = wi_socket_for_connect(
	    client->text, &client->url, &client->addr, &fd, err);
	if (rc != WEFT_OK)
		return rc;
	if (source != 0)
		rc = client_bind(fd, source);
	if (rc == 0 && !client->unconnected &&
	    connect(fd, (const struct sockaddr *)&client->addr,
		client->addr_len) != 0 &&
	    errno != EINPROGRESS)
		rc = -errno;
	if (rc != 0) {
		close(fd);
		return client_fail(client, rc, err);
	}
	*fdp = fd;
	return WEFT_OK;
}

int
wi_client_connected(
    const struct wi_client *client, int fd, struct weft_error *err)
{
	socklen_t len = sizeof(int);
	int cause = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &cause, &len) != 0)
		cause = errno;
	return cause == 0 ? WEFT_OK : client_fail(client, -cause, err);
}

int
wi_client_is_loopback(const struct wi_client *client)
{
	const struct sockaddr_in *in =
	    (const struct sockaddr_in *)(const void *)&client->addr;

	return client->addr.ss_family == AF_INET &&
	    ntohl(in->sin_addr.s_addr) >> 24 == 127;
}

int
wi_client_raise_nofile(uint64_t need, struct weft_error *err)
{
	struct rlimit limit;
	rlim_t allowed;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return wi_fail(err, -errno, "cannot read RLIMIT_NOFILE: %s",
		    strerror(errno));
	if (limit.rlim_cur >= need)
		return WEFT_OK;
	allowed = limit.rlim_max;
	limit.rlim_cur = need;
	if (limit.rlim_max < need)
		limit.rlim_max = need; /* root may */
	if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
		return WEFT_OK;
	return wi_fail(err, -EMFILE,
	    "%" PRIu64 " descriptors are needed, %" PRIu64
	    " are allowed (ulimit -Hn)",
	    need, (uint64_t)allowed);
}
