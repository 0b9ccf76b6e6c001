/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/admin_status - "weft status": the node, its plugins, listeners and
 * counters, and the last warnings.
 *
 * thread: the admin socket's.
 */
#include <unistd.h>

#include "base/clock.h"
#include "host/admin_room.h"
#include "host/recent.h"

#define STATUS_NS_PER_MS 1000000u

static json_t *
status_node(const struct wi_admin *admin)
{
	struct weft_workers_info workers;

	weft_node_workers(admin->node, &workers);
	return json_pack(
	    "{s:s, s:s, s:s, s:i, s:I, s:s, s:o?, s:I, s:I, s:{s:i, s:i, s:i, "
	    "s:i, s:I, s:f}}",
	    "is", "node", "protocol", WI_REQUEST_PROTOCOL, "version",
	    weft_version(), "pid", (int)getpid(), "uptime_ms",
	    (json_int_t)((wi_clock_ns() - admin->since_ns) / STATUS_NS_PER_MS),
	    "phase", weft_phase_name(weft_node_phase(admin->node)), "file",
	    admin->ops->file == NULL ? NULL : wi_answer_text(admin->ops->file),
	    "endpoints",
	    (json_int_t)weft_node_counter(
		admin->node, WEFT_COUNTER_endpoints_now),
	    "admin_refused", (json_int_t)admin->refused, "workers", "always",
	    (int)workers.workers, "spare", (int)workers.spares, "busy",
	    (int)workers.busy, "blocked", (int)workers.blocked, "runnable",
	    (json_int_t)workers.runnable, "longest_ms",
	    (double)workers.longest_ns / STATUS_NS_PER_MS);
}

json_t *
wi_admin_plugin_json(const struct weft_plugin_info *info)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:I}", "is", "plugin",
	    "name", wi_answer_text(info->name), "version",
	    wi_answer_text(info->version), "file", wi_answer_text(info->file),
	    "hash", wi_answer_id(info->hash), "since",
	    (json_int_t)info->since);
}

json_t *
wi_admin_listener_json(const struct weft_listener_info *info)
{
	return json_pack("{s:s, s:I, s:o, s:o, s:o, s:o, s:b, s:I, s:I}", "is",
	    "listener", "id", (json_int_t)info->listener.id, "url",
	    wi_answer_text(info->url), "plugin", wi_answer_text(info->plugin),
	    "transport", wi_answer_text(info->transport), "codec",
	    wi_answer_text(info->codec), "suspended", (int)info->suspended,
	    "endpoints", (json_int_t)info->endpoints, "accepted",
	    (json_int_t)info->accepted);
}

json_t *
wi_admin_bounds_json(const struct weft_bounds *bounds)
{
	return json_pack(
	    "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
	    "max_message", (json_int_t)bounds->max_message,
	    "mailbox_high_messages", (json_int_t)bounds->mailbox_high_messages,
	    "mailbox_high_bytes", (json_int_t)bounds->mailbox_high_bytes,
	    "outbox_high_messages", (json_int_t)bounds->outbox_high_messages,
	    "outbox_high_bytes", (json_int_t)bounds->outbox_high_bytes,
	    "outbox_pause_bytes", (json_int_t)bounds->outbox_pause_bytes,
	    "partial_ms", (json_int_t)bounds->partial_ms, "idle_ms",
	    (json_int_t)bounds->idle_ms, "handshake_ms",
	    (json_int_t)bounds->handshake_ms, "deadline_ms",
	    (json_int_t)bounds->deadline_ms, "outbox_age_ms",
	    (json_int_t)bounds->outbox_age_ms, "max_endpoints_per_ip",
	    (json_int_t)bounds->max_endpoints_per_ip);
}

/* Lines of what the host says is written. */
static void
status_options(const struct wi_admin *admin, struct wi_answer *answer)
{
	json_t *options, *option;
	size_t i;

	if (admin->ops->options == NULL)
		return;
	options = admin->ops->options(admin->ops->arg);
	json_array_foreach(options, i, option)
	{
		(void)json_object_set_new(option, "is", json_string("option"));
		wi_answer_line(answer, json_incref(option));
	}
	json_decref(options);
}

/* Those that are 0 are left out; rates: per second, of the last second. */
static json_t *
status_counters(const struct wi_admin *admin)
{
	const struct wi_sample *older = &admin->samples[0];
	const struct wi_sample *newer = &admin->samples[1];
	json_t *counters = json_object(), *rates = json_object();
	const char *name;
	double seconds;
	uint64_t value;
	unsigned i;

	seconds = older->ns == 0 ? 0 : (double)(newer->ns - older->ns) / 1e9;
	for (i = 0; i < WEFT_NCOUNTERS; i++) {
		name = weft_counter_info(i)->name;
		value = weft_node_counter(admin->node, i);
		if (value != 0)
			(void)json_object_set_new(
			    counters, name, json_integer((json_int_t)value));
		if (seconds > 0 && newer->counters[i] > older->counters[i])
			(void)json_object_set_new(rates, name,
			    json_real((double)(newer->counters[i] -
					  older->counters[i]) /
				seconds));
	}
	return json_pack("{s:s, s:f, s:o, s:o}", "is", "counters",
	    "rates_over_s", seconds, "counters", counters, "rates", rates);
}

static void
status_warnings(const struct wi_admin *admin, struct wi_answer *answer)
{
	struct wi_recent_line lines[WI_RECENT_LINES];
	uint64_t now = wi_clock_ns();
	unsigned i, n;

	if (admin->ops->recent == NULL)
		return;
	n = wi_recent_copy(admin->ops->recent, lines);
	for (i = 0; i < n; i++)
		wi_answer_line(answer,
		    json_pack("{s:s, s:I, s:s, s:o, s:o}", "is", "warning",
			"ago_ms",
			now < lines[i].ns ? (json_int_t)0 :
					    (json_int_t)((now - lines[i].ns) /
						STATUS_NS_PER_MS),
			"level",
			lines[i].level == WEFT_LOG_WARN ? "warn" : "error",
			"id", wi_answer_text(lines[i].id), "text",
			wi_answer_text(lines[i].text)));
}

void
wi_admin_status(
    struct wi_admin *admin, struct wi_asked *asked, struct wi_answer *answer)
{
	struct weft_listener_info listener;
	struct weft_plugin_info plugin;
	uint32_t i;
	int rv;

	(void)asked;
	wi_answer_line(answer, status_node(admin));
	if (admin->ops->served)
		wi_answer_line(answer,
		    json_pack("{s:s, s:i, s:I}", "is", "supervisor", "pid",
			(int)getppid(), "restarts",
			(json_int_t)admin->ops->restarts));
	for (i = 0; weft_node_plugin_at(admin->node, i, &plugin) == WEFT_OK;
	     i++)
		wi_answer_line(answer, wi_admin_plugin_json(&plugin));
	for (i = 0; (rv = weft_node_listener_at(admin->node, i, &listener)) ==
	     WEFT_OK;
	     i++)
		wi_answer_line(answer, wi_admin_listener_json(&listener));
	status_options(admin, answer);
	wi_answer_line(answer, status_counters(admin));
	status_warnings(admin, answer);
	/* A node that is about to run, or has just stopped, has none. */
	if (rv == WEFT_ENOLISTENER || rv == WEFT_ESTATE)
		rv = WEFT_OK;
	wi_answer_outcome(answer, rv, NULL);
}
