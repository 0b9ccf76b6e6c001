#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/install.sh - what "make install" puts where, that it is enough for
# a plugin with autotools (weft.m4) and for a program (weft.pc), and that
# "make uninstall" leaves nothing.
#
#   WEFT_BUILD   the build tree that is installed from  (.)
#   WEFT_SRC     the source tree  (.)
#   CC

[ -z "${WEFT_SANITIZED-}" ] || {
	echo "SKIP: what is linked with a sanitizer is not for others"
	exit 77
}
BUILD=${WEFT_BUILD:-.}
SRC=${WEFT_SRC:-.}
DIR=$(mktemp -d "${TMPDIR:-/tmp}/weft-install.XXXXXX") || exit 99
ROOT=$DIR/root
FAILED=0
PASSED=0
export CC=${CC:-cc}
unset MAKEFLAGS MFLAGS MAKELEVEL WEFT
trap 'rm -rf "$DIR"' EXIT
trap 'exit 1' INT TERM HUP

# is WORDS FOUND EXPECTED
is() {
	if [ "$2" = "$3" ]; then
		PASSED=$((PASSED + 1))
	else
		FAILED=$((FAILED + 1))
		printf 'FAIL %s: expected "%s", found "%s"\n' "$1" "$3" "$2"
	fi
}

# step WORDS COMMAND...: it works, or all ends here.
step() {
	"${@:2}" >"$DIR/log" 2>&1 && return
	cat "$DIR/log"
	echo "FAIL: $1"
	exit 1
}

# One at a time: another test may install from there, too.
step "make install" flock "$BUILD/config.status" \
    make -s -C "$BUILD" install DESTDIR="$ROOT"
PREFIX=$(find "$ROOT" -type f -name weft -path '*/bin/*')
PREFIX=${PREFIX%/bin/weft}
for file in lib/libweft.so lib/pkgconfig/weft.pc share/aclocal/weft.m4 \
    share/man/man1/weft.1 share/bash-completion/completions/weft \
    share/zsh/site-functions/_weft lib/systemd/system/weft.service \
    share/doc/weft/README.md share/doc/weft/CHANGELOG.md \
    share/doc/weft/weft.conf.example share/doc/weft/weft.conf.default \
    $(cd "$SRC/framework" && ls include/weft/*.h) \
    $(cd "$SRC/plugins" && for plugin in */; do
	echo "lib/weft/${plugin%/}.so"; done); do
	is "$file" "$(test -s "$PREFIX/$file" && echo yes)" yes
done
export LD_LIBRARY_PATH="$PREFIX/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export WEFT_PLUGIN_PATH="$PREFIX/lib/weft"
if "$PREFIX/bin/weft" help | grep -q '^  conf '; then
	is "the example" "$("$PREFIX/bin/weft" check \
	    "$PREFIX/share/doc/weft/weft.conf.example" >/dev/null; echo $?)" 0
	is "weft.conf(5)" "$(test -s "$PREFIX/share/man/man5/weft.conf.5" &&
	    echo yes)" yes
fi

# ---- a program, by pkg-config

# The prefix that weft.pc was made for is below $ROOT now.
export PKG_CONFIG_PATH="$PREFIX/lib/pkgconfig"
export PKG_CONFIG_SYSROOT_DIR="$ROOT"
cat >"$DIR/program.c" <<END
#include <stdio.h>
#include <weft/weft.h>
int
main(void)
{
	printf("%s\n", weft_version());
	return 0;
}
END
# shellcheck disable=SC2046
step "a program" $CC "$DIR/program.c" -o "$DIR/program" \
    $(pkg-config --cflags --libs weft)
is "a program" "$("$DIR/program" 2>&1)" "$(pkg-config --modversion weft)"

# ---- a plugin, by autotools

if command -v autoreconf libtoolize >/dev/null; then
	mkdir -p "$DIR/plugin/m4"
	cd "$DIR/plugin" || exit 99
	cat >configure.ac <<END
AC_INIT([hello], [1.0])
AC_CONFIG_AUX_DIR([build-aux])
AC_CONFIG_MACRO_DIRS([m4])
AM_INIT_AUTOMAKE([foreign -Wall -Werror])
AC_PROG_CC
AM_PROG_AR
LT_INIT([disable-static])
WEFT_PLUGIN([hello], [0.1])
AC_CONFIG_FILES([Makefile])
AC_OUTPUT
END
	cat >Makefile.am <<'END'
ACLOCAL_AMFLAGS = -I m4
plugindir = $(WEFT_PLUGINDIR)
plugin_LTLIBRARIES = hello.la
hello_la_SOURCES = hello.c
hello_la_CPPFLAGS = $(WEFT_CFLAGS)
hello_la_LDFLAGS = -module $(WEFT_PLUGIN_LDFLAGS)
END
	cat >hello.c <<END
#include <weft/weft.h>
static void
message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	weft_send(call, from, msg);
}
int not_exported;
WEFT_PLUGIN(.name = "hello", .message = message);
END
	ACLOCAL_PATH="$PREFIX/share/aclocal" step "autoreconf" autoreconf -i
	step "configure" ./configure --prefix="$DIR/prefix"
	step "make" make -s
	step "make install" make -s install
	is "where it is" "$(ls "$DIR/prefix/lib/weft/hello.so")" \
	    "$DIR/prefix/lib/weft/hello.so"
	is "what it exports" "$(nm -D --defined-only --format=posix \
	    "$DIR/prefix/lib/weft/hello.so" | cut -d' ' -f1)" weft_plugin
	WEFT_PLUGIN_PATH="$DIR/prefix/lib/weft" step "weft check" \
	    "$PREFIX/bin/weft" check hello
	sed -i 's/\[0.1\]/[99.0]/' configure.ac
	ACLOCAL_PATH="$PREFIX/share/aclocal" step "autoreconf" autoreconf -i
	./configure >"$DIR/log" 2>&1
	is "a version that is not there" $? 1
	is "its words" "$(grep -c 'weft >= 99.0' "$DIR/log" |
	    sed 's/[1-9][0-9]*/some/')" some
	cd / || exit 99
else
	echo "without autotools: weft.m4 was not tried"
fi

# ---- nothing is left

step "make uninstall" make -s -C "$BUILD" uninstall DESTDIR="$ROOT"
is "what is left" "$(find "$ROOT" ! -type d)" ''

echo "install: $PASSED passed, $FAILED failed"
[ "$FAILED" -eq 0 ]
