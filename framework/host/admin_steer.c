/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/admin_steer - verbs that change what the node does: suspend, resume,
 * drain, stop.
 *
 * thread: the admin socket's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "host/admin_room.h"

/* How well a name fits a listener: 0 not at all, 1 it is a part of its URL, 2
 * it is its number or its URL. */
static unsigned
steer_fits(const struct weft_listener_info *info, const char *name)
{
	char *end;
	uint64_t id = strtoull(name, &end, 10);

	if ((end != name && *end == '\0' && id == info->listener.id) ||
	    strcmp(info->url, name) == 0)
		return 2;
	return *name != '\0' && strstr(info->url, name) != NULL ? 1 : 0;
}

int
wi_admin_find_listener(struct wi_admin *admin, const char *name,
    struct weft_listener_info *info, struct weft_error *err)
{
	struct weft_listener_info each;
	unsigned fits = 0, nparts = 0;
	uint32_t i;
	int rv;

	for (i = 0; fits < 2 &&
	     (rv = weft_node_listener_at(admin->node, i, &each)) == WEFT_OK;
	     i++) {
		fits = steer_fits(&each, name);
		if (fits > 0)
			*info = each;
		nparts += fits == 1;
	}
	if (fits == 2 || (nparts == 1 && rv == WEFT_ENOLISTENER))
		return WEFT_OK;
	if (rv != WEFT_ENOLISTENER)
		return wi_fail(err, rv, "%s: %s", name, weft_strerror(rv));
	return wi_fail(err, rv,
	    "%s: expected a listener's number, its URL, or a part of that, "
	    "found %u that have it; see \"weft status\"",
	    name, nparts);
}

static void
steer_listener(struct wi_admin *admin, struct wi_asked *asked,
    struct wi_answer *answer, bool suspends)
{
	struct weft_listener_info info;
	struct weft_error err;
	int rv;

	wi_fail_clear(&err);
	rv = wi_admin_find_listener(admin, asked->args[0], &info, &err);
	if (rv == WEFT_OK)
		rv = suspends ? weft_node_suspend(admin->node, info.listener) :
				weft_node_resume(admin->node, info.listener);
	/* It is so when the I/O thread has answered. */
	if (rv == WEFT_OK)
		rv =
		    wi_admin_find_listener(admin, asked->args[0], &info, &err);
	if (rv == WEFT_OK)
		wi_answer_line(answer, wi_admin_listener_json(&info));
	wi_answer_outcome(answer, rv, &err);
}

void
wi_admin_suspend(
    struct wi_admin *admin, struct wi_asked *asked, struct wi_answer *answer)
{
	steer_listener(admin, asked, answer, true);
}

void
wi_admin_resume(
    struct wi_admin *admin, struct wi_asked *asked, struct wi_answer *answer)
{
	steer_listener(admin, asked, answer, false);
}

void
wi_admin_drain(
    struct wi_admin *admin, struct wi_asked *asked, struct wi_answer *answer)
{
	struct weft_error err;
	uint64_t deadline_ms;
	int rv;

	wi_fail_clear(&err);
	rv = wi_admin_request_number(
	    &asked->request, "deadline_ms", UINT32_MAX, 0, &deadline_ms, &err);
	if (rv == WEFT_OK) {
		wi_answer_line(answer,
		    json_pack("{s:s, s:I}", "is", "draining", "endpoints",
			(json_int_t)weft_node_counter(
			    admin->node, WEFT_COUNTER_endpoints_now)));
		if (admin->ops->drain != NULL)
			admin->ops->drain(
			    admin->ops->arg, (uint32_t)deadline_ms);
		else
			rv = weft_node_drain(
			    admin->node, (uint32_t)deadline_ms);
	}
	wi_answer_outcome(answer, rv, &err);
}

void
wi_admin_end(
    struct wi_admin *admin, struct wi_asked *asked, struct wi_answer *answer)
{
	struct weft_error err;
	uint64_t now;
	int rv;

	wi_fail_clear(&err);
	rv = wi_admin_request_number(&asked->request, "now", 1, 0, &now, &err);
	if (rv == WEFT_OK && admin->ops->stop != NULL) {
		admin->ops->stop(admin->ops->arg, now != 0);
	} else if (rv == WEFT_OK) {
		weft_node_stop(admin->node);
		if (now != 0)
			weft_node_stop(admin->node);
	}
	wi_answer_outcome(answer, rv, &err);
}
