/* SPDX-License-Identifier: Apache-2.0 */
/* Its load() refuses: in words, or as the option "how" says. */
#include "trace.h"

#include <errno.h>
#include <string.h>

static int
load(struct weft_load *load, void **state)
{
	const char *how = weft_load_option(load, "how");

	(void)state;
	trace('l');
	if (how == NULL)
		return weft_load_fail(
		    load, -EINVAL, "no database at port %d", 5432);
	if (strcmp(how, "silent") == 0)
		return WEFT_ESTATE;
	if (strcmp(how, "slip") == 0)
		return weft_load_fail(load, 0, "said no with a 0");
	return 7; /* neither yes nor an error */
}

WEFT_PLUGIN(.name = "refuses", .load = load, .unload = trace_unload);
