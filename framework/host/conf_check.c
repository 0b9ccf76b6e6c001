/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_check.c - weft check of a configuration: problems as text or JSON.
 *
 * thread: main.
 * from:   check.  to: conf.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/check.h"
#include "host/conf.h"
#include "host/json_value.h"
#include "host/usage.h"

#define CHECK_NAME "weft check"

static void
check_text(const struct wi_check *check, const struct wi_conf *conf,
    const struct wi_conf_problems *problems)
{
	char line[2048];
	size_t i;

	for (i = 0; i < problems->n; i++) {
		wi_conf_problem_text(&problems->list[i], line, sizeof(line));
		(void)printf("%s\n", line);
	}
	if (problems->more > 0)
		(void)printf(
		    "%s: and %zu more\n", check->what, problems->more);
	if (problems->n == 0)
		(void)printf("%s: good: %zu plugin%s, %zu listener%s\n",
		    check->what, conf->nplugins,
		    conf->nplugins == 1 ? "" : "s", conf->nlisteners,
		    conf->nlisteners == 1 ? "" : "s");
}

/* A path need not be UTF-8, which JSON is. */
static json_t *
check_json_text(const char *text)
{
	json_t *json = json_string(text != NULL ? text : "");

	return json != NULL ? json : json_string("?");
}

static json_t *
check_json_problem(const struct wi_conf_problem *problem)
{
	json_t *one =
	    json_pack("{s:o, s:o}", "place", check_json_text(problem->place),
		"text", check_json_text(problem->text));

	if (one == NULL)
		return NULL;
	if (problem->line != 0)
		(void)json_object_set_new(
		    one, "line", json_integer(problem->line));
	if (problem->column != 0)
		(void)json_object_set_new(
		    one, "column", json_integer(problem->column));
	return one;
}

static int
check_json(
    const struct wi_check *check, const struct wi_conf_problems *problems)
{
	json_t *list = json_array(), *all;
	char *text;
	size_t i;

	for (i = 0; i < problems->n; i++)
		(void)json_array_append_new(
		    list, check_json_problem(&problems->list[i]));
	all = json_pack("{s:o, s:b, s:o, s:I}", "file",
	    check_json_text(check->what), "good", problems->n == 0, "problems",
	    list, "more", (json_int_t)problems->more);
	text = wi_json_text(all, 15);
	json_decref(all);
	if (text == NULL)
		return -ENOMEM;
	(void)printf("%s\n", text);
	free(text);
	return WEFT_OK;
}

/* Problems, also that it cannot be tried, are not what it returns. */
static int
check_plugin(
    struct wi_conf *conf, size_t index, struct wi_conf_problems *problems)
{
	int rc = wi_conf_try_plugin(conf, index, problems);

	if (rc < 0 && rc != -EINVAL && rc != -ENOMEM)
		wi_complain(CHECK_NAME, "%s: cannot be tried: %s",
		    conf->plugins[index].what, weft_strerror(rc));
	return rc;
}

int
wi_check_conf(const struct wi_check *check)
{
	struct wi_conf_problems problems = { .n = 0 };
	struct wi_conf *conf;
	int rc, status;
	size_t i;

	rc = wi_conf_read(check->what, check->sets, &conf, &problems);
	for (i = 0; rc != -ENOMEM && check->plugins && i < conf->nplugins; i++)
		rc = check_plugin(conf, i, &problems);
	status =
	    rc == WEFT_OK && problems.n == 0 ? WI_EXIT_OK : WI_EXIT_FAILURE;
	if (rc != -ENOMEM && check->json)
		rc = check_json(check, &problems);
	else if (rc != -ENOMEM)
		check_text(check, conf, &problems);
	if (rc == -ENOMEM || fflush(stdout) != 0 || ferror(stdout)) {
		wi_complain(CHECK_NAME, "%s",
		    rc == -ENOMEM ? "no memory" : "cannot write to stdout");
		status = WI_EXIT_FAILURE;
	}
	wi_conf_problems_fini(&problems);
	wi_conf_free(&conf);
	return status;
}
