/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/assert.h - for bugs of ours, and only for those: always on.
 *
 * Input, plugins, memory and the OS get error codes instead.
 */
#ifndef WI_ASSERT_H
#define WI_ASSERT_H

void wi_assert_failed(const char *file, int line, const char *condition)
    __attribute__((noreturn, cold));

#define wi_assert(condition)                                                  \
	do {                                                                  \
		if (__builtin_expect(!(condition), 0))                        \
			wi_assert_failed(__FILE__, __LINE__, #condition);     \
	} while (0)

#endif
