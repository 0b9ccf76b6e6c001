/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/plugins/trace.h - write down what happens to a plugin, from the moment
 * that its file is mapped to the moment that it is gone.
 */
#ifndef TESTS_TRACE_H
#define TESTS_TRACE_H

#include "fixture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static void
trace(char letter)
{
	const char *file = getenv(FIXTURE_TRACE);
	int fd;

	if (file == NULL)
		return;
	fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, &letter, 1) != 1)
		abort(); /* a trace with a hole would prove nothing */
	(void)close(fd);
}

static void __attribute__((constructor)) trace_constructor(void)
{
	trace('c');
}

static void __attribute__((destructor)) trace_destructor(void)
{
	trace('d');
}

static void
trace_unload(void *state)
{
	(void)state;
	trace('u');
}

#endif
