/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/socket_url.h - URLs in their parts for the tests of sockets,
 * without asking base/url to read them, and what these tests ask of a socket.
 */
#ifndef TESTS_SOCKET_URL_H
#define TESTS_SOCKET_URL_H

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/url.h"
#include "io/socket.h"

#define SOCKET_WAIT_MS 20000 /* then what was waited for does not come */

/* host: of unix the path, with '@' in front an abstract name. */
static inline struct wi_url
url_of(uint32_t is, const char *host, uint16_t port)
{
	struct wi_url url = { .is = is, .port = port };

	url.multicast = is == WI_URL_MULTICAST;
	url.abstract = is == WI_URL_UNIX && host[0] == '@';
	strcpy(url.transport,
	    is == WI_URL_TCP      ? "tcp" :
		is == WI_URL_UNIX ? "unix" :
				    "udp");
	if (is == WI_URL_UNIX)
		strcpy(url.path, host + (url.abstract ? 1 : 0));
	else
		strcpy(url.host, host);
	url.numbers[WI_URL_backlog] = 4096;
	url.numbers[WI_URL_nodelay] = 1;
	url.numbers[WI_URL_loop] = 1;
	url.numbers[WI_URL_ttl] = 1;
	return url;
}

static inline void
url_give(struct wi_url *url, enum wi_url_option option, uint64_t number)
{
	url->numbers[option] = number;
	url->given |= UINT64_C(1) << option;
}

#define url_give_text(url, option, text)                                      \
	do {                                                                  \
		strcpy((url)->option, text);                                  \
		(url)->given |= UINT64_C(1) << WI_URL_##option;               \
	} while (0)

static inline uint16_t
port_of(int fd)
{
	struct sockaddr_in6 addr; /* the port is at the same place in both */
	socklen_t addr_len = sizeof(addr);

	ck_assert_int_eq(
	    getsockname(fd, (struct sockaddr *)&addr, &addr_len), 0);
	return ntohs(addr.sin6_port);
}

static inline int
option_of(int fd, int level, int option)
{
	socklen_t len = sizeof(int);
	int value = -1;

	ck_assert_int_eq(getsockopt(fd, level, option, &value, &len), 0);
	return value;
}

static inline void
wait_readable(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	ck_assert_int_eq(poll(&pollfd, 1, SOCKET_WAIT_MS), 1);
}

static inline void
expect_in(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part) != NULL, "expected \"%s\" in \"%s\"",
	    part, text);
}

/* A blocking client of a tcp listener at host ("127.0.0.1", "::1"). */
static inline int
client_of(const char *host, uint16_t port)
{
	struct wi_url url = url_of(WI_URL_TCP, host, port);
	struct sockaddr_storage addr;
	socklen_t addr_len;
	int code, fd;

	ck_assert_int_eq(wi_url_address(&url, &addr, &addr_len, NULL), 0);
	fd = socket(addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(fd, 0);
	if (connect(fd, (struct sockaddr *)&addr, addr_len) == 0)
		return fd;
	code = -errno;
	close(fd);
	return code;
}

/* One that the listener has accepted, blocking; *client is its other end. */
static inline int
accepted_of(int listener, const char *host, int *client)
{
	int fd;

	*client = client_of(host, port_of(listener));
	ck_assert_int_ge(*client, 0);
	wait_readable(listener);
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	return fd;
}

static inline void
expect_nonblocking_cloexec(int fd)
{
	ck_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
	ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

#endif
