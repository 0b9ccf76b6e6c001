/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/admin_verbs - which verbs the admin socket knows, and who answers them.
 *
 * thread: the admin socket's.
 */
#include <errno.h>
#include <string.h>

#include "base/fail.h"
#include "host/admin_room.h"

static const struct wi_verb verbs[] = {
	{ .name = "status", .options = "", .step = wi_admin_status },
	{ .name = "endpoints",
	    .options = "listener plugin limit",
	    .step = wi_admin_endpoints },
	{ .name = "explain",
	    .min = 1,
	    .max = 1,
	    .options = "",
	    .step = wi_admin_explain },
	{ .name = "suspend",
	    .min = 1,
	    .max = 1,
	    .options = "",
	    .step = wi_admin_suspend },
	{ .name = "resume",
	    .min = 1,
	    .max = 1,
	    .options = "",
	    .step = wi_admin_resume },
	{ .name = "drain", .options = "deadline_ms", .step = wi_admin_drain },
	{ .name = "stop", .options = "now", .step = wi_admin_end },
	{ .name = "reload",
	    .max = 2,
	    .options = "dry",
	    .is_job = true,
	    .job = wi_job_reload },
	{ .name = "rollback",
	    .min = 1,
	    .max = 1,
	    .options = "dry",
	    .is_job = true,
	    .job = wi_job_rollback },
};

#define VERBS_COUNT (sizeof(verbs) / sizeof(verbs[0]))

static const struct wi_verb *
verb_find(const char *name, struct weft_error *err)
{
	char names[256] = "";
	size_t i;

	for (i = 0; i < VERBS_COUNT; i++) {
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
		(void)strcat(names, i == 0 ? "" : ", ");
		(void)strcat(names, verbs[i].name);
	}
	(void)wi_fail(err, -ENOSYS, "expected a verb of %s, found \"%.32s\"",
	    names, name);
	return NULL;
}

bool
wi_verb_ask(struct wi_asked *asked, const char *line, size_t len,
    struct wi_answer *answer)
{
	struct weft_error err;
	int rv;

	asked->cursor = 0;
	asked->told = 0;
	rv = wi_admin_request_parse(line, len, &asked->request, &err);
	if (rv == WEFT_OK) {
		asked->verb = verb_find(asked->request.words[0], &err);
		rv = asked->verb == NULL ?
		    err.code :
		    wi_admin_request_check(&asked->request, asked->verb->min,
			asked->verb->max, asked->verb->options, asked->args,
			&err);
	}
	if (rv < 0)
		wi_answer_outcome(answer, rv, &err);
	return rv == WEFT_OK;
}
