/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/cat_stream.c - what weft cat moves: stdin to the socket as messages,
 * and the socket to stdout.
 *
 * thread: main.
 */
#include "host/cat.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "codec/codecs.h"
#include "codec/inflate.h"
#include "host/hex.h"

#define READ_SIZE (64u << 10)
#define MESSAGE_MAX ((size_t)64 << 20) /* [bytes] of a line, of a reply */

/* ---- bytes that wait */

/* Room for n more bytes behind what is there. */
static int
stream_reserve(struct wi_cat_buffer *b, size_t n, struct weft_error *err)
{
	uint8_t *data;
	size_t size = b->size == 0 ? READ_SIZE : b->size;

	if (b->from != 0) {
		memmove(b->data, b->data + b->from, b->len - b->from);
		b->len -= b->from;
		b->from = 0;
	}
	while (size < b->len + n)
		size *= 2;
	if (size == b->size)
		return WEFT_OK;
	data = realloc(b->data, size);
	if (data == NULL)
		return wi_fail(err, -ENOMEM, "no memory for %zu bytes", size);
	b->data = data;
	b->size = size;
	return WEFT_OK;
}

/* ---- stdin to out */

static int
stream_send(
    struct wi_cat *c, const uint8_t *msg, size_t len, struct weft_error *err)
{
	const struct weft_codec *codec =
	    c->client.datagram ? &wi_codec_datagram : c->client.codec;
	int rc;

	if (len > wi_codec_message_max(codec, len))
		return wi_fail(err, WEFT_ETOOBIG,
		    "%s: codec %s: expected messages of at most %zu bytes,"
		    " found %zu",
		    c->url, codec->name, codec->message_max, len);
	rc = stream_reserve(&c->out, wi_codec_frame_max(codec, len), err);
	if (rc != WEFT_OK)
		return rc;
	c->out.len +=
	    wi_codec_frame(codec, c->out.data + c->out.len, msg, len, 0);
	c->sent++;
	return WEFT_OK;
}

/* Digits to bytes, in place; blanks may stand between bytes. */
static int
stream_unhex(
    struct wi_cat *c, uint8_t *line, size_t *len, struct weft_error *err)
{
	size_t i = 0, n = 0;
	int high, low;

	while (i < *len) {
		if (line[i] == ' ' || line[i] == '\t' || line[i] == '\r') {
			i++;
			continue;
		}
		high = wi_hex_digit(line[i]);
		low = i + 1 < *len ? wi_hex_digit(line[i + 1]) : -1;
		if (high < 0 || low < 0)
			return wi_fail(err, -EBADMSG,
			    "stdin, line %" PRIu64
			    ", column %zu: expected two hexadecimal digits,"
			    " found \"%.*s\"",
			    c->line_number, i + 1, i + 1 < *len ? 2 : 1,
			    (const char *)line + i);
		line[n++] = (uint8_t)(high << 4 | low);
		i += 2;
	}
	*len = n;
	return WEFT_OK;
}

/* A line of JSON is sent as the image of a value. */
static int
stream_value(
    struct wi_cat *c, const uint8_t *line, size_t len, struct weft_error *err)
{
	struct weft_bytes image = { .len = 0 };
	int rc;

	rc = wi_cat_types_image(
	    &c->types, (const char *)line, len, &image, err);
	if (rc != WEFT_OK)
		return wi_fail(err, rc, "stdin, line %" PRIu64 ", %s",
		    c->line_number, err->text);
	return stream_send(c, image.data, image.len, err);
}

static int
stream_line(
    struct wi_cat *c, uint8_t *line, size_t len, struct weft_error *err)
{
	int rc = WEFT_OK;

	c->line_number++;
	if (c->types.what != NULL)
		return stream_value(c, line, len, err);
	if (c->hex)
		rc = stream_unhex(c, line, &len, err);
	return rc == WEFT_OK ? stream_send(c, line, len, err) : rc;
}

/* Whole lines leave the buffer; at the end of stdin so does the rest. */
static int
stream_lines(struct wi_cat *c, struct weft_error *err)
{
	struct wi_cat_buffer *b = &c->line;
	uint8_t *newline;
	int rc = WEFT_OK;

	while (rc == WEFT_OK && b->from < b->len) {
		newline = memchr(b->data + b->from, '\n', b->len - b->from);
		if (newline == NULL && !c->input_ended)
			break;
		if (newline == NULL)
			newline = b->data + b->len;
		rc = stream_line(c, b->data + b->from,
		    (size_t)(newline - b->data) - b->from, err);
		b->from = (size_t)(newline - b->data) + 1;
	}
	if (b->from >= b->len)
		b->from = b->len = 0;
	if (rc == WEFT_OK && b->len - b->from > MESSAGE_MAX)
		return wi_fail(err, -EMSGSIZE,
		    "stdin, line %" PRIu64
		    ": expected at most %zu bytes, found more",
		    c->line_number + 1, MESSAGE_MAX);
	return rc;
}

int
wi_cat_read_input(struct wi_cat *c, struct weft_error *err)
{
	struct wi_cat_buffer *b =
	    c->client.raw && !c->hex ? &c->out : &c->line;
	int rc = stream_reserve(b, READ_SIZE, err);
	ssize_t n;

	if (rc != WEFT_OK)
		return rc;
	n = read(STDIN_FILENO, b->data + b->len, READ_SIZE);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return WEFT_OK;
	if (n < 0)
		return wi_fail(
		    err, -errno, "cannot read stdin: %s", strerror(errno));
	b->len += (size_t)n;
	c->input_ended = n == 0;
	c->progress = wi_clock_ns();
	return b == &c->line ? stream_lines(c, err) : WEFT_OK;
}

/* ---- the socket */

static void
stream_peer_ended(struct wi_cat *c, int cause)
{
	c->peer_ended = 1;
	if (c->peer_cause == 0)
		c->peer_cause = cause;
}

/* One datagram: wi_codec_datagram has put its length in front. */
static ssize_t
stream_write_datagram(const struct wi_cat *c, const struct wi_cat_buffer *b)
{
	const struct sockaddr *to = (const void *)&c->client.addr;
	uint32_t len;
	ssize_t n;

	memcpy(&len, b->data + b->from, sizeof(len));
	n = sendto(c->fd, b->data + b->from + WI_DATAGRAM_HEAD, len,
	    MSG_NOSIGNAL, c->client.unconnected ? to : NULL,
	    c->client.unconnected ? c->client.addr_len : 0);
	return n < 0 ? n : (ssize_t)(WI_DATAGRAM_HEAD + len);
}

void
wi_cat_write(struct wi_cat *c)
{
	struct wi_cat_buffer *b = &c->out;
	ssize_t n;

	if (c->client.datagram)
		n = stream_write_datagram(c, b);
	else
		n = wi_client_send(
		    c->fd, c->tls, b->data + b->from, b->len - b->from);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		/* It no longer listens, but what it said may still be there:
		 * reading goes on until the end shows. */
		c->peer_cause = errno;
		b->from = b->len = 0;
		c->input_ended = 1;
		c->shut = 1;
		return;
	}
	c->progress = wi_clock_ns();
	b->from += (size_t)n;
	if (b->from == b->len)
		b->from = b->len = 0;
}

static void
stream_print(
    const struct wi_cat *c, const uint8_t *data, size_t len, int newline)
{
	size_t i;

	if (c->hex)
		for (i = 0; i < len; i++)
			printf("%02x", data[i]);
	else
		fwrite(data, 1, len, stdout);
	if (newline || c->hex)
		putchar('\n');
}

int
wi_cat_enough(const struct wi_cat *c)
{
	return c->counted && c->replies >= c->count;
}

/* A byte stream is printed as it comes, up to the last newline wanted. */
static void
stream_take_bytes(struct wi_cat *c)
{
	struct wi_cat_buffer *b = &c->back;
	size_t i;

	for (i = 0; i < b->len && !wi_cat_enough(c); i++)
		c->replies += b->data[i] == '\n';
	if (i != 0)
		stream_print(c, b->data, i, 0);
	b->len = 0;
}

/* A whole message. */
static int
stream_reply(
    struct wi_cat *c, const uint8_t *data, size_t len, struct weft_error *err)
{
	c->replies++;
	if (c->types.what != NULL)
		return wi_cat_types_print(&c->types,
		    (struct weft_bytes){ data, len }, c->replies, err);
	stream_print(c, data, len, 1);
	return WEFT_OK;
}

static int
stream_take_datagram(struct wi_cat *c, struct weft_error *err)
{
	size_t len = c->back.len;

	c->back.len = 0;
	return stream_reply(c, c->back.data, len, err);
}

/* Between messages. */
static int
stream_answer(
    struct wi_cat *c, const struct weft_cut *cut, struct weft_error *err)
{
	int rc = stream_reserve(&c->out, cut->answer_len, err);

	if (rc != WEFT_OK)
		return rc;
	memcpy(c->out.data + c->out.len, cut->answer, cut->answer_len);
	c->out.len += cut->answer_len;
	return WEFT_OK;
}

/* The server has said that it is over, or something that cannot be. */
static int
stream_cut_end(
    struct wi_cat *c, const struct weft_cut *cut, struct weft_error *err)
{
	if (cut->error < 0)
		return wi_fail(err, cut->error,
		    "%s: after %" PRIu64 " replies: %s", c->url, c->replies,
		    cut->why != NULL ? cut->why : weft_strerror(cut->error));
	c->status = cut->status;
	stream_peer_ended(c, 0);
	return WEFT_OK;
}

/* It came made smaller, as client and server agreed. */
static int
stream_inflate(struct wi_cat *c, uint32_t flags, struct weft_bytes *msg,
    struct weft_error *err)
{
	const struct wi_arena_mark all = { 0, NULL };
	const char *why = "no memory";
	int rc = -ENOMEM;

	wi_arena_release(&c->arena, all);
	if (c->inflater == NULL)
		c->inflater = wi_inflater_new(wi_codec_inflate_bits(flags));
	if (c->inflater != NULL)
		rc = wi_inflate(c->inflater, (flags & WI_CODEC_TAKEOVER) != 0,
		    msg, MESSAGE_MAX, &c->arena, &why);
	return rc == WEFT_OK ?
	    WEFT_OK :
	    wi_fail(err, rc, "%s: after %" PRIu64 " replies: %s", c->url,
		c->replies, why);
}

static int
stream_message(struct wi_cat *c, const uint8_t *data,
    const struct weft_cut *cut, struct weft_error *err)
{
	struct weft_bytes msg = { data + cut->offset, cut->len };
	int rc = WEFT_OK;

	if (wi_codec_deflates(c->client.codec) &&
	    (cut->flags & WI_CODEC_INFLATES) != 0)
		rc = stream_inflate(c, cut->flags, &msg, err);
	return rc == WEFT_OK ? stream_reply(c, msg.data, msg.len, err) : rc;
}

static int
stream_take_messages(struct wi_cat *c, struct weft_error *err)
{
	const struct weft_codec *codec = c->client.codec;
	struct wi_cat_buffer *b = &c->back;
	struct weft_cut cut;
	uint8_t *data;
	int rc;

	while (b->from < b->len && !wi_cat_enough(c)) {
		memset(&cut, 0, sizeof(cut));
		data = b->data + b->from;
		rc = codec->decode(
		    c->codec_state, data, b->len - b->from, MESSAGE_MAX, &cut);
		if (rc == WEFT_CUT_MORE)
			return WEFT_OK;
		if (rc < 0)
			return wi_fail(err, rc,
			    "%s: after %" PRIu64
			    " replies, expected one in codec %s, found: %s",
			    c->url, c->replies, codec->name,
			    weft_strerror(rc));
		b->from += cut.used;
		if (rc == WEFT_CUT_MESSAGE)
			rc = stream_message(c, data, &cut, err);
		else if (rc == WEFT_CUT_END)
			return stream_cut_end(c, &cut, err);
		if (rc >= 0 && cut.answer_len > 0)
			rc = stream_answer(c, &cut, err);
		if (rc < 0)
			return rc;
	}
	return WEFT_OK;
}

int
wi_cat_read_replies(struct wi_cat *c, struct weft_error *err)
{
	struct wi_cat_buffer *b = &c->back;
	int rc = stream_reserve(b, READ_SIZE, err);
	ssize_t n;

	if (rc != WEFT_OK)
		return rc;
	n = wi_client_recv(c->fd, c->tls, b->data + b->len, READ_SIZE);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return WEFT_OK;
	if (n < 0 || (n == 0 && !c->client.datagram)) {
		stream_peer_ended(c, n < 0 ? errno : 0);
		return WEFT_OK;
	}
	c->progress = wi_clock_ns();
	b->len += (size_t)n;
	if (c->client.datagram)
		rc = stream_take_datagram(c, err);
	else if (c->client.raw)
		stream_take_bytes(c);
	else
		rc = stream_take_messages(c, err);
	if (fflush(stdout) != 0)
		return wi_fail(
		    err, -errno, "cannot write stdout: %s", strerror(errno));
	return rc;
}
