dnl SPDX-License-Identifier: Apache-2.0
dnl
dnl weft_dependencies.m4 - the libraries that Weft needs: the core, its tests,
dnl and the program (jansson, libconfuse, libseccomp).
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

dnl WEFT_CHECK_LLHTTP(IF-FOUND, IF-NOT): sources of that folder, and the header
dnl that Debian keeps apart.
AC_DEFUN([WEFT_CHECK_LLHTTP], [
	AC_ARG_WITH([llhttp], [AS_HELP_STRING([--with-llhttp=DIR],
	    [where llhttp.c, api.c and http.c are @<:@/usr/share/llhttp@:>@])],
	    [], [with_llhttp=/usr/share/llhttp])
	LLHTTP_CPPFLAGS="-I$with_llhttp -I$with_llhttp/../include/llhttp"
	AC_MSG_CHECKING([for the sources of llhttp])
	AS_IF([test -r "$with_llhttp/llhttp.c" && test -r "$with_llhttp/api.c" &&
	    test -r "$with_llhttp/http.c" &&
	    { test -r "$with_llhttp/llhttp.h" ||
	        test -r "$with_llhttp/../include/llhttp/llhttp.h"; }],
	    [AC_MSG_RESULT([$with_llhttp])
	    $1], [AC_MSG_RESULT([none in $with_llhttp])
	    $2])
	AC_SUBST([LLHTTP_CPPFLAGS])
])

dnl WEFT_CHECK_SECCOMP: libseccomp, for the option seccomp of hosts; without it
dnl that option may only be "off".
AC_DEFUN([WEFT_CHECK_SECCOMP], [
	AC_ARG_WITH([seccomp], [AS_HELP_STRING([--with-seccomp=auto|yes|no],
	    [profile of system calls for hosts, by libseccomp @<:@auto@:>@])],
	    [], [with_seccomp=auto])
	weft_found_SECCOMP=no
	AS_CASE([$with_seccomp],
	    [no], [],
	    [yes], [WEFT_PKG([SECCOMP], [libseccomp], [2.5], [libseccomp-dev])],
	    [auto], [PKG_CHECK_MODULES([SECCOMP], [libseccomp >= 2.5],
	        [weft_found_SECCOMP=$($PKG_CONFIG --modversion libseccomp)],
	        [weft_found_SECCOMP=no])],
	    [AC_MSG_ERROR([--with-seccomp: expected auto, yes or no, dnl
found "$with_seccomp"])])
	AS_IF([test "x$weft_found_SECCOMP" != xno],
	    [AC_DEFINE([HAVE_SECCOMP], [1], [libseccomp is there])])
	AM_CONDITIONAL([WEFT_SECCOMP], [test "x$weft_found_SECCOMP" != xno])
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
	WEFT_PKG([CONFUSE], [libconfuse], [3.3], [libconfuse-dev])
	WEFT_PKG([CRYPTO], [libcrypto], [3.0], [libssl-dev])
	WEFT_PKG([SSL], [libssl], [3.0], [libssl-dev])
	WEFT_PKG([ZLIB], [zlib], [1.2.11], [zlib1g-dev])
	WEFT_CHECK_SECCOMP
	WEFT_CHECK_LLHTTP([weft_found_LLHTTP=$with_llhttp],
	    [WEFT_MISSING([llhttp.c, api.c and http.c of llhttp 8 or newer],
	        [none in $with_llhttp], [node-llhttp])])

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
