/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/flow_client.h - a client of a flow test: a plain socket with
 * deadlines, which knows the varint framing by itself.
 *
 * Every call either does all of it or fails the test with what it waited for.
 */
#ifndef TESTS_FLOW_CLIENT_H
#define TESTS_FLOW_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/node.h>

#define FLOW_CLIENT_BUFFER 65536u /* [bytes] read at a time */
#define FLOW_HEAD_MAX 10u         /* [bytes] of a varint */

struct flow_client {
	int fd;
	size_t at; /* buffer[at, end) was read and not used yet */
	size_t end;
	uint8_t buffer[FLOW_CLIENT_BUFFER];
};

/* flow_client_new() - connected.  flow_client_new_small(): with a small
 * receive buffer, so that replies fill it soon. */
struct flow_client *flow_client_new(const struct weft_bound *bound);
struct flow_client *flow_client_new_small(const struct weft_bound *bound);

/* flow_client_socket() - not connected yet; flow_client_connect(). */
struct flow_client *flow_client_socket(const struct weft_bound *bound);
void flow_client_connect(
    struct flow_client *client, const struct weft_bound *bound);

/* flow_listen() - a plain server of the test's own: a socket that listens on
 * 127.0.0.1, at *port. */
int flow_listen(uint16_t *port);

/* flow_refused() - nobody listens there any more. */
bool flow_refused(const struct weft_bound *bound);

/* flow_client_free() - close.  flow_client_reset(): so that the peer gets a
 * reset.  flow_client_finish(): end only our direction. */
void flow_client_free(struct flow_client **clientp);
void flow_client_reset(struct flow_client **clientp);
void flow_client_finish(struct flow_client *client);

/* flow_write(), flow_read() - all of the bytes. */
void flow_write(struct flow_client *client, const void *data, size_t len);
void flow_read(struct flow_client *client, void *out, size_t len);

/* flow_try_write() - what the socket takes at once; false: the peer has ended
 * the connection. */
bool flow_try_write(struct flow_client *client, const void *data, size_t len);

/* flow_read_rest() - what comes until the end, at most size.  returns how
 * much; *errp: 0, or the errno that the connection ended with. */
size_t flow_read_rest(
    struct flow_client *client, void *out, size_t size, int *errp);

/* flow_read_end() - nothing more may come but the end: 0, or its errno. */
int flow_read_end(struct flow_client *client);

/* flow_silent() - nothing comes within FLOW_WINDOW_MS.  flow_silent_for(): nor
 * within that. */
void flow_silent(struct flow_client *client);
void flow_silent_for(struct flow_client *client, int ms);

/* flow_head() - write the varint for len; returns its length. */
size_t flow_head(uint8_t *out, uint64_t len);

/* flow_send(), flow_recv() - one message in varint framing.  flow_recv()
 * returns its length; longer than size fails. */
void flow_send(struct flow_client *client, const void *data, size_t len);
size_t flow_recv(struct flow_client *client, void *out, size_t size);

/* flow_say(), flow_hear() - the same with a text. */
void flow_say(struct flow_client *client, const char *text);
void flow_hear(struct flow_client *client, const char *text);

/*
 * Numbered messages: body_len bytes, 8 at least, that tell their number, so
 * that what is lost, doubled, out of order or damaged is noticed.
 *
 * flow_number_frame() writes one with its framing; returns its length, at most
 * FLOW_HEAD_MAX more than body_len.  flow_number_send() sends the messages
 * [first, first + count); flow_number_recv() expects them, in order.
 */
size_t flow_number_frame(uint8_t *out, size_t body_len, uint32_t number);
uint32_t flow_number_check(const void *body, size_t len);
void flow_number_send(struct flow_client *client, size_t body_len,
    uint32_t first, uint32_t count);
void flow_number_recv(struct flow_client *client, size_t body_len,
    uint32_t first, uint32_t count);

/*
 * flow_number_fill() - send numbered messages from 0 on until the socket has
 * taken nothing for FLOW_WINDOW_MS, and fail if it goes on above cap bytes.
 *
 *   returns           [bytes] sent; the last message may be cut.
 *
 * flow_number_rest() - send what is missing of the last message then; returns
 * how many messages that makes in all.
 */
uint64_t flow_number_fill(
    struct flow_client *client, size_t body_len, uint64_t cap);
uint32_t flow_number_rest(
    struct flow_client *client, size_t body_len, uint64_t sent);

#endif
