/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/fuzz_conf.c - what a user can write as a configuration.
 *
 * libconfuse is in it, without instrumentation; includes are left out, which
 * would read other files.
 *
 * Checked besides what the sanitizers see: problems are said exactly when it
 * is refused, each is one clean line and has a line that is there; what was
 * taken is whole, and read again it is the same.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* memfd_create */
#endif

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/conf.h"
#include "host/conf_diff.h"

#define CHECK(condition)                                                      \
	do {                                                                  \
		if (!(condition)) {                                           \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__,    \
			    #condition);                                      \
			abort();                                              \
		}                                                             \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
count_lines(const uint8_t *data, size_t size)
{
	int lines = 1;
	size_t i;

	for (i = 0; i < size; i++)
		lines += data[i] == '\n';
	return lines;
}

static void
check_problems(const struct wi_conf_problems *problems, int lines)
{
	const struct wi_conf_problem *one;
	size_t i, j;

	CHECK(problems->n <= WI_CONF_PROBLEMS_MAX);
	CHECK(problems->more == 0 || problems->n == WI_CONF_PROBLEMS_MAX);
	for (i = 0; i < problems->n; i++) {
		one = &problems->list[i];
		CHECK(one->place != NULL);
		/* One more: what stands behind the end. */
		CHECK(one->line >= 0 && one->line <= lines + 2);
		CHECK(one->column >= 0);
		CHECK(one->text[0] != '\0');
		CHECK(
		    strnlen(one->text, sizeof(one->text)) < sizeof(one->text));
		for (j = 0; one->text[j] != '\0'; j++)
			CHECK((unsigned char)one->text[j] >= 0x20);
	}
}

static void
check_conf(const struct wi_conf *conf)
{
	size_t i;

	for (i = 0; i < conf->nplugins; i++) {
		CHECK(conf->plugins[i].title != NULL);
		CHECK(conf->plugins[i].what[0] != '\0');
	}
	for (i = 0; i < conf->nlisteners; i++) {
		CHECK(conf->listeners[i].url[0] != '\0');
		CHECK(conf->listeners[i].plugin[0] != '\0' ||
		    conf->nplugins > 0);
	}
	CHECK(conf->node.workers <= 1024);
	CHECK(conf->log_file == NULL || conf->log_file[0] == '/');
}

static void
check_again(const char *path, const struct wi_conf *first)
{
	struct wi_conf_problems problems = { .n = 0 };
	struct wi_conf_diff diff;
	struct wi_conf *conf;

	CHECK(wi_conf_read(path, NULL, &conf, &problems) == WEFT_OK);
	CHECK(wi_conf_diff(first, conf, &diff) == WEFT_OK);
	CHECK(diff.n == 0);
	wi_conf_diff_fini(&diff);
	wi_conf_free(&conf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wi_conf_problems problems = { .n = 0 };
	struct wi_conf *conf;
	char path[64];
	int fd, rc;

	if (memmem(data, size, "include", 7) != NULL)
		return 0;
	fd = memfd_create("conf", MFD_CLOEXEC);
	CHECK(fd >= 0);
	CHECK(write(fd, data, size) == (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	rc = wi_conf_read(path, NULL, &conf, &problems);
	CHECK((rc == WEFT_OK) == (problems.n == 0));
	check_problems(&problems, count_lines(data, size));
	if (rc == WEFT_OK) {
		check_conf(conf);
		check_again(path, conf);
	}
	wi_conf_problems_fini(&problems);
	wi_conf_free(&conf);
	CHECK(close(fd) == 0);
	return 0;
}
