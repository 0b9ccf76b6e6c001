#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/tpl_perl.sh - values that another tpl than libtpl and ours writes
# and reads (tpl_perl.pl), in both byte orders.

set -u
WEFT=${WEFT:-./weft}
here=${WEFT_SRC:-$(dirname "$0")/../..}/tests/flow
examples=${WEFT_BUILD:-$(dirname "$0")/../../build}/examples
plugins=${WEFT_TEST_PLUGINS:?}
dir=$(mktemp -d "${TMPDIR:-/tmp}/weft-perl.XXXXXX") || exit 99
limit=60
passed=0
failed=0
server=

finish() {
	[ -z "$server" ] || kill "$server" 2>/dev/null
	wait
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

# answers WHAT EXPECTED PORT ARGUMENT...: of tpl_perl.pl
answers() {
	local what=$1 expected=$2 found

	shift 2
	found=$(timeout "$limit" perl "$here/tpl_perl.pl" "$@" 2>&1)
	if [ "$found" = "$expected" ]; then
		passed=$((passed + 1))
		return
	fi
	failed=$((failed + 1))
	printf 'FAIL %s: expected\n  %s\nfound\n  %s\n' "$what" "$expected" \
	    "$found"
}

: >"$dir/out"
"$WEFT" run "$examples/sensors/.libs/sensors.so" \
    --listen tcp+tpl://127.0.0.1:0 \
    "$plugins/shop.so" --listen tcp+tpl://127.0.0.1:0 >"$dir/out" &
server=$!
timeout "$limit" tail -n +1 -s 0.05 -f "$dir/out" | grep -q -m 1 ready ||
    { echo "FAIL the server: expected ready"; exit 1; }
ports=$(sed -n 's/^listening [^ ]*:\([0-9]*\) .*/\1/p' "$dir/out")
sensors=$(head -1 <<<"$ports") shop=$(tail -1 <<<"$ports")

answers "a reading" "ssuff summary cellar 1 8.5 8.5" \
    "$sensors" little ssf "'reading', 'cellar', 8.5"
answers "a reading, big-endian" "ssuff summary cellar 2 9 9.5" \
    "$sensors" big ssf "'reading', 'cellar', 9.5"
answers "what is no reading" \
    "expected an image back, found 0 bytes and the end" \
    "$sensors" big ssi "'reading', 'cellar', 9"

# All that a type may have.
format='scjviuIUfsBA(j)A(s)A(B)ffA(suc#)'
values="'order', 200, -30000, 60000, -2000000000, 4000000000, -9e15, 9e15,
    0.25, 'text', 'blob', [[1], [-2]], [['one'], ['two']], [['b']], 1.5, -2.5,
    [['nut', 5, [1, 2, 3]], ['', 0, [4, 5, 6]]]"
expected="$format order 200 -30000 60000 -2000000000 4000000000\
 -9000000000000000 9000000000000000 0.25 text blob [1 -2] [one two] [b] 1.5\
 -2.5 [nut 5 (1 2 3)  0 (4 5 6)]"
for endian in little big; do
	answers "an order, $endian-endian" "$expected" \
	    "$shop" $endian "$format" "$values" 3
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
