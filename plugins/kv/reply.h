/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reply.h - one reply in the making, in RESP2.
 *
 * A short one lies where struct kv_reply lies and costs no allocation.  If
 * memory runs out the reply is marked failed and the rest goes nowhere: the
 * connection must end then, for a reply that is not whole cannot be told from
 * the next one.
 */
#ifndef KV_REPLY_H
#define KV_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/weft.h>

#define KV_REPLY_FEW 2048u /* [bytes] without an allocation */

struct kv_reply {
	uint8_t *data; /* few, or allocated */
	size_t len;    /* [bytes] */
	size_t cap;    /* [bytes] */
	bool failed;   /* no memory */
	uint8_t few[KV_REPLY_FEW];
};

void kv_reply_init(struct kv_reply *reply);
void kv_reply_fini(struct kv_reply *reply);

/* kv_reply_take() - its bytes from .data + from on, allocated; the caller
 * free()s them.  NULL: no memory. */
uint8_t *kv_reply_take(struct kv_reply *reply, size_t from, size_t *len);

/* kv_reply_raw() - bytes as they are; kv_reply_text(): those of a string. */
void kv_reply_raw(struct kv_reply *reply, const void *data, size_t len);
void kv_reply_text(struct kv_reply *reply, const char *text);

/* kv_reply_simple(): "+OK", kv_reply_error(): "-ERR " and the text, in which
 * line ends become blanks; a '-' in front: the text brings its own code. */
void kv_reply_simple(struct kv_reply *reply, const char *text);
void kv_reply_error(struct kv_reply *reply, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void kv_reply_error_bytes(
    struct kv_reply *reply, const void *text, size_t len);

void kv_reply_number(struct kv_reply *reply, int64_t number);
void kv_reply_bulk(struct kv_reply *reply, const void *data, size_t len);
void kv_reply_bulk_text(struct kv_reply *reply, const char *text);
void kv_reply_null(struct kv_reply *reply);
void kv_reply_array(struct kv_reply *reply, uint64_t count);

#endif
