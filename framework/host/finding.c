/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/finding.c - what a check has found: a list, printed at its end.
 *
 * thread: main.
 */
#include "host/finding.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"

static const char *const finding_levels[WI_NLEVELS] = {
	[WI_LEVEL_ERROR] = "error",
	[WI_LEVEL_WARNING] = "warning",
	[WI_LEVEL_NOTE] = "note",
};

static struct wi_finding *
finding_room(struct wi_findings *findings)
{
	size_t room = findings->room == 0 ? 16 : findings->room * 2;
	struct wi_finding *list;

	if (findings->count < findings->room)
		return &findings->list[findings->count];
	list = realloc(findings->list, room * sizeof(*list));
	if (list == NULL)
		return NULL;
	findings->list = list;
	findings->room = room;
	return &list[findings->count];
}

void
wi_findings_add(struct wi_findings *findings, enum wi_level level,
    const char *what, const char *format, ...)
{
	struct wi_finding *finding;
	char text[1024];
	va_list args;

	findings->levels[level]++;
	if (findings->count == WI_FINDINGS_MAX)
		return;
	va_start(args, format);
	(void)wi_line_format(text, sizeof(text), format, args);
	va_end(args);
	finding = finding_room(findings);
	if (finding == NULL) {
		findings->nomem = true;
		return;
	}
	finding->level = level;
	finding->what = strdup(what);
	finding->text = strdup(text);
	if (finding->what == NULL || finding->text == NULL) {
		free(finding->what);
		free(finding->text);
		findings->nomem = true;
		return;
	}
	findings->count++;
}

static void
finding_print_text(const struct wi_findings *findings, const char *subject)
{
	const struct wi_finding *finding;
	enum wi_level level;
	size_t i;

	for (level = 0; level < WI_NLEVELS; level++)
		for (i = 0; i < findings->count; i++) {
			finding = &findings->list[i];
			if (finding->level == level)
				(void)printf("%s: %s: %s: %s\n", subject,
				    finding_levels[level], finding->what,
				    finding->text);
		}
	(void)printf("%s: %zu errors, %zu warnings, %zu notes\n", subject,
	    findings->levels[WI_LEVEL_ERROR],
	    findings->levels[WI_LEVEL_WARNING],
	    findings->levels[WI_LEVEL_NOTE]);
}

/* NULL: no memory. */
static json_t *
finding_json(const struct wi_findings *findings, const char *subject)
{
	json_t *list = json_array();
	const struct wi_finding *finding;
	size_t i;

	for (i = 0; i < findings->count && list != NULL; i++) {
		finding = &findings->list[i];
		if (json_array_append_new(list,
			json_pack("{s:s, s:s, s:s}", "level",
			    finding_levels[finding->level], "what",
			    finding->what, "text", finding->text)) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return json_pack("{s:s, s:I, s:I, s:I, s:o}", "file", subject,
	    "errors", (json_int_t)findings->levels[WI_LEVEL_ERROR], "warnings",
	    (json_int_t)findings->levels[WI_LEVEL_WARNING], "notes",
	    (json_int_t)findings->levels[WI_LEVEL_NOTE], "findings", list);
}

int
wi_findings_print(
    const struct wi_findings *findings, const char *subject, bool json)
{
	json_t *all;
	char *text;

	if (findings->nomem)
		return -ENOMEM;
	if (json) {
		all = finding_json(findings, subject);
		text = all == NULL ? NULL : json_dumps(all, JSON_COMPACT);
		json_decref(all);
		if (text == NULL)
			return -ENOMEM;
		(void)printf("%s\n", text);
		free(text);
	} else {
		finding_print_text(findings, subject);
	}
	return fflush(stdout) != 0 || ferror(stdout) ? -EIO : 0;
}

void
wi_findings_free(struct wi_findings *findings)
{
	size_t i;

	for (i = 0; i < findings->count; i++) {
		free(findings->list[i].what);
		free(findings->list[i].text);
	}
	free(findings->list);
	memset(findings, 0, sizeof(*findings));
}
