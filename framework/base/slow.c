/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/slow.c - the policies for slow readers as words.
 *
 * thread: any (pure).
 */
#include <stddef.h>

#include <weft/slow.h>

const char *
weft_slow_name(unsigned policy)
{
	static const char *const names[] = { [WEFT_SLOW_DEFAULT] = "default",
#define SLOW_NAME(name, word, text) [WEFT_SLOW_##name] = word,
		WEFT_SLOWS(SLOW_NAME)
#undef SLOW_NAME
	};

	return policy < sizeof(names) / sizeof(names[0]) ? names[policy] :
							   NULL;
}
