#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/check.sh - "weft check" of plugins: each fault is found, by its
# line and by the exit status, in tests/plugins/faulty.c, in which nothing is
# found without a fault.
#
#   WEFT       the program under test  (./weft)
#   WEFT_SRC   the source tree  (.)
#   CC, WEFT_CXX

WEFT=${WEFT:-./weft}
SRC=${WEFT_SRC:-.}
CC=${CC:-cc}
DIR=$(mktemp -d "${TMPDIR:-/tmp}/weft-check.XXXXXX") || exit 99
FAILED=0
PASSED=0
trap 'rm -rf "$DIR"' EXIT
trap 'exit 1' INT TERM HUP

# is WORDS FOUND EXPECTED
is() {
	if [ "$2" = "$3" ]; then
		PASSED=$((PASSED + 1))
	else
		FAILED=$((FAILED + 1))
		printf 'FAIL %s: expected "%s", found "%s"\n' "$1" "$3" "$2"
		sed 's/^/    /' "$DIR/out" "$DIR/err"
	fi
}

# says WORDS COUNT PATTERN: so many lines of the last report.
says() {
	is "$1" "$(grep -cE -- "$3" "$DIR/out")" "$2"
}

# check WEFT-CHECK-ARGUMENT...: STATUS; out, err.
check() {
	timeout -k 5 60 "$WEFT" check "$@" >"$DIR/out" 2>"$DIR/err" </dev/null
	STATUS=$?
}

# build NAME CC-ARGUMENT...: NAME.so, of faulty.c.
build() {
	$CC -std=gnu11 -g -O1 -fPIC -fvisibility=hidden -shared \
	    -I"$SRC/framework/include" "$SRC/tests/plugins/faulty.c" \
	    -o "$DIR/$1.so" -Wl,--build-id "${@:2}" || exit 1
}

# fault NAME STATUS CC-ARGUMENT...: build it, and check it.
fault() {
	build "$1" "${@:3}"
	check "$DIR/$1.so"
	is "$1: status" "$STATUS" "$2"
}

# ---- nothing is wrong

umask 022
fault good 0
is "good" "$(cat "$DIR/out")" \
    "$DIR/good.so: 0 errors, 0 warnings, 0 notes"
check echo
is "by name" "$STATUS" 0
check --strict "$DIR/good.so"
is "strict" "$STATUS" 0
check --json "$DIR/good.so"
is "JSON" "$(cat "$DIR/out")" \
    "{\"file\":\"$DIR/good.so\",\"errors\":0,\"warnings\":0,\"notes\":0,\"findings\":[]}"

# ---- its code

fault unresolved 1 -DFAULT_UNRESOLVED
says "all of them" 3 'error: symbol: expected weft_test_absent_(one|two|three) in'
says "nothing else" 3 ': (error|warning|note): '
fault crash 1 -DFAULT_CRASH
says "a crash in load()" 1 'error: load\(\): expected it to return, found (a crash: signal 11|that it ended the process)'
fault exit 1 -DFAULT_EXIT
says "an exit in load()" 1 'error: load\(\): .*exit status 3'
fault constructor 1 -DFAULT_CONSTRUCTOR
says "a crash of a constructor" 1 'error: opening it: expected it to return, found (a crash: signal 6|that it ended the process)'
build hang -DFAULT_HANG
check --timeout 3s "$DIR/hang.so"
is "hang: status" "$STATUS" 1
says "a hang in load()" 1 'error: load\(\): .*running after 3000 ms'
check "$DIR/good.so?refuse=yes"
is "refused: status" "$STATUS" 1
says "load() refuses" 1 'error: load: .*it was told to'
echo 'int nothing;' | $CC -shared -fPIC -x c - -o "$DIR/library.so"
build needs -Wl,--no-as-needed "$DIR/library.so"
rm "$DIR/library.so"
check "$DIR/needs.so"
is "needs: status" "$STATUS" 1
says "a library is missing" 1 'error: library: expected .*library\.so'

# ---- its table

fault handlers 0 -DFAULT_NO_HANDLER
says "no handler" 1 'warning: handlers: '
fault saves 1 -DFAULT_SAVES
says "nothing reads it" 1 'error: save_strand\(\): expected load_strand\(\)'
says "nothing writes it" 1 'warning: load_endpoint\(\): expected save_endpoint\(\)'
says "nothing frees it" 1 'warning: save_strand\(\): expected drop_strand\(\)'

# ---- its file

fault globals 0 -DFAULT_GLOBALS
says "globals" 1 'warning: state: .* faulty_count of 8 bytes'
says "globals" 1 'warning: state: .* faulty_table of 100 bytes'
says "globals" 1 'warning: state: .* thread-local faulty_own of 4 bytes'
says "no constant" 3 ': (error|warning|note): '
check --strict "$DIR/globals.so"
is "strict: status" "$STATUS" 1
strip "$DIR/globals.so"
check "$DIR/globals.so"
says "stripped" 1 'warning: state: .*names are stripped'
fault saved 1 -DFAULT_GLOBALS -DFAULT_SAVES
says "what save() covers" 0 'warning: state: '
fault stack 1 -Wl,-z,execstack
says "stack" 1 'error: stack: '
fault nodelete 0 -Wl,-z,nodelete
says "nodelete" 1 'warning: unloading: .*nodelete'
fault buildid 0 -Wl,--build-id=none
says "build id" 1 'note: build id: '
fault debug 0 -g0
says "debug information" 1 'note: debug information: '
fault textrel 1 -DFAULT_TEXTREL -Wl,-z,notext
says "text relocations" 1 'error: text relocations: '
if [ -n "${WEFT_CXX-}" ]; then
	$WEFT_CXX -std=c++17 -g -fPIC -shared -I"$SRC/framework/include" \
	    "$SRC/tests/plugins/faulty.cc" -o "$DIR/cxx.so" || exit 1
	check "$DIR/cxx.so"
	is "C++: status" "$STATUS" 0
	[[ $($WEFT_CXX --version) = *clang* ]] ||
	    says "unique symbols" 1 'warning: unloading: .*unique.*faulty_inline'
	says "destructors" 1 'warning: unloading: .*thread_atexit'
fi

# ---- where it lies

mkdir "$DIR/open"
cp "$DIR/good.so" "$DIR/open/"
check "$DIR/open/good.so"
is "before: status" "$STATUS" 0
chmod o+w "$DIR/open"
check "$DIR/open/good.so"
is "a folder of all: status" "$STATUS" 1
says "a folder of all" 1 "error: path: expected $DIR/open to be written by its"
chmod o-w "$DIR/open"
chmod o+w "$DIR/open/good.so"
check "$DIR/open/good.so"
says "a file of all" 1 "error: path: expected $DIR/open/good.so to be"
chmod o-w "$DIR/open/good.so"

# ---- no plugin at all

check "$DIR/none.so"
is "none: status" "$STATUS" 1
says "none" 1 'error: path: expected a file, found: '
echo text >"$DIR/text.so"
check "$DIR/text.so"
is "text: status" "$STATUS" 1
says "text" 1 'error: file: .*does not begin with an ELF header'
head -c 3000 "$DIR/good.so" >"$DIR/cut.so"
check "$DIR/cut.so"
is "cut: status" "$STATUS" 1
says "cut" 1 'error: open: .*cut short'
check no_such_plugin
is "no name: status" "$STATUS" 1
says "no name" 1 'error: file: '
check
is "nothing: status" "$STATUS" 2
check a.so b.so
is "two: status" "$STATUS" 2
check --timeout x a.so
is "a wrong option: status" "$STATUS" 2

echo "check: $PASSED passed, $FAILED failed"
[ "$FAILED" -eq 0 ]
