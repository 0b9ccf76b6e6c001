/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/datagram_rig.h - two sockets, here and there, for the tests of
 * io/datagram.
 */
#ifndef TESTS_DATAGRAM_RIG_H
#define TESTS_DATAGRAM_RIG_H

#include <arpa/inet.h>
#include <string.h>

#include "check_main.h"
#include "io/datagram.h"
#include "socket_url.h"

#define BIG 65535u

/* A socket and its desk.  One for receiving, one for sending. */
struct rig {
	int fd;
	struct wi_address bound;
	struct wi_datagrams_in in;
	struct wi_datagrams_out out;
	struct wi_datagram got[WI_DATAGRAMS];
};

static struct rig here, there;
static uint8_t places[WI_DATAGRAMS][BIG];
static uint8_t bytes[BIG];

static inline struct wi_address
address_of(int family, const char *host, uint16_t port)
{
	struct wi_address address;

	memset(&address, 0, sizeof(address));
	address.family = (uint8_t)family;
	address.port = port;
	ck_assert_int_eq(inet_pton(family, host, address.ip), 1);
	return address;
}

static inline void
rig_open(struct rig *rig, const char *host)
{
	struct wi_url url = url_of(WI_URL_UDP, host, 0);
	struct sockaddr_storage addr;
	socklen_t addr_len = sizeof(addr);
	struct weft_error err;
	int size = 4 << 20;

	memset(rig, 0, sizeof(*rig));
	ck_assert_msg(wi_socket_datagram("x", &url, &rig->fd, &err) == 0, "%s",
	    err.text);
	(void)setsockopt(rig->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	(void)setsockopt(rig->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	memset(&addr, 0, sizeof(addr));
	ck_assert_int_eq(
	    getsockname(rig->fd, (struct sockaddr *)&addr, &addr_len), 0);
	wi_address_from(&rig->bound, (struct sockaddr *)&addr);
}

static inline void
rigs_open(const char *host)
{
	unsigned i;

	rig_open(&here, host);
	rig_open(&there, host);
	for (i = 0; i < BIG; i++)
		bytes[i] = (uint8_t)(i * 31 + i / 256);
}

static inline void
rigs_close(void)
{
	ck_assert_int_eq(close(here.fd), 0);
	ck_assert_int_eq(close(there.fd), 0);
}

/* Places of so many bytes, and of so many more behind. */
static inline void
rig_places(struct rig *rig, uint32_t n, size_t size, size_t more)
{
	uint32_t i;

	memset(places, 0xee, sizeof(places));
	for (i = 0; i < n; i++) {
		rig->in.iov[i][0] = (struct iovec){ places[i], size };
		rig->in.iov[i][1] = (struct iovec){ places[i] + size, more };
	}
}

/* n of them, in order of arrival, however many calls that takes. */
static inline void
rig_receive(struct rig *rig, uint32_t n, size_t size, size_t more)
{
	struct wi_datagram got[WI_DATAGRAMS];
	struct wi_datagrams_in in;
	uint32_t have = 0, i;
	int rv;

	ck_assert_uint_le(n, WI_DATAGRAMS);
	rig_places(rig, n, size, more);
	while (have < n) {
		wait_readable(rig->fd);
		for (i = have; i < n; i++)
			memcpy(in.iov[i - have], rig->in.iov[i],
			    sizeof(in.iov[0]));
		rv = wi_datagrams_receive(
		    rig->fd, &in, n - have, &rig->bound, got);
		ck_assert_int_gt(rv, 0);
		memcpy(rig->got + have, got, (size_t)rv * sizeof(got[0]));
		have += (uint32_t)rv;
	}
}

static inline void
expect_nothing(struct rig *rig)
{
	rig_places(rig, 1, 100, 0);
	ck_assert_int_eq(
	    wi_datagrams_receive(rig->fd, &rig->in, 1, &rig->bound, rig->got),
	    0);
}

static inline void
expect_got(const struct rig *rig, uint32_t i, const void *data, uint32_t len)
{
	ck_assert_uint_eq(rig->got[i].len, len);
	ck_assert(!rig->got[i].cut);
	ck_assert_int_eq(memcmp(places[i], data, len), 0);
}

static inline void
expect_address(const struct wi_address *found, const struct wi_address *wanted)
{
	char a[WI_ADDRESS_TEXT], b[WI_ADDRESS_TEXT];

	(void)wi_address_text(found, a, sizeof(a));
	(void)wi_address_text(wanted, b, sizeof(b));
	ck_assert_str_eq(a, b);
	ck_assert_int_eq(memcmp(found, wanted, sizeof(*found)), 0);
}

static inline bool
add(struct rig *from, const struct rig *to, bool joins, const void *data,
    uint32_t len)
{
	return wi_datagrams_add(
	    &from->out, &to->bound, NULL, joins, data, len);
}

static inline void
send_all(struct rig *from)
{
	uint32_t first = 0;
	int rv;

	while (first < from->out.n) {
		rv = wi_datagrams_send(from->fd, &from->out, first);
		ck_assert_int_gt(rv, 0);
		first += (uint32_t)rv;
	}
	ck_assert_uint_eq(first, from->out.n);
}

#endif
