/* SPDX-License-Identifier: Apache-2.0 */
/*
 * board - a notice board over HTTP: who posts on a board is heard by all pages
 * that look at it, at once.
 */
#include <weft/weft.h>

#include <stdio.h>
#include <string.h>

/* "boards/NAME"; false: that is no topic. */
static bool
board_topic(struct weft_call *call, char *out, size_t size)
{
	struct weft_bytes name;

	if (weft_http_param(call, "name", &name) < 0)
		return false;
	(void)snprintf(
	    out, size, "boards/%.*s", (int)name.len, (const char *)name.data);
	return weft_topic_check(out, NULL) == WEFT_OK;
}

static void
board_help(struct weft_call *call, const struct weft_http_request *request,
    struct weft_bytes body)
{
	static const char help[] =
	    "This is a notice board: post a text here to pin it up, and get "
	    "the events of this path to read all.\n";

	(void)request;
	(void)body;
	weft_http_reply(call, 200, "text/plain; charset=utf-8",
	    (struct weft_bytes){ help, strlen(help) });
}

static void
board_post(struct weft_call *call, const struct weft_http_request *request,
    struct weft_bytes body)
{
	char topic[128];
	unsigned status = 404;

	(void)request;
	if (board_topic(call, topic, sizeof(topic)))
		status =
		    weft_publish(call, topic, body) == WEFT_OK ? 204 : 503;
	weft_http_reply(call, status, NULL, (struct weft_bytes){ NULL, 0 });
}

static void
board_events(struct weft_call *call, const struct weft_http_request *request,
    struct weft_bytes body)
{
	char topic[128];

	(void)request;
	(void)body;
	if (board_topic(call, topic, sizeof(topic)))
		weft_http_events(call, topic);
	else
		weft_http_reply(
		    call, 404, NULL, (struct weft_bytes){ NULL, 0 });
}

static const struct weft_route routes[] = {
	WEFT_ROUTE("GET", "/boards/{name}", board_help),
	WEFT_ROUTE("POST", "/boards/{name}", board_post),
	WEFT_ROUTE("GET", "/boards/{name}/events", board_events),
	WEFT_ROUTE_END,
};

WEFT_PLUGIN(.name = "board", .routes = routes);
