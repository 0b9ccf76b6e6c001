#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# An echo of values beside an echo of bytes: 64 bytes in tcp+tpl, unpacked and
# packed again by tests/plugins/blob, and in tcp+varint, by plugins/echo.  Both
# are listeners of one host and take turns; medians of RUNS runs.  DEPTHS, RUNS,
# SECONDS_EACH: other ones.
#
#	make -C build check TESTS= && tests/bench/typed_echo.sh
set -eu
build=${WEFT_BUILD:-$(dirname "$0")/../../build}
runs=${RUNS:-5}
seconds=${SECONDS_EACH:-2}
dir=$(mktemp -d)
pid=
trap 'kill "$pid" 2>/dev/null || :; wait; rm -rf "$dir"' EXIT

: >"$dir/weft"
"$build/weft" run echo --listen tcp+varint://127.0.0.1:0 \
    "$build/tests/plugins/.libs/blob.so" --listen tcp+tpl://127.0.0.1:0 \
    >"$dir/weft" &
pid=$!
timeout 10 tail -n +1 -s 0.05 -f "$dir/weft" | grep -q -m 1 ready
bytes=$(awk '/listening/ { print $2 }' "$dir/weft" | head -1)
values=$(awk '/listening/ { print $2 }' "$dir/weft" | tail -1)

median() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

rate() { # URL DEPTH
	"$build/weft" bench -c 50 -d "$2" -s 64 -t "${seconds}s" -w 1 --json "$1" 2>/dev/null |
	    sed -n 's/.*"messages_per_s": *\([0-9.]*\).*/\1/p'
}

echo "| connections x depth | bytes msgs/s | values msgs/s | ratio |"
echo "|---|---|---|---|"
for depth in ${DEPTHS:-1 16}; do
	: >"$dir/bytes"
	: >"$dir/values"
	for _ in $(seq "$runs"); do
		rate "$bytes" "$depth" >>"$dir/bytes"
		rate "$values" "$depth" >>"$dir/values"
	done
	[ -z "${VERBOSE:-}" ] || paste "$dir/bytes" "$dir/values"
	b=$(median <"$dir/bytes") v=$(median <"$dir/values")
	echo "| 50x$depth | $b | $v | $(awk "BEGIN { printf \"%.2f\", $v / $b }") |"
done
