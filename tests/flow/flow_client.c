/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/flow_client.c - a client of a flow test.
 *
 * thread: the one that uses the client.
 */
#include "flow_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "flow.h"

/* ck_assert_msg() for what is done a million times: it is silent while all is
 * well, where that writes to a pipe. */
#define CLIENT_EXPECT(condition, ...)                                         \
	do {                                                                  \
		if (!(condition))                                             \
			ck_abort_msg(__VA_ARGS__);                            \
	} while (0)

/* Where a node listens, as it says itself. */
static socklen_t
client_address(const struct weft_bound *bound, struct sockaddr_storage *addr)
{
	struct sockaddr_in6 *in6 = (void *)addr;
	struct sockaddr_in *in = (void *)addr;
	const char *at = strstr(bound->url, "://");
	const char *colon = strrchr(bound->url, ':');
	char host[64] = "";
	size_t len;

	ck_assert_msg(at != NULL && colon > at, "no URL: %s", bound->url);
	at += 3;
	len = (size_t)(colon - at);
	memset(addr, 0, sizeof(*addr));
	if (*at == '[') {
		at++;
		len -= 2;
	}
	ck_assert_uint_lt(len, sizeof(host));
	memcpy(host, at, len);
	if (at[-1] != '[') {
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)atoi(colon + 1));
		ck_assert_int_eq(inet_pton(AF_INET, host, &in->sin_addr), 1);
		return sizeof(*in);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons((uint16_t)atoi(colon + 1));
	ck_assert_int_eq(inet_pton(AF_INET6, host, &in6->sin6_addr), 1);
	return sizeof(*in6);
}

struct flow_client *
flow_client_socket(const struct weft_bound *bound)
{
	struct flow_client *client = malloc(sizeof(*client));
	struct sockaddr_storage addr;

	ck_assert_ptr_nonnull(client);
	(void)client_address(bound, &addr);
	client->at = client->end = 0;
	client->fd = socket(addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_msg(client->fd >= 0, "socket: %s", strerror(errno));
	return client;
}

void
flow_client_connect(struct flow_client *client, const struct weft_bound *bound)
{
	struct sockaddr_storage addr;
	socklen_t len = client_address(bound, &addr);
	int one = 1, rv;

	rv = connect(client->fd, (struct sockaddr *)&addr, len);
	ck_assert_msg(
	    rv == 0, "connect to %s: %s", bound->url, strerror(errno));
	rv = setsockopt(
	    client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	ck_assert_int_eq(rv, 0);
}

bool
flow_refused(const struct weft_bound *bound)
{
	struct flow_client *client = flow_client_socket(bound);
	struct sockaddr_storage addr;
	socklen_t len = client_address(bound, &addr);
	bool refused;

	refused = connect(client->fd, (struct sockaddr *)&addr, len) < 0 &&
	    errno == ECONNREFUSED;
	flow_client_free(&client);
	return refused;
}

struct flow_client *
flow_client_new(const struct weft_bound *bound)
{
	struct flow_client *client = flow_client_socket(bound);

	flow_client_connect(client, bound);
	return client;
}

struct flow_client *
flow_client_new_small(const struct weft_bound *bound)
{
	struct flow_client *client = flow_client_socket(bound);
	int size = 4096;

	ck_assert_int_eq(
	    setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)),
	    0);
	flow_client_connect(client, bound);
	return client;
}

int
flow_listen(uint16_t *port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&in, len), 0);
	ck_assert_int_eq(listen(fd, 8), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	*port = ntohs(in.sin_port);
	return fd;
}

void
flow_client_free(struct flow_client **clientp)
{
	ck_assert_int_eq(close((*clientp)->fd), 0);
	free(*clientp);
	*clientp = NULL;
}

void
flow_client_reset(struct flow_client **clientp)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };

	ck_assert_int_eq(setsockopt((*clientp)->fd, SOL_SOCKET, SO_LINGER,
			     &linger, sizeof(linger)),
	    0);
	flow_client_free(clientp);
}

void
flow_client_finish(struct flow_client *client)
{
	ck_assert_int_eq(shutdown(client->fd, SHUT_WR), 0);
}

/* Until the socket is ready; false: not within ms. */
static bool
client_ready(struct flow_client *client, short events, int ms)
{
	struct pollfd pfd = { .fd = client->fd, .events = events };
	struct timespec due = flow_due(ms);
	int rv;

	do
		rv = poll(&pfd, 1, flow_left_ms(&due));
	while (rv < 0 && errno == EINTR);
	CLIENT_EXPECT(rv >= 0, "poll: %s", strerror(errno));
	return rv > 0;
}

bool
flow_try_write(struct flow_client *client, const void *data, size_t len)
{
	return send(client->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 ||
	    errno == EAGAIN;
}

void
flow_write(struct flow_client *client, const void *data, size_t len)
{
	const uint8_t *at = data;
	ssize_t n;

	while (len > 0) {
		CLIENT_EXPECT(client_ready(client, POLLOUT, FLOW_DEADLINE_MS),
		    "waited %d ms for the server to take %zu more bytes",
		    FLOW_DEADLINE_MS, len);
		n = send(client->fd, at, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			continue;
		CLIENT_EXPECT(n > 0, "send: %s", strerror(errno));
		at += n;
		len -= (size_t)n;
	}
}

/* What there is, at least one byte; 0: the end, negative: -errno. */
static ssize_t
client_some(struct flow_client *client, void *out, size_t size)
{
	ssize_t n;

	for (;;) {
		CLIENT_EXPECT(client_ready(client, POLLIN, FLOW_DEADLINE_MS),
		    "waited %d ms for bytes from the server, %zu at most",
		    FLOW_DEADLINE_MS, size);
		n = recv(client->fd, out, size, MSG_DONTWAIT);
		if (n >= 0)
			return n;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
}

void
flow_read(struct flow_client *client, void *out, size_t len)
{
	uint8_t *at = out;
	size_t part;
	ssize_t n;

	while (len > 0) {
		if (client->at == client->end) {
			n = client_some(
			    client, client->buffer, sizeof(client->buffer));
			ck_assert_msg(n > 0,
			    "expected %zu more bytes, found %s", len,
			    n == 0 ? "the end" : strerror((int)-n));
			client->at = 0;
			client->end = (size_t)n;
		}
		part = client->end - client->at;
		if (part > len)
			part = len;
		memcpy(at, client->buffer + client->at, part);
		client->at += part;
		at += part;
		len -= part;
	}
}

size_t
flow_read_rest(struct flow_client *client, void *out, size_t size, int *errp)
{
	size_t len = client->end - client->at;
	ssize_t n;
	uint8_t extra;

	ck_assert_uint_le(len, size);
	memcpy(out, client->buffer + client->at, len);
	client->at = client->end;
	do {
		n = len < size ?
		    client_some(client, (uint8_t *)out + len, size - len) :
		    client_some(client, &extra, 1);
		ck_assert_msg(n <= 0 || len < size,
		    "expected the end after %zu bytes, found more", size);
		if (n > 0)
			len += (size_t)n;
	} while (n > 0);
	*errp = (int)-n;
	return len;
}

int
flow_read_end(struct flow_client *client)
{
	uint8_t none;
	int err;

	(void)flow_read_rest(client, &none, 0, &err);
	return err;
}

void
flow_silent(struct flow_client *client)
{
	flow_silent_for(client, FLOW_WINDOW_MS);
}

void
flow_silent_for(struct flow_client *client, int ms)
{
	ck_assert_uint_eq(client->at, client->end);
	ck_assert_msg(!client_ready(client, POLLIN, ms),
	    "expected nothing from the server, found bytes or the end");
}

size_t
flow_head(uint8_t *out, uint64_t len)
{
	size_t n;

	for (n = 0; len >= 0x80; len >>= 7)
		out[n++] = (uint8_t)(len | 0x80);
	out[n++] = (uint8_t)len;
	return n;
}

void
flow_send(struct flow_client *client, const void *data, size_t len)
{
	uint8_t *frame = malloc(FLOW_HEAD_MAX + len);
	size_t head;

	/* One write: a short message is then one segment. */
	ck_assert_ptr_nonnull(frame);
	head = flow_head(frame, len);
	if (len > 0)
		memcpy(frame + head, data, len);
	flow_write(client, frame, head + len);
	free(frame);
}

size_t
flow_recv(struct flow_client *client, void *out, size_t size)
{
	uint64_t len = 0;
	unsigned shift = 0;
	uint8_t byte;

	do {
		flow_read(client, &byte, 1);
		CLIENT_EXPECT(shift < 63, "expected a length, found none");
		len |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte >= 0x80);
	CLIENT_EXPECT(len <= size,
	    "expected a message of at most %zu bytes, found one of %llu", size,
	    (unsigned long long)len);
	flow_read(client, out, (size_t)len);
	return (size_t)len;
}

void
flow_say(struct flow_client *client, const char *text)
{
	flow_send(client, text, strlen(text));
}

void
flow_hear(struct flow_client *client, const char *text)
{
	char found[1024];
	size_t len;

	len = flow_recv(client, found, sizeof(found) - 1);
	found[len] = '\0';
	ck_assert_str_eq(found, text);
	ck_assert_uint_eq(len, strlen(text));
}

/* ---- numbered messages */

static void
client_number_body(uint8_t *body, size_t len, uint32_t number)
{
	uint32_t turned = ~number;

	CLIENT_EXPECT(len >= 8, "expected room for 8 bytes, found %zu", len);
	memset(body, (int)(number * 37u & 0xff), len);
	memcpy(body, &number, 4);
	memcpy(body + len - 4, &turned, 4);
}

size_t
flow_number_frame(uint8_t *out, size_t body_len, uint32_t number)
{
	size_t head = flow_head(out, body_len);

	client_number_body(out + head, body_len, number);
	return head + body_len;
}

uint32_t
flow_number_check(const void *body, size_t len)
{
	uint8_t *expected = malloc(len);
	uint32_t number;

	CLIENT_EXPECT(len >= 8, "expected at least 8 bytes, found %zu", len);
	CLIENT_EXPECT(expected != NULL, "no memory");
	memcpy(&number, body, 4);
	client_number_body(expected, len, number);
	CLIENT_EXPECT(memcmp(expected, body, len) == 0,
	    "message of %zu bytes that calls itself %u is damaged", len,
	    number);
	free(expected);
	return number;
}

void
flow_number_send(struct flow_client *client, size_t body_len, uint32_t first,
    uint32_t count)
{
	size_t size = (FLOW_HEAD_MAX + body_len) * count, len = 0;
	uint8_t *frames = malloc(size);
	uint32_t i;

	ck_assert_ptr_nonnull(frames);
	for (i = 0; i < count; i++)
		len += flow_number_frame(frames + len, body_len, first + i);
	flow_write(client, frames, len);
	free(frames);
}

void
flow_number_recv(struct flow_client *client, size_t body_len, uint32_t first,
    uint32_t count)
{
	uint8_t *body = malloc(body_len);
	uint32_t number, i;
	size_t len;

	ck_assert_ptr_nonnull(body);
	for (i = 0; i < count; i++) {
		len = flow_recv(client, body, body_len);
		CLIENT_EXPECT(len == body_len, "expected %zu bytes, found %zu",
		    body_len, len);
		number = flow_number_check(body, body_len);
		CLIENT_EXPECT(number == first + i,
		    "expected message %u, found %u", first + i, number);
	}
	free(body);
}

uint64_t
flow_number_fill(struct flow_client *client, size_t body_len, uint64_t cap)
{
	uint8_t *frame = malloc(FLOW_HEAD_MAX + body_len);
	uint64_t sent = 0;
	size_t at = 0, len;
	uint32_t number = 0;
	ssize_t n;

	ck_assert_ptr_nonnull(frame);
	len = flow_number_frame(frame, body_len, number);
	while (client_ready(client, POLLOUT, FLOW_WINDOW_MS)) {
		n = send(client->fd, frame + at, len - at,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			continue;
		CLIENT_EXPECT(n > 0, "send: %s", strerror(errno));
		sent += (uint64_t)n;
		CLIENT_EXPECT(sent <= cap,
		    "the server took %llu bytes that "
		    "nobody works on, and still takes more",
		    (unsigned long long)sent);
		at += (size_t)n;
		if (at == len) {
			at = 0;
			len = flow_number_frame(frame, body_len, ++number);
		}
	}
	free(frame);
	return sent;
}

uint32_t
flow_number_rest(struct flow_client *client, size_t body_len, uint64_t sent)
{
	uint8_t *frame = malloc(FLOW_HEAD_MAX + body_len);
	uint32_t number;
	size_t len, at;

	ck_assert_ptr_nonnull(frame);
	len = flow_number_frame(frame, body_len, 0);
	number = (uint32_t)(sent / len);
	at = (size_t)(sent % len);
	(void)flow_number_frame(frame, body_len, number);
	if (at > 0)
		flow_write(client, frame + at, len - at);
	free(frame);
	return at > 0 ? number + 1 : number;
}
