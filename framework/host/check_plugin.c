/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/check_plugin.c - is this plugin fit to be run?
 *
 * thread: main.
 * from:   check.  to: check_path, check_elf, check_child.
 */
#include "host/check_plugin.h"

#include <stdlib.h>

#include <weft/plugin.h>

#include "host/check_child.h"
#include "host/check_elf.h"
#include "host/check_path.h"
#include "host/elf_file.h"
#include "host/usage.h"

void
wi_check_plugin(const char *what, uint64_t limit_ns, struct wi_findings *out)
{
	struct weft_error err;
	struct wi_elf elf;
	bool saves;
	char *path;

	if (weft_plugin_find(what, &path, &err) < 0) {
		wi_findings_add(out, WI_LEVEL_ERROR, "file", "%s", err.text);
		return;
	}
	wi_check_path(path, out);
	if (wi_elf_open(&elf, path, &err) < 0) {
		wi_findings_add(out, WI_LEVEL_ERROR, "file", "%s", err.text);
	} else {
		wi_check_elf_marks(&elf, out);
		wi_check_child(what, path, &elf, limit_ns, &saves, out);
		if (!saves)
			wi_check_elf_globals(&elf, out);
		wi_elf_close(&elf);
	}
	free(path);
}

int
wi_check_plugin_main(const struct wi_check *check)
{
	struct wi_findings findings = { .count = 0 };
	bool bad;
	int rc;

	wi_check_plugin(check->what, check->timeout_ns, &findings);
	rc = wi_findings_print(&findings, check->what, check->json);
	bad = findings.levels[WI_LEVEL_ERROR] > 0 ||
	    (check->strict && findings.levels[WI_LEVEL_WARNING] > 0);
	wi_findings_free(&findings);
	if (rc < 0)
		wi_complain("weft check", "%s", weft_strerror(rc));
	return rc < 0 || bad ? WI_EXIT_FAILURE : WI_EXIT_OK;
}
