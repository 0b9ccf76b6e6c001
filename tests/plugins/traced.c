/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing is wrong with it, and it writes down what happens to it. */
#include "trace.h"

static int
load(struct weft_load *load, void **state)
{
	(void)state;
	(void)weft_load_option(load, "word");
	trace('l');
	return WEFT_OK;
}

WEFT_PLUGIN(.name = "traced", .load = load, .unload = trace_unload);
