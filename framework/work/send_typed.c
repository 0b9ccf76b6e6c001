/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/send_typed - values, packed and sent.
 *
 * thread: any.
 *
 * small_note: a reply that joins the one before it is packed where it leaves
 * from.  Else a value of up to SMALL bytes is packed on the stack, and framed
 * from there as any message; so packing takes one pass and no memory.  A
 * larger one has been counted by then, and is packed into a buffer that is
 * given away.
 */
#include <stdbool.h>

#include <weft/endpoint.h>
#include <weft/topic.h>
#include <weft/type.h>

#include "base/assert.h"
#include "type/fast.h"
#include "work/send.h"
#include "work/worker.h"

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

/* call, or node where there is none. */
struct typed_by {
	struct weft_call *call;
	struct weft_node *node;
};

static int
typed_send_value(const struct typed_by *by, weft_endpoint to,
    const struct weft_type *type, const void *value)
{
	_Alignas(8) uint8_t small[SMALL];
	struct weft_bytes msg = { small, 0 };
	struct weft_buffer *buf = NULL;
	int rv;

	rv = weft_pack(type, value, small, sizeof(small), &msg.len);
	if (rv == WEFT_OK)
		return by->call != NULL ? weft_send(by->call, to, msg) :
					  weft_node_send(by->node, to, msg);
	if (rv == WEFT_EFULL)
		rv = typed_buffer(type, value, msg.len, &buf);
	if (rv == WEFT_OK)
		rv = by->call != NULL ?
		    weft_send_buffer(by->call, to, &buf) :
		    weft_node_send_buffer(by->node, to, &buf);
	weft_buffer_free(&buf);
	return rv;
}

/* What is published is copied, so a buffer is only lent. */
static int
typed_publish_value(const struct typed_by *by, const char *topic,
    const struct weft_type *type, const void *value)
{
	_Alignas(8) uint8_t small[SMALL];
	struct weft_bytes msg = { small, 0 };
	struct weft_buffer *buf = NULL;
	int rv;

	rv = weft_pack(type, value, small, sizeof(small), &msg.len);
	if (rv == WEFT_EFULL) {
		rv = typed_buffer(type, value, msg.len, &buf);
		msg.data = buf == NULL ? NULL : weft_buffer_data(buf);
	}
	if (rv == WEFT_OK)
		rv = by->call != NULL ?
		    weft_publish(by->call, topic, msg) :
		    weft_node_publish(by->node, topic, msg);
	weft_buffer_free(&buf);
	return rv;
}

/* See small_note; false: it is not sent yet. */
static bool
typed_send_placed(struct wi_worker *worker, uint64_t id,
    const struct weft_type *type, const void *value)
{
	const uint8_t *end;
	uint8_t *place;
	size_t room;

	wi_assert_worker();
	place = wi_send_place(worker, id, &room);
	end = place == NULL ? NULL : wi_fast_pack(type, value, place, room);
	if (end == NULL)
		return false;
	wi_send_placed(worker, (size_t)(end - place));
	return true;
}

int
weft_send_typed(struct weft_call *call, weft_endpoint to,
    const struct weft_type *type, const void *value)
{
	if (call->worker == wi_worker_current &&
	    typed_send_placed(call->worker, to.id, type, value))
		return WEFT_OK;
	return typed_send_value(
	    &(struct typed_by){ .call = call }, to, type, value);
}

int
weft_node_send_typed(struct weft_node *node, weft_endpoint to,
    const struct weft_type *type, const void *value)
{
	return typed_send_value(
	    &(struct typed_by){ .node = node }, to, type, value);
}

int
weft_publish_typed(struct weft_call *call, const char *topic,
    const struct weft_type *type, const void *value)
{
	return typed_publish_value(
	    &(struct typed_by){ .call = call }, topic, type, value);
}

int
weft_node_publish_typed(struct weft_node *node, const char *topic,
    const struct weft_type *type, const void *value)
{
	return typed_publish_value(
	    &(struct typed_by){ .node = node }, topic, type, value);
}
