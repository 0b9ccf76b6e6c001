/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/stack_text.c - a stack as text: modules, offsets, names.
 *
 * thread: any, but not in a signal handler (base/stack.h).
 */
#include "base/stack.h"

#ifdef HAVE_BACKTRACE

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"

/* Counted from what the module was moved by, not from where it begins: these
 * differ in a program that is not moved, and addr2line wants the former. */
static int
stack_frame_text(void *frame, char *out, size_t size)
{
	const struct link_map *map;
	const char *name;
	Dl_info info;
	void *extra;
	int len;

	if (dladdr1(frame, &info, &extra, RTLD_DL_LINKMAP) == 0)
		return snprintf(out, size, "0x%zx", (size_t)frame);
	map = extra;
	name = strrchr(info.dli_fname, '/');
	name = name == NULL ? info.dli_fname : name + 1;
	len = snprintf(out, size, "%.64s(+0x%zx)", name,
	    (size_t)frame - (size_t)map->l_addr);
	if (info.dli_sname != NULL)
		len += snprintf(out + len, size - (size_t)len, " %.128s+0x%zx",
		    info.dli_sname, (size_t)frame - (size_t)info.dli_saddr);
	return len;
}

size_t
wi_stack_text(
    const struct wi_stack *stack, const char *between, char *out, size_t size)
{
	size_t len = 0, nbetween = strlen(between), need;
	char frame[256];
	int i;

	wi_assert(size > 0);
	for (i = 0; i < stack->nframes; i++) {
		need = (size_t)stack_frame_text(
		    stack->frames[i], frame, sizeof(frame));
		need += i == 0 ? 0 : nbetween;
		/* Unless it is the last, "..." must fit behind it. */
		if (i + 1 < stack->nframes)
			need += nbetween + strlen("...");
		if (len + need >= size) {
			(void)snprintf(frame, sizeof(frame), "...");
			i = stack->nframes;
		}
		(void)snprintf(out + len, size - len, "%s%s",
		    len == 0 ? "" : between, frame);
		len += strlen(out + len);
	}
	out[len] = '\0';
	return len;
}

#else /* no backtrace() */

size_t
wi_stack_text(
    const struct wi_stack *stack, const char *between, char *out, size_t size)
{
	(void)stack;
	(void)between;
	(void)size;
	out[0] = '\0';
	return 0;
}

#endif
