/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/altstack.h - a stack of its own for a thread's signal handlers, so that
 * one runs when the thread's stack is used up.
 *
 * thread: the one whose it is.
 */
#ifndef WI_ALTSTACK_H
#define WI_ALTSTACK_H

#include <stddef.h>

/* owned by: the thread, until wi_altstack_end(). */
struct wi_altstack {
	void *memory; /* NULL: none was made */
	size_t size;  /* [bytes] with its guard */
};

/* wi_altstack_begin() - the calling thread gets one, unless it has one that is
 * somebody else's (a sanitizer's), or there is no memory. */
void wi_altstack_begin(struct wi_altstack *stack);

/* wi_altstack_end() - not in a handler that runs on it. */
void wi_altstack_end(struct wi_altstack *stack);

#endif
