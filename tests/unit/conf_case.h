/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/conf_case.h - a configuration in a fresh folder, and what
 * wi_conf_read() says of it.
 */
#ifndef TESTS_CONF_CASE_H
#define TESTS_CONF_CASE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check_main.h"
#include "host/conf.h"

#define CONF_CASE_SAID 32768

struct conf_case {
	char folder[256]; /* the working directory, too */
	struct wi_conf *conf;
	struct wi_conf_problems problems;
	int rc;
	char said[CONF_CASE_SAID]; /* problems, a line each */
};

static inline void
conf_case_init(struct conf_case *one)
{
	const char *root = getenv("TMPDIR");

	memset(one, 0, sizeof(*one));
	(void)snprintf(one->folder, sizeof(one->folder), "%s/weft-conf.XXXXXX",
	    root != NULL ? root : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(one->folder));
	ck_assert_int_eq(chdir(one->folder), 0);
	/* Without links, as the configuration has it. */
	ck_assert_ptr_nonnull(getcwd(one->folder, sizeof(one->folder)));
}

static inline void
conf_case_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static inline void
conf_case_forget(struct conf_case *one)
{
	wi_conf_problems_fini(&one->problems);
	wi_conf_free(&one->conf);
}

/* Read "a.conf", which says text (NULL: as it is). */
static inline void
conf_case_read(
    struct conf_case *one, const char *text, const char *const *sets)
{
	size_t used = 0, i;

	conf_case_forget(one);
	if (text != NULL)
		conf_case_file("a.conf", text);
	one->rc = wi_conf_read("a.conf", sets, &one->conf, &one->problems);
	one->said[0] = '\0';
	for (i = 0; i < one->problems.n; i++) {
		wi_conf_problem_text(&one->problems.list[i], one->said + used,
		    sizeof(one->said) - used - 1);
		used = strlen(one->said);
		one->said[used++] = '\n';
		one->said[used] = '\0';
	}
}

/* It is read, and all that is wrong is this. */
static inline void
conf_case_says(struct conf_case *one, const char *text, const char *said)
{
	conf_case_read(one, text, NULL);
	ck_assert_str_eq(one->said, said);
	ck_assert_int_eq(one->rc, said[0] == '\0' ? WEFT_OK : -22);
	ck_assert_uint_eq(one->problems.more, 0);
}

static inline void
conf_case_fini(struct conf_case *one)
{
	char command[300];

	conf_case_forget(one);
	ck_assert_int_eq(chdir("/"), 0);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", one->folder);
	ck_assert_int_eq(system(command), 0);
}

#endif
