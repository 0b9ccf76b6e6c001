/* SPDX-License-Identifier: Apache-2.0 */
/*
 * discovery, a participant: registers, then talks directly to the others.
 *
 *	build/examples/discovery/participant alice tcp+line://127.0.0.1:5000
 *
 * Two plugins in one node: "registry" has the connection to the server,
 * "friend" what goes on between participants, whoever connected.
 */
#include <stdio.h>
#include <string.h>

#include <weft/weft.h>

static const char *name;
static struct weft_bound mine; /* where friends find us */

static void
say(struct weft_call *call, weft_endpoint to, const char *word,
    const char *more)
{
	char line[400];
	int len = snprintf(line, sizeof(line), "%s %s %s", word, name, more);

	weft_send(call, to, (struct weft_bytes){ line, (size_t)len });
}

static void
registry_opened(struct weft_call *call, weft_endpoint server)
{
	say(call, server, "JOIN", mine.url);
}

/* Friends are another plugin's: hence weft_node_connect(). */
static void
registry_message(
    struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	char line[200] = "", other[32], url[128];
	struct weft_error err;
	weft_endpoint to;

	(void)from;
	memcpy(line, msg.data, msg.len < 199 ? msg.len : 199);
	if (sscanf(line, "LEFT %31s", other) == 1)
		printf("%s: %s has left\n", name, other);
	if (sscanf(line, "HERE %31s %127s", other, url) != 2)
		return;
	if (weft_node_connect(weft_call_node(call), url, "friend", &to, &err) <
	    0)
		fprintf(stderr, "%s: %s\n", name, err.text);
	else
		say(call, to, "hello from", ""); /* waits until it stands */
}

static void
registry_closed(
    struct weft_call *call, weft_endpoint server, enum weft_reason why)
{
	(void)server;
	printf("%s: the server is gone: %s\n", name, weft_reason_name(why));
	weft_node_stop(weft_call_node(call));
}

static void
friend_message(
    struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	printf("%s: %.*s\n", name, (int)msg.len, (const char *)msg.data);
	if (msg.len > 5 && memcmp(msg.data, "hello", 5) == 0)
		say(call, from, "welcome from", "");
}

static const struct weft_plugin registry =
    WEFT_PLUGIN_INIT(.name = "registry", .opened = registry_opened,
	.message = registry_message, .closed = registry_closed);
static const struct weft_plugin with_friends =
    WEFT_PLUGIN_INIT(.name = "friend", .message = friend_message);

int
main(int argc, char **argv)
{
	struct weft_options options = WEFT_OPTIONS_INIT;
	struct weft_error err = { 0 };
	struct weft_node *node = NULL;
	weft_endpoint server;

	if (argc != 3)
		return fprintf(stderr, "participant NAME URL\n"), 2;
	name = argv[1];
	options.signals = 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (weft_node_new(&node, &options, &err) < 0 ||
	    weft_node_add(node, &registry, NULL, &err) < 0 ||
	    weft_node_add(node, &with_friends, NULL, &err) < 0 ||
	    weft_node_listen(
		node, "tcp+line://127.0.0.1:0", "friend", &mine, &err) < 0 ||
	    weft_node_connect(node, argv[2], "registry", &server, &err) < 0 ||
	    weft_node_run(node, &err) < 0)
		fprintf(stderr, "participant: %s\n", err.text);
	weft_node_free(&node);
	return err.code < 0;
}
