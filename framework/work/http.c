/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/http - requests of http:// become calls of a route's function, or of
 * message().
 *
 * thread: the worker.  The head was looked at on the I/O thread, for its end
 * and its body; here it is taken apart.
 */
#include "work/http.h"

#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "codec/http.h"
#include "codec/http_path.h"
#include "handoff/finish.h"
#include "work/node_hub.h"
#include "work/quarantine.h"
#include "work/typed.h"

#define HTTP_ALLOW_MAX 128u /* [bytes] of an allow field */

static struct weft_bytes
http_bytes(struct wi_http_text text)
{
	return (struct weft_bytes){ text.at, text.len };
}

void
wi_http_request_of(
    const struct wi_http_head *head, struct weft_http_request *request)
{
	struct wi_http_text path = wi_http_path(head->target);
	const char *end = head->target.at + head->target.len;
	const char *query = path.at + path.len;

	request->method = http_bytes(head->method);
	request->target = http_bytes(head->target);
	/* RFC 9110, section 4.2.3. */
	request->path =
	    path.len > 0 ? http_bytes(path) : (struct weft_bytes){ "/", 1 };
	request->query = (struct weft_bytes){ NULL, 0 };
	if (query < end)
		request->query = (struct weft_bytes){ query + 1,
			(size_t)(end - query) - 1 };
}

/* ---- routes */

static bool
http_is_method(const struct wi_http_call *http, const char *method)
{
	return wi_http_is(http->head.method, method) ||
	    strcmp(method, "*") == 0 ||
	    ((http->id & WI_HTTP_ID_HEAD) != 0 && strcmp(method, "GET") == 0);
}

/* Its route; allow: which methods there are for the path, "" for none. */
static const struct weft_route *
http_find(const struct wi_http_call *http, const struct weft_route *route,
    char allow[HTTP_ALLOW_MAX])
{
	struct wi_http_text none;
	size_t used;

	allow[0] = '\0';
	for (; route->path != NULL; route++) {
		if (!wi_http_route_fits(route->path, http->path, NULL, &none))
			continue;
		if (http_is_method(http, route->method))
			return route;
		used = strlen(allow);
		if (used + strlen(route->method) + 3 < HTTP_ALLOW_MAX) {
			if (used > 0)
				(void)strcat(allow, ", ");
			(void)strcat(allow, route->method);
		}
	}
	return NULL;
}

/* ---- what is answered without a handler */

void
wi_http_answer(struct weft_call *call, unsigned status, const char *fields)
{
	const struct weft_http_response response = { .status = status,
		.fields = fields };

	/* Without any reply the next request would wait for ever. */
	if (weft_http_respond(call, NULL, &response) < 0)
		(void)weft_abort(call, weft_call_endpoint(call));
}

/* RFC 9110, sections 15.5.6 and 9.3.7. */
WI_ON_WORKER static void
http_wrong_method(struct weft_call *call, const char *allow)
{
	char fields[HTTP_ALLOW_MAX + 16];

	(void)strcpy(fields, "Allow: ");
	(void)strcat(fields, allow);
	(void)strcat(fields, "\r\n");
	wi_http_answer(call,
	    wi_http_is(call->http->head.method, "OPTIONS") ? 204 : 405,
	    fields);
}

/* Its function has returned, and neither replied nor deferred. */
void
wi_http_no_reply(struct weft_call *call)
{
	const struct wi_http_call *http = call->http;
	struct wi_hub *hub = call->worker->hub;
	char peer[128];

	if (http->route == NULL) {
		wi_http_answer(call, 204, NULL);
		return;
	}
	wi_assert_worker();
	wi_node_peer(hub->node, call->endpoint, peer, sizeof(peer));
	wi_log_say(hub->log, WI_LOG_WORK_NO_REPLY,
	    "%s: %s: %s %s: expected a reply, or weft_http_defer(), found "
	    "neither; answered 500",
	    peer, call->plugin->name, http->route->method, http->route->path);
	wi_http_answer(call, 500, NULL);
}

/* ---- a run */

/* One that takes pieces gets a body that has come whole as one. */
WI_ON_WORKER static void
http_run_found(struct weft_call *call)
{
	struct wi_http_call *http = call->http;
	const struct weft_bytes none = { NULL, 0 };

	wi_doing_type(&call->worker->station->doing, http->route->path);
	if (http->route->piece == NULL) {
		http->route->function(call, &http->request, http->body);
		return;
	}
	http->route->function(call, &http->request, none);
	if (!http->replied && !http->deferred)
		http->route->piece(call, http->body, true);
}

/* part: msg is the head, and the body comes in pieces. */
WI_ON_WORKER static void
http_run_route(struct weft_call *call, struct weft_bytes msg, bool part)
{
	struct wi_http_call *http = call->http;
	char allow[HTTP_ALLOW_MAX];

	http->route = http_find(http, call->plugin->api->routes, allow);
	if (http->route != NULL && part)
		wi_http_expect(call, msg);
	else if (http->route != NULL)
		http_run_found(call);
	else if (allow[0] != '\0')
		http_wrong_method(call, allow);
	else
		wi_http_answer(call, 404, NULL);
}

WI_ON_WORKER static void
http_run_message(struct wi_run *run)
{
	struct wi_http_call *http = run->call.http;

	if (!wi_http_is(http->head.method, "POST") &&
	    !wi_http_is(http->head.method, "PUT"))
		http_wrong_method(&run->call, "POST, PUT");
	else
		wi_run_message(run, http->body,
		    wi_typed(run->call.plugin,
			wi_endpoint_codec(run->call.endpoint)));
}

/* What the connection is to be after it (RFC 9112, section 9.3). */
static uint64_t
http_id(const struct wi_http_head *head, uint32_t flags)
{
	uint64_t id = flags >> WI_HTTP_NUMBER_SHIFT;

	if (wi_http_is(head->method, "HEAD"))
		id |= WI_HTTP_ID_HEAD;
	if (head->minor == 0)
		id |= WI_HTTP_ID_OLD;
	if (wi_http_has_token(head, "connection", "close") ||
	    (head->minor == 0 &&
		!wi_http_has_token(head, "connection", "keep-alive")))
		id |= WI_HTTP_ID_CLOSE;
	return id;
}

/* false: it is none, which the I/O thread has seen to. */
WI_ON_WORKER static bool
http_take_apart(
    struct wi_http_call *http, struct weft_bytes msg, uint32_t flags)
{
	const uint8_t *bytes = msg.data;
	uint32_t looked = 0;
	const char *why;
	size_t head = wi_http_head_end(bytes, msg.len, &looked);

	if (head == 0 ||
	    wi_http_head_parse(bytes, head, true, &http->head, &why) != 0)
		return false;
	http->id = http_id(&http->head, flags);
	wi_http_request_of(&http->head, &http->request);
	http->path = (struct wi_http_text){ http->request.path.data,
		http->request.path.len };
	http->body = (struct weft_bytes){ bytes + head, msg.len - head };
	http->route = NULL;
	http->replied = false;
	http->deferred = false;
	return true;
}

void
wi_http_run(
    struct wi_run *run, struct weft_bytes msg, uint32_t flags, bool late)
{
	struct weft_call *call = &run->call;
	struct wi_worker *worker = call->worker;
	struct wi_arena_mark mark = wi_arena_mark(&worker->arena);
	const bool part = (flags & WI_HTTP_PART) != 0;
	struct wi_http_call http;

	if ((flags & WI_HTTP_PIECE) != 0) {
		wi_http_piece(run, msg, flags);
		return;
	}
	if (wi_run_quarantined(run, msg))
		return;
	if (!http_take_apart(&http, msg, flags)) {
		(void)weft_abort(call, weft_call_endpoint(call));
		return;
	}
	call->http = &http;
	wi_run_begin(run, WI_CALLBACK_message, msg);
	if (late)
		wi_http_answer(call, 503, NULL);
	else if (call->plugin->api->routes != NULL)
		http_run_route(call, msg, part);
	else if (call->plugin->api->message != NULL ||
	    call->plugin->ntypes != 0)
		http_run_message(run);
	else
		wi_http_answer(call, 404, NULL);
	if (!http.replied && !http.deferred && !part &&
	    !wi_finish_muted(call->endpoint))
		wi_http_no_reply(call);
	wi_run_end(run);
	call->http = NULL;
	wi_arena_release(&worker->arena, mark);
}

/* ---- what a function can ask */

/* The text decoded, in the worker's arena. */
WI_ON_WORKER static int
http_decoded(struct wi_worker *worker, struct wi_http_text text, bool plus,
    struct weft_bytes *value)
{
	size_t size = 0;
	uint8_t *out = wi_arena_room(&worker->arena, &size);

	if (out == NULL)
		return -ENOMEM;
	if (text.len > size) {
		out = wi_arena_giant(&worker->arena, text.len);
		if (out == NULL)
			return -ENOMEM;
		size = 0;
	}
	value->len = wi_http_decode((char *)out, text, plus);
	value->data = out;
	if (size > 0)
		wi_arena_keep(&worker->arena, (value->len + 15u) & ~15u);
	return WEFT_OK;
}

int
weft_http_param(
    struct weft_call *call, const char *name, struct weft_bytes *value)
{
	const struct wi_http_call *http = call->http;
	struct wi_http_text text;

	*value = (struct weft_bytes){ NULL, 0 };
	if (call->worker != wi_worker_current || http == NULL ||
	    http->route == NULL)
		return WEFT_ESTATE;
	wi_assert_worker();
	(void)wi_http_route_fits(http->route->path, http->path, name, &text);
	if (text.at == NULL)
		return -ENOENT;
	return http_decoded(call->worker, text, false, value);
}

int
weft_http_query(
    struct weft_call *call, const char *name, struct weft_bytes *value)
{
	const struct wi_http_call *http = call->http;
	struct wi_http_text query, text;

	*value = (struct weft_bytes){ NULL, 0 };
	if (call->worker != wi_worker_current || http == NULL)
		return WEFT_ESTATE;
	wi_assert_worker();
	query = (struct wi_http_text){ http->request.query.data,
		http->request.query.len };
	if (!wi_http_query_find(query, name, &text))
		return -ENOENT;
	return http_decoded(call->worker, text, true, value);
}
