/* SPDX-License-Identifier: Apache-2.0 */
/* Says our ABI, but its table is a member short; all else is well. */
#include "fixture.h"

WEFT_PLUGIN_SYMBOL = { .abi_major = WEFT_ABI_MAJOR,
	.abi_minor = WEFT_ABI_MINOR,
	.size = sizeof(struct weft_plugin) - sizeof(void *),
	.name = "abi_size" };
