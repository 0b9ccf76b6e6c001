/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/web - what endpoints of ws:// have besides messages.
 *
 * thread: the worker that runs the handler.
 */
#include <errno.h>
#include <string.h>

#include <weft/web.h>

#include "base/assert.h"
#include "codec/http_head.h"
#include "codec/ws.h"
#include "handoff/hello.h"
#include "work/close.h"
#include "work/http.h"
#include "work/send.h"
#include "work/worker.h"

#define WEB_TEXT_MAX 123u /* [bytes] RFC 6455, section 5.5 */

bool
weft_call_is_text(const struct weft_call *call)
{
	return (call->flags & WEFT_TEXT) != 0;
}

uint32_t
weft_call_status(const struct weft_call *call)
{
	return call->status;
}

int
weft_send_text(struct weft_call *call, weft_endpoint to, struct weft_bytes msg)
{
	if (call->worker != wi_worker_current)
		return wi_send_foreign_text(call->worker->hub, to.id, msg);
	wi_assert_worker();
	return wi_send_text(call->worker, to.id, msg);
}

/* The head of what the handshake has brought, or of the request at hand;
 * NULL: none.  there: room for it. */
static const struct wi_http_head *
web_head(
    const struct weft_call *call, bool *request, struct wi_http_head *there)
{
	const struct wi_hello *hello = call->hello;
	const char *why;

	*request = true;
	if (call->http != NULL)
		return &call->http->head;
	if (hello == NULL || hello->len == 0)
		return NULL;
	*request = hello->len < 5 || memcmp(hello->bytes, "HTTP/", 5) != 0;
	return wi_http_head_parse(
		   hello->bytes, hello->len, *request, there, &why) == 0 ?
	    there :
	    NULL;
}

static struct weft_bytes
web_bytes(struct wi_http_text text)
{
	return (struct weft_bytes){ text.at, text.len };
}

int
weft_call_http_request(
    const struct weft_call *call, struct weft_http_request *request)
{
	const struct wi_http_head *head;
	struct wi_http_head there;
	bool is_request;

	memset(request, 0, sizeof(*request));
	head = web_head(call, &is_request, &there);
	if (head == NULL || !is_request)
		return WEFT_ESTATE;
	wi_http_request_of(head, request);
	return WEFT_OK;
}

int
weft_call_http_field(
    const struct weft_call *call, const char *name, struct weft_bytes *value)
{
	const struct wi_http_field *field;
	const struct wi_http_head *head;
	struct wi_http_head there;
	bool is_request;
	unsigned n;

	*value = (struct weft_bytes){ NULL, 0 };
	head = web_head(call, &is_request, &there);
	if (head == NULL)
		return WEFT_ESTATE;
	field = wi_http_head_find(head, name, &n);
	if (field == NULL)
		return -ENOENT;
	*value = web_bytes(field->value);
	return WEFT_OK;
}

int
weft_call_http_protocol(
    const struct weft_call *call, struct weft_bytes *protocol)
{
	const struct wi_http_field *field;
	const struct wi_http_head *head;
	struct wi_http_head there;
	bool is_request;
	unsigned n;

	*protocol = (struct weft_bytes){ NULL, 0 };
	head = call->http != NULL ? NULL : web_head(call, &is_request, &there);
	if (head == NULL)
		return WEFT_ESTATE;
	field = wi_http_head_find(head, "sec-websocket-protocol", &n);
	if (is_request)
		*protocol = web_bytes(wi_ws_choose(
		    head, call->endpoint->limits->place.protocols));
	else if (field != NULL)
		*protocol = web_bytes(field->value);
	return WEFT_OK;
}

int
weft_close_status(struct weft_call *call, weft_endpoint endpoint,
    uint32_t status, const char *text)
{
	uint8_t words[2 + WEB_TEXT_MAX];
	size_t len = text == NULL ? 0 : strlen(text);

	if (!wi_ws_status_valid(status) || len > WEB_TEXT_MAX)
		return -EINVAL;
	words[0] = (uint8_t)(status >> 8);
	words[1] = (uint8_t)status;
	if (len > 0)
		memcpy(words + 2, text, len);
	return wi_close_with(
	    call, endpoint, (struct weft_bytes){ words, 2 + len });
}
