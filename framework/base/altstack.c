/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/altstack.c - a stack of its own for a thread's signal handlers.
 *
 * thread: the one whose it is.
 *
 * Its lowest page cannot be touched: a handler that needs more dies at once
 * instead of writing over what lies below.
 */
#include "base/altstack.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

/* A walk of a stack takes some 20 KiB, the registers of AVX-512 nearly 3. */
#define ALTSTACK_SIZE ((size_t)96 << 10)

void
wi_altstack_begin(struct wi_altstack *stack)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	stack_t ours, before;
	void *memory;

	stack->memory = NULL;
	if (sigaltstack(NULL, &before) != 0 ||
	    (before.ss_flags & SS_DISABLE) == 0)
		return;
	memory = mmap(NULL, page + ALTSTACK_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return;
	(void)mprotect(memory, page, PROT_NONE);
	ours = (stack_t){ .ss_sp = (char *)memory + page,
		.ss_size = ALTSTACK_SIZE };
	if (sigaltstack(&ours, NULL) != 0) {
		(void)munmap(memory, page + ALTSTACK_SIZE);
		return;
	}
	stack->memory = memory;
	stack->size = page + ALTSTACK_SIZE;
}

void
wi_altstack_end(struct wi_altstack *stack)
{
	const stack_t none = { .ss_flags = SS_DISABLE };

	if (stack->memory == NULL)
		return;
	(void)sigaltstack(&none, NULL);
	(void)munmap(stack->memory, stack->size);
	stack->memory = NULL;
}
