/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/http_client.h - an HTTP client of a flow test, that says what it
 * is told to, right or wrong, and reads what comes by itself.
 */
#ifndef TESTS_FLOW_HTTP_CLIENT_H
#define TESTS_FLOW_HTTP_CLIENT_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "flow_client.h"

#define HTTP_URL "http://127.0.0.1:0"
#define HTTP_HOST "Host: here\r\n"

static inline void
http_write(struct flow_client *client, const char *text)
{
	flow_write(client, text, strlen(text));
}

/* http_get() - a request without more than its target. */
static inline void
http_get(struct flow_client *client, const char *target)
{
	char request[1024];

	(void)snprintf(request, sizeof(request),
	    "GET %s HTTP/1.1\r\n" HTTP_HOST "\r\n", target);
	http_write(client, request);
}

static inline void
http_post(struct flow_client *client, const char *target, const char *body)
{
	char request[1024];

	(void)snprintf(request, sizeof(request),
	    "POST %s HTTP/1.1\r\n" HTTP_HOST "Content-Length: %zu\r\n\r\n%s",
	    target, strlen(body), body);
	http_write(client, request);
}

/* http_head() - the head of a reply, ended by NUL; its status. */
static inline unsigned
http_head(struct flow_client *client, char *out, size_t size)
{
	size_t n = 0;

	do {
		ck_assert_uint_lt(n + 1, size);
		flow_read(client, out + n, 1);
		out[++n] = '\0';
	} while (strstr(out, "\r\n\r\n") == NULL);
	ck_assert_int_eq(strncmp(out, "HTTP/1.1 ", 9), 0);
	return (unsigned)strtoul(out + 9, NULL, 10);
}

/* http_field() - the value of a field of a head, up to its end; NULL: it has
 * none. */
static inline const char *
http_field(const char *head, const char *name)
{
	const char *at = head;
	size_t len = strlen(name);

	while ((at = strstr(at, "\r\n")) != NULL) {
		at += 2;
		if (strncasecmp(at, name, len) == 0 && at[len] == ':')
			return at + len + 2;
	}
	return NULL;
}

/* http_chunk() - the next chunk of a body, ended by NUL; its length. */
static inline size_t
http_chunk(struct flow_client *client, char *out, size_t size)
{
	char line[32];
	size_t n = 0, len;

	do {
		ck_assert_uint_lt(n + 1, sizeof(line));
		flow_read(client, line + n, 1);
		line[++n] = '\0';
	} while (strstr(line, "\r\n") == NULL);
	len = strtoul(line, NULL, 16);
	ck_assert_uint_lt(len, size);
	flow_read(client, out, len);
	out[len] = '\0';
	flow_read(client, line, 2);
	ck_assert_mem_eq(line, "\r\n", 2);
	return len;
}

/* http_hear() - a reply of that status and body, whose length is said. */
static inline void
http_hear(struct flow_client *client, unsigned status, const char *body)
{
	char head[1024], found[4096];
	const char *length;
	size_t len = 0;

	ck_assert_uint_eq(http_head(client, head, sizeof(head)), status);
	length = http_field(head, "content-length");
	if (length != NULL)
		len = strtoul(length, NULL, 10);
	ck_assert_uint_lt(len, sizeof(found));
	flow_read(client, found, len);
	found[len] = '\0';
	ck_assert_str_eq(found, body);
}

/* http_hear_all() - the same of one in chunks. */
static inline void
http_hear_chunks(struct flow_client *client, const char *body)
{
	char found[4096];
	size_t n = 0, len;

	do {
		len = http_chunk(client, found + n, sizeof(found) - n);
		n += len;
	} while (len > 0);
	ck_assert_str_eq(found, body);
}

/* http_hear_last() - a reply of that status, and the end. */
static inline void
http_hear_last(struct flow_client *client, unsigned status)
{
	char head[1024];
	const char *length, *connection;

	ck_assert_uint_eq(http_head(client, head, sizeof(head)), status);
	length = http_field(head, "content-length");
	connection = http_field(head, "connection");
	ck_assert_ptr_nonnull(connection);
	ck_assert_int_eq(strncmp(connection, "close\r\n", 7), 0);
	ck_assert(length == NULL || strtoul(length, NULL, 10) == 0);
	ck_assert_int_eq(flow_read_end(client), 0);
}

#endif
