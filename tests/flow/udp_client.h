/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/udp_client.h - a datagram client of a flow test: a plain socket
 * with deadlines.
 */
#ifndef TESTS_UDP_CLIENT_H
#define TESTS_UDP_CLIENT_H

#include <check.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "flow.h"

#define UDP_LONGEST 65507u /* [bytes] */

/* The port of a bound URL. */
static inline uint16_t
udp_port(const struct weft_bound *bound)
{
	return (uint16_t)atoi(strrchr(bound->url, ':') + 1);
}

/* Connected to that address of 127.0.0.0/8: it hears of nobody else. */
static inline int
udp_client_to(const struct weft_bound *bound, uint32_t address)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons(udp_port(bound)),
		.sin_addr.s_addr = htonl(address) };
	struct timeval patience = { .tv_sec = FLOW_DEADLINE_MS / 1000 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			     sizeof(patience)),
	    0);
	return fd;
}

static inline int
udp_client(const struct weft_bound *bound)
{
	return udp_client_to(bound, INADDR_LOOPBACK);
}

static inline void
udp_send(int fd, const void *data, size_t len)
{
	ck_assert_int_eq((int)send(fd, data, len, 0), (int)len);
}

static inline void
udp_say(int fd, const char *text)
{
	udp_send(fd, text, strlen(text));
}

/* The next datagram is that one. */
static inline void
udp_expect(int fd, const void *data, size_t len)
{
	static uint8_t found[UDP_LONGEST + 1];
	ssize_t n = recv(fd, found, sizeof(found), 0);

	ck_assert_int_eq((int)n, (int)len);
	ck_assert_int_eq(memcmp(found, data, len), 0);
}

static inline void
udp_hear(int fd, const char *text)
{
	udp_expect(fd, text, strlen(text));
}

#endif
