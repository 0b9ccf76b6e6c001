/* SPDX-License-Identifier: Apache-2.0 */
/* Calls a function that nobody has; all else is well. */
#include "fixture.h"

int weft_test_no_such_function(void);

static int
load(struct weft_load *load, void **state)
{
	(void)load;
	(void)state;
	return weft_test_no_such_function();
}

WEFT_PLUGIN(.name = "undefined", .load = load);
