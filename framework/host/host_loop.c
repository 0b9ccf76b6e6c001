/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/host_loop.c - what the host hears from its supervisor while it serves.
 *
 * thread: the host's main.  The node has a thread of its own, so a handler or
 * a loop that hangs does not keep this one from stopping, or from saying
 * nothing: the beat that the supervisor waits for is one only if the I/O
 * thread answers.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "host/channel.h"
#include "host/child.h"
#include "host/host.h"
#include "host/seccomp.h"

#define LOOP_BEAT_MS 1000
#define LOOP_LEAVE_MS 50 /* between two looks whether clients have gone */
#define LOOP_ADMIN_MS 20 /* between two tries to have the admin socket */

enum {
	LOOP_CHANNEL,
	LOOP_SIGNALS,
	LOOP_NODE,
	LOOP_ASKS,
	LOOP_NFDS
};

struct loop {
	struct wi_host *host;
	struct wi_plan next; /* that is being told */
	unsigned stops;      /* 1: the node was told to stop; 2: at once */
	bool ready;
	bool ended;
	uint64_t beat_ms;  /* when the next one is due */
	uint64_t leave_ms; /* when those who are left must go; 0: they need
	                      not */
};

/* In order, or, if that has begun, at once. */
static void
loop_stop(struct loop *loop, unsigned stops)
{
	for (; loop->stops < stops; loop->stops++)
		weft_node_stop(loop->host->node);
}

/* Clients stay, and no new ones come. */
static void
loop_leave(struct loop *loop, const struct wi_message *message)
{
	struct wi_host *host = loop->host;
	uint32_t stay_ms = 0;
	size_t i;

	if (message->len == sizeof(stay_ms))
		memcpy(&stay_ms, message->data, sizeof(stay_ms));
	for (i = 0; i < host->plan.nlisteners; i++)
		(void)weft_node_unlisten(host->node, host->bound[i].listener);
	/* What was asked before is done before: whoever was accepted by then
	 * is counted when that is answered. */
	(void)weft_node_ping(host->node, LOOP_BEAT_MS);
	loop->leave_ms = wi_child_now_ms() + stay_ms;
}

/* Likewise, and that is the end. */
static void
loop_empty(struct loop *loop, const struct wi_message *message)
{
	uint32_t ms = 0;

	if (message->len == sizeof(ms))
		memcpy(&ms, message->data, sizeof(ms));
	if (weft_node_drain(loop->host->node, ms) < 0)
		loop_stop(loop, 1);
}

/* Have they gone, or must they? */
static void
loop_leaving(struct loop *loop, uint64_t now_ms)
{
	if (loop->leave_ms != 0 &&
	    (now_ms >= loop->leave_ms ||
		weft_node_counter(
		    loop->host->node, WEFT_COUNTER_endpoints_now) == 0))
		loop_stop(loop, 1);
}

static void
loop_apply(struct loop *loop, bool dry)
{
	struct wi_host *host = loop->host;

	if (dry)
		wi_host_try(host, &loop->next);
	else
		wi_host_apply(host, &loop->next);
	wi_plan_fini(&loop->next, true);
	wi_host_say(
	    host, WI_SAY_APPLIED, "%zu listeners", host->plan.nlisteners);
}

static void
loop_part(struct loop *loop, const struct wi_message *message)
{
	int rv = wi_plan_hear(&loop->next, message);

	if (rv == 1)
		loop_apply(loop, message->kind == WI_SAY_TRY);
	else if (rv < 0)
		wi_log_printf(&loop->host->log, WEFT_LOG_ERROR, "HOST-CHANNEL",
		    "expected a part of a plan, found a message of kind %d: "
		    "%s",
		    (int)message->kind, weft_strerror(rv));
}

/* Without a supervisor there is nobody who would keep it up. */
static void
loop_orphaned(struct loop *loop)
{
	struct wi_host *host = loop->host;

	(void)close(host->channel);
	host->channel = -1;
	wi_host_ask_end(&host->asks);
	if (loop->stops > 0)
		return;
	wi_log_printf(&host->log, WEFT_LOG_ERROR, "HOST-ORPHANED",
	    "the supervisor is gone: this host stops");
	loop_stop(loop, 1);
}

static void
loop_hear(struct loop *loop)
{
	struct wi_message message;
	struct wi_host *host = loop->host;
	struct weft_error err;
	int rv = wi_channel_hear(host->channel, &message);

	if (rv < 0) {
		loop_orphaned(loop);
		return;
	}
	switch (message.kind) {
	case WI_SAY_REOPEN:
		if (wi_log_move(&host->log, host->log.path, &err) < 0)
			wi_log_printf(&host->log, WEFT_LOG_ERROR, "HOST-LOG",
			    "%s", err.text);
		break;
	case WI_SAY_LEAVE:
		/* Another one waits for its path. */
		wi_host_admin_stop(host);
		loop_leave(loop, &message);
		break;
	case WI_SAY_EMPTY:
		loop_empty(loop, &message);
		break;
	case WI_SAY_ANSWER:
	case WI_SAY_ANSWERED:
		wi_host_ask_hear(host, &message);
		break;
	case WI_SAY_DRAIN:
		loop_stop(loop, 1);
		break;
	case WI_SAY_STOP:
		loop_stop(loop, 2);
		break;
	default:
		loop_part(loop, &message);
		break;
	}
}

static void
loop_signal(struct loop *loop, int signals)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	if (info.ssi_signo == SIGTERM)
		loop_stop(loop, 1);
	else if (info.ssi_status == SIGSYS &&
	    (info.ssi_code == CLD_KILLED || info.ssi_code == CLD_DUMPED))
		wi_seccomp_mute(loop->host, (pid_t)info.ssi_pid);
}

/* Nothing is pulled from the node: what is to be heard here is its end. */
static void
loop_node(struct loop *loop)
{
	struct weft_event event;

	if (weft_node_receive(loop->host->node, 0, &event) == WEFT_ESTATE)
		loop->ended = true;
}

static void
loop_beat(struct loop *loop)
{
	struct wi_host *host = loop->host;

	if (weft_node_ping(host->node, LOOP_BEAT_MS) == WEFT_OK &&
	    host->channel >= 0) {
		wi_host_say(
		    host, loop->ready ? WI_SAY_BEAT : WI_SAY_READY, "%s", "");
		loop->ready = true;
	}
	loop->beat_ms = wi_child_now_ms() + LOOP_BEAT_MS;
}

static int
loop_wait_ms(const struct loop *loop)
{
	return loop->leave_ms != 0    ? LOOP_LEAVE_MS :
	    loop->host->admin_ms != 0 ? LOOP_ADMIN_MS :
					LOOP_BEAT_MS;
}

void
wi_host_loop(struct wi_host *host, int signals)
{
	struct loop loop = { .host = host };
	struct pollfd fds[LOOP_NFDS];
	uint64_t now_ms;

	wi_plan_init(&loop.next);
	while (!loop.ended) {
		now_ms = wi_child_now_ms();
		if (now_ms >= loop.beat_ms)
			loop_beat(&loop);
		loop_leaving(&loop, now_ms);
		wi_host_admin_again(host, now_ms);
		fds[LOOP_CHANNEL] =
		    (struct pollfd){ .fd = host->channel, .events = POLLIN };
		fds[LOOP_SIGNALS] =
		    (struct pollfd){ .fd = signals, .events = POLLIN };
		fds[LOOP_NODE] =
		    (struct pollfd){ .fd = weft_node_receive_fd(host->node),
			    .events = POLLIN };
		fds[LOOP_ASKS] =
		    (struct pollfd){ .fd = host->asks.wake, .events = POLLIN };
		if (poll(fds, LOOP_NFDS, loop_wait_ms(&loop)) <= 0)
			continue;
		if (fds[LOOP_ASKS].revents != 0)
			wi_host_ask_say(host);
		if (fds[LOOP_SIGNALS].revents != 0)
			loop_signal(&loop, signals);
		if (fds[LOOP_NODE].revents != 0)
			loop_node(&loop);
		if (fds[LOOP_CHANNEL].revents != 0)
			loop_hear(&loop);
	}
	wi_plan_fini(&loop.next, true);
}
