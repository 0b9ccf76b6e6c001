/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/http_reply - replies to requests of http://, whole and in pieces.
 *
 * thread: any.  From handlers to work/http_write.
 */
#include <errno.h>
#include <string.h>

#include <weft/topic.h>

#include "codec/codecs.h"
#include "codec/http.h"
#include "handoff/answer.h"
#include "work/http.h"
#include "work/http_write.h"
#include "work/node_hub.h"
#include "work/worker.h"

/* ---- what may be said */

/* A value: no control characters (RFC 9110, section 5.5). */
static bool
reply_is_value(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (((uint8_t)text[i] < ' ' && text[i] != '\t') ||
		    text[i] == 0x7f)
			return false;
	return true;
}

/* Those that say how long the message is, and when. */
static bool
reply_is_ours(struct wi_http_text name)
{
	return wi_http_is_word(name, "content-length") ||
	    wi_http_is_word(name, "transfer-encoding") ||
	    wi_http_is_word(name, "connection") ||
	    wi_http_is_word(name, "date");
}

/* Lines "name: value", each with its end: nothing that a stranger's text may
 * have brought in ends one of them early. */
static bool
reply_are_fields(const char *fields)
{
	const char *end, *colon;

	for (; *fields != '\0'; fields = end + 2) {
		end = strstr(fields, "\r\n");
		colon = strchr(fields, ':');
		if (end == NULL || colon == NULL || colon == fields ||
		    colon > end ||
		    !reply_is_value(fields, (size_t)(end - fields)) ||
		    memchr(fields, ' ', (size_t)(colon - fields)) != NULL ||
		    memchr(fields, '\t', (size_t)(colon - fields)) != NULL ||
		    reply_is_ours((struct wi_http_text){
			fields, (size_t)(colon - fields) }))
			return false;
	}
	return true;
}

/* With the status that is meant; false: it cannot be said. */
static bool
reply_fill(struct weft_http_response *response)
{
	if (response->status == 0)
		response->status = 200;
	return response->status >= 200 && response->status <= 599 &&
	    (response->type == NULL ||
		reply_is_value(response->type, strlen(response->type))) &&
	    (response->fields == NULL || reply_are_fields(response->fields));
}

static struct wi_reply
reply_of(const struct weft_http_id *id,
    const struct weft_http_response *response, uint64_t flags)
{
	struct wi_reply reply = { .to = id->from.id,
		.key = wi_answer_number(id->id) | flags,
		.id = id,
		.response = response,
		.lasts = (id->id & WI_HTTP_ID_CLOSE) == 0,
		.length = WEFT_HTTP_UNKNOWN };

	if (response != NULL)
		reply.size = WI_REPLY_HEAD +
		    (response->type == NULL ? 0 : strlen(response->type)) +
		    (response->fields == NULL ? 0 : strlen(response->fields));
	return reply;
}

/* The last chunk's key: the connection goes on, or not. */
static void
reply_last(struct wi_reply *reply)
{
	reply->key |= WI_ANSWER_LAST;
	if (!reply->lasts)
		reply->key |= WI_ANSWER_CLOSE;
}

/* ---- the doors of the room */

int
wi_http_respond(struct wi_hub *hub, const struct weft_http_id *id,
    const struct weft_http_response *given)
{
	struct weft_http_response response = *given;
	struct wi_reply reply;

	if (!reply_fill(&response))
		return -EINVAL;
	reply = reply_of(id, &response, 0);
	reply.length = response.body.len;
	if ((id->id & WI_HTTP_ID_HEAD) == 0 &&
	    wi_reply_has_body(response.status))
		reply.body = response.body;
	reply.size += reply.body.len;
	reply_last(&reply);
	return wi_reply_send(hub, &reply);
}

static int
reply_begin(struct wi_hub *hub, struct weft_http_id *id,
    const struct weft_http_response *given)
{
	struct weft_http_response response = *given;
	struct weft_http_id begun = *id;
	struct wi_reply reply;
	int rv;

	if (!reply_fill(&response) || !wi_reply_has_body(response.status))
		return -EINVAL;
	/* RFC 9112, section 6.3: one of HTTP/1.0 ends with its connection. */
	if (response.length == WEFT_HTTP_UNKNOWN)
		begun.id |= (id->id & WI_HTTP_ID_OLD) != 0 ? WI_HTTP_ID_CLOSE :
							     WI_HTTP_ID_CHUNKS;
	begun.left = response.length;
	reply = reply_of(&begun, &response, 0);
	reply.length = response.length;
	reply.chunked = (begun.id & WI_HTTP_ID_CHUNKS) != 0;
	rv = wi_reply_send(hub, &reply);
	if (rv == WEFT_OK)
		*id = begun;
	return rv;
}

static int
reply_piece(
    struct wi_hub *hub, struct weft_http_id *id, struct weft_bytes piece)
{
	struct wi_reply reply = reply_of(id, NULL, 0);
	int rv = WEFT_OK;

	if (id->left != WEFT_HTTP_UNKNOWN && piece.len > id->left)
		return -EINVAL;
	reply.body = piece;
	reply.chunked = (id->id & WI_HTTP_ID_CHUNKS) != 0;
	reply.size = piece.len + WI_REPLY_CHUNK + 2;
	if (piece.len > 0 && (id->id & WI_HTTP_ID_HEAD) == 0)
		rv = wi_reply_send(hub, &reply);
	if (rv == WEFT_OK && id->left != WEFT_HTTP_UNKNOWN)
		id->left -= piece.len;
	return rv;
}

static int
reply_end(struct wi_hub *hub, const struct weft_http_id *id)
{
	struct wi_reply reply = reply_of(id, NULL, 0);

	if ((id->id & WI_HTTP_ID_HEAD) == 0 && id->left != WEFT_HTTP_UNKNOWN &&
	    id->left > 0)
		return weft_node_abort(hub->node, id->from);
	reply.over = (id->id & WI_HTTP_ID_CHUNKS) != 0 &&
	    (id->id & WI_HTTP_ID_HEAD) == 0;
	reply.size = WI_REPLY_CHUNK;
	reply_last(&reply);
	return wi_reply_send(hub, &reply);
}

/* ---- the public doors: the request at hand */

/* What it is called; false: none is at hand, or it was replied to. */
static bool
reply_at_hand(const struct weft_call *call, struct weft_http_id *id)
{
	if (call->http == NULL || call->http->replied)
		return false;
	id->from = weft_call_endpoint(call);
	id->id = call->http->id;
	id->left = 0;
	return true;
}

int
weft_http_defer(struct weft_call *call, struct weft_http_id *id)
{
	if (!reply_at_hand(call, id))
		return WEFT_ESTATE;
	call->http->deferred = true;
	return WEFT_OK;
}

int
weft_http_respond(struct weft_call *call, const struct weft_http_id *id,
    const struct weft_http_response *response)
{
	struct weft_http_id at_hand;
	int rv;

	if (id != NULL)
		return wi_http_respond(call->worker->hub, id, response);
	if (!reply_at_hand(call, &at_hand))
		return WEFT_ESTATE;
	rv = wi_http_respond(call->worker->hub, &at_hand, response);
	call->http->replied = rv == WEFT_OK;
	return rv;
}

int
weft_http_reply(struct weft_call *call, unsigned status, const char *type,
    struct weft_bytes body)
{
	const struct weft_http_response response = {
		.status = status, .type = type, .body = body
	};

	return status == 0 ? -EINVAL :
			     weft_http_respond(call, NULL, &response);
}

int
wi_http_message(
    struct weft_call *call, uint64_t to, struct weft_bytes msg, uint32_t flags)
{
	if (call == NULL || call->http == NULL || call->http->route != NULL ||
	    call->endpoint->name != to)
		return WEFT_ESTATE;
	return weft_http_reply(call, 200,
	    (flags & WEFT_TEXT) != 0 ? "text/plain; charset=utf-8" :
				       "application/octet-stream",
	    msg);
}

int
weft_http_events(struct weft_call *call, const char *filter)
{
	const struct weft_http_response response = { .status = 200,
		.type = "text/event-stream",
		.fields = "Cache-Control: no-store\r\n" };
	struct weft_http_id id;
	struct wi_reply reply;
	int rv = WEFT_OK;

	if (!reply_at_hand(call, &id) || call->worker != wi_worker_current)
		return WEFT_ESTATE;
	if (filter != NULL)
		rv = weft_filter_check(filter, NULL);
	if (rv < 0)
		return rv;
	/* Who does not know chunks, or wants no body, gets what there is now:
	 * nothing. */
	if ((id.id & (WI_HTTP_ID_OLD | WI_HTTP_ID_HEAD)) != 0)
		return weft_http_respond(call, NULL, &response);
	reply = reply_of(&id, &response, WI_ANSWER_EVENTS);
	reply.chunked = true;
	reply.lasts = true;
	rv = wi_reply_send(call->worker->hub, &reply);
	if (rv < 0)
		return rv;
	call->http->replied = true;
	/* What others send from here on is an event; it is dropped if it
	 * overtakes the head. */
	__atomic_store_n(
	    &call->endpoint->codec, &wi_codec_http_events, __ATOMIC_RELAXED);
	return filter == NULL ?
	    WEFT_OK :
	    weft_subscribe(call, weft_call_endpoint(call), filter);
}

/* ---- the public doors: any request */

int
weft_http_begin(struct weft_call *call, struct weft_http_id *id,
    const struct weft_http_response *response)
{
	return reply_begin(call->worker->hub, id, response);
}

int
weft_http_write(
    struct weft_call *call, struct weft_http_id *id, struct weft_bytes piece)
{
	return reply_piece(call->worker->hub, id, piece);
}

int
weft_http_end(struct weft_call *call, const struct weft_http_id *id)
{
	return reply_end(call->worker->hub, id);
}

int
weft_node_http_respond(struct weft_node *node, const struct weft_http_id *id,
    const struct weft_http_response *response)
{
	return wi_http_respond(wi_node_hub(node), id, response);
}

int
weft_node_http_begin(struct weft_node *node, struct weft_http_id *id,
    const struct weft_http_response *response)
{
	return reply_begin(wi_node_hub(node), id, response);
}

int
weft_node_http_write(
    struct weft_node *node, struct weft_http_id *id, struct weft_bytes piece)
{
	return reply_piece(wi_node_hub(node), id, piece);
}

int
weft_node_http_end(struct weft_node *node, const struct weft_http_id *id)
{
	return reply_end(wi_node_hub(node), id);
}
