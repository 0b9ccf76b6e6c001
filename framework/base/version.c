/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/version.c - what the library that runs calls itself.
 *
 * thread: any.
 */
#include <weft/version.h>

const char *
weft_version(void)
{
	return WEFT_VERSION;
}
