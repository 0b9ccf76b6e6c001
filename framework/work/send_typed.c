/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/send_typed - values, packed and sent.
 *
 * thread: any.
 *
 * small_note: a value of up to SMALL bytes is packed on the stack, and framed
 * from there as any message; so packing takes one pass and no memory.  A
 * larger one has been counted by then, and is packed into a buffer that is
 * given away.
 */
#include <errno.h>
#include <stdlib.h>

#include <weft/endpoint.h>
#include <weft/topic.h>
#include <weft/type.h>

#define SMALL 4096u /* [bytes] */

/* Pack what is larger.  len: [bytes] that it takes. */
static int
typed_buffer(const struct weft_type *type, const void *value, size_t len,
    struct weft_buffer **bufp)
{
	int rv;

	rv = weft_buffer_new(bufp, len);
	if (rv < 0)
		return rv;
	rv = weft_pack(type, value, weft_buffer_data(*bufp), len, &len);
	if (rv < 0)
		weft_buffer_free(bufp);
	return rv;
}

int
weft_send_typed(struct weft_call *call, weft_endpoint to,
    const struct weft_type *type, const void *value)
{
	_Alignas(8) uint8_t small[SMALL];
	struct weft_buffer *buf = NULL;
	size_t len;
	int rv;

	rv = weft_pack(type, value, small, sizeof(small), &len);
	if (rv == WEFT_OK)
		return weft_send(call, to, (struct weft_bytes){ small, len });
	if (rv == WEFT_EFULL)
		rv = typed_buffer(type, value, len, &buf);
	if (rv == WEFT_OK)
		rv = weft_send_buffer(call, to, &buf);
	weft_buffer_free(&buf);
	return rv;
}

int
weft_node_send_typed(struct weft_node *node, weft_endpoint to,
    const struct weft_type *type, const void *value)
{
	_Alignas(8) uint8_t small[SMALL];
	struct weft_buffer *buf = NULL;
	size_t len;
	int rv;

	rv = weft_pack(type, value, small, sizeof(small), &len);
	if (rv == WEFT_OK)
		return weft_node_send(
		    node, to, (struct weft_bytes){ small, len });
	if (rv == WEFT_EFULL)
		rv = typed_buffer(type, value, len, &buf);
	if (rv == WEFT_OK)
		rv = weft_node_send_buffer(node, to, &buf);
	weft_buffer_free(&buf);
	return rv;
}

/* What is published is copied, so a buffer is only lent. */
static int
typed_publish(struct weft_call *call, struct weft_node *node,
    const char *topic, struct weft_bytes msg)
{
	return call != NULL ? weft_publish(call, topic, msg) :
			      weft_node_publish(node, topic, msg);
}

/* call, or node where there is none. */
static int
typed_publish_value(struct weft_call *call, struct weft_node *node,
    const char *topic, const struct weft_type *type, const void *value)
{
	_Alignas(8) uint8_t small[SMALL];
	struct weft_buffer *buf = NULL;
	size_t len;
	int rv;

	rv = weft_pack(type, value, small, sizeof(small), &len);
	if (rv == WEFT_OK)
		return typed_publish(
		    call, node, topic, (struct weft_bytes){ small, len });
	if (rv == WEFT_EFULL)
		rv = typed_buffer(type, value, len, &buf);
	if (rv == WEFT_OK)
		rv = typed_publish(call, node, topic,
		    (struct weft_bytes){ weft_buffer_data(buf), len });
	weft_buffer_free(&buf);
	return rv;
}

int
weft_publish_typed(struct weft_call *call, const char *topic,
    const struct weft_type *type, const void *value)
{
	return typed_publish_value(call, NULL, topic, type, value);
}

int
weft_node_publish_typed(struct weft_node *node, const char *topic,
    const struct weft_type *type, const void *value)
{
	return typed_publish_value(NULL, node, topic, type, value);
}
