dnl SPDX-License-Identifier: Apache-2.0
dnl
dnl weft_warnings.m4 - the language, the warnings and --enable-werror.
dnl
dnl Sets WEFT_CFLAGS (language, visibility, warnings).

AC_DEFUN([WEFT_WARNINGS], [
	AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror],
	    [a warning is an error])], [], [enable_werror=no])

	AC_CACHE_CHECK([which compiler $CC is], [weft_cv_cc_kind], [
		AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
			#ifndef __clang__
			#error not clang
			#endif
		]])], [weft_cv_cc_kind=clang], [weft_cv_cc_kind=gcc])
	])
	weft_cc_kind=$weft_cv_cc_kind

	WEFT_CFLAGS="-std=gnu11 -pthread -fvisibility=hidden"
	m4_foreach_w([weft_flag], [
		-Wall
		-Wextra
		-Wshadow
		-Wstrict-prototypes
		-Wmissing-prototypes
		-Wpointer-arith
		-Wcast-qual
		-Wwrite-strings
		-Wundef
		-Wformat=2
		-Wvla
		-Wconversion
		-Wno-sign-conversion
	], [WEFT_CC_FLAG(weft_flag, [WEFT_CFLAGS])])

	dnl gcc has no thread roles (base/thread_role.h): there it is empty.
	AS_IF([test "$weft_cc_kind" = clang],
	    [WEFT_CC_FLAG([-Wthread-safety], [WEFT_CFLAGS])])

	weft_warnings_word=shown
	AS_IF([test "$enable_werror" = yes], [
		AS_VAR_APPEND([WEFT_CFLAGS], [" -Werror"])
		weft_warnings_word="errors (--enable-werror)"
	])
	AC_SUBST([WEFT_CFLAGS])
])
