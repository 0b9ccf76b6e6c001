dnl SPDX-License-Identifier: Apache-2.0
dnl
dnl weft.m4 - for plugins of Weft that are built with autotools.
dnl
dnl WEFT_PLUGIN([NAME], [VERSION]): the headers of Weft, as new as VERSION (any)
dnl or it is an error, and how NAME.la is made of them.
dnl
dnl	configure.ac:	LT_INIT([disable-static])
dnl			WEFT_PLUGIN([hello])
dnl	Makefile.am:	plugindir = $(WEFT_PLUGINDIR)
dnl			plugin_LTLIBRARIES = hello.la
dnl			hello_la_SOURCES = hello.c
dnl			hello_la_CPPFLAGS = $(WEFT_CFLAGS)
dnl			hello_la_LDFLAGS = -module $(WEFT_PLUGIN_LDFLAGS)
dnl
dnl Sets WEFT_CFLAGS (from pkg-config, or as given to configure),
dnl WEFT_PLUGIN_LDFLAGS, WEFT_PLUGINDIR (below --libdir, where "weft run NAME"
dnl of the same prefix looks) and WEFT_PLUGIN_NAME.  automake wants to see
dnl -module by itself.  A plugin is not linked with
dnl libweft: the program that loads it has it.
AC_DEFUN([WEFT_PLUGIN], [
	AC_REQUIRE([PKG_PROG_PKG_CONFIG])
	m4_if([$1], [], [m4_fatal([WEFT_PLUGIN: expected a name])])
	m4_if(m4_bregexp([$1], [^[a-z0-9_-]+$]), [0], [],
	    [m4_fatal([WEFT_PLUGIN: expected a name of a-z, 0-9, _ and -, found $1])])
	PKG_CHECK_MODULES([WEFT], m4_ifval([$2], [[weft >= $2]], [[weft]]))
	WEFT_PLUGIN_NAME=$1
	WEFT_PLUGIN_LDFLAGS="-avoid-version -shared dnl
-export-symbols-regex '^weft_(plugin|codec)\$\$'"
	WEFT_PLUGINDIR='${libdir}/weft'
	AC_SUBST([WEFT_PLUGIN_NAME])
	AC_SUBST([WEFT_PLUGIN_LDFLAGS])
	AC_SUBST([WEFT_PLUGINDIR])
])
