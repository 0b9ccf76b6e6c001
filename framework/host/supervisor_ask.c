/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/supervisor_ask.c - what the host asks, which its admin socket was told
 * (host/channel.h), and the answers.
 *
 * thread: main, of the supervisor.
 *
 * Whatever is said about a reload is logged, and is a line of the answer if
 * somebody has asked for it.  Of one that is only tried nothing is logged.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "host/admin_answer.h"
#include "host/channel.h"
#include "host/notify.h"
#include "host/supervisor.h"

static void
ask_say(struct wi_supervisor *supervisor, enum wi_channel_kind kind,
    const struct wi_answered *head, const char *text)
{
	char data[WI_CHANNEL_MAX];
	size_t len = strlen(text);

	if (len >= sizeof(data) - sizeof(*head))
		return;
	memcpy(data, head, sizeof(*head));
	memcpy(data + sizeof(*head), text, len);
	(void)wi_channel_say(
	    supervisor->host.channel, kind, -1, data, sizeof(*head) + len);
}

void
wi_supervisor_tell(struct wi_supervisor *supervisor, const char *is,
    const char *text, json_t *line)
{
	const struct wi_answered head = { .number = supervisor->asked };
	char *bytes = NULL;

	if (supervisor->asked != 0 && line != NULL &&
	    json_object_set_new(line, "is", json_string(is)) == 0 &&
	    json_object_set_new(line, "text", wi_answer_text(text)) == 0)
		bytes = json_dumps(line, JSON_COMPACT);
	if (bytes != NULL)
		ask_say(supervisor, WI_SAY_ANSWER, &head, bytes);
	free(bytes);
	json_decref(line);
}

void
wi_supervisor_answer(
    struct wi_supervisor *supervisor, int code, const char *format, ...)
{
	const struct wi_answered head = { .number = supervisor->asked,
		.code = code };
	char line[1024];
	va_list args;

	supervisor->asked = 0;
	if (head.number == 0)
		return;
	va_start(args, format);
	(void)wi_line_format(line, sizeof(line), format, args);
	va_end(args);
	ask_say(supervisor, WI_SAY_ANSWERED, &head, line);
}

void
wi_supervisor_say_reload(struct wi_supervisor *supervisor,
    enum weft_log_level level, const char *is, const char *text)
{
	if (!supervisor->dry)
		wi_supervisor_say(
		    supervisor, level, "SERVE-RELOAD", "%s", text);
	wi_supervisor_tell(supervisor, is, text, json_object());
}

/* systemd is not told of STOPPING: that limits the time. */
static void
ask_drain(struct wi_supervisor *supervisor, uint32_t ms)
{
	if (supervisor->state == WI_SUPERVISES) {
		supervisor->state = WI_STOPPING;
		supervisor->drains = true;
		(void)wi_notify("STATUS=draining");
		if (supervisor->next.pid != 0)
			(void)kill(supervisor->next.pid, SIGTERM);
		wi_sockets_close(&supervisor->sockets, supervisor->former < 0);
	}
	if (!supervisor->drains)
		return;
	wi_supervisor_say(supervisor, WEFT_LOG_INFO, "SERVE-DRAINING",
	    "no new clients; this ends when those that are there have gone");
	(void)wi_channel_say(
	    supervisor->host.channel, WI_SAY_EMPTY, -1, &ms, sizeof(ms));
	if (ms != 0)
		supervisor->kill_at_ms =
		    wi_child_now_ms() + ms + supervisor->plan.drain_ms;
}

/* The first stop() drains, another one is at once. */
static void
ask_stop(struct wi_supervisor *supervisor, bool now)
{
	wi_supervisor_stop(supervisor);
	if (now && supervisor->state != WI_ENDED && supervisor->stops < 2)
		wi_supervisor_stop(supervisor);
}

static void
ask_reload(
    struct wi_supervisor *supervisor, const struct wi_asks *asks, bool dry)
{
	const struct wi_answered busy = { .number = asks->number,
		.code = WEFT_EBUSY };

	if (supervisor->reloads) {
		ask_say(supervisor, WI_SAY_ANSWERED, &busy,
		    "expected no reload to be under way, found one; try "
		    "again");
		return;
	}
	supervisor->asked = asks->number;
	wi_supervisor_reload(supervisor, dry);
}

void
wi_supervisor_asked(
    struct wi_supervisor *supervisor, const struct wi_message *message)
{
	struct wi_asks asks;

	if (message->len != sizeof(asks))
		return;
	memcpy(&asks, message->data, sizeof(asks));
	switch ((enum wi_ask_what)asks.what) {
	case WI_ASK_RELOAD:
	case WI_ASK_TRY:
		ask_reload(supervisor, &asks, asks.what == WI_ASK_TRY);
		break;
	case WI_ASK_DRAIN:
		ask_drain(supervisor, asks.ms);
		break;
	case WI_ASK_STOP:
	case WI_ASK_STOP_NOW:
		ask_stop(supervisor, asks.what == WI_ASK_STOP_NOW);
		break;
	}
}
