/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/dial_address - the addresses of a name, and one of them at a time.
 *
 * thread: any.  Owns nothing: the socket is the caller's.
 */
#include "io/dial_address.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/url.h"
#include "io/socket.h"

static bool address_is_broadcast(
    const struct sockaddr_storage *to, socklen_t to_len);
static bool address_is_itself(int fd);

static const struct addrinfo *
address_next_of(const struct addrinfo *at, int family)
{
	while (at != NULL && at->ai_family != family)
		at = at->ai_next;
	return at;
}

/* The resolver has sorted them (RFC 6724).  That families take turns makes one
 * that leads nowhere cost one stagger, and not one for each of its
 * addresses. */
uint32_t
wi_dial_order(const struct addrinfo *list, uint16_t port,
    struct wi_address *out, uint32_t n)
{
	static const int families[2] = { AF_INET6, AF_INET };
	const struct addrinfo *at[2];
	uint32_t count = 0, turn;

	while (list != NULL && list->ai_family != AF_INET6 &&
	    list->ai_family != AF_INET)
		list = list->ai_next;
	at[0] = address_next_of(list, families[0]);
	at[1] = address_next_of(list, families[1]);
	turn = list != NULL && list->ai_family == families[1];
	while (count < n && (at[0] != NULL || at[1] != NULL)) {
		if (at[turn] != NULL) {
			wi_address_from(&out[count], at[turn]->ai_addr);
			out[count++].port = port;
			at[turn] =
			    address_next_of(at[turn]->ai_next, families[turn]);
		}
		turn = 1 - turn;
	}
	return count;
}

int
wi_dial_connect(const char *text, const struct wi_url *url,
    const struct wi_address *remote, int *fdp, struct weft_error *err)
{
	struct sockaddr_storage to;
	socklen_t to_len;
	int rv;

	wi_fail_clear(err);
	if (remote->family == AF_UNIX)
		to_len = wi_socket_path(url, &to);
	else
		to_len = wi_address_to(remote, &to);
	rv = wi_socket_for_connect(text, url, &to, fdp, err);
	if (rv != WEFT_OK)
		return rv;
	/* Answers come from others than what is sent to. */
	if (url->is == WI_URL_MULTICAST ||
	    (url->is == WI_URL_UDP && url->numbers[WI_URL_broadcast] != 0 &&
		address_is_broadcast(&to, to_len)))
		return WEFT_OK;
	if (connect(*fdp, (struct sockaddr *)&to, to_len) == 0)
		rv = wi_dial_outcome(url, *fdp);
	else
		rv = errno == EINTR ? -EINPROGRESS : -errno;
	if (rv != WEFT_OK && rv != -EINPROGRESS) {
		(void)close(*fdp);
		*fdp = -1;
	}
	return rv;
}

/* The kernel knows, and says so to a socket that may not send there. */
static bool
address_is_broadcast(const struct sockaddr_storage *to, socklen_t to_len)
{
	bool refused;
	int fd;

	fd = socket(to->ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	refused = connect(fd, (const struct sockaddr *)to, to_len) < 0 &&
	    errno == EACCES;
	(void)close(fd);
	return refused;
}

int
wi_dial_outcome(const struct wi_url *url, int fd)
{
	socklen_t len = sizeof(int);
	int code = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &len) < 0)
		code = errno;
	if (code == 0 && url->is == WI_URL_TCP && address_is_itself(fd))
		code = ECONNREFUSED;
	return -code;
}

/* TCP connects a socket to itself when the port that the kernel chose for it
 * is the very one that it is to reach, and nobody listens there (RFC 9293,
 * 3.5): on this machine, to ports that are down, again and again, it will. */
static bool
address_is_itself(int fd)
{
	struct sockaddr_storage ends[2];
	struct wi_address local, remote;
	socklen_t len = sizeof(ends[0]);

	if (getsockname(fd, (struct sockaddr *)&ends[0], &len) < 0)
		return false;
	len = sizeof(ends[1]);
	if (getpeername(fd, (struct sockaddr *)&ends[1], &len) < 0)
		return false;
	wi_address_from(&local, (struct sockaddr *)&ends[0]);
	wi_address_from(&remote, (struct sockaddr *)&ends[1]);
	return memcmp(&local, &remote, sizeof(local)) == 0;
}
