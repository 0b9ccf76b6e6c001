/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/admin_job - what takes long: reload and rollback.
 *
 * thread: a thread for each, one at a time; what it writes is its own (struct
 * wi_job) until it has said that it is done, and then the admin thread's.  Who
 * asked may go meanwhile: what was begun is done all the same.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/fail.h"
#include "host/admin_room.h"
#include "host/trust.h"

#define JOB_NS_PER_MS 1e6

static void *
job_main(void *arg)
{
	struct wi_job *job = arg;

	(void)pthread_setname_np(pthread_self(), "weft-reload");
	job->asked.verb->job(job);
	__atomic_store_n(&job->done, 1, __ATOMIC_RELEASE);
	(void)eventfd_write(job->wake, 1);
	return NULL;
}

/* Words are pointers into the request itself. */
static void
job_take(struct wi_job *job, const struct wi_asked *asked)
{
	ptrdiff_t moved = job->asked.request.text - asked->request.text;
	unsigned i;

	job->asked = *asked;
	for (i = 0; i < asked->request.nwords; i++)
		job->asked.request.words[i] += moved;
	for (i = 0; i < 2; i++)
		if (asked->args[i] != NULL)
			job->asked.args[i] += moved;
}

int
wi_job_start(struct wi_admin *admin, struct wi_admin_client *client)
{
	struct wi_job *job = &admin->job;
	int rv;

	if (job->runs)
		return WEFT_EBUSY;
	job->node = admin->node;
	job->ops = admin->ops;
	job->client = client;
	job->done = 0;
	job_take(job, &client->asked);
	memset(&job->answer, 0, sizeof(job->answer));
	/* Its signals are blocked, as the admin thread's are. */
	rv = -pthread_create(&job->thread, NULL, job_main, job);
	job->runs = rv == 0;
	return rv;
}

struct wi_admin_client *
wi_job_end(struct wi_admin *admin)
{
	struct wi_job *job = &admin->job;
	struct wi_admin_client *client = job->client;
	eventfd_t count;

	if (!job->runs)
		return NULL;
	(void)pthread_join(job->thread, NULL);
	(void)eventfd_read(job->wake, &count);
	job->runs = false;
	job->client = NULL;
	if (client == NULL) {
		wi_answer_fini(&job->answer);
		return NULL;
	}
	wi_answer_fini(&client->answer);
	client->answer = job->answer;
	client->waits = false;
	return client;
}

void
wi_job_forget(struct wi_admin *admin, const struct wi_admin_client *client)
{
	if (admin->job.client == client)
		admin->job.client = NULL;
}

/* ---- the configuration */

static void
job_tell(void *told, json_t *line)
{
	struct wi_answer *answer = told;

	wi_answer_line(answer, line);
}

static int
job_reload_all(struct wi_job *job, bool dry, struct weft_error *err)
{
	if (job->ops->reload == NULL)
		return wi_fail(err, WEFT_ESTATE,
		    "reload: expected the name of a plugin: this host has no "
		    "configuration to read again");
	return job->ops->reload(
	    job->ops->arg, dry, job_tell, &job->answer, err);
}

/* ---- a plugin */

static int
job_find_plugin(struct wi_job *job, const char *name,
    struct weft_plugin_info *info, struct weft_error *err)
{
	uint32_t i;

	for (i = 0; weft_node_plugin_at(job->node, i, info) == WEFT_OK; i++)
		if (strcmp(info->name, name) == 0)
			return WEFT_OK;
	return wi_fail(err, WEFT_ENOPLUGIN,
	    "%s: expected the name of a plugin of this host, found none that "
	    "is called so; see \"weft status\"",
	    name);
}

/* what: another file, with options perhaps; NULL: the one that it has. */
static int
job_may_load(const struct wi_job *job, const struct weft_plugin_info *info,
    const char *what, struct weft_error *err)
{
	size_t len = what == NULL ? 0 : strcspn(what, "?");
	char file[sizeof(info->file)];

	if (what == NULL)
		return info->file[0] == '\0' ?
		    WEFT_OK :
		    wi_trust_file("reload", info->file, err);
	if (len >= sizeof(file))
		return wi_fail(err, -ENAMETOOLONG,
		    "%s: expected a path of less than %u bytes", what,
		    (unsigned)sizeof(file));
	memcpy(file, what, len);
	file[len] = '\0';
	if (strcmp(file, info->file) != 0 &&
	    __atomic_load_n(&job->ops->allow_load, __ATOMIC_RELAXED) == 0)
		return wi_fail(err, -EPERM,
		    "%s: expected the file that %s was loaded from (%s), "
		    "found another; it is taken with --allow-load, or "
		    "load_any in the configuration",
		    file, info->name, info->file);
	return wi_trust_file("reload", file, err);
}

static json_t *
job_reloaded_json(const char *name, const struct weft_reloaded *done)
{
	return json_pack(
	    "{s:s, s:o, s:o, s:o, s:o, s:o, s:f, s:f, s:f, s:f, s:f, s:I, "
	    "s:I, s:I}",
	    "is", "reloaded", "plugin", wi_answer_text(name), "from",
	    wi_answer_text(done->from), "to", wi_answer_text(done->to),
	    "from_hash", wi_answer_id(done->from_hash), "to_hash",
	    wi_answer_id(done->to_hash), "wait_ms",
	    (double)done->wait_ns / JOB_NS_PER_MS, "pause_ms",
	    (double)done->pause_ns / JOB_NS_PER_MS, "save_ms",
	    (double)done->save_ns / JOB_NS_PER_MS, "trial_ms",
	    (double)done->trial_ns / JOB_NS_PER_MS, "load_ms",
	    (double)done->load_ns / JOB_NS_PER_MS, "strands",
	    (json_int_t)done->strands, "endpoints",
	    (json_int_t)done->endpoints, "mapped", (json_int_t)done->mapped);
}

static int
job_reload_plugin(struct wi_job *job, bool dry, struct weft_error *err)
{
	struct weft_reload how = { .size = sizeof(how),
		.flags = dry ? WEFT_RELOAD_DRY : 0 };
	const char *name = job->asked.args[0], *what = job->asked.args[1];
	struct weft_reloaded done = { .from = "" };
	struct weft_plugin_info info;
	int rv;

	rv = job_find_plugin(job, name, &info, err);
	if (rv == WEFT_OK)
		rv = job_may_load(job, &info, what, err);
	if (rv < 0)
		return rv;
	if (job->ops->reload_plugin != NULL)
		rv = job->ops->reload_plugin(
		    job->ops->arg, name, what, &how, &done, err);
	else
		rv = weft_node_reload(job->node, name, what, &how, &done, err);
	/* Also of one that failed, as far as it went. */
	wi_answer_line(&job->answer, job_reloaded_json(name, &done));
	return rv;
}

static int
job_dry(const struct wi_job *job, bool *dry, struct weft_error *err)
{
	uint64_t value;
	int rv;

	rv = wi_admin_request_number(
	    &job->asked.request, "dry", 1, 0, &value, err);
	*dry = value != 0;
	return rv;
}

void
wi_job_reload(struct wi_job *job)
{
	struct weft_error err;
	bool dry;
	int rv;

	wi_fail_clear(&err);
	rv = job_dry(job, &dry, &err);
	if (rv == WEFT_OK)
		rv = job->asked.args[0] == NULL ?
		    job_reload_all(job, dry, &err) :
		    job_reload_plugin(job, dry, &err);
	wi_answer_outcome(&job->answer, rv, &err);
}

static int
job_rollback(struct wi_job *job, bool dry, struct weft_error *err)
{
	struct weft_reload how = { .size = sizeof(how),
		.flags = dry ? WEFT_RELOAD_DRY : 0 };
	const char *name = job->asked.args[0];
	struct weft_reloaded done = { .from = "" };
	struct weft_plugin_info info;
	int rv;

	rv = job_find_plugin(job, name, &info, err);
	if (rv < 0)
		return rv;
	rv = weft_node_rollback(job->node, name, &how, &done, err);
	wi_answer_line(&job->answer, job_reloaded_json(name, &done));
	return rv;
}

void
wi_job_rollback(struct wi_job *job)
{
	struct weft_error err;
	bool dry;
	int rv;

	wi_fail_clear(&err);
	rv = job_dry(job, &dry, &err);
	if (rv == WEFT_OK)
		rv = job_rollback(job, dry, &err);
	wi_answer_outcome(&job->answer, rv, &err);
}
