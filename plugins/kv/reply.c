/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reply - a reply in the making.
 *
 * thread: the worker that runs the handler.
 */
#include "reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resp.h"

void
kv_reply_init(struct kv_reply *reply)
{
	reply->data = reply->few;
	reply->len = 0;
	reply->cap = sizeof(reply->few);
	reply->failed = false;
}

void
kv_reply_fini(struct kv_reply *reply)
{
	if (reply->data != reply->few)
		free(reply->data);
}

uint8_t *
kv_reply_take(struct kv_reply *reply, size_t from, size_t *len)
{
	uint8_t *data = reply->data;

	*len = reply->len - from;
	if (data == reply->few) {
		data = malloc(*len);
		if (data != NULL)
			memcpy(data, reply->few + from, *len);
		return data;
	}
	memmove(data, data + from, *len);
	kv_reply_init(reply);
	return data;
}

/* Room for len bytes more, or NULL. */
static uint8_t *
reply_grow(struct kv_reply *reply, size_t len)
{
	size_t cap = reply->cap;
	uint8_t *data;

	while (cap - reply->len < len)
		cap *= 2;
	if (reply->data == reply->few) {
		data = malloc(cap);
		if (data != NULL)
			memcpy(data, reply->few, reply->len);
	} else {
		data = realloc(reply->data, cap);
	}
	if (data == NULL) {
		reply->failed = true;
		return NULL;
	}
	reply->data = data;
	reply->cap = cap;
	return data + reply->len;
}

static inline uint8_t *
reply_room(struct kv_reply *reply, size_t len)
{
	if (reply->cap - reply->len >= len)
		return reply->data + reply->len;
	return reply->failed ? NULL : reply_grow(reply, len);
}

void
kv_reply_raw(struct kv_reply *reply, const void *data, size_t len)
{
	uint8_t *room = reply_room(reply, len);

	if (room == NULL || len == 0)
		return;
	memcpy(room, data, len);
	reply->len += len;
}

void
kv_reply_text(struct kv_reply *reply, const char *text)
{
	kv_reply_raw(reply, text, strlen(text));
}

void
kv_reply_simple(struct kv_reply *reply, const char *text)
{
	kv_reply_text(reply, "+");
	kv_reply_text(reply, text);
	kv_reply_text(reply, "\r\n");
}

void
kv_reply_error_bytes(struct kv_reply *reply, const void *text, size_t len)
{
	const char *at = text;
	uint8_t *room;
	size_t i;

	while (len > 0 && (at[len - 1] == '\r' || at[len - 1] == '\n'))
		len--;
	if (len == 0 || at[0] != '-')
		kv_reply_text(reply, "-ERR ");
	room = reply_room(reply, len);
	if (room == NULL)
		return;
	for (i = 0; i < len; i++)
		room[i] =
		    at[i] == '\r' || at[i] == '\n' ? ' ' : (uint8_t)at[i];
	reply->len += len;
	kv_reply_text(reply, "\r\n");
}

void
kv_reply_error(struct kv_reply *reply, const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	kv_reply_error_bytes(reply, text, strlen(text));
}

/* ":7\r\n", "$7\r\n", "*7\r\n" */
static inline void
reply_head(struct kv_reply *reply, uint8_t kind, int64_t number)
{
	uint8_t *room = reply_room(reply, KV_NUMBER_CHARS + 3);
	size_t len;

	if (room == NULL)
		return;
	*room++ = kind;
	if (number >= 0 && number <= 9) {
		*room = (uint8_t)('0' + number);
		len = 1;
	} else {
		len = kv_number_write((char *)room, number);
	}
	room[len] = '\r';
	room[len + 1] = '\n';
	reply->len += len + 3;
}

void
kv_reply_number(struct kv_reply *reply, int64_t number)
{
	reply_head(reply, ':', number);
}

void
kv_reply_bulk(struct kv_reply *reply, const void *data, size_t len)
{
	reply_head(reply, '$', (int64_t)len);
	kv_reply_raw(reply, data, len);
	kv_reply_raw(reply, "\r\n", 2);
}

void
kv_reply_bulk_text(struct kv_reply *reply, const char *text)
{
	kv_reply_bulk(reply, text, strlen(text));
}

void
kv_reply_null(struct kv_reply *reply)
{
	kv_reply_raw(reply, "$-1\r\n", 5);
}

void
kv_reply_array(struct kv_reply *reply, uint64_t count)
{
	reply_head(reply, '*', (int64_t)count);
}
