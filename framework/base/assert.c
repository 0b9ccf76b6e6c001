/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/assert.c - the last words before an abort.
 *
 * Told by write(2), not stdio: the heap or a lock of stdio may be what is
 * broken.
 *
 * thread: any.
 */
#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void
wi_assert_failed(const char *file, int line, const char *condition)
{
	char text[512];
	ssize_t written;
	int len;

	len = snprintf(text, sizeof(text),
	    "weft: assertion failed: %s:%d: %s\n", file, line, condition);
	if (len >= (int)sizeof(text)) {
		len = (int)sizeof(text) - 1;
		text[len - 1] = '\n';
	}
	written = len > 0 ? write(STDERR_FILENO, text, (size_t)len) : 0;
	(void)written; /* nobody is left to be told */
	abort();
}
