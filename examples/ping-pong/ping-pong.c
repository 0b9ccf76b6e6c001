/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ping-pong: a server and a client, over any transport: only the URL differs.
 *
 *	build/examples/ping-pong/ping-pong server tcp+varint://127.0.0.1:3005
 *	build/examples/ping-pong/ping-pong client tcp+varint://127.0.0.1:3005 3
 *
 * and the same with tcp://, udp://127.0.0.1:3005 or unix+line:///tmp/ping.sock
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/weft.h>

static int left; /* pings that the client still sends; its one endpoint's */

static void
say(struct weft_call *call, weft_endpoint to, const char *word)
{
	weft_send(call, to, (struct weft_bytes){ word, strlen(word) });
}

static void
server_message(
    struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	printf("server: %.*s\n", (int)msg.len, (const char *)msg.data);
	say(call, from, "pong");
}

static void
client_opened(struct weft_call *call, weft_endpoint to)
{
	say(call, to, "ping");
}

static void
client_message(
    struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	printf("client: %.*s\n", (int)msg.len, (const char *)msg.data);
	if (--left > 0)
		say(call, from, "ping");
	else
		weft_close(call, from);
}

static void
client_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	(void)from;
	printf("client: closed, %s\n", weft_reason_name(why));
	weft_node_stop(weft_call_node(call));
}

static const struct weft_plugin server =
    WEFT_PLUGIN_INIT(.name = "server", .message = server_message);
static const struct weft_plugin client =
    WEFT_PLUGIN_INIT(.name = "client", .opened = client_opened,
	.message = client_message, .closed = client_closed);

int
main(int argc, char **argv)
{
	struct weft_options options = WEFT_OPTIONS_INIT;
	int is_server = argc > 2 && strcmp(argv[1], "server") == 0;
	struct weft_bound bound = { .url = "" };
	struct weft_error err = { 0 };
	struct weft_node *node = NULL;
	weft_endpoint to;
	int rv;

	if (argc < 3)
		return fprintf(stderr, "ping-pong server|client URL [N]\n"), 2;
	left = argc > 3 ? atoi(argv[3]) : 3;
	options.signals = 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	rv = weft_node_new(&node, &options, &err);
	if (rv == 0)
		rv = weft_node_add(
		    node, is_server ? &server : &client, NULL, &err);
	if (rv == 0 && is_server)
		rv = weft_node_listen(node, argv[2], "server", &bound, &err);
	else if (rv == 0)
		rv = weft_node_connect(node, argv[2], "client", &to, &err);
	if (rv == 0 && is_server)
		printf("server: listening %s\n", bound.url);
	if (rv == 0)
		rv = weft_node_run(node, &err);
	if (rv < 0)
		fprintf(stderr, "ping-pong: %s\n", err.text);
	weft_node_free(&node);
	return rv < 0;
}
