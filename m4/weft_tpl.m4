dnl SPDX-License-Identifier: Apache-2.0
dnl
dnl weft_tpl.m4 - find tpl by its header and its library.
dnl
dnl By hand, since it has no .pc file upstream and Debian's tells the wrong
dnl version.  Sets TPL_LIBS; runs the second argument if tpl is missing.

AC_DEFUN([WEFT_CHECK_TPL], [
	weft_tpl_header=no
	weft_tpl_library=no
	TPL_LIBS=
	AC_CHECK_HEADER([tpl.h], [weft_tpl_header=yes])
	weft_save_LIBS=$LIBS
	AC_CHECK_LIB([tpl], [tpl_map], [weft_tpl_library=yes], [])
	LIBS=$weft_save_LIBS
	AS_IF([test "$weft_tpl_header$weft_tpl_library" = yesyes],
	    [TPL_LIBS=-ltpl
	$1],
	    [$2])
	AC_SUBST([TPL_LIBS])
])
