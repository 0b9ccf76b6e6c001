/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/admin_endpoints - "weft endpoints", and "weft explain" of one: what is
 * known of them.
 *
 * thread: the admin socket's.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "host/admin_room.h"

#define ENDPOINTS_AT_ONCE 64u

static json_t *
endpoints_paused(const struct weft_endpoint_entry *entry)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} whys[] = { { WEFT_PAUSED_MAILBOX, "mailbox" },
		{ WEFT_PAUSED_OUTBOX, "outbox" },
		{ WEFT_PAUSED_REQUEST, "request" },
		{ WEFT_PAUSED_OVERLOAD, "overload" } };
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < sizeof(whys) / sizeof(whys[0]); i++)
		if ((entry->paused & whys[i].bit) != 0)
			(void)json_array_append_new(
			    list, json_string(whys[i].name));
	return list;
}

static json_t *
endpoints_traffic(const struct weft_endpoint_info *info)
{
	return json_pack("{s:I, s:I, s:I, s:I}", "bytes_in",
	    (json_int_t)info->bytes_in, "bytes_out",
	    (json_int_t)info->bytes_out, "messages_in",
	    (json_int_t)info->messages_in, "messages_out",
	    (json_int_t)info->messages_out);
}

static json_t *
endpoints_json(const struct weft_endpoint_entry *entry)
{
	static const char *const states[] = { "connecting", "open",
		"closing" };
	const struct weft_endpoint_info *info = &entry->info;
	json_t *json;

	json = json_pack("{s:s, s:o, s:I, s:o, s:s, s:o, s:o, s:o, s:o}", "is",
	    "endpoint", "id", wi_answer_id(entry->endpoint.id), "listener",
	    (json_int_t)entry->listener.id, "plugin",
	    wi_answer_text(entry->plugin), "state",
	    (unsigned)info->state < 3 ? states[info->state] : "?", "transport",
	    wi_answer_text(info->transport), "codec",
	    wi_answer_text(info->codec), "remote",
	    wi_answer_text(info->remote), "local",
	    wi_answer_text(info->local));
	if (json == NULL)
		return NULL;
	(void)json_object_update_new(json, endpoints_traffic(info));
	(void)json_object_update_new(json,
	    json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:I, s:I, s:o, "
		      "s:o}",
		"age_ms", (json_int_t)info->age_ms, "idle_ms",
		(json_int_t)info->idle_ms, "outbox_messages",
		(json_int_t)info->queued_messages, "outbox_bytes",
		(json_int_t)info->queued_bytes, "mailbox_messages",
		(json_int_t)entry->mailbox_messages, "mailbox_bytes",
		(json_int_t)entry->mailbox_bytes, "paused",
		endpoints_paused(entry), "paused_ms",
		(json_int_t)entry->paused_ms, "subscriptions",
		(json_int_t)entry->subscriptions, "strand",
		entry->strand.id == 0 ? json_null() :
					wi_answer_id(entry->strand.id),
		"strand_name", wi_answer_text(entry->strand_name)));
	return json;
}

/* ---- a list */

struct endpoints_wanted {
	uint64_t limit;
	uint64_t listener;  /* 0: any */
	const char *plugin; /* NULL: any */
};

static int
endpoints_wanted(struct wi_admin *admin, const struct wi_asked *asked,
    struct endpoints_wanted *wanted, struct weft_error *err)
{
	const char *listener =
	    wi_admin_request_value(&asked->request, "listener");
	struct weft_listener_info info;
	int rv;

	wanted->listener = 0;
	wanted->plugin = wi_admin_request_value(&asked->request, "plugin");
	rv = wi_admin_request_number(&asked->request, "limit", UINT32_MAX,
	    UINT32_MAX, &wanted->limit, err);
	if (rv == WEFT_OK && listener != NULL) {
		rv = wi_admin_find_listener(admin, listener, &info, err);
		wanted->listener = info.listener.id;
	}
	return rv;
}

static bool
endpoints_is_wanted(const struct weft_endpoint_entry *entry,
    const struct endpoints_wanted *wanted)
{
	return (wanted->listener == 0 ||
		   entry->listener.id == wanted->listener) &&
	    (wanted->plugin == NULL ||
		strcmp(entry->plugin, wanted->plugin) == 0);
}

/* ENDPOINTS_AT_ONCE at a time, up to a piece. */
void
wi_admin_endpoints(
    struct wi_admin *admin, struct wi_asked *asked, struct wi_answer *answer)
{
	struct weft_endpoint_entry list[ENDPOINTS_AT_ONCE];
	struct endpoints_wanted wanted;
	struct weft_error err;
	int i, n, rv;

	rv = endpoints_wanted(admin, asked, &wanted, &err);
	if (rv < 0) {
		wi_answer_outcome(answer, rv, &err);
		return;
	}
	do {
		n = weft_node_endpoints(
		    admin->node, &asked->cursor, list, ENDPOINTS_AT_ONCE);
		for (i = 0; i < n && asked->told < wanted.limit; i++)
			if (endpoints_is_wanted(&list[i], &wanted)) {
				wi_answer_line(
				    answer, endpoints_json(&list[i]));
				asked->told++;
			}
	} while (n > 0 && asked->told < wanted.limit &&
	    answer->len < WI_ADMIN_PIECE && !answer->failed);
	if (n <= 0 || asked->told >= wanted.limit || answer->failed)
		wi_answer_outcome(answer, n < 0 ? n : WEFT_OK, NULL);
}

/* ---- one */

/* As "weft endpoints" writes it: its id in hexadecimal, or its peer. */
static int
endpoints_find(struct wi_admin *admin, const char *name,
    struct weft_endpoint_entry *entry, struct weft_bounds *bounds)
{
	struct weft_endpoint_entry list[ENDPOINTS_AT_ONCE];
	weft_endpoint endpoint;
	uint64_t cursor = 0;
	char *end;
	int i, n;

	errno = 0;
	endpoint.id = strtoull(name, &end, 16);
	if (errno == 0 && end != name && *end == '\0')
		return weft_node_endpoint(
		    admin->node, endpoint, entry, bounds);
	while ((n = weft_node_endpoints(
		    admin->node, &cursor, list, ENDPOINTS_AT_ONCE)) > 0)
		for (i = 0; i < n; i++)
			if (strcmp(list[i].info.remote, name) == 0)
				return weft_node_endpoint(admin->node,
				    list[i].endpoint, entry, bounds);
	return n < 0 ? n : WEFT_ENOENDPOINT;
}

/* Each bound with the line that set it, if the host knows. */
static json_t *
explain_sources(
    const struct wi_admin *admin, const char *whose, const json_t *bounds)
{
	json_t *sources = json_object();
	const char *name;
	json_t *value;
	char text[256];

	if (admin->ops->source == NULL)
		return sources;
	json_object_foreach((json_t *)(uintptr_t)bounds, name, value)
	{
		if (admin->ops->source(
			admin->ops->arg, whose, name, text, sizeof(text)))
			(void)json_object_set_new(
			    sources, name, wi_answer_text(text));
	}
	return sources;
}

static json_t *
explain_limits(const struct wi_admin *admin, const char *whose,
    const struct weft_bounds *bounds)
{
	json_t *json = wi_admin_bounds_json(bounds);

	return json_pack("{s:s, s:o, s:o}", "is", "bounds", "sources",
	    explain_sources(admin, whose, json), "bounds", json);
}

static bool
explain_listener_of(struct wi_admin *admin, weft_listener listener,
    struct weft_listener_info *info)
{
	uint32_t i;

	for (i = 0; weft_node_listener_at(admin->node, i, info) == WEFT_OK;
	     i++)
		if (info->listener.id == listener.id)
			return true;
	return false;
}

static int
explain_endpoint(
    struct wi_admin *admin, const char *name, struct wi_answer *answer)
{
	struct weft_listener_info listener = { .url = "" };
	struct weft_endpoint_entry entry;
	struct weft_bounds bounds;
	int rv;

	rv = endpoints_find(admin, name, &entry, &bounds);
	if (rv < 0)
		return rv;
	wi_answer_line(answer, endpoints_json(&entry));
	if (entry.listener.id != 0 &&
	    explain_listener_of(admin, entry.listener, &listener))
		wi_answer_line(answer, wi_admin_listener_json(&listener));
	wi_answer_line(answer, explain_limits(admin, listener.url, &bounds));
	return WEFT_OK;
}

static int
explain_plugin(
    struct wi_admin *admin, const char *name, struct wi_answer *answer)
{
	struct weft_plugin_info info;
	json_t *line;
	uint32_t i;

	for (i = 0; weft_node_plugin_at(admin->node, i, &info) == WEFT_OK; i++)
		if (strcmp(info.name, name) == 0) {
			line = wi_admin_plugin_json(&info);
			if (admin->ops->sources != NULL)
				(void)json_object_set_new(line, "sources",
				    admin->ops->sources(
					admin->ops->arg, name));
			wi_answer_line(answer, line);
			return WEFT_OK;
		}
	return WEFT_ENOPLUGIN;
}

static int
explain_listener(
    struct wi_admin *admin, const char *name, struct wi_answer *answer)
{
	struct weft_listener_info info;
	int rv;

	rv = wi_admin_find_listener(admin, name, &info, NULL);
	if (rv < 0)
		return rv;
	wi_answer_line(answer, wi_admin_listener_json(&info));
	wi_answer_line(answer, explain_limits(admin, info.url, &info.bounds));
	return WEFT_OK;
}

/* A plugin's name, an endpoint, a listener: the first that it is. */
void
wi_admin_explain(
    struct wi_admin *admin, struct wi_asked *asked, struct wi_answer *answer)
{
	const char *name = asked->args[0];
	struct weft_error err;
	int rv;

	wi_fail_clear(&err);
	rv = explain_plugin(admin, name, answer);
	if (rv == WEFT_ENOPLUGIN)
		rv = explain_endpoint(admin, name, answer);
	if (rv == WEFT_ENOENDPOINT)
		rv = explain_listener(admin, name, answer);
	if (rv == WEFT_ENOLISTENER)
		(void)wi_fail(&err, rv,
		    "%s: expected an endpoint (its id or its peer's address, "
		    "see \"weft endpoints\"), a plugin or a listener, found "
		    "none of that name",
		    name);
	wi_answer_outcome(answer, rv, &err);
}
