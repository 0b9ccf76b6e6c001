/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/host_ask.c - what the admin socket was told and the supervisor has to
 * do: it is asked, and answers (host/channel.h).
 *
 * thread: the admin socket's and its job's want something (wi_host_ask(),
 * wi_host_ask_stop(), wi_host_ask_drain()); the host's main, which has the
 * channel, asks and hears.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "host/channel.h"
#include "host/host.h"

int
wi_host_asks_init(struct wi_host_asks *asks)
{
	pthread_condattr_t attr;

	*asks = (struct wi_host_asks){ .number = 0 };
	(void)pthread_mutex_init(&asks->mutex, NULL);
	(void)pthread_mutex_init(&asks->reloads, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&asks->answered, &attr);
	(void)pthread_condattr_destroy(&attr);
	asks->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return asks->wake < 0 ? -errno : WEFT_OK;
}

void
wi_host_asks_fini(struct wi_host_asks *asks)
{
	json_decref(asks->lines);
	if (asks->wake >= 0)
		(void)close(asks->wake);
	(void)pthread_cond_destroy(&asks->answered);
	(void)pthread_mutex_destroy(&asks->reloads);
	(void)pthread_mutex_destroy(&asks->mutex);
}

/* ---- threads of the admin socket's */

/* Until it is answered, or nobody will, or it took too long. */
static void
ask_wait(struct wi_host_asks *asks)
{
	struct timespec due;
	int rv = 0;

	(void)clock_gettime(CLOCK_MONOTONIC, &due);
	due.tv_sec += WI_ASK_PATIENCE_MS / 1000;
	while (rv == 0 && !asks->ended && asks->state != WI_HOST_ASK_ANSWERED)
		rv = pthread_cond_timedwait(
		    &asks->answered, &asks->mutex, &due);
}

int
wi_host_ask(struct wi_host_asks *asks, bool dry, json_t **lines,
    struct weft_error *err)
{
	int rv;

	(void)pthread_mutex_lock(&asks->mutex);
	asks->number++;
	asks->dry = dry;
	asks->lines = json_array();
	asks->state = WI_HOST_ASK_WANTED;
	(void)eventfd_write(asks->wake, 1);
	ask_wait(asks);
	rv = asks->code;
	if (asks->state == WI_HOST_ASK_ANSWERED && rv < 0)
		(void)wi_fail(err, rv, "%s", asks->words);
	else if (asks->state != WI_HOST_ASK_ANSWERED && asks->ended)
		rv = wi_fail(err, WEFT_ESTATE,
		    "reload: expected an answer of the supervisor, found that "
		    "this host stops");
	else if (asks->state != WI_HOST_ASK_ANSWERED)
		rv = wi_fail(err, -ETIMEDOUT,
		    "reload: expected an answer of the supervisor within %u "
		    "ms, found none",
		    WI_ASK_PATIENCE_MS);
	*lines = asks->lines;
	asks->lines = NULL;
	asks->state = WI_HOST_ASK_NOTHING;
	(void)pthread_mutex_unlock(&asks->mutex);
	return rv;
}

void
wi_host_ask_stop(struct wi_host_asks *asks, bool now)
{
	(void)pthread_mutex_lock(&asks->mutex);
	asks->stops = now ? 2 : asks->stops + 1;
	(void)eventfd_write(asks->wake, 1);
	(void)pthread_mutex_unlock(&asks->mutex);
}

void
wi_host_ask_drain(struct wi_host_asks *asks, uint32_t deadline_ms)
{
	(void)pthread_mutex_lock(&asks->mutex);
	asks->drains = true;
	asks->drain_ms = deadline_ms;
	(void)eventfd_write(asks->wake, 1);
	(void)pthread_mutex_unlock(&asks->mutex);
}

/* ---- main */

static void
ask_say(
    struct wi_host *host, uint32_t number, enum wi_ask_what what, uint32_t ms)
{
	const struct wi_asks asks = { number, what, ms };

	if (host->channel >= 0)
		(void)wi_channel_say(
		    host->channel, WI_SAY_ASKS, -1, &asks, sizeof(asks));
}

void
wi_host_ask_say(struct wi_host *host)
{
	struct wi_host_asks *asks = &host->asks;
	eventfd_t count;

	(void)eventfd_read(asks->wake, &count);
	(void)pthread_mutex_lock(&asks->mutex);
	if (asks->state == WI_HOST_ASK_WANTED) {
		asks->state = WI_HOST_ASK_ASKED;
		ask_say(host, asks->number,
		    asks->dry ? WI_ASK_TRY : WI_ASK_RELOAD, 0);
	}
	if (asks->drains)
		ask_say(host, 0, WI_ASK_DRAIN, asks->drain_ms);
	if (asks->stops > 0)
		ask_say(host, 0,
		    asks->stops > 1 ? WI_ASK_STOP_NOW : WI_ASK_STOP, 0);
	asks->drains = false;
	asks->stops = 0;
	(void)pthread_mutex_unlock(&asks->mutex);
}

/* Whom it is about: a listener that is not there any more as it is now. */
static void
ask_count(const struct wi_host *host, json_t *line)
{
	const char *section =
	    json_string_value(json_object_get(line, "section"));
	const char *title = json_string_value(json_object_get(line, "title"));
	struct weft_listener_info info;
	const struct wi_plan_listener *listener;
	uint32_t i;

	if (section == NULL || title == NULL ||
	    strcmp(section, "listener") != 0)
		return;
	listener = wi_plan_listener(&host->plan, title);
	if (listener == NULL)
		return;
	for (i = 0; weft_node_listener_at(host->node, i, &info) == WEFT_OK;
	     i++)
		if (info.listener.id ==
		    host->bound[listener - host->plan.listeners].listener.id)
			(void)json_object_set_new(line, "endpoints",
			    json_integer((json_int_t)info.endpoints));
}

void
wi_host_ask_hear(struct wi_host *host, const struct wi_message *message)
{
	struct wi_host_asks *asks = &host->asks;
	struct wi_answered head;
	const char *text = message->data + sizeof(head);
	json_t *line;

	if (message->len < sizeof(head))
		return;
	memcpy(&head, message->data, sizeof(head));
	(void)pthread_mutex_lock(&asks->mutex);
	if (asks->state == WI_HOST_ASK_ASKED && head.number == asks->number) {
		if (message->kind == WI_SAY_ANSWERED) {
			asks->code = head.code;
			(void)snprintf(
			    asks->words, sizeof(asks->words), "%s", text);
			asks->state = WI_HOST_ASK_ANSWERED;
			(void)pthread_cond_signal(&asks->answered);
		} else if ((line = json_loads(text, 0, NULL)) != NULL) {
			ask_count(host, line);
			(void)json_array_append_new(asks->lines, line);
		}
	}
	(void)pthread_mutex_unlock(&asks->mutex);
}

void
wi_host_ask_end(struct wi_host_asks *asks)
{
	(void)pthread_mutex_lock(&asks->mutex);
	asks->ended = true;
	(void)pthread_cond_signal(&asks->answered);
	(void)pthread_mutex_unlock(&asks->mutex);
}
