/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/usage.c - values of command line options, and how a command complains.
 *
 * thread: main.
 */
#include "host/usage.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"

#define DURATION_MAX_S (365.0 * 24 * 3600)

/* Units of a duration and their length in seconds. */
static const struct {
	const char *name;
	double seconds;
} usage_units[] = { { "", 1 }, { "s", 1 }, { "ms", 1e-3 }, { "us", 1e-6 },
	{ "m", 60 }, { "min", 60 }, { "h", 3600 } };

int
wi_usage_number(const char *what, const char *text, uint64_t min, uint64_t max,
    uint64_t *out, struct weft_error *err)
{
	char *end = NULL;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	/* strtoull() takes blanks and a minus; we do not. */
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
	    value < min || value > max)
		return wi_fail(err, -EINVAL,
		    "%s: expected a number from %" PRIu64 " to %" PRIu64
		    ", found \"%s\"",
		    what, min, max, text);
	*out = value;
	return WEFT_OK;
}

int
wi_usage_duration(
    const char *what, const char *text, uint64_t *out, struct weft_error *err)
{
	char *end = NULL;
	double value = 0;
	size_t i;

	/* A digit or a dot first: strtod() also takes "nan" and "-1". */
	if ((text[0] >= '0' && text[0] <= '9') || text[0] == '.')
		value = strtod(text, &end);
	for (i = 0; end != NULL && end != text &&
	     i < sizeof(usage_units) / sizeof(usage_units[0]);
	     i++) {
		if (strcmp(end, usage_units[i].name) != 0)
			continue;
		value *= usage_units[i].seconds;
		if (!(value <= DURATION_MAX_S))
			break;
		*out = (uint64_t)(value * 1e9 + 0.5);
		return WEFT_OK;
	}
	return wi_fail(err, -EINVAL,
	    "%s: expected a duration like 10, 2.5s or 300ms, found \"%s\"",
	    what, text);
}

void
wi_complain(const char *command, const char *format, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	fprintf(stderr, "%s: %s\n", command, line);
}
