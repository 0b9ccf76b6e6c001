/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/supervisor_next.c - SIGUSR2: the program is started anew, and takes
 * over the sockets.
 *
 * thread: main, of the supervisor.
 *
 * The new one is a supervisor like this one, with a channel to it: it is given
 * the sockets, reads the file, starts its host, and says READY.  Then ours
 * drains: it has the same sockets until its host has closed them, so there is
 * always somebody to accept.  If the new one ends before that, nothing has
 * happened.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fail.h"
#include "host/channel.h"
#include "host/notify.h"
#include "host/supervisor.h"
#include "host/usage.h"

#define NEXT_VARIABLE "WEFT_TAKE_OVER" /* its value: WI_CHANNEL_VERSION */

static int
next_tell_one(int channel, const struct wi_kept *kept)
{
	char data[1024];
	size_t at;

	at = (size_t)snprintf(data, sizeof(data), "%s", kept->title) + 1;
	at += (size_t)snprintf(data + at, sizeof(data) - at, "%s", kept->url) +
	    1;
	at += (size_t)snprintf(data + at, sizeof(data) - at, "%s",
		  kept->made ? "made" : "") +
	    1;
	return wi_channel_say(channel, WI_SAY_SOCKET, kept->fd, data, at);
}

static int
next_tell(const struct wi_supervisor *supervisor)
{
	const int channel = supervisor->next.channel;
	size_t i;
	int rv = WEFT_OK;

	for (i = 0; i < supervisor->sockets.n && rv == WEFT_OK; i++)
		rv = next_tell_one(channel, &supervisor->sockets.all[i]);
	return rv == WEFT_OK ? wi_channel_say(channel, WI_SAY_GO, -1, "", 0) :
			       rv;
}

void
wi_supervisor_next(struct wi_supervisor *supervisor)
{
	int rv;

	if (supervisor->state != WI_SUPERVISES || supervisor->next.pid != 0) {
		wi_supervisor_say(supervisor, WEFT_LOG_WARN, "SERVE-NEXT",
		    "SIGUSR2: expected one that is neither stopping nor being "
		    "replaced");
		return;
	}
	(void)setenv(NEXT_VARIABLE, WI_CHANNEL_VERSION, 1);
	rv = wi_child_start(
	    &supervisor->next, supervisor->program, supervisor->argv, true);
	(void)unsetenv(NEXT_VARIABLE);
	if (rv == WEFT_OK)
		rv = next_tell(supervisor);
	wi_supervisor_say(supervisor, rv < 0 ? WEFT_LOG_ERROR : WEFT_LOG_INFO,
	    "SERVE-NEXT", "supervisor %d is started from %s by %d: %s",
	    (int)supervisor->next.pid, supervisor->program, (int)getpid(),
	    rv < 0 ? weft_strerror(rv) : "it takes over when it is ready");
}

/* Ours drains; the sockets' files are not ours any more. */
static void
next_hand_over(struct wi_supervisor *supervisor)
{
	const uint32_t stay_ms = supervisor->plan.handover_ms;
	const long pid = (long)supervisor->next.pid;

	wi_supervisor_say(supervisor, WEFT_LOG_INFO, "SERVE-HANDED-OVER",
	    "supervisor %ld has taken over from %ld: its host %ld stays until "
	    "its clients have gone",
	    pid, (long)getpid(), (long)supervisor->host.pid);
	(void)wi_notify("MAINPID=%ld", pid);
	supervisor->beat_ms = supervisor->beat_at_ms = 0;
	wi_sockets_close(&supervisor->sockets, false);
	supervisor->state = WI_HANDED_OVER;
	supervisor->restart_at_ms = 0;
	if (supervisor->host.pid == 0) {
		wi_supervisor_end(supervisor, supervisor->status);
		return;
	}
	(void)wi_channel_say(supervisor->host.channel, WI_SAY_LEAVE, -1,
	    &stay_ms, sizeof(stay_ms));
	supervisor->kill_at_ms =
	    wi_child_now_ms() + stay_ms + supervisor->plan.drain_ms;
}

void
wi_supervisor_next_hear(struct wi_supervisor *supervisor)
{
	struct wi_message message;

	if (wi_channel_hear(supervisor->next.channel, &message) < 0) {
		(void)close(supervisor->next.channel);
		supervisor->next.channel = -1;
		return;
	}
	if (message.fd >= 0)
		(void)close(message.fd);
	if (message.kind == WI_SAY_READY && supervisor->state == WI_SUPERVISES)
		next_hand_over(supervisor);
}

void
wi_supervisor_next_died(struct wi_supervisor *supervisor, int status)
{
	char words[128];

	wi_child_status(status, words, sizeof(words));
	if (supervisor->state == WI_SUPERVISES)
		wi_supervisor_say(supervisor, WEFT_LOG_ERROR, "SERVE-NEXT",
		    "supervisor %d has ended before it was ready: %s; %d goes "
		    "on",
		    (int)supervisor->next.pid, words, (int)getpid());
	wi_child_forget(&supervisor->next);
}

/* ---- the other side */

int
wi_supervisor_take_over(
    struct wi_supervisor *supervisor, struct weft_error *err)
{
	const char *version = getenv(NEXT_VARIABLE);
	struct wi_message message;
	int rv = WEFT_OK;

	supervisor->former = -1;
	if (version == NULL)
		return WEFT_OK;
	if (strcmp(version, WI_CHANNEL_VERSION) != 0)
		return wi_fail(err, -EPROTO,
		    "expected a supervisor that speaks version %s, found %s",
		    WI_CHANNEL_VERSION, version);
	(void)unsetenv(NEXT_VARIABLE);
	(void)wi_channel_patience(WI_CHANNEL_FD);
	message.kind = WI_SAY_NOTHING;
	while (rv == WEFT_OK && message.kind != WI_SAY_GO) {
		rv = wi_channel_hear(WI_CHANNEL_FD, &message);
		if (rv == WEFT_OK && message.kind == WI_SAY_SOCKET)
			rv = wi_sockets_add(&supervisor->sockets, message.fd,
			    wi_message_text(&message, 0),
			    wi_message_text(&message, 1),
			    wi_message_text(&message, 2)[0] != '\0');
	}
	supervisor->former = WI_CHANNEL_FD;
	return rv < 0 ? wi_fail(err, rv,
			    "expected the sockets of supervisor %d, found: %s",
			    (int)getppid(), weft_strerror(rv)) :
			WEFT_OK;
}

void
wi_supervisor_took_over(struct wi_supervisor *supervisor)
{
	if (supervisor->former < 0)
		return;
	(void)wi_channel_say(supervisor->former, WI_SAY_READY, -1, "", 0);
	(void)close(supervisor->former);
	supervisor->former = -1;
	wi_supervisor_sweep(supervisor);
}
