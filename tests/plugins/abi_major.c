/* SPDX-License-Identifier: Apache-2.0 */
/* Built for another major ABI; all else is well. */
#include "fixture.h"

WEFT_PLUGIN_SYMBOL = { .abi_major = WEFT_ABI_MAJOR + 1,
	.abi_minor = 0,
	.size = sizeof(struct weft_plugin),
	.name = "abi_major" };
