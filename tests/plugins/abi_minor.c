/* SPDX-License-Identifier: Apache-2.0 */
/* Built for a newer minor ABI, whose table is longer; all else is well. */
#include "fixture.h"

WEFT_PLUGIN_SYMBOL = { .abi_major = WEFT_ABI_MAJOR,
	.abi_minor = WEFT_ABI_MINOR + 1,
	.size = sizeof(struct weft_plugin) + sizeof(void *),
	.name = "abi_minor" };
