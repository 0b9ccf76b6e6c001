/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/socket - sockets made as a URL says.
 *
 * thread: any.  Owns nothing: each socket is the caller's.  io/listen, io/dial
 * and the datagram rooms poll them.  Files of Unix listeners are
 * io/socket_file's, groups io/socket_group's.
 *
 * Every option that the URL gives and the system refuses is an error: that a
 * server runs with another socket than it was told is found out too late.
 * Buffers that the kernel makes smaller (net.core.rmem_max) are no refusal.
 */
#include "io/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "io/socket_job.h"

#define SOCKET_PROBES 3 /* unanswered ones after which a peer is gone */

static int socket_listen_ip(struct wi_socket_job *job);
static int socket_listen_unix(
    struct wi_socket_job *job, struct wi_socket_file *file);
static int socket_datagram(struct wi_socket_job *job);
static bool socket_hears_answers(const struct wi_url *url);
static int socket_group_to(
    struct wi_socket_job *job, const struct sockaddr_storage *to);
static int socket_open(struct wi_socket_job *job, sa_family_t family);
static int socket_buffers(const struct wi_socket_job *job);
static int socket_device(const struct wi_socket_job *job);
static int socket_tcp(const struct wi_socket_job *job);
static int socket_source(
    const struct wi_socket_job *job, const struct sockaddr_storage *to);
static int socket_source_parse(
    const struct wi_socket_job *job, struct sockaddr_storage *addr);

/* Tell *fdp how it ended, and let go of what is half made. */
static int
socket_finish(const struct wi_socket_job *job, int rv, int *fdp)
{
	*fdp = job->fd;
	if (rv != WEFT_OK && job->fd >= 0) {
		(void)close(job->fd);
		*fdp = -1;
	}
	return rv;
}

int
wi_socket_listen(const char *text, const struct wi_url *url, int *fdp,
    struct wi_socket_file *file, struct weft_error *err)
{
	struct wi_socket_job job = { text, url, err, -1 };
	int rv;

	*file = (struct wi_socket_file){ 0 };
	rv = url->is == WI_URL_UNIX ? socket_listen_unix(&job, file) :
				      socket_listen_ip(&job);
	return socket_finish(&job, rv, fdp);
}

int
wi_socket_datagram(const char *text, const struct wi_url *url, int *fdp,
    struct weft_error *err)
{
	struct wi_socket_job job = { text, url, err, -1 };

	return socket_finish(&job, socket_datagram(&job), fdp);
}

int
wi_socket_for_connect(const char *text, const struct wi_url *url,
    const struct sockaddr_storage *to, int *fdp, struct weft_error *err)
{
	struct wi_socket_job job = { text, url, err, -1 };
	int rv;

	rv = socket_open(&job, to->ss_family);
	if (rv == WEFT_OK && socket_hears_answers(url))
		rv = wi_socket_pktinfo(&job, to->ss_family);
	if (rv == WEFT_OK && url->is == WI_URL_MULTICAST)
		rv = socket_group_to(&job, to);
	if (rv == WEFT_OK && to->ss_family != AF_UNIX)
		rv = socket_source(&job, to);
	return socket_finish(&job, rv, fdp);
}

static int
socket_address(const struct wi_socket_job *job, struct sockaddr_storage *addr)
{
	socklen_t addr_len;
	int rv;

	rv = wi_url_address(job->url, addr, &addr_len, job->err);
	if (rv != WEFT_OK)
		return wi_fail(job->err, rv, WI_SOCKET_TEXT ": %s", job->text,
		    job->err == NULL ? "" : job->err->text);
	return WEFT_OK;
}

static socklen_t
socket_length(const struct sockaddr_storage *addr)
{
	return addr->ss_family == AF_INET ? sizeof(struct sockaddr_in) :
					    sizeof(struct sockaddr_in6);
}

static int
socket_no_listen(const struct wi_socket_job *job)
{
	return wi_fail(job->err, -errno,
	    WI_SOCKET_TEXT ": cannot listen: expected a free address of this "
			   "machine, found: %s",
	    job->text, weft_strerror(-errno));
}

static int
socket_listen_ip(struct wi_socket_job *job)
{
	struct sockaddr_storage addr;
	int rv;

	rv = socket_address(job, &addr);
	if (rv == WEFT_OK)
		rv = socket_open(job, addr.ss_family);
	/* Connections of an earlier run in TIME_WAIT do not hold the port. */
	if (rv == WEFT_OK)
		rv = wi_socket_set(
		    job, SOL_SOCKET, SO_REUSEADDR, 1, "reuseaddr");
	if (rv == WEFT_OK && job->url->numbers[WI_URL_reuseport] != 0)
		rv = wi_socket_set(
		    job, SOL_SOCKET, SO_REUSEPORT, 1, "reuseport");
	if (rv != WEFT_OK)
		return rv;
	if (bind(job->fd, (struct sockaddr *)&addr, socket_length(&addr)) <
		0 ||
	    listen(job->fd, (int)job->url->numbers[WI_URL_backlog]) < 0)
		return socket_no_listen(job);
	return WEFT_OK;
}

static int
socket_listen_unix(struct wi_socket_job *job, struct wi_socket_file *file)
{
	struct sockaddr_storage addr;
	socklen_t addr_len;
	int rv;

	rv = socket_open(job, AF_UNIX);
	if (rv != WEFT_OK)
		return rv;
	if (!job->url->abstract)
		return wi_socket_file_listen(job, file);
	addr_len = wi_socket_path(job->url, &addr);
	if (bind(job->fd, (struct sockaddr *)&addr, addr_len) < 0 ||
	    listen(job->fd, (int)job->url->numbers[WI_URL_backlog]) < 0)
		return wi_fail(job->err, -errno,
		    WI_SOCKET_TEXT ": cannot listen: expected an abstract "
				   "name that is free, found: %s",
		    job->text, weft_strerror(-errno));
	return WEFT_OK;
}

/* What is sent to many is answered by others than it was sent to: the socket
 * must hear them without being connected. */
static bool
socket_hears_answers(const struct wi_url *url)
{
	return url->is == WI_URL_MULTICAST ||
	    (url->is == WI_URL_UDP && url->numbers[WI_URL_broadcast] != 0);
}

/* What tells of each datagram where it came to. */
int
wi_socket_pktinfo(const struct wi_socket_job *job, sa_family_t family)
{
	if (family == AF_INET)
		return wi_socket_set(
		    job, IPPROTO_IP, IP_PKTINFO, 1, "pktinfo");
	return wi_socket_set(
	    job, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "pktinfo");
}

/* Listeners of one group each get a copy of what comes, and for that the
 * kernel wants to be asked in both ways: by SO_REUSEADDR for programs of
 * other users, by SO_REUSEPORT for those that know only that.  A udp listener
 * may not share by SO_REUSEADDR, or the second would rob the first. */
static int
socket_share(const struct wi_socket_job *job)
{
	const bool multicast = job->url->is == WI_URL_MULTICAST;
	int rv;

	if (wi_url_number(job->url, WI_URL_reuseport, multicast) == 0)
		return WEFT_OK;
	rv = wi_socket_set(job, SOL_SOCKET, SO_REUSEPORT, 1, "reuseport");
	if (rv == WEFT_OK && multicast)
		rv = wi_socket_set(
		    job, SOL_SOCKET, SO_REUSEADDR, 1, "reuseport");
	return rv;
}

static int
socket_datagram(struct wi_socket_job *job)
{
	const bool multicast = job->url->is == WI_URL_MULTICAST;
	struct wi_socket_interface interface = { 0 };
	struct sockaddr_storage addr;
	int rv;

	rv = socket_address(job, &addr);
	if (rv == WEFT_OK && multicast)
		rv = wi_socket_interface(job, &addr, &interface);
	if (rv == WEFT_OK)
		rv = socket_open(job, addr.ss_family);
	if (rv == WEFT_OK)
		rv = wi_socket_pktinfo(job, addr.ss_family);
	if (rv == WEFT_OK)
		rv = socket_share(job);
	if (rv == WEFT_OK && multicast)
		rv = wi_socket_to_group(job, addr.ss_family, &interface);
	if (rv != WEFT_OK)
		return rv;
	if (bind(job->fd, (struct sockaddr *)&addr, socket_length(&addr)) < 0)
		return socket_no_listen(job);
	return multicast ? wi_socket_join(job, &addr, &interface) : WEFT_OK;
}

static int
socket_group_to(struct wi_socket_job *job, const struct sockaddr_storage *to)
{
	struct wi_socket_interface interface;
	struct sockaddr_storage group = *to;
	int rv;

	rv = wi_socket_interface(job, &group, &interface);
	if (rv == WEFT_OK)
		rv = wi_socket_to_group(job, to->ss_family, &interface);
	return rv;
}

/* A socket with all that is set the same way whatever it is for. */
static int
socket_open(struct wi_socket_job *job, sa_family_t family)
{
	const bool datagrams = (job->url->is & WI_URL_DATAGRAM) != 0;
	int rv;

	job->fd = socket(family,
	    (datagrams ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK |
		SOCK_CLOEXEC,
	    0);
	if (job->fd < 0)
		return wi_fail(job->err, -errno,
		    WI_SOCKET_TEXT ": no socket: %s", job->text,
		    weft_strerror(-errno));
	/* An IPv6 URL is about IPv6, whatever the system's default is. */
	if (family == AF_INET6) {
		rv =
		    wi_socket_set(job, IPPROTO_IPV6, IPV6_V6ONLY, 1, "v6only");
		if (rv != WEFT_OK)
			return rv;
	}
	return wi_socket_dress(job, family);
}

int
wi_socket_dress(const struct wi_socket_job *job, sa_family_t family)
{
	const bool datagrams = (job->url->is & WI_URL_DATAGRAM) != 0;
	int rv;

	rv = socket_buffers(job);
	if (rv != WEFT_OK || family == AF_UNIX)
		return rv;
	rv = socket_device(job);
	if (rv == WEFT_OK && !datagrams)
		rv = socket_tcp(job);
	if (rv == WEFT_OK && job->url->is == WI_URL_UDP &&
	    job->url->numbers[WI_URL_broadcast] != 0)
		rv = wi_socket_set(
		    job, SOL_SOCKET, SO_BROADCAST, 1, "broadcast");
	return rv;
}

int
wi_socket_set(const struct wi_socket_job *job, int level, int option,
    int value, const char *name)
{
	if (setsockopt(job->fd, level, option, &value, sizeof(value)) == 0)
		return WEFT_OK;
	return wi_fail(job->err, -errno,
	    WI_SOCKET_TEXT ": option %s: expected the system to take %d, "
			   "found: %s",
	    job->text, name, value, weft_strerror(-errno));
}

/* Before listen() and connect(): they decide TCP's window scale. */
static int
socket_buffers(const struct wi_socket_job *job)
{
	const struct wi_url *url = job->url;
	int rv = WEFT_OK;

	if (wi_url_given(url, WI_URL_rcvbuf))
		rv = wi_socket_set(job, SOL_SOCKET, SO_RCVBUF,
		    (int)url->numbers[WI_URL_rcvbuf], "rcvbuf");
	if (rv == WEFT_OK && wi_url_given(url, WI_URL_sndbuf))
		rv = wi_socket_set(job, SOL_SOCKET, SO_SNDBUF,
		    (int)url->numbers[WI_URL_sndbuf], "sndbuf");
	return rv;
}

static int
socket_device(const struct wi_socket_job *job)
{
	const char *name = job->url->bind_device;
	char there[sizeof(job->url->bind_device)] = "";
	socklen_t len = sizeof(there) - 1;

	if (!wi_url_given(job->url, WI_URL_bind_device))
		return WEFT_OK;
	/* Who may not change it may still have a socket that is so. */
	if (getsockopt(job->fd, SOL_SOCKET, SO_BINDTODEVICE, there, &len) ==
		0 &&
	    strcmp(there, name) == 0)
		return WEFT_OK;
	if (setsockopt(job->fd, SOL_SOCKET, SO_BINDTODEVICE, name,
		(socklen_t)strlen(name)) == 0)
		return WEFT_OK;
	return wi_fail(job->err, -errno,
	    WI_SOCKET_TEXT ": option bind_device: expected an interface of "
			   "this machine, found \"%s\": %s",
	    job->text, name, weft_strerror(-errno));
}

/* Accepted sockets inherit these. */
static int
socket_tcp(const struct wi_socket_job *job)
{
	const struct wi_url *url = job->url;
	int idle_s, between_s, rv;

	rv = wi_socket_set(job, IPPROTO_TCP, TCP_NODELAY,
	    url->numbers[WI_URL_nodelay] != 0, "nodelay");
	if (rv != WEFT_OK || url->numbers[WI_URL_keepalive] == 0)
		return rv;
	/* The kernel counts in seconds, and waits 11 minutes for answers
	 * unless it is told: three probes, a third of the time apart, and a
	 * peer that is gone is known after twice the time. */
	idle_s = (int)((url->numbers[WI_URL_keepalive] + 999) / 1000);
	between_s = idle_s / SOCKET_PROBES;
	if (between_s == 0)
		between_s = 1;
	rv =
	    wi_socket_set(job, IPPROTO_TCP, TCP_KEEPIDLE, idle_s, "keepalive");
	if (rv == WEFT_OK)
		rv = wi_socket_set(
		    job, IPPROTO_TCP, TCP_KEEPINTVL, between_s, "keepalive");
	if (rv == WEFT_OK)
		rv = wi_socket_set(
		    job, IPPROTO_TCP, TCP_KEEPCNT, SOCKET_PROBES, "keepalive");
	if (rv == WEFT_OK)
		rv = wi_socket_set(
		    job, SOL_SOCKET, SO_KEEPALIVE, 1, "keepalive");
	return rv;
}

/* Bind to where the URL wants to connect from. */
static int
socket_source(
    const struct wi_socket_job *job, const struct sockaddr_storage *to)
{
	struct sockaddr_storage from = { .ss_family = to->ss_family };
	const bool given = wi_url_given(job->url, WI_URL_source);
	int rv = WEFT_OK;

	if (!given && !socket_hears_answers(job->url))
		return WEFT_OK;
	if (given)
		rv = socket_source_parse(job, &from);
	if (rv != WEFT_OK)
		return rv;
	if (from.ss_family != to->ss_family)
		return wi_fail(job->err, -EAFNOSUPPORT,
		    WI_SOCKET_TEXT ": option source: expected an %s address "
				   "as the one to connect to, found \"%s\"",
		    job->text, to->ss_family == AF_INET ? "IPv4" : "IPv6",
		    job->url->source);
	if (job->url->is == WI_URL_TCP) {
		/* A port in TIME_WAIT may be used again, and one that the
		 * kernel chooses only has to be new for this peer: it is
		 * chosen by connect(). */
		rv = wi_socket_set(job, SOL_SOCKET, SO_REUSEADDR, 1, "source");
		if (rv == WEFT_OK)
			rv = wi_socket_set(job, IPPROTO_IP,
			    IP_BIND_ADDRESS_NO_PORT, 1, "source");
		if (rv != WEFT_OK)
			return rv;
	}
	if (bind(job->fd, (struct sockaddr *)&from, socket_length(&from)) == 0)
		return WEFT_OK;
	return wi_fail(job->err, -errno,
	    WI_SOCKET_TEXT ": option source: expected a free address of this "
			   "machine, found \"%s\": %s",
	    job->text, job->url->source, weft_strerror(-errno));
}

/* 127.0.0.1, 127.0.0.1:80, ::1, [::1], [::1]:80 */
static int
socket_source_parse(
    const struct wi_socket_job *job, struct sockaddr_storage *addr)
{
	const char *text = job->url->source, *end = NULL, *port = NULL;
	struct wi_url source = { .is = job->url->is };
	unsigned number = 0;
	socklen_t addr_len;
	char more;

	if (text[0] == '[') {
		end = strchr(++text, ']');
		if (end != NULL && end[1] != '\0')
			port = end + 1;
	} else {
		port = strchr(text, ':');
		if (port != NULL && strchr(port + 1, ':') != NULL)
			port = NULL; /* IPv6 without brackets */
		end = port != NULL ? port : text + strlen(text);
	}
	if (end != NULL && end != text && *text != '*' &&
	    (port == NULL ||
		(sscanf(port, ":%5u%c", &number, &more) == 1 &&
		    port[1] >= '0' && port[1] <= '9' &&
		    number <= UINT16_MAX))) {
		memcpy(source.host, text, (size_t)(end - text));
		source.port = (uint16_t)number;
		if (wi_url_address(&source, addr, &addr_len, NULL) == WEFT_OK)
			return WEFT_OK;
	}
	return wi_fail(job->err, WEFT_EURL,
	    WI_SOCKET_TEXT ": option source: expected address[:port], found "
			   "\"%s\"",
	    job->text, job->url->source);
}
