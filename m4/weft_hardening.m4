dnl SPDX-License-Identifier: Apache-2.0
dnl
dnl weft_hardening.m4 - flags that make a bug harder to use.
dnl
dnl Adds to WEFT_CFLAGS; sets WEFT_CPPFLAGS and WEFT_LDFLAGS.

AC_DEFUN([WEFT_HARDENING], [
	WEFT_CPPFLAGS=
	WEFT_LDFLAGS=
	WEFT_CC_FLAG([-fstack-protector-strong], [WEFT_CFLAGS])
	WEFT_CC_FLAG([-fstack-clash-protection], [WEFT_CFLAGS])
	WEFT_CC_FLAG([-fcf-protection], [WEFT_CFLAGS])
	WEFT_LD_FLAG([-Wl,-z,relro], [WEFT_LDFLAGS])
	WEFT_LD_FLAG([-Wl,-z,now], [WEFT_LDFLAGS])
	WEFT_LD_FLAG([-Wl,--as-needed], [WEFT_LDFLAGS])
	AC_SUBST([WEFT_CPPFLAGS])
	AC_SUBST([WEFT_LDFLAGS])
])

dnl WEFT_FORTIFY: glibc's checked calls.  Asked with the builder's own CFLAGS:
dnl without optimization glibc answers with a warning.  Not together with a
dnl sanitizer, which checks the same calls better.
AC_DEFUN([WEFT_FORTIFY], [
	AC_CACHE_CHECK([whether -D_FORTIFY_SOURCE=2 can be used],
	    [weft_cv_fortify], [
		weft_save_CFLAGS=$CFLAGS
		CFLAGS="$CFLAGS -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"
		AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <string.h>]],
		    [])], [weft_cv_fortify=yes], [weft_cv_fortify=no])
		CFLAGS=$weft_save_CFLAGS
	])
	AS_IF([test "$weft_cv_fortify" = yes], [AS_VAR_APPEND([WEFT_CPPFLAGS],
	    [" -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"])])
])
