/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/tell - what a host has answered, for people: what all answers share,
 * and those that are a line or two.
 *
 * thread: main.
 */
#include "host/tell.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "host/columns.h"

const char *
wi_tell_text(const json_t *line, const char *name)
{
	const char *text = json_string_value(json_object_get(line, name));

	return text == NULL ? "" : text;
}

uint64_t
wi_tell_number(const json_t *line, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(line, name));
}

bool
wi_tell_is(const json_t *line, const char *what)
{
	return strcmp(wi_tell_text(line, "is"), what) == 0;
}

static double
tell_real(const json_t *line, const char *name)
{
	return json_number_value(json_object_get(line, name));
}

static void
tell_reloaded(const json_t *line, FILE *out)
{
	(void)fprintf(out,
	    "%s: from \"%s\" (%s) to \"%s\" (%s)\n"
	    "  waited %.3f ms for its handlers, then paused for %.3f ms: "
	    "save %.3f ms, trial %.3f ms, load %.3f ms\n"
	    "  handed over: %" PRIu64 " endpoints, %" PRIu64
	    " strands; %" PRIu64 " old versions are still needed\n",
	    wi_tell_text(line, "plugin"), wi_tell_text(line, "from"),
	    wi_tell_text(line, "from_hash"), wi_tell_text(line, "to"),
	    wi_tell_text(line, "to_hash"), tell_real(line, "wait_ms"),
	    tell_real(line, "pause_ms"), tell_real(line, "save_ms"),
	    tell_real(line, "trial_ms"), tell_real(line, "load_ms"),
	    wi_tell_number(line, "endpoints"), wi_tell_number(line, "strands"),
	    wi_tell_number(line, "mapped"));
}

/* Of a configuration that was read again. */
static void
tell_text(const json_t *line, FILE *out)
{
	const json_t *endpoints = json_object_get(line, "endpoints");

	(void)fprintf(out, "%s", wi_tell_text(line, "text"));
	if (endpoints != NULL)
		(void)fprintf(out, "; it has %" PRIu64 " endpoints now",
		    (uint64_t)json_integer_value(endpoints));
	(void)fprintf(out, "\n");
}

static void
tell_line(const json_t *line, FILE *out)
{
	char *text;

	if (wi_tell_is(line, "reloaded")) {
		tell_reloaded(line, out);
	} else if (wi_tell_is(line, "listener")) {
		(void)fprintf(out, "%s: %s, %" PRIu64 " endpoints\n",
		    wi_tell_text(line, "url"),
		    json_is_true(json_object_get(line, "suspended")) ?
			"suspended" :
			"accepting",
		    wi_tell_number(line, "endpoints"));
	} else if (wi_tell_is(line, "draining")) {
		(void)fprintf(out,
		    "draining: %" PRIu64 " endpoints are still there\n",
		    wi_tell_number(line, "endpoints"));
	} else if (wi_tell_text(line, "text")[0] != '\0') {
		tell_text(line, out);
	} else {
		text = json_dumps(line, JSON_COMPACT);
		(void)fprintf(out, "%s\n", text == NULL ? "" : text);
		free(text);
	}
}

void
wi_tell_lines(const json_t *lines, const struct wi_telling *how, FILE *out)
{
	json_t *line;
	size_t i;

	(void)how;
	json_array_foreach((json_t *)(uintptr_t)lines, i, line)
	{
		tell_line(line, out);
	}
}
