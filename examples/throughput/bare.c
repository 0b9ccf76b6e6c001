/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bare - the bare socket: one thread sends, the other receives, both block.
 *
 * What is framed is written with its length in front by one writev(), and read
 * as whole messages: the length, then the rest in one call.
 */
#include "bare.h"

#include <err.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define QUIET_US 200000 /* [us] without a datagram: none comes any more */

static const uint8_t varint_64k[3] = { 0x80, 0x80, 0x04 };

struct bare {
	const struct row *row;
	uint64_t count;
	uint64_t began_ns;
	int from, to;
};

static void *
send_all(void *arg)
{
	struct bare *bare = arg;
	uint8_t *data = calloc(1, bare->row->size);
	struct iovec iov[2] = { { (void *)(uintptr_t)varint_64k,
				    bare->row->head },
		{ data, bare->row->size } };
	size_t want = bare->row->head + bare->row->size;

	if (data == NULL)
		err(1, "calloc");
	bare->began_ns = now_ns();
	for (uint64_t i = 0; i < bare->count; i++) {
		ssize_t n = bare->row->head > 0 ?
		    writev(bare->from, iov, 2) :
		    send(bare->from, data, want, 0);
		/* A blocking socket takes it all. */
		if (n < 0 || (size_t)n != want)
			err(1, "%s: send", bare->row->name);
	}
	if (bare->row->type == SOCK_STREAM)
		(void)shutdown(bare->from, SHUT_WR);
	free(data);
	return NULL;
}

/* One message, or what one read returns; 0: the end. */
static size_t
receive_one(const struct bare *bare, uint8_t *data)
{
	uint8_t head[sizeof(varint_64k)];
	ssize_t n;

	if (bare->row->head > 0) {
		n = recv(bare->to, head, sizeof(head), MSG_WAITALL);
		if (n <= 0)
			return 0;
		if (memcmp(head, varint_64k, sizeof(head)) != 0)
			errx(1, "%s: not a length", bare->row->name);
		n = recv(bare->to, data, bare->row->size, MSG_WAITALL);
	} else {
		n = recv(bare->to, data, bare->row->size, 0);
	}
	return n > 0 ? (size_t)n : 0;
}

static struct result
receive_all(const struct bare *bare)
{
	struct result result = { 0, 0, 0 };
	uint8_t *data = malloc(bare->row->size);
	size_t n;

	if (data == NULL)
		err(1, "malloc");
	while (result.bytes < bare->count * bare->row->size &&
	    (n = receive_one(bare, data)) > 0) {
		result.bytes += n;
		result.messages++;
		result.ns = now_ns();
	}
	free(data);
	return result;
}

/* A connected pair; bare->from sends to bare->to. */
static void
connect_pair(struct bare *bare)
{
	struct timeval quiet = { .tv_usec = QUIET_US };
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t len = sizeof(in);
	int door;

	if (bare->row->family == AF_UNIX) {
		int fds[2];

		if (socketpair(AF_UNIX, bare->row->type, 0, fds) < 0)
			err(1, "socketpair");
		bare->from = fds[0];
		bare->to = fds[1];
		return;
	}
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	door = socket(AF_INET, bare->row->type, 0);
	bare->from = socket(AF_INET, bare->row->type, 0);
	if (bind(door, (void *)&in, sizeof(in)) < 0 ||
	    getsockname(door, (void *)&in, &len) < 0 ||
	    (bare->row->type == SOCK_STREAM && listen(door, 1) < 0) ||
	    connect(bare->from, (void *)&in, len) < 0)
		err(1, "%s: connect", bare->row->name);
	bare->to = door;
	if (bare->row->type == SOCK_STREAM) {
		bare->to = accept(door, NULL, NULL);
		(void)close(door);
	} else {
		(void)setsockopt(
		    door, SOL_SOCKET, SO_RCVTIMEO, &quiet, sizeof(quiet));
	}
	if (bare->to < 0)
		err(1, "%s: accept", bare->row->name);
}

struct result
bare_run(const struct row *row, uint64_t count)
{
	struct bare bare = { .row = row, .count = count };
	struct result result;
	pthread_t sender;

	connect_pair(&bare);
	if (pthread_create(&sender, NULL, send_all, &bare) != 0)
		errx(1, "pthread_create");
	result = receive_all(&bare);
	(void)pthread_join(sender, NULL);
	(void)close(bare.from);
	(void)close(bare.to);
	result.ns = result.bytes > 0 ? result.ns - bare.began_ns : 1;
	return result;
}
