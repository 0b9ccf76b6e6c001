#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# debian/try.sh DEB... - install the packages into a root of their own, take
# the way of a new user from there, and purge them: nothing is left.
#
# That root has neither libc nor a shell: what the packages depend on is this
# machine's, and is looked up in its list.

set -u
DIR=$(mktemp -d "${TMPDIR:-/tmp}/weft-deb.XXXXXX") || exit 99
ROOT=$DIR/root
FAILED=0
trap 'rm -rf "$DIR"' EXIT
trap 'exit 1' INT TERM HUP

# is WORDS FOUND EXPECTED
is() {
	[ "$2" = "$3" ] && return
	FAILED=$((FAILED + 1))
	printf 'FAIL %s: expected "%s", found "%s"\n' "$1" "$3" "$2"
}

# as_root DPKG-ARGUMENT...
as_root() {
	fakeroot dpkg --root="$ROOT" --force-not-root --force-depends \
	    --force-script-chrootless --log="$DIR/log" "$@" \
	    >"$DIR/out" 2>&1 || {
		cat "$DIR/out"
		echo "FAIL: dpkg $*"
		exit 1
	}
}

[ $# -gt 0 ] || {
	echo "expected packages, found none" >&2
	exit 2
}
mkdir -p "$ROOT"/var/lib/dpkg/{info,updates,triggers}
: >"$ROOT/var/lib/dpkg/status"
: >"$ROOT/var/lib/dpkg/available"
# files: all of that root, but for what is dpkg's.
files() { (cd "$ROOT" && find . ! -path './var/lib/dpkg/*' | sort); }
mkdir -p "$ROOT"/var/{log,lib/systemd} # as any system has
before=$(files)

for deb in "$@"; do
	for need in $(dpkg-deb -f "$deb" Depends | tr ',' '\n' |
	    sed 's/[(|:].*//; s/ //g'); do
		case $need in
		libweft0 | '') ;;
		*) is "$need is on this machine" "$(dpkg-query -W \
		    -f='${db:Status-Status}' "$need" 2>/dev/null)" installed ;;
		esac
	done
done
as_root --install "$@"

export PATH="$ROOT/usr/bin:$PATH"
LIBRARIES=$(dirname "$(find "$ROOT" -name 'libweft.so.0')")
export LD_LIBRARY_PATH="$LIBRARIES"
export WEFT_PLUGIN_PATH="$LIBRARIES/weft"
is "weft" "$(command -v weft)" "$ROOT/usr/bin/weft"
weft --version
cd "$DIR" || exit 99
for codec in line typed; do
	weft new "try_$codec" --codec "$codec" >/dev/null
	make -s -C "try_$codec" test >"$DIR/out" 2>&1
	is "$codec: make test" $? 0
	cat "$DIR/out"
done
is "weft check echo" "$(weft check echo >/dev/null; echo $?)" 0
is "the manual" "$(zcat "$ROOT/usr/share/man/man1/weft-run.1.gz" |
    grep -c '^.TH "WEFT-RUN"')" 1

is "the unit" "$(test -s "$ROOT/lib/systemd/system/weft.service" && echo yes)" yes
is "the example" "$(weft check \
    "$ROOT/usr/share/doc/weft/weft.conf.example" >/dev/null; echo $?)" 0

# What an administrator and the service would leave.
for folder in etc/weft var/lib/weft/crashes var/log/weft; do
	mkdir -p "$ROOT/$folder" && echo kept >"$ROOT/$folder/kept"
done
as_root --purge libweft-dev weft libweft0
is "what is left" "$(files)" "$before"
is "what dpkg knows" "$(dpkg-query --admindir="$ROOT/var/lib/dpkg" -W 2>/dev/null)" ''

[ "$FAILED" -eq 0 ] && echo "packages: installed, used, purged"
