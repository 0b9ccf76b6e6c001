dnl SPDX-License-Identifier: Apache-2.0
dnl
dnl weft_debug.m4 - --enable-debug: checks that cost something at each event.
dnl
dnl WEFT_DEBUG: adds to WEFT_CPPFLAGS.

AC_DEFUN([WEFT_DEBUG], [
	AC_ARG_ENABLE([debug], [AS_HELP_STRING([--enable-debug],
	    [check that no two workers are in one strand])],
	    [], [enable_debug=no])
	AS_IF([test "$enable_debug" != no],
	    [AS_VAR_APPEND([WEFT_CPPFLAGS], [" -DWI_DEBUG=1"])])
])
