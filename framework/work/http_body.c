/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/http_body - bodies that come in pieces (wi_codec_http_stream).
 *
 * thread: the worker that runs the endpoint's strand.
 *
 * A route that takes pieces gets them.  For one that does not they are
 * gathered behind their head, up to max_message, and run as a request that
 * has come whole.
 *
 * routes_note: while a body comes another version of the plugin may take over
 * (weft/reload.h).  Then it goes on at the route of that version with the same
 * method and path.  The table of the version before stays until that is found
 * (base/code.h).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/code.h"
#include "codec/http.h"
#include "handoff/finish.h"
#include "work/http.h"
#include "work/quarantine.h"

/* owned by: the endpoint; NULL: what comes is dropped. */
struct wi_http_body {
	const struct weft_route *route;  /* one of routes: see routes_note */
	const struct weft_route *routes; /* the plugin's */
	uint64_t id;
	bool deferred;
	bool gathers;
	size_t max; /* [bytes] that may be gathered */
	size_t len;
	size_t capacity;
	uint8_t *bytes; /* the head, and behind it the body */
};

/* Where an endpoint has its own. */
static struct wi_http_body **
body_place(struct wi_hub *hub, const struct wi_endpoint *endpoint)
{
	struct wi_endpoint_more *more = wi_slots_at(
	    &hub->slots, WI_ENDPOINT_MORE, wi_endpoint_slot(endpoint));

	return &more->body;
}

static void
body_free(struct wi_http_body *body)
{
	wi_code_unuse(body->route);
	free(body->bytes);
	free(body);
}

void
wi_http_forget(struct wi_hub *hub, const struct wi_endpoint *endpoint)
{
	struct wi_http_body **body;

	if (!wi_codec_is_http(wi_endpoint_codec(endpoint)))
		return;
	body = body_place(hub, endpoint);
	if (*body == NULL)
		return;
	body_free(*body);
	*body = NULL;
}

WI_ON_WORKER static struct wi_http_body **
body_of(const struct weft_call *call)
{
	return body_place(call->worker->hub, call->endpoint);
}

WI_ON_WORKER static void
body_forget(const struct weft_call *call)
{
	wi_http_forget(call->worker->hub, call->endpoint);
}

/* false: it is longer than may be (413), or there is no memory (503). */
static bool
body_add(struct wi_http_body *body, struct weft_bytes piece, unsigned *status)
{
	size_t capacity = body->capacity;
	uint8_t *grown;

	*status = 413;
	if (piece.len > body->max - body->len)
		return false;
	if (piece.len > capacity - body->len) {
		capacity = 2 * (body->len + piece.len);
		*status = 503;
		grown = realloc(body->bytes, capacity);
		if (grown == NULL)
			return false;
		body->bytes = grown;
		body->capacity = capacity;
	}
	if (piece.len > 0)
		memcpy(body->bytes + body->len, piece.data, piece.len);
	body->len += piece.len;
	return true;
}

/* It is not wanted: the connection is not kept for it (RFC 9110, 15.5.14). */
WI_ON_WORKER static void
body_refuse(struct weft_call *call, unsigned status)
{
	call->http->id |= WI_HTTP_ID_CLOSE;
	wi_http_answer(call, status, NULL);
	body_forget(call);
}

static struct wi_http_body *
body_new(const struct weft_call *call)
{
	struct wi_http_body *body = calloc(1, sizeof(*body));

	if (body == NULL)
		return NULL;
	body->route = call->http->route;
	body->routes = call->plugin->api->routes;
	wi_code_use(body->route);
	body->id = call->http->id;
	body->gathers = body->route->piece == NULL;
	body->max = call->endpoint->limits->max_message - WI_HTTP_HEAD_MAX +
	    call->http->head.len;
	return body;
}

void
wi_http_expect(struct weft_call *call, struct weft_bytes msg)
{
	const struct weft_bytes none = { NULL, 0 };
	struct wi_http_call *http = call->http;
	struct wi_http_body *body;
	unsigned status = 413;

	body_forget(call);
	body = body_new(call);
	if (body == NULL) {
		body_refuse(call, 503);
		return;
	}
	*body_of(call) = body;
	if (!body->gathers) {
		http->route->function(call, &http->request, none);
		body->deferred = http->deferred;
		if (http->replied)
			body_forget(call);
	} else if (http->head.length > body->max - http->head.len ||
	    !body_add(body, msg, &status)) {
		body_refuse(call, status);
	}
}

/* One for the route's function. */
WI_ON_WORKER static void
body_give(struct wi_run *run, struct weft_bytes piece, bool last)
{
	struct weft_call *call = &run->call;
	struct wi_http_body *body = *body_of(call);

	if (wi_run_quarantined(run, piece)) {
		body_forget(call);
		return;
	}
	wi_run_begin(run, WI_CALLBACK_message, piece);
	wi_doing_type(&call->worker->station->doing, body->route->path);
	body->route->piece(call, piece, last);
	body->deferred = call->http->deferred;
	if (last && !call->http->replied && !call->http->deferred &&
	    !wi_finish_muted(call->endpoint))
		wi_http_no_reply(call);
	wi_run_end(run);
	if (last || call->http->replied)
		body_forget(call);
}

/* All of it is there. */
WI_ON_WORKER static void
body_run(struct wi_run *run, uint32_t flags)
{
	struct wi_http_body *body = *body_of(&run->call);
	struct weft_bytes whole = { body->bytes, body->len };

	/* Its function may look for what is not there any more. */
	*body_of(&run->call) = NULL;
	run->call.http = NULL;
	wi_http_run(
	    run, whole, flags & ~(WI_HTTP_PIECE | WI_HTTP_LAST), false);
	body_free(body);
}

/* See routes_note.  false: there is none any more. */
WI_ON_WORKER static bool
body_find_route(const struct weft_call *call, struct wi_http_body *body)
{
	const struct weft_route *route = call->plugin->api->routes;

	if (route == body->routes)
		return true;
	for (; route != NULL && route->path != NULL; route++)
		if (strcmp(route->path, body->route->path) == 0 &&
		    strcmp(route->method, body->route->method) == 0 &&
		    (route->piece == NULL) == body->gathers)
			break;
	if (route == NULL || route->path == NULL)
		return false;
	wi_code_use(route);
	wi_code_unuse(body->route);
	body->route = route;
	body->routes = call->plugin->api->routes;
	return true;
}

void
wi_http_piece(struct wi_run *run, struct weft_bytes piece, uint32_t flags)
{
	struct weft_call *call = &run->call;
	struct wi_http_body *body = *body_of(call);
	const bool last = (flags & WI_HTTP_LAST) != 0;
	struct wi_http_call http;
	unsigned status;

	if (body == NULL)
		return;
	if (!body_find_route(call, body)) {
		body_forget(call);
		(void)weft_abort(call, weft_call_endpoint(call));
		return;
	}
	memset(&http.head, 0, offsetof(struct wi_http_head, fields));
	memset(&http.request, 0, sizeof(http.request));
	http.path = (struct wi_http_text){ "", 0 };
	http.body = piece;
	http.route = body->route;
	http.id = body->id;
	http.replied = false;
	http.deferred = body->deferred;
	call->http = &http;
	if (!body->gathers)
		body_give(run, piece, last);
	else if (!body_add(body, piece, &status))
		body_refuse(call, status);
	else if (last)
		body_run(run, flags);
	call->http = NULL;
}
