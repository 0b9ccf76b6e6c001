/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_stack_text.c - base/stack: one's own stack, and the text of
 * any.  Other threads are test_stack.c's.
 */
#include "base/stack.h"

#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <weft/error.h>
#include <weft/export.h>

#include "check_main.h"

#ifdef HAVE_BACKTRACE

/* Exported (-export-dynamic), so that dladdr() knows where it begins. */
void where_am_i(struct wi_stack *stack);

static bool
is_in(void *frame, void *function)
{
	Dl_info info;

	return dladdr(frame, &info) != 0 && info.dli_saddr == function;
}

__attribute__((noinline)) WEFT_EXPORT void
where_am_i(struct wi_stack *stack)
{
	wi_stack_here(stack);
	stack->nframes += 0; /* or it would be a jump, without a frame */
	__asm__ volatile("" ::: "memory");
}

START_TEST(own_stack_begins_with_the_caller)
{
	struct wi_stack stack, again;

	where_am_i(&stack);
	ck_assert_int_gt(stack.nframes, 2);
	ck_assert_int_le(stack.nframes, WI_STACK_FRAMES);
	ck_assert(is_in(stack.frames[0], (void *)where_am_i));

	ck_assert_int_eq(wi_stack_of(pthread_self(), 0, &again), WEFT_OK);
	ck_assert_int_gt(again.nframes, 2);
	for (int i = 0; i < again.nframes; i++)
		ck_assert(!is_in(again.frames[i], (void *)where_am_i));
}
END_TEST

__attribute__((noinline)) static void
deeper(int depth, struct wi_stack *stack)
{
	if (depth == 0)
		wi_stack_here(stack);
	else
		deeper(depth - 1, stack);
	__asm__ volatile("" ::: "memory");
}

START_TEST(deep_stack_is_cut_at_its_outer_end)
{
	struct wi_stack stack[2];

	memset(stack, 0, sizeof(stack));
	deeper(100, &stack[0]);
	ck_assert_int_eq(stack[0].nframes, WI_STACK_FRAMES);
	ck_assert_int_eq(stack[1].nframes, 0);
	ck_assert_ptr_null(stack[1].frames[0]);
}
END_TEST

START_TEST(text_names_module_and_offset)
{
	struct wi_stack stack = { .nframes = 2,
		.frames = { (char *)(void *)where_am_i + 1, (void *)16 } };
	char text[512], expected[512];
	const ElfW(Ehdr) * head;
	Dl_info info;

	ck_assert_int_ne(dladdr((void *)where_am_i, &info), 0);
	head = info.dli_fbase; /* a program built with -no-pie is not moved */
	(void)snprintf(expected, sizeof(expected),
	    "test_stack_text(+0x%zx) where_am_i+0x1 <- 0x10",
	    (size_t)stack.frames[0] -
		(head->e_type == ET_DYN ? (size_t)head : 0));
	ck_assert_uint_eq(wi_stack_text(&stack, " <- ", text, sizeof(text)),
	    strlen(expected));
	ck_assert_str_eq(text, expected);

	stack.nframes = 0;
	ck_assert_uint_eq(wi_stack_text(&stack, "\n", text, sizeof(text)), 0);
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(text_that_does_not_fit_is_cut_between_frames)
{
	struct wi_stack stack = { .nframes = 3,
		.frames = { (void *)16, (void *)17, (void *)18 } };
	static const char *const fits[] = { NULL, "", ".", "..", "...", "...",
		"...", "...", "...", "0x10,...", "0x10,...", "0x10,...",
		"0x10,...", "0x10,...", "0x10,0x11,...", "0x10,0x11,0x12" };
	char text[32];

	for (size_t size = 1; size < CHECK_COUNT(fits); size++) {
		memset(text, 'x', sizeof(text));
		ck_assert_uint_eq(wi_stack_text(&stack, ",", text, size),
		    strlen(fits[size]));
		ck_assert_str_eq(text, fits[size]);
		ck_assert_int_eq(text[size], 'x');
	}
}
END_TEST

#else

START_TEST(system_without_backtrace_has_empty_stacks)
{
	struct wi_stack stack = { .nframes = 1 };
	char text[8];

	wi_stack_here(&stack);
	ck_assert_int_eq(stack.nframes, 0);
	ck_assert_uint_eq(wi_stack_text(&stack, "\n", text, sizeof(text)), 0);
	ck_assert_str_eq(text, "");
}
END_TEST

#endif

int
main(void)
{
	const TTest *const tests[] = {
#ifdef HAVE_BACKTRACE
		own_stack_begins_with_the_caller,
		deep_stack_is_cut_at_its_outer_end,
		text_names_module_and_offset,
		text_that_does_not_fit_is_cut_between_frames,
#else
		system_without_backtrace_has_empty_stacks,
#endif
	};

	return check_main("stack_text", tests, CHECK_COUNT(tests));
}
