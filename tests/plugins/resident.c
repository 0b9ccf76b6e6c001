/* SPDX-License-Identifier: Apache-2.0 */
/* Cannot be unmapped: it holds on to itself, as code with thread-local
 * destructors and unique C++ symbols does. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* dladdr */
#endif

#include "fixture.h"

#include <dlfcn.h>

static int
load(struct weft_load *load, void **state)
{
	static int anchor;
	Dl_info own;

	(void)state;
	if (dladdr(&anchor, &own) == 0 ||
	    dlopen(own.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE) ==
		NULL)
		return weft_load_fail(load, WEFT_ESTATE, "cannot stay");
	return WEFT_OK;
}

WEFT_PLUGIN(.name = "resident", .load = load);
