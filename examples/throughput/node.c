/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node - the same over two nodes of this process: one counts what arrives, the
 * other sends with weft_send_buffer() until WEFT_EFULL, then goes on in
 * drained().
 */
#include "bare.h"

#include <err.h>

#include <pthread.h>
#include <stdbool.h>
#include <sys/socket.h>

#include <weft/weft.h>

#define MAILBOX (1024u * 1024u) /* [bytes] read before a handler takes them */
#define QUIET_MS 200u   /* [ms] without a datagram: none comes any more */
#define STUCK_MS 60000u /* [ms] without a byte: something is wrong */

/* One run at a time: the sender's worker writes the first part, the counting
 * one the second, main reads both. */
static struct {
	const struct row *row;
	uint64_t count;
	uint64_t sent; /* atomic: messages */
	uint64_t began_ns;
	pthread_mutex_t lock;
	pthread_cond_t moved;
	struct result got;
} run = { .lock = PTHREAD_MUTEX_INITIALIZER,
	.moved = PTHREAD_COND_INITIALIZER };

static void
count_message(
    struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	(void)call;
	(void)from;
	(void)pthread_mutex_lock(&run.lock);
	run.got.bytes += msg.len;
	run.got.messages++;
	run.got.ns = now_ns();
	if (run.got.bytes == run.count * run.row->size)
		(void)pthread_cond_signal(&run.moved);
	(void)pthread_mutex_unlock(&run.lock);
}

static const struct weft_plugin counting =
    WEFT_PLUGIN_INIT(.name = "counting", .message = count_message);

static void
send_more(struct weft_call *call, weft_endpoint to)
{
	struct weft_buffer *buf;

	if (run.sent == 0)
		run.began_ns = now_ns();
	while (run.sent < run.count) {
		if (weft_buffer_new(&buf, run.row->size) < 0)
			errx(1, "weft_buffer_new: no memory");
		if (weft_send_buffer(call, to, &buf) < 0) {
			weft_buffer_free(&buf);
			return; /* drained() follows */
		}
		__atomic_fetch_add(&run.sent, 1, __ATOMIC_RELEASE);
	}
}

static const struct weft_plugin sending = WEFT_PLUGIN_INIT(.name = "sending",
    .opened = send_more, .drained = send_more);

/* Wait until all is there, or until nothing comes any more. */
static void
wait_for_all(void)
{
	uint64_t ms = run.row->type == SOCK_DGRAM ? QUIET_MS : STUCK_MS, had;
	struct timespec until;

	(void)pthread_mutex_lock(&run.lock);
	do {
		had = run.got.bytes;
		(void)clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec += (time_t)(ms / 1000);
		until.tv_nsec += (long)(ms % 1000) * 1000000;
		if (until.tv_nsec >= 1000000000) {
			until.tv_sec++;
			until.tv_nsec -= 1000000000;
		}
		while (run.got.bytes < run.count * run.row->size &&
		    pthread_cond_timedwait(&run.moved, &run.lock, &until) == 0)
			;
	} while (
	    run.got.bytes < run.count * run.row->size && run.got.bytes != had);
	(void)pthread_mutex_unlock(&run.lock);
}

static struct weft_node *
node_of(const struct weft_plugin *plugin)
{
	struct weft_options options = WEFT_OPTIONS_INIT;
	struct weft_node *node;
	struct weft_error error;

	options.workers = 1;
	options.mailbox_high_bytes = MAILBOX;
	if (weft_node_new(&node, &options, &error) < 0 ||
	    weft_node_add(node, plugin, NULL, &error) < 0)
		errx(1, "%s", error.text);
	return node;
}

static void
end_node(struct weft_node *node)
{
	struct weft_error error;

	weft_node_stop(node);
	if (weft_node_join(node, &error) < 0)
		errx(1, "%s", error.text);
	(void)weft_node_free(&node);
}

struct result
node_run(const struct row *row, uint64_t count)
{
	struct weft_node *server = node_of(&counting);
	struct weft_node *client = node_of(&sending);
	struct weft_bound bound;
	struct weft_error error;
	weft_endpoint to;

	run.row = row;
	run.count = count;
	run.sent = 0;
	run.got = (struct result){ 0, 0, 0 };
	if (weft_node_listen(server, row->url, "counting", &bound, &error) <
		0 ||
	    weft_node_start(server, &error) < 0 ||
	    weft_node_start(client, &error) < 0 ||
	    weft_node_connect(client, bound.url, "sending", &to, &error) < 0)
		errx(1, "%s", error.text);
	wait_for_all();
	end_node(client);
	end_node(server);
	if (row->type == SOCK_STREAM && run.got.bytes != count * row->size)
		errx(1, "%s: expected %llu bytes, found %llu", row->name,
		    (unsigned long long)(count * row->size),
		    (unsigned long long)run.got.bytes);
	run.got.ns = run.got.bytes > 0 ? run.got.ns - run.began_ns : 1;
	return run.got;
}
