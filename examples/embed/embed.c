/* SPDX-License-Identifier: Apache-2.0 */
/*
 * embed - a program with a main and a loop of its own, and a node beside it.
 *
 *	./embed tcp+line://127.0.0.1:3042
 *	./embed tcp+line://127.0.0.1:0 tcp+line://127.0.0.1:3042
 *
 * It listens on the first URL and connects to the second, if there is one; a
 * line of stdin goes to everybody who is connected, what they say to stdout.
 * No handler and no other thread of its own: poll(2) watches stdin and
 * weft_node_receive_fd() side by side, and events are fetched until -EAGAIN.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <weft/weft.h>

#define PEERS_MAX 64

static weft_endpoint peers[PEERS_MAX];
static int npeers;

static void
forget(weft_endpoint who)
{
	for (int i = 0; i < npeers; i++)
		if (peers[i].id == who.id)
			peers[i--] = peers[--npeers];
}

/* All events that are there; false: the node has stopped. */
static int
on_events(struct weft_node *node)
{
	struct weft_event event;
	int rv;

	while ((rv = weft_node_receive(node, 0, &event)) == WEFT_OK) {
		if (event.kind == WEFT_EVENT_OPENED && npeers < PEERS_MAX)
			peers[npeers++] = event.endpoint;
		if (event.kind == WEFT_EVENT_CLOSED)
			forget(event.endpoint);
		if (event.kind == WEFT_EVENT_OPENED)
			(void)printf("opened\n");
		if (event.kind == WEFT_EVENT_CLOSED)
			(void)printf(
			    "closed %s\n", weft_reason_name(event.why));
		if (event.kind == WEFT_EVENT_MESSAGE)
			(void)printf("said %.*s\n", (int)event.msg.len,
			    (const char *)event.msg.data);
	}
	(void)fflush(stdout);
	return rv == -EAGAIN;
}

/* What stdin has, cut to one line a message; false: its end. */
static int
on_stdin(struct weft_node *node)
{
	static char text[4096];
	static size_t len;
	ssize_t n = read(STDIN_FILENO, text + len, sizeof(text) - len);
	char *end;

	if (n <= 0)
		return 0;
	for (len += (size_t)n;
	     (end = memchr(text, '\n', len)) != NULL || len == sizeof(text);) {
		size_t line = end != NULL ? (size_t)(end - text) : len;
		size_t used = end != NULL ? line + 1 : line;

		for (int i = 0; i < npeers; i++)
			if (weft_node_send(node, peers[i],
				(struct weft_bytes){ text, line }) < 0)
				(void)fprintf(stderr, "embed: not sent\n");
		len -= used;
		memmove(text, text + used, len);
	}
	return 1;
}

static void
loop(struct weft_node *node)
{
	struct pollfd fds[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = weft_node_receive_fd(node), .events = POLLIN },
	};

	while (poll(fds, 2, -1) > 0 || errno == EINTR) {
		if (fds[1].revents != 0 && !on_events(node))
			return;
		if (fds[0].revents != 0 && !on_stdin(node)) {
			fds[0].fd = -1; /* the end of stdin: let it leave */
			weft_node_stop(node);
		}
	}
}

static int
run(struct weft_node *node, int argc, char **argv, struct weft_error *err)
{
	struct weft_bound bound;
	weft_endpoint server;
	int rv;

	rv = weft_node_listen(node, argv[1], WEFT_PULL, &bound, err);
	if (rv == WEFT_OK && argc == 3)
		rv = weft_node_connect(node, argv[2], WEFT_PULL, &server, err);
	if (rv == WEFT_OK)
		rv = weft_node_start(node, err);
	if (rv < 0)
		return rv;
	(void)printf("listening %s\n", bound.url);
	(void)fflush(stdout);
	loop(node);
	return weft_node_join(node, err);
}

int
main(int argc, char **argv)
{
	struct weft_options options = WEFT_OPTIONS_INIT;
	struct weft_node *node;
	struct weft_error err;
	int rv;

	if (argc < 2 || argc > 3) {
		(void)fprintf(stderr, "usage: embed LISTEN-URL [URL]\n");
		return 2;
	}
	options.signals = 1; /* ^C ends it as the end of stdin does */
	rv = weft_node_new(&node, &options, &err);
	if (rv == WEFT_OK)
		rv = run(node, argc, argv, &err);
	if (rv < 0)
		(void)fprintf(stderr, "embed: %s\n", err.text);
	(void)weft_node_free(&node);
	return rv < 0;
}
