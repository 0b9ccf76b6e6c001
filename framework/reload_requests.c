/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reload_requests - requests that wait, while another version takes over.
 *
 * thread: the one that reloads.  The plugin's gate is shut: none of its
 * requests begins, and none is told, so what it has stays as it is here.
 *
 * reply_note: on_reply is a function of the version that has asked, and would
 * be called with the state of the next.  So each version lists its own
 * (replies in struct weft_plugin), and a request goes to the one at the same
 * place.
 */
#include "reload_requests.h"

#include <weft/plugin.h>

#include "base/fail.h"
#include "node.h"

/* Whose strand it is. */
static const struct wi_plugin *
requests_plugin(struct wi_strand *strand)
{
	struct wi_endpoint *endpoint;

	if (strand->shared)
		return wi_shared_of(strand)->plugin;
	endpoint = wi_endpoint_of(strand);
	return __atomic_load_n(&endpoint->plugin, __ATOMIC_ACQUIRE);
}

/* The next request of that plugin; NULL: there is none.  at: from where. */
static struct wi_timer *
requests_next(
    struct wi_timers *timers, const struct wi_plugin *plugin, uint32_t *at)
{
	struct wi_timer *timer;
	struct wi_strand *strand;
	uint32_t n;

	(void)pthread_mutex_lock(&timers->mutex);
	n = timers->nused;
	(void)pthread_mutex_unlock(&timers->mutex);
	while (*at < n) {
		timer = &timers->base[(*at)++];
		/* See word_note in handoff/timer.h: to is set last. */
		if (__atomic_load_n(&timer->to, __ATOMIC_ACQUIRE) == 0 ||
		    !wi_timer_used(timer))
			continue;
		strand = __atomic_load_n(&timer->strand, __ATOMIC_RELAXED);
		if (requests_plugin(strand) == plugin)
			return timer;
	}
	return NULL;
}

/* Its place in the list, or -1. */
static int
requests_place(weft_on_reply *const *replies, weft_on_reply *on_reply)
{
	int i;

	for (i = 0; replies != NULL && replies[i] != NULL; i++)
		if (replies[i] == on_reply)
			return i;
	return -1;
}

static int
requests_count(weft_on_reply *const *replies)
{
	int n = 0;

	while (replies != NULL && replies[n] != NULL)
		n++;
	return n;
}

int
wi_reload_requests_check(struct weft_node *node,
    const struct wi_plugin *plugin, const struct wi_version *next,
    struct weft_error *err)
{
	int place, n = requests_count(next->table.replies);
	struct wi_timer *timer;
	uint32_t at = 0;

	while (
	    (timer = requests_next(&node->hub.timers, plugin, &at)) != NULL) {
		place = requests_place(
		    plugin->api->replies, timer->request.on_reply);
		if (place < 0)
			return wi_fail(err, WEFT_ELOAD,
			    "%s: expected its .replies to list each "
			    "on_reply(), as requests wait for their reply, "
			    "found one that it does not",
			    wi_plugin_file(plugin));
		if (place >= n)
			return wi_fail(err, WEFT_ELOAD,
			    "%s: expected its .replies to have a place %d, as "
			    "a request waits for it, found %d of them",
			    wi_version_file(next), place, n);
	}
	return WEFT_OK;
}

void
wi_reload_requests_move(struct weft_node *node, const struct wi_plugin *plugin,
    const struct wi_version *next)
{
	struct wi_timer *timer;
	uint32_t at = 0;
	int place;

	while (
	    (timer = requests_next(&node->hub.timers, plugin, &at)) != NULL) {
		place = requests_place(
		    plugin->api->replies, timer->request.on_reply);
		timer->request.on_reply = next->table.replies[place];
	}
}
