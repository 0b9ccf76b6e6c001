/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/socket_adopt - sockets that somebody else has opened: a supervisor,
 * systemd, the program itself.
 *
 * thread: any.  Owns nothing: the socket is the caller's.
 *
 * What cannot be seen any more, or not be set behind bind(), is what its maker
 * has made it: SO_REUSEPORT, and mode and owner of a file.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/address.h"
#include "base/fail.h"
#include "io/socket_job.h"

static int adopt_kind(const struct wi_socket_job *job);
static int adopt_place(const struct wi_socket_job *job);
static int adopt_unix(const struct wi_socket_job *job,
    const struct sockaddr_storage *addr, socklen_t addr_len);
static int adopt_ip(
    const struct wi_socket_job *job, const struct sockaddr_storage *addr);
static int adopt_not_four(
    const struct wi_socket_job *job, const struct wi_address *bound);
static int adopt_stream(const struct wi_socket_job *job);
static int adopt_datagram(const struct wi_socket_job *job);

/* An option of SOL_SOCKET, as a number. */
static int
adopt_ask(const struct wi_socket_job *job, int level, int option, int *value)
{
	socklen_t len = sizeof(*value);

	if (getsockopt(job->fd, level, option, value, &len) == 0)
		return WEFT_OK;
	return wi_fail(job->err, -errno,
	    WI_SOCKET_TEXT ": expected a socket, found descriptor %d: %s",
	    job->text, job->fd, weft_strerror(-errno));
}

int
wi_socket_suits(
    const char *text, const struct wi_url *url, int fd, struct weft_error *err)
{
	const struct wi_socket_job job = { text, url, err, fd };
	int rv = adopt_kind(&job);

	return rv < 0 ? rv : adopt_place(&job);
}

static int
adopt_kind(const struct wi_socket_job *job)
{
	const bool datagrams = (job->url->is & WI_URL_DATAGRAM) != 0;
	int type = 0, listens = 0, rv;

	rv = adopt_ask(job, SOL_SOCKET, SO_TYPE, &type);
	if (rv == WEFT_OK && type != (datagrams ? SOCK_DGRAM : SOCK_STREAM))
		return wi_fail(job->err, -EINVAL,
		    WI_SOCKET_TEXT ": expected a socket of %s, found one of "
				   "%s",
		    job->text, datagrams ? "datagrams" : "streams",
		    type == SOCK_DGRAM      ? "datagrams" :
			type == SOCK_STREAM ? "streams" :
					      "another type");
	if (rv < 0 || datagrams)
		return rv;
	rv = adopt_ask(job, SOL_SOCKET, SO_ACCEPTCONN, &listens);
	if (rv == WEFT_OK && !listens)
		return wi_fail(job->err, -EINVAL,
		    WI_SOCKET_TEXT ": expected a socket that listens, found "
				   "one that does not",
		    job->text);
	return rv;
}

static const char *
adopt_family(int family)
{
	switch (family) {
	case AF_INET:
		return "IPv4";
	case AF_INET6:
		return "IPv6";
	case AF_UNIX:
		return "Unix";
	default:
		return "another";
	}
}

static int
adopt_place(const struct wi_socket_job *job)
{
	struct sockaddr_storage addr, wanted = { .ss_family = AF_UNIX };
	socklen_t addr_len = sizeof(addr), wanted_len;
	int rv = WEFT_OK;

	memset(&addr, 0, sizeof(addr));
	if (getsockname(job->fd, (struct sockaddr *)&addr, &addr_len) < 0)
		return wi_fail(job->err, -errno, WI_SOCKET_TEXT ": %s",
		    job->text, weft_strerror(-errno));
	if (job->url->is != WI_URL_UNIX)
		rv = wi_url_address(job->url, &wanted, &wanted_len, job->err);
	if (rv < 0)
		return wi_fail(job->err, rv, WI_SOCKET_TEXT ": %s", job->text,
		    job->err == NULL ? "" : job->err->text);
	if (addr.ss_family != wanted.ss_family)
		return wi_fail(job->err, -EINVAL,
		    WI_SOCKET_TEXT ": expected a socket of the %s family, "
				   "found one of the %s family",
		    job->text, adopt_family(wanted.ss_family),
		    adopt_family(addr.ss_family));
	return addr.ss_family == AF_UNIX ? adopt_unix(job, &addr, addr_len) :
					   adopt_ip(job, &addr);
}

/* The same path, as written; the kernel counts its NUL or does not. */
static int
adopt_unix(const struct wi_socket_job *job,
    const struct sockaddr_storage *addr, socklen_t addr_len)
{
	const size_t skip = job->url->abstract ? 1 : 0;
	char path[sizeof(struct sockaddr_un) + 1] = { 0 };
	size_t len = 0;

	if (addr_len > offsetof(struct sockaddr_un, sun_path) + skip)
		len = addr_len - offsetof(struct sockaddr_un, sun_path) - skip;
	memcpy(path,
	    (const char *)addr + offsetof(struct sockaddr_un, sun_path) + skip,
	    len);
	/* An abstract name begins with a NUL, a path never does. */
	if ((len > 0 || skip > 0) && strcmp(path, job->url->path) == 0 &&
	    (skip == 0 ||
		((const struct sockaddr_un *)(const void *)addr)
			->sun_path[0] == '\0'))
		return WEFT_OK;
	return wi_fail(job->err, -EINVAL,
	    WI_SOCKET_TEXT ": expected a socket at %s%s, found one at \"%s\"",
	    job->text, job->url->abstract ? "@" : "", job->url->path, path);
}

static int
adopt_ip(const struct wi_socket_job *job, const struct sockaddr_storage *addr)
{
	struct sockaddr_storage there;
	struct wi_address bound, wanted;
	char found[WI_ADDRESS_TEXT], expected[WI_ADDRESS_TEXT];
	socklen_t there_len;

	(void)wi_url_address(job->url, &there, &there_len, NULL);
	wi_address_from(&bound, (const struct sockaddr *)addr);
	wi_address_from(&wanted, (const struct sockaddr *)&there);
	if (bound.port != 0 &&
	    memcmp(bound.ip, wanted.ip, sizeof(bound.ip)) == 0 &&
	    (wanted.scope == 0 || wanted.scope == bound.scope) &&
	    (wanted.port == 0 || wanted.port == bound.port))
		return adopt_not_four(job, &bound);
	(void)wi_address_text(&bound, found, sizeof(found));
	(void)wi_address_text(&wanted, expected, sizeof(expected));
	return wi_fail(job->err, -EINVAL,
	    WI_SOCKET_TEXT ": expected a socket at %s, found one at %s",
	    job->text, expected, found);
}

/* A listener of [::] has no clients of IPv4: they would all count as one
 * network, whatever is counted by address. */
static int
adopt_not_four(const struct wi_socket_job *job, const struct wi_address *bound)
{
	static const uint8_t any[16];
	int only = 1, rv = WEFT_OK;

	if (bound->family == AF_INET6 &&
	    memcmp(bound->ip, any, sizeof(any)) == 0)
		rv = adopt_ask(job, IPPROTO_IPV6, IPV6_V6ONLY, &only);
	if (rv < 0 || only)
		return rv;
	return wi_fail(job->err, -EINVAL,
	    WI_SOCKET_TEXT ": expected a socket for IPv6 only (IPV6_V6ONLY, "
			   "BindIPv6Only=ipv6-only), found one for both",
	    job->text);
}

int
wi_socket_adopt(
    const char *text, const struct wi_url *url, int fd, struct weft_error *err)
{
	const struct wi_socket_job job = { text, url, err, fd };
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return wi_fail(err, -errno, WI_SOCKET_TEXT ": %s", text,
		    weft_strerror(-errno));
	return (url->is & WI_URL_DATAGRAM) != 0 ? adopt_datagram(&job) :
						  adopt_stream(&job);
}

static int
adopt_stream(const struct wi_socket_job *job)
{
	const struct wi_url *url = job->url;
	int rv;

	rv = wi_socket_dress(job, url->is == WI_URL_UNIX ? AF_UNIX : AF_INET);
	if (rv == WEFT_OK && url->is == WI_URL_TCP &&
	    url->numbers[WI_URL_keepalive] == 0)
		rv = wi_socket_set(
		    job, SOL_SOCKET, SO_KEEPALIVE, 0, "keepalive");
	/* It listens already: this only sets how many may wait. */
	if (rv == WEFT_OK &&
	    listen(job->fd, (int)url->numbers[WI_URL_backlog]) < 0)
		rv = wi_fail(job->err, -errno,
		    WI_SOCKET_TEXT ": option backlog: %s", job->text,
		    weft_strerror(-errno));
	return rv;
}

static int
adopt_group(const struct wi_socket_job *job, struct sockaddr_storage *group)
{
	struct wi_socket_interface interface;
	int rv;

	rv = wi_socket_interface(job, group, &interface);
	if (rv == WEFT_OK)
		rv = wi_socket_to_group(job, group->ss_family, &interface);
	if (rv == WEFT_OK)
		rv = wi_socket_join(job, group, &interface);
	if (rv != -EADDRINUSE)
		return rv;
	wi_fail_clear(job->err); /* its maker has joined it */
	return WEFT_OK;
}

static int
adopt_datagram(const struct wi_socket_job *job)
{
	struct sockaddr_storage addr;
	socklen_t addr_len;
	int rv;

	rv = wi_url_address(job->url, &addr, &addr_len, job->err);
	if (rv == WEFT_OK)
		rv = wi_socket_dress(job, addr.ss_family);
	if (rv == WEFT_OK)
		rv = wi_socket_pktinfo(job, addr.ss_family);
	if (rv == WEFT_OK && job->url->is == WI_URL_MULTICAST)
		rv = adopt_group(job, &addr);
	return rv;
}
