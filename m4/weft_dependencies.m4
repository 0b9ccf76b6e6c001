dnl SPDX-License-Identifier: Apache-2.0
dnl
dnl weft_dependencies.m4 - the libraries that Weft needs: the core, its tests,
dnl and the program (jansson).
dnl
dnl All are looked for before anything is said, so that one message names all
dnl that is missing and the one line that installs it.

dnl WEFT_MISSING(WHAT, FOUND, PACKAGE)
AC_DEFUN([WEFT_MISSING], [
	AS_VAR_APPEND([weft_missing_text], ["
    expected $1, found $2"])
	AS_VAR_APPEND([weft_missing_packages], [" $3"])
])

dnl WEFT_PKG(PREFIX, MODULE, VERSION, PACKAGE): by pkg-config.
AC_DEFUN([WEFT_PKG], [
	PKG_CHECK_MODULES([$1], [$2 >= $3],
	    [weft_found_$1=$($PKG_CONFIG --modversion $2 2>/dev/null)
	    test -n "$weft_found_$1" || weft_found_$1="given by $1_LIBS"],
	    [weft_version=none
	    AS_IF([test -n "$PKG_CONFIG"],
	        [weft_version=$($PKG_CONFIG --modversion $2 2>/dev/null ||
	            echo none)])
	    WEFT_MISSING([$2 $3 or newer], [$weft_version], [$4])])
])

AC_DEFUN([WEFT_DEPENDENCIES], [
	weft_missing_text=
	weft_missing_packages=

	AS_IF([test -z "$PKG_CONFIG"],
	    [WEFT_MISSING([pkg-config 0.29 or newer], [none], [pkg-config])])
	WEFT_PKG([UV], [libuv], [1.44], [libuv1-dev])
	WEFT_PKG([CK], [ck], [0.7], [libck-dev])
	WEFT_CHECK_TPL([weft_found_TPL=yes],
	    [WEFT_MISSING([tpl.h and libtpl], [header: dnl
$weft_tpl_header and library: $weft_tpl_library], [libtpl-dev])])
	WEFT_PKG([CHECK], [check], [0.15], [check])
	WEFT_PKG([JANSSON], [jansson], [2.13], [libjansson-dev])

	AS_IF([test -n "$weft_missing_text"], [AC_MSG_ERROR([not all that Weft
  is built on is here:$weft_missing_text
  On Debian and Ubuntu this installs it:
    apt-get install$weft_missing_packages])])

	weft_save_LIBS=$LIBS
	LIBS=
	AC_SEARCH_LIBS([dlopen], [dl])
	DL_LIBS=$LIBS
	LIBS=
	AC_SEARCH_LIBS([floor], [m])
	M_LIBS=$LIBS
	LIBS=$weft_save_LIBS
	AC_SUBST([DL_LIBS])
	AC_SUBST([M_LIBS])
])
