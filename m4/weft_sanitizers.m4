dnl SPDX-License-Identifier: Apache-2.0
dnl
dnl weft_sanitizers.m4 - --enable-asan, --enable-ubsan, --enable-tsan and
dnl --enable-fuzz, checked against each other and by linking a program.
dnl
dnl Adds to WEFT_CFLAGS and WEFT_CPPFLAGS; sets FUZZ_LDFLAGS and the
dnl conditionals WEFT_TSAN, WEFT_SANITIZED and WEFT_FUZZ.

dnl WEFT_SANITIZER(WORD, FLAG): --enable-WORD compiles and links with FLAG.
AC_DEFUN([WEFT_SANITIZER], [
	AC_ARG_ENABLE([$1], [AS_HELP_STRING([--enable-$1],
	    [build with $2])], [], [enable_$1=no])
])

AC_DEFUN([WEFT_SANITIZER_USE], [
	AS_IF([test "$enable_$1" = yes], [
		weft_flag_ok=
		WEFT_LD_FLAG([$2], [weft_flag_ok])
		AS_IF([test -z "$weft_flag_ok"], [AC_MSG_ERROR([--enable-$1:
  expected that $CC links a program with $2, found that it cannot.
  With clang on Debian its run-time library is in libclang-rt-14-dev.])])
		AS_VAR_APPEND([weft_sanitizer_cflags], [" $2"])
		AS_VAR_APPEND([weft_sanitizers_list], [" $1"])
	])
])

AC_DEFUN([WEFT_SANITIZERS], [
	WEFT_SANITIZER([asan], [-fsanitize=address])
	WEFT_SANITIZER([ubsan], [-fsanitize=undefined])
	WEFT_SANITIZER([tsan], [-fsanitize=thread])
	AC_ARG_ENABLE([fuzz], [AS_HELP_STRING([--enable-fuzz],
	    [build tests/fuzz with libFuzzer, ASan and UBSan (clang)])],
	    [], [enable_fuzz=no])

	AS_IF([test "$enable_tsan" = yes && test "$enable_asan" = yes],
	    [AC_MSG_ERROR([--enable-tsan and --enable-asan exclude each other:
  expected at most one of them.])])

	FUZZ_LDFLAGS=
	weft_enable_fuzz=no
	AS_IF([test "$enable_fuzz" = yes], [
		AS_IF([test "$weft_cc_kind" != clang],
		    [AC_MSG_ERROR([--enable-fuzz needs libFuzzer: expected
  clang (./configure CC=clang --enable-fuzz), found CC=$CC ($weft_cc_kind).])])
		AS_IF([test "$enable_tsan" = yes],
		    [AC_MSG_ERROR([--enable-fuzz and --enable-tsan exclude
  each other: fuzzing is done with ASan and UBSan.])])
		dnl The counters that fuzzer-no-link puts into every object are
		dnl found, in programs that do not fuzz, in ASan's run time.
		enable_asan=yes
		enable_ubsan=yes
		FUZZ_LDFLAGS=-fsanitize=fuzzer
		weft_enable_fuzz=yes
	])

	weft_sanitizer_cflags=
	weft_sanitizers_list=
	WEFT_SANITIZER_USE([asan], [-fsanitize=address])
	WEFT_SANITIZER_USE([ubsan], [-fsanitize=undefined])
	WEFT_SANITIZER_USE([tsan], [-fsanitize=thread])
	AS_IF([test "$enable_fuzz" = yes], [
		weft_flag_ok=
		WEFT_CC_FLAG([-fsanitize=fuzzer-no-link], [weft_flag_ok])
		AS_IF([test -z "$weft_flag_ok"], [AC_MSG_ERROR([--enable-fuzz:
  expected that $CC takes -fsanitize=fuzzer-no-link, found that it does not.])])
		AS_VAR_APPEND([weft_sanitizer_cflags],
		    [" -fsanitize=fuzzer-no-link"])
	])

	AS_IF([test -n "$weft_sanitizer_cflags"], [
		AS_VAR_APPEND([WEFT_CFLAGS], ["$weft_sanitizer_cflags"])
		AS_VAR_APPEND([WEFT_CFLAGS], [" -fno-omit-frame-pointer"])
		dnl A finding of UBSan is a failure, not a line to overlook.
		AS_IF([test "$enable_ubsan" = yes], [AS_VAR_APPEND(
		    [WEFT_CFLAGS], [" -fno-sanitize-recover=undefined"])])
		dnl gcc warns of every fence, since TSan does not follow them.
		dnl Ours (handoff/wake.c) order a flag against a queue, both of
		dnl which are atomics: no data hangs on the fence alone.
		AS_IF([test "$enable_tsan" = yes],
		    [WEFT_CC_FLAG([-Wno-tsan], [WEFT_CFLAGS])])
		weft_sanitizers_word=$weft_sanitizers_list
	], [
		WEFT_FORTIFY
		WEFT_LD_FLAG([-Wl,-z,defs], [WEFT_DEFS_LDFLAGS])
		weft_sanitizers_word=none
	])
	weft_sanitizers_word=${weft_sanitizers_word# }

	AC_SUBST([FUZZ_LDFLAGS])
	dnl For libweft only (a plugin is meant to leave symbols open), and not
	dnl under clang's sanitizers, whose run time is in the program.
	AC_SUBST([WEFT_DEFS_LDFLAGS])
	AM_CONDITIONAL([WEFT_FUZZ], [test "$enable_fuzz" = yes])
	AM_CONDITIONAL([WEFT_TSAN], [test "$enable_tsan" = yes])
	AM_CONDITIONAL([WEFT_SANITIZED], [test -n "$weft_sanitizer_cflags"])
])
