dnl SPDX-License-Identifier: Apache-2.0
dnl
dnl weft_flags.m4 - ask the compiler about one flag at a time.

dnl WEFT_CC_FLAG(FLAG, VARIABLE): append FLAG to VARIABLE if it compiles.
dnl -Werror is what makes clang refuse a warning that it does not know.
AC_DEFUN([WEFT_CC_FLAG], [
	AS_VAR_PUSHDEF([weft_cache], [weft_cv_cc_$1])
	AC_CACHE_CHECK([whether $CC takes $1], [weft_cache], [
		weft_save_CFLAGS=$CFLAGS
		CFLAGS="$CFLAGS -Werror $1"
		AC_COMPILE_IFELSE([AC_LANG_SOURCE([[int weft_probe;]])],
		    [AS_VAR_SET([weft_cache], [yes])],
		    [AS_VAR_SET([weft_cache], [no])])
		CFLAGS=$weft_save_CFLAGS
	])
	AS_VAR_IF([weft_cache], [yes], [AS_VAR_APPEND([$2], [" $1"])])
	AS_VAR_POPDEF([weft_cache])
])

dnl WEFT_LD_FLAG(FLAG, VARIABLE): append FLAG to VARIABLE if a program links.
AC_DEFUN([WEFT_LD_FLAG], [
	AS_VAR_PUSHDEF([weft_cache], [weft_cv_ld_$1])
	AC_CACHE_CHECK([whether the linker takes $1], [weft_cache], [
		weft_save_LDFLAGS=$LDFLAGS
		LDFLAGS="$LDFLAGS -Werror $1"
		AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
		    [AS_VAR_SET([weft_cache], [yes])],
		    [AS_VAR_SET([weft_cache], [no])])
		LDFLAGS=$weft_save_LDFLAGS
	])
	AS_VAR_IF([weft_cache], [yes], [AS_VAR_APPEND([$2], [" $1"])])
	AS_VAR_POPDEF([weft_cache])
])
