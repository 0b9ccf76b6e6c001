/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch - asks the plugin files for one file and writes it to stdout.
 *
 *	./fetch tcp+varint://127.0.0.1:3042 big.iso >big.iso
 *
 * It fetches an event, writes what came, fetches the next.  While stdout does
 * not take it nothing is fetched, then nothing is read from the socket, then
 * the server stops reading the file: the whole way is no longer than its
 * buffers.
 */
#include <stdio.h>
#include <string.h>

#include <weft/weft.h>

static int
fail(const char *what, const char *why)
{
	(void)fprintf(stderr, "fetch: %s: %s\n", what, why);
	return 1;
}

/* What a message says: -1, go on; else the exit status. */
static int
take(const char *name, struct weft_bytes msg)
{
	const char *text = msg.data;

	if (msg.len > 0 && text[0] == 'e')
		return fflush(stdout) == 0 ? 0 : fail("stdout", "not written");
	if (msg.len == 0 || text[0] != 'd')
		return fail(name, "the server does not send it");
	if (fwrite(text + 1, 1, msg.len - 1, stdout) != msg.len - 1)
		return fail("stdout", "not written");
	return -1;
}

static int
fetch(struct weft_node *node, const char *url, const char *name)
{
	struct weft_bytes ask = { .data = name, .len = strlen(name) };
	struct weft_event event;
	struct weft_error err;
	weft_endpoint server;
	int status = -1;

	if (weft_node_start(node, &err) < 0)
		return fail(url, err.text);
	if (weft_node_connect(node, url, WEFT_PULL, &server, &err) < 0)
		status = fail(url, err.text);
	else if (weft_node_send(node, server, ask) < 0)
		status = fail(name, "cannot be asked for");
	while (status < 0 && weft_node_receive(node, -1, &event) == WEFT_OK) {
		if (event.kind == WEFT_EVENT_MESSAGE)
			status = take(name, event.msg);
		else if (event.kind == WEFT_EVENT_CLOSED)
			status = fail(url, weft_reason_name(event.why));
	}
	weft_node_stop(node);
	return weft_node_join(node, &err) < 0 ? fail(url, err.text) : status;
}

int
main(int argc, char **argv)
{
	struct weft_node *node;
	struct weft_error err;
	int status;

	if (argc != 3)
		return fail("expected", "fetch URL NAME");
	if (weft_node_new(&node, NULL, &err) < 0)
		return fail("node", err.text);
	status = fetch(node, argv[1], argv[2]);
	(void)weft_node_free(&node);
	return status;
}
