/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/plan.c - what a host is to be, and how it is told.
 *
 * thread: main.
 */
#include "host/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/channel.h"

void
wi_plan_init(struct wi_plan *plan)
{
	*plan = (struct wi_plan){
		.options = WEFT_OPTIONS_INIT,
		.restart_max = 10,
		.restart_window_ms = 60000,
		.backoff_ms = 100,
		.backoff_max_ms = 5000,
		.drain_ms = 15000,
		.handover_ms = 60000,
		.stuck_ms = 30000,
		.start_ms = 60000,
	};
}

void
wi_plan_fini(struct wi_plan *plan, bool own_fds)
{
	size_t i;

	for (i = 0; i < WI_PLAN_NTEXTS; i++)
		free(plan->texts[i]);
	for (i = 0; i < plan->nplugins; i++) {
		free(plan->plugins[i].title);
		free(plan->plugins[i].what);
	}
	for (i = 0; i < plan->nlisteners; i++) {
		free(plan->listeners[i].title);
		free(plan->listeners[i].url);
		free(plan->listeners[i].plugin);
		if (own_fds && plan->listeners[i].fd >= 0)
			(void)close(plan->listeners[i].fd);
	}
	free(plan->plugins);
	free(plan->listeners);
	wi_plan_init(plan);
}

const char *
wi_plan_text(const struct wi_plan *plan, enum wi_plan_text which)
{
	return plan->texts[which] == NULL ? "" : plan->texts[which];
}

int
wi_plan_set(struct wi_plan *plan, enum wi_plan_text which, const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL)
		return -ENOMEM;
	free(plan->texts[which]);
	plan->texts[which] = copy;
	return WEFT_OK;
}

/* One more element; returns the grown array, or NULL: no memory. */
static void *
plan_grow(void *all, size_t n, size_t size)
{
	return realloc(all, (n + 1) * size);
}

int
wi_plan_add_plugin(struct wi_plan *plan, const char *title, const char *what)
{
	struct wi_plan_plugin *all, *one;

	all = plan_grow(plan->plugins, plan->nplugins, sizeof(*all));
	if (all == NULL)
		return -ENOMEM;
	plan->plugins = all;
	one = &all[plan->nplugins];
	one->title = strdup(title);
	one->what = strdup(what);
	if (one->title == NULL || one->what == NULL) {
		free(one->title);
		free(one->what);
		return -ENOMEM;
	}
	plan->nplugins++;
	return WEFT_OK;
}

int
wi_plan_add_listener(struct wi_plan *plan, const char *title, const char *url,
    const char *plugin, int fd)
{
	struct wi_plan_listener *all, *one;

	all = plan_grow(plan->listeners, plan->nlisteners, sizeof(*all));
	if (all == NULL)
		return -ENOMEM;
	plan->listeners = all;
	one = &all[plan->nlisteners++];
	one->title = strdup(title);
	one->url = strdup(url);
	one->plugin = strdup(plugin);
	one->fd = fd;
	return one->title != NULL && one->url != NULL && one->plugin != NULL ?
	    WEFT_OK :
	    -ENOMEM;
}

struct wi_plan_listener *
wi_plan_listener(const struct wi_plan *plan, const char *title)
{
	size_t i;

	for (i = 0; i < plan->nlisteners; i++)
		if (strcmp(plan->listeners[i].title, title) == 0)
			return &plan->listeners[i];
	return NULL;
}

/* ---- told */

/* Up to three texts, each with its NUL. */
static int
plan_tell_texts(
    int channel, enum wi_channel_kind kind, int fd, const char *const texts[3])
{
	char data[WI_CHANNEL_MAX];
	size_t i, len, at = 0;

	for (i = 0; i < 3 && texts[i] != NULL; i++) {
		len = strlen(texts[i]) + 1;
		if (len > sizeof(data) - at)
			return -EMSGSIZE;
		memcpy(data + at, texts[i], len);
		at += len;
	}
	return wi_channel_say(channel, kind, fd, data, at);
}

static int
plan_tell_settings(const struct wi_plan *plan, int channel)
{
	char which[2] = "A";
	size_t i;
	int rv;

	rv = wi_channel_say(channel, WI_SAY_OPTIONS, -1, &plan->options,
	    sizeof(plan->options));
	if (rv == WEFT_OK)
		rv = wi_channel_say(channel, WI_SAY_FACTS, -1, &plan->facts,
		    sizeof(plan->facts));
	for (i = 0; i < WI_PLAN_NTEXTS && rv == WEFT_OK; i++) {
		which[0] = (char)('A' + i);
		rv = plan_tell_texts(channel, WI_SAY_TEXT, -1,
		    (const char *const[3]){
			which, wi_plan_text(plan, (enum wi_plan_text)i) });
	}
	return rv;
}

int
wi_plan_tell(const struct wi_plan *plan, int channel, int end)
{
	const struct wi_plan_listener *listener;
	size_t i;
	int rv = plan_tell_settings(plan, channel);

	for (i = 0; i < plan->nplugins && rv == WEFT_OK; i++)
		rv = plan_tell_texts(channel, WI_SAY_PLUGIN, -1,
		    (const char *const[3]){
			plan->plugins[i].title, plan->plugins[i].what });
	for (i = 0; i < plan->nlisteners && rv == WEFT_OK; i++) {
		listener = &plan->listeners[i];
		rv = plan_tell_texts(channel, WI_SAY_LISTENER, listener->fd,
		    (const char *const[3]){
			listener->title, listener->url, listener->plugin });
	}
	if (rv == WEFT_OK)
		rv = wi_channel_say(
		    channel, (enum wi_channel_kind)end, -1, "", 0);
	return rv;
}

static int
plan_hear_text(struct wi_plan *plan, const struct wi_message *message)
{
	unsigned which = (unsigned)(message->data[0] - 'A');

	if (which >= WI_PLAN_NTEXTS)
		return -EBADMSG;
	return wi_plan_set(
	    plan, (enum wi_plan_text)which, wi_message_text(message, 1));
}

int
wi_plan_hear(struct wi_plan *plan, const struct wi_message *message)
{
	const char *first = wi_message_text(message, 0),
		   *second = wi_message_text(message, 1);

	switch (message->kind) {
	case WI_SAY_OPTIONS:
		if (message->len != sizeof(plan->options))
			return -EBADMSG;
		wi_plan_fini(
		    plan, true); /* one that was not told to its end */
		memcpy(&plan->options, message->data, sizeof(plan->options));
		return WEFT_OK;
	case WI_SAY_FACTS:
		if (message->len != sizeof(plan->facts))
			return -EBADMSG;
		memcpy(&plan->facts, message->data, sizeof(plan->facts));
		return WEFT_OK;
	case WI_SAY_TEXT:
		return plan_hear_text(plan, message);
	case WI_SAY_PLUGIN:
		return wi_plan_add_plugin(plan, first, second);
	case WI_SAY_LISTENER:
		return wi_plan_add_listener(plan, first, second,
		    wi_message_text(message, 2), message->fd);
	case WI_SAY_GO:
	case WI_SAY_TRY:
		return 1;
	default:
		return -EBADMSG;
	}
}
