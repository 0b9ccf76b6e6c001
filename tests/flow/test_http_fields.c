/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_http_fields.c - what a plugin may say in the head of a
 * reply, and what it may not.
 */
#include "flow.h"

#include <errno.h>

#include "http_client.h"

static struct weft_bytes
bytes(const char *text)
{
	return (struct weft_bytes){ text, strlen(text) };
}

/* Texts that a stranger may have brought are not let out of their place. */
static void
split(struct weft_call *call, const struct weft_http_request *request,
    struct weft_bytes body)
{
	static const char *const fields[] = { "a: b", "a: b\n", "a\r\n",
		": b\r\n", "a: b\r\nc\r\n", "a : b\r\n", "a: b\r\n\r\n",
		"content-Length: 3\r\n", "Connection: close\r\n",
		"transfer-encoding: chunked\r\n", "date: x\r\n", "a: b\rc\r\n",
		"a: \x01\r\n" };
	struct weft_http_response response = { .status = 200 };
	size_t i;

	(void)request;
	(void)body;
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		response.fields = fields[i];
		ck_assert_msg(
		    weft_http_respond(call, NULL, &response) == -EINVAL, "%s",
		    fields[i]);
	}
	ck_assert_int_eq(
	    weft_http_reply(call, 200, "a\r\nb: c", body), -EINVAL);
	ck_assert_int_eq(weft_http_reply(call, 199, NULL, body), -EINVAL);
	ck_assert_int_eq(weft_http_reply(call, 600, NULL, body), -EINVAL);
	response.fields = "X-One: 1\r\nX-Two:\r\n";
	response.type = "text/html";
	response.body = bytes("ok");
	ck_assert_int_eq(weft_http_respond(call, NULL, &response), WEFT_OK);
}

static const struct weft_route routes[] = {
	WEFT_ROUTE("*", "/split", split),
	WEFT_ROUTE_END,
};

static const struct weft_plugin server =
    WEFT_PLUGIN_INIT(.name = "server", .routes = routes);

START_TEST(fields_are_not_split)
{
	struct flow_client *client;
	char head[1024], ok[3] = "";
	struct flow *flow = flow_new();

	flow_start(flow, HTTP_URL, &server);
	client = flow_client_new(&flow->bound[0]);
	http_get(client, "/split");
	ck_assert_uint_eq(http_head(client, head, sizeof(head)), 200);
	ck_assert_ptr_nonnull(strstr(head, "\r\nX-One: 1\r\nX-Two:\r\n"));
	ck_assert_ptr_nonnull(strstr(head, "\r\nContent-Type: text/html\r\n"));
	flow_read(client, ok, 2);
	ck_assert_str_eq(ok, "ok");
	flow_client_free(&client);
	flow_end(&flow);
}
END_TEST

FLOW_MAIN("http_fields", fields_are_not_split)
