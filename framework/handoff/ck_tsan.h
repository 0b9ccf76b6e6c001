/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/ck_tsan.h - Concurrency Kit in a form that ThreadSanitizer sees.
 *
 * Forced in front of every file (-include) by --enable-tsan, and by nothing
 * else; without TSan it is empty.  TSan does not see CK's inline assembler,
 * and of CK's variant for compiler builtins it sees the read-modify-writes
 * but not the loads and stores, which are plain volatile accesses there: a
 * correct program then gives false reports.  So here loads are acquire, stores
 * are release and exchanges are sequentially consistent atomics of the
 * compiler's.  That is what CK's own are on x86-64, so nothing is hidden that
 * would be a fault there; tests/stress plants races to show that faults are
 * still found.
 *
 * What stays invisible: code inside libck (ck_ec, ck_epoch, ck_hs), and CK's
 * emulation loops, for which tests/tsan.supp holds two lines.
 *
 * thread: any.
 */
#ifndef WI_CK_TSAN_H
#define WI_CK_TSAN_H

#if defined(__SANITIZE_THREAD__)
#define WI_CK_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WI_CK_TSAN 1
#endif
#endif

#ifdef WI_CK_TSAN

#define CK_USE_CC_BUILTINS 1
#include <ck_pr.h>

static inline void *
wi_tsan_load_ptr(const void *target)
{
	return __atomic_load_n((void *const *)target, __ATOMIC_ACQUIRE);
}

static inline void
wi_tsan_store_ptr(void *target, const void *value)
{
	/* through an integer: CK's signature drops the const as well */
	__atomic_store_n(
	    (uintptr_t *)target, (uintptr_t)value, __ATOMIC_RELEASE);
}

static inline void *
wi_tsan_fas_ptr(void *target, void *value)
{
	return __atomic_exchange_n((void **)target, value, __ATOMIC_SEQ_CST);
}

/* The generic forms, with pointers, since they take double as well. */
#define WI_CK_TSAN_WIDTH(name, type)                                          \
	static inline type wi_tsan_load_##name(const type *target)            \
	{                                                                     \
		type value;                                                   \
                                                                              \
		__atomic_load(target, &value, __ATOMIC_ACQUIRE);              \
		return value;                                                 \
	}                                                                     \
                                                                              \
	static inline void wi_tsan_store_##name(type *target, type value)     \
	{                                                                     \
		__atomic_store(target, &value, __ATOMIC_RELEASE);             \
	}                                                                     \
                                                                              \
	static inline type wi_tsan_fas_##name(type *target, type value)       \
	{                                                                     \
		type before;                                                  \
                                                                              \
		__atomic_exchange(target, &value, &before, __ATOMIC_SEQ_CST); \
		return before;                                                \
	}

WI_CK_TSAN_WIDTH(char, char)
WI_CK_TSAN_WIDTH(int, int)
WI_CK_TSAN_WIDTH(uint, unsigned int)
WI_CK_TSAN_WIDTH(64, uint64_t)
WI_CK_TSAN_WIDTH(32, uint32_t)
WI_CK_TSAN_WIDTH(16, uint16_t)
WI_CK_TSAN_WIDTH(8, uint8_t)
#ifndef CK_PR_DISABLE_DOUBLE
WI_CK_TSAN_WIDTH(double, double)
#endif
#undef WI_CK_TSAN_WIDTH

/* ck_pr_load_*() and ck_pr_store_*() are macros over these. */
#define ck_pr_md_load_ptr wi_tsan_load_ptr
#define ck_pr_md_load_char wi_tsan_load_char
#define ck_pr_md_load_int wi_tsan_load_int
#define ck_pr_md_load_uint wi_tsan_load_uint
#define ck_pr_md_load_64 wi_tsan_load_64
#define ck_pr_md_load_32 wi_tsan_load_32
#define ck_pr_md_load_16 wi_tsan_load_16
#define ck_pr_md_load_8 wi_tsan_load_8

#define ck_pr_md_store_ptr wi_tsan_store_ptr
#define ck_pr_md_store_char wi_tsan_store_char
#define ck_pr_md_store_int wi_tsan_store_int
#define ck_pr_md_store_uint wi_tsan_store_uint
#define ck_pr_md_store_64 wi_tsan_store_64
#define ck_pr_md_store_32 wi_tsan_store_32
#define ck_pr_md_store_16 wi_tsan_store_16
#define ck_pr_md_store_8 wi_tsan_store_8

#define ck_pr_fas_ptr wi_tsan_fas_ptr
#define ck_pr_fas_char wi_tsan_fas_char
#define ck_pr_fas_int wi_tsan_fas_int
#define ck_pr_fas_uint wi_tsan_fas_uint
#define ck_pr_fas_64 wi_tsan_fas_64
#define ck_pr_fas_32 wi_tsan_fas_32
#define ck_pr_fas_16 wi_tsan_fas_16
#define ck_pr_fas_8 wi_tsan_fas_8

#ifndef CK_PR_DISABLE_DOUBLE
#define ck_pr_md_load_double wi_tsan_load_double
#define ck_pr_md_store_double wi_tsan_store_double
#define ck_pr_fas_double wi_tsan_fas_double
#endif

#endif /* WI_CK_TSAN */

#endif
