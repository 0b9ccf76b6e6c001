#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/new_user.sh - the way of a new user, for each kind of message:
# install, "weft new", make test, "weft check", "weft run", the first echo.
# From "weft new" to there it takes less than a minute.
#
#   WEFT_BUILD   the build tree that is installed from  (.)
#   CC

BUILD=$(cd "${WEFT_BUILD:-.}" && pwd)
SECONDS_MAX=60 # from "weft new" to the first echo
DIR=$(mktemp -d "${TMPDIR:-/tmp}/weft-user.XXXXXX") || exit 99
SERVER=
FAILED=0
PASSED=0
export CC=${CC:-cc}
unset MAKEFLAGS MFLAGS MAKELEVEL WEFT

finish() {
	[ -z "$SERVER" ] || kill -KILL "$SERVER" 2>/dev/null
	rm -rf "$DIR"
}
trap finish EXIT
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

# ---- install, as into a package

# One at a time: another test may install from there, too.
flock "$BUILD/config.status" make -s -C "$BUILD" install \
    DESTDIR="$DIR/root" >"$DIR/log" 2>&1 || {
	cat "$DIR/log"
	echo "FAIL: make install"
	exit 1
}
bin=$(find "$DIR/root" -type f -name weft -path '*/bin/*')
PREFIX=${bin%/bin/weft}
export PATH="$PREFIX/bin:$PATH"
export LD_LIBRARY_PATH="$PREFIX/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
is "which weft" "$(command -v weft)" "$bin"
is "weft flags" "$(weft flags)" "-I$PREFIX/include"
cd "$DIR" || exit 99

# serve FOLDER: weft run on the listener of its weft.conf; sets URL.
serve() {
	local line url

	url=$(sed -n 's/^	url = "\(.*\)"$/\1/p' weft.conf)
	mkfifo "$DIR/pipe"
	weft run "./$1.so" --listen "${url%:*}:0" >"$DIR/pipe" </dev/null &
	SERVER=$!
	URL=
	while read -r -t "$SECONDS_MAX" line; do
		case $line in
		listening\ *) URL=${line#listening } URL=${URL%% plugin=*} ;;
		ready) break ;;
		esac
	done <"$DIR/pipe"
	rm "$DIR/pipe"
}

# first CODEC: the first answer of a server that is its user's own.
first() {
	case $1 in
	http) curl -s --max-time "$SECONDS_MAX" "$URL/hello/world" ;;
	typed) echo '{"greet":{"name":"world"}}' |
	    weft cat --types ./my_typed.so "$URL" ;;
	*) echo 'hello world' | weft cat "$URL" ;;
	esac
}

for codec in line varint ws typed http; do
	name=my_$codec
	[ "$codec" != http ] || command -v curl >/dev/null || continue
	begin=$(date +%s%N)
	weft new "$name" --codec "$codec" >"$DIR/out"
	is "$codec: weft new" $? 0
	cd "$name" || exit 1
	make -s >"$DIR/log" 2>&1
	is "$codec: make" "$? $(cat "$DIR/log")" "0 "
	make -s test >"$DIR/log" 2>&1
	is "$codec: make test" "$?" 0
	is "$codec: its words" "$(grep -c '^ok: ' "$DIR/log")" 1
	weft check --strict "./$name.so" >"$DIR/log" 2>&1
	is "$codec: weft check" "$? $(cat "$DIR/log")" \
	    "0 ./$name.so: 0 errors, 0 warnings, 0 notes"
	serve "$name"
	answer=$(first "$codec")
	took=$((($(date +%s%N) - begin) / 1000000))
	case $codec in
	typed) want='{"greeting":{"text":"hello world","letters":5}}' ;;
	*) want='hello world' ;;
	esac
	is "$codec: the first echo" "$answer" "$want"
	is "$codec: within $SECONDS_MAX s" \
	    "$((took < SECONDS_MAX * 1000))" 1
	echo "$codec: from weft new to the first echo: $took ms"
	kill "$SERVER"
	wait "$SERVER"
	is "$codec: an orderly end" $? 0
	SERVER=
	make -s clean
	cd ..
done

# The smallest is small, and a wrong answer makes its test fail.
is "lines of C" "$(($(wc -l <my_line/my_line.c) <= 15))" 1
sed -i 's/weft_send(call, from, msg);/weft_send(call, from, (struct weft_bytes){ "no", 2 });/' \
    my_line/my_line.c
make -s -C my_line test >"$DIR/log" 2>&1
is "a wrong answer" $? 2
is "what it says" "$(grep -c '^FAIL: expected "hello", found "no"' \
    "$DIR/log")" 1

# ---- the same in a build tree, without what is installed

"$BUILD/weft" new my_tree >"$DIR/out"
is "a build tree: weft new" $? 0
is "its flags" "$(test -s "$("$BUILD/weft" flags |
    sed 's/^-I//')/weft/weft.h" && echo yes)" yes
make -s -C my_tree test WEFT="$BUILD/weft" >"$DIR/log" 2>&1
is "a build tree: make test" "$? $(grep -c '^ok: ' "$DIR/log")" "0 1"
is "a build tree: pkg-config" "$(PKG_CONFIG_PATH=$BUILD/framework \
    pkg-config --cflags weft | tr -d ' ')" "$("$BUILD/weft" flags)"

# ---- nothing that is there is touched, and no odd name is taken

mkdir there
echo mine >there/Makefile
weft new there >"$DIR/out" 2>&1
is "a folder that is there" $? 1
is "as it was" "$(ls -A there; cat there/Makefile)" "Makefile
mine"
weft new 'a_good_name' >"$DIR/out" 2>&1
is "a good name" $? 0
for name in '' A a/b ../a 'a b' -a 0a a.c 'a;b' "$(printf 'a%.0s' {1..33})"; do
	weft new -- "$name" >"$DIR/out" 2>&1
	is "the name \"$name\"" $? 2
done
weft new other --codec nothing >"$DIR/out" 2>&1
is "an odd codec" $? 2
is "nothing was made" "$(ls -d other a A 2>/dev/null)" ''

echo "new_user: $PASSED passed, $FAILED failed"
[ "$FAILED" -eq 0 ]
