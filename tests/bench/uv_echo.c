/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/bench/uv_echo.c - the baseline: a plain echo server on libuv, one
 * thread, the fast way.
 *
 * It does what Weft's echo does to every message (cut it from its varint
 * frame, frame it again) without any hand-over: one read buffer for all, the
 * replies of a read gathered and written by one uv_try_write(), a uv_write()
 * only for what the socket does not take.
 *
 *   uv_echo [--port N] [--burn-us N]    prints "listening 127.0.0.1:PORT"
 */
#include <getopt.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <uv.h>

#define READ_SIZE (64u << 10)
#define MESSAGE_MAX (64u << 20)
#define QUEUE_MAX (1u << 20) /* [bytes] unsent at which reading pauses */

/* owned by: the loop; the whole server is one thread. */
struct server {
	uv_loop_t loop;
	uv_tcp_t listener;
	uint64_t burn_ns;   /* per message */
	char in[READ_SIZE]; /* the read buffer of all connections */
	uint8_t *out;       /* the replies of one read */
	size_t out_size;
};

struct conn {
	uv_tcp_t tcp;
	struct server *server;
	uint8_t *part; /* the beginning of a message, or NULL */
	size_t part_len;
	size_t part_size;
	int paused;
};

struct write {
	uv_write_t req;
	uint8_t bytes[];
};

static void on_connection(uv_stream_t *listener, int status);
static void on_alloc(uv_handle_t *handle, size_t hint, uv_buf_t *buf);
static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf);
static void on_written(uv_write_t *req, int status);
static void on_closed(uv_handle_t *handle);

static void
echo_die(const char *what, int rc)
{
	fprintf(stderr, "uv_echo: %s: %s\n", what, uv_strerror(rc));
	exit(1);
}

static void
echo_close(struct conn *c)
{
	if (!uv_is_closing((uv_handle_t *)&c->tcp))
		uv_close((uv_handle_t *)&c->tcp, on_closed);
}

static void
on_closed(uv_handle_t *handle)
{
	struct conn *c = handle->data;

	free(c->part);
	free(c);
}

static void
on_connection(uv_stream_t *listener, int status)
{
	struct server *s = listener->data;
	struct conn *c;

	if (status != 0)
		return;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		echo_die("connection", UV_ENOMEM);
	c->server = s;
	uv_tcp_init(&s->loop, &c->tcp);
	c->tcp.data = c;
	if (uv_accept(listener, (uv_stream_t *)&c->tcp) != 0 ||
	    uv_tcp_nodelay(&c->tcp, 1) != 0 ||
	    uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) != 0)
		echo_close(c);
}

static void
on_alloc(uv_handle_t *handle, size_t hint, uv_buf_t *buf)
{
	struct conn *c = handle->data;

	(void)hint;
	*buf = uv_buf_init(c->server->in, READ_SIZE);
}

/* What the handler does to a message. */
static void
echo_burn(uint64_t ns)
{
	struct timespec ts;
	uint64_t now, end = 0;

	if (ns == 0)
		return;
	do {
		clock_gettime(CLOCK_MONOTONIC, &ts);
		now = (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
		if (end == 0)
			end = now + ns;
	} while (now < end);
}

/* Bytes of the length's varint; 0: more is needed, -1: there is no such. */
static int
echo_varint(const uint8_t *data, size_t len, uint64_t *value)
{
	uint64_t v = 0;
	int i;

	for (i = 0; i < 5; i++) {
		if ((size_t)i == len)
			return 0;
		v |= (uint64_t)(data[i] & 0x7f) << (7 * i);
		if (data[i] < 0x80) {
			*value = v;
			return v <= MESSAGE_MAX ? i + 1 : -1;
		}
	}
	return -1;
}

static size_t
echo_put_varint(uint8_t *out, uint64_t value)
{
	size_t n = 0;

	for (; value >= 0x80; value >>= 7)
		out[n++] = (uint8_t)(value | 0x80);
	out[n++] = (uint8_t)value;
	return n;
}

/* The socket takes what it can at once, the rest is queued by copy. */
static void
echo_write(struct conn *c, const uint8_t *data, size_t len)
{
	uv_stream_t *stream = (uv_stream_t *)&c->tcp;
	uv_buf_t buf = uv_buf_init((char *)(uintptr_t)data, (unsigned)len);
	struct write *w;
	int n = uv_try_write(stream, &buf, 1);

	if (n < 0 && n != UV_EAGAIN) {
		echo_close(c);
		return;
	}
	if (n < 0)
		n = 0;
	if ((size_t)n == len)
		return;
	w = malloc(sizeof(*w) + len - (size_t)n);
	if (w == NULL)
		echo_die("write", UV_ENOMEM);
	memcpy(w->bytes, data + n, len - (size_t)n);
	buf = uv_buf_init((char *)w->bytes, (unsigned)(len - (size_t)n));
	if (uv_write(&w->req, stream, &buf, 1, on_written) != 0) {
		free(w);
		echo_close(c);
		return;
	}
	if (uv_stream_get_write_queue_size(stream) > QUEUE_MAX) {
		uv_read_stop(stream);
		c->paused = 1;
	}
}

static void
on_written(uv_write_t *req, int status)
{
	struct conn *c = req->handle->data;

	free(req);
	if (status != 0) {
		echo_close(c);
	} else if (c->paused &&
	    uv_stream_get_write_queue_size((uv_stream_t *)&c->tcp) == 0 &&
	    !uv_is_closing((uv_handle_t *)&c->tcp)) {
		c->paused = 0;
		uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
	}
}

/* Answer every whole message; the bytes used up, or -1. */
static ssize_t
echo_messages(struct conn *c, const uint8_t *data, size_t len)
{
	struct server *s = c->server;
	size_t used = 0, out_len = 0;
	uint64_t size = 0;
	int head;

	if (s->out_size < len) { /* a frame is not longer than what came */
		free(s->out);
		s->out_size = len;
		s->out = malloc(len);
		if (s->out == NULL)
			echo_die("replies", UV_ENOMEM);
	}
	while (used < len) {
		head = echo_varint(data + used, len - used, &size);
		if (head < 0)
			return -1;
		if (head == 0 || size > len - used - (size_t)head)
			break;
		echo_burn(s->burn_ns);
		out_len += echo_put_varint(s->out + out_len, size);
		memcpy(s->out + out_len, data + used + head, (size_t)size);
		out_len += (size_t)size;
		used += (size_t)head + (size_t)size;
	}
	if (out_len != 0)
		echo_write(c, s->out, out_len);
	return (ssize_t)used;
}

/* Add bytes to the beginning of a message. */
static void
echo_keep(struct conn *c, const uint8_t *data, size_t len)
{
	if (len == 0)
		return;
	if (c->part_len + len > c->part_size) {
		c->part_size = 2 * (c->part_len + len);
		c->part = realloc(c->part, c->part_size);
		if (c->part == NULL)
			echo_die("message", UV_ENOMEM);
	}
	memcpy(c->part + c->part_len, data, len);
	c->part_len += len;
}

static void
on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct conn *c = stream->data;
	const uint8_t *data = (const uint8_t *)buf->base;
	ssize_t used;

	if (n == 0)
		return;
	if (n < 0) {
		echo_close(c);
		return;
	}
	if (c->part_len == 0) {
		used = echo_messages(c, data, (size_t)n);
		if (used >= 0)
			echo_keep(c, data + used, (size_t)(n - used));
	} else {
		echo_keep(c, data, (size_t)n);
		used = echo_messages(c, c->part, c->part_len);
		if (used > 0) {
			c->part_len -= (size_t)used;
			memmove(c->part, c->part + used, c->part_len);
		}
	}
	if (used < 0)
		echo_close(c);
}

static void
echo_listen(struct server *s, int port)
{
	struct sockaddr_in addr;
	int len = sizeof(addr), rc;

	uv_ip4_addr("127.0.0.1", port, &addr);
	uv_tcp_init(&s->loop, &s->listener);
	s->listener.data = s;
	rc = uv_tcp_bind(&s->listener, (struct sockaddr *)&addr, 0);
	if (rc == 0)
		rc = uv_listen(
		    (uv_stream_t *)&s->listener, 4096, on_connection);
	if (rc == 0)
		rc = uv_tcp_getsockname(
		    &s->listener, (struct sockaddr *)&addr, &len);
	if (rc != 0)
		echo_die("listen", rc);
	printf("listening 127.0.0.1:%d\n", ntohs(addr.sin_port));
	fflush(stdout);
}

static unsigned long
echo_number(const char *text, unsigned long max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text == '\0' || *end != '\0' || value > max) {
		fprintf(stderr,
		    "uv_echo: expected a number up to %lu, found"
		    " \"%s\"\n",
		    max, text);
		exit(2);
	}
	return value;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = { { "port", required_argument,
						     NULL, 'p' },
		{ "burn-us", required_argument, NULL, 'b' },
		{ NULL, 0, NULL, 0 } };
	static struct server s;
	struct rlimit limit;
	int port = 0, key;

	while ((key = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (key == 'p')
			port = (int)echo_number(optarg, 65535);
		else if (key == 'b')
			s.burn_ns = echo_number(optarg, 1000000) * 1000u;
		else
			return 2;
	}
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	uv_loop_init(&s.loop);
	echo_listen(&s, port);
	return uv_run(&s.loop, UV_RUN_DEFAULT);
}
