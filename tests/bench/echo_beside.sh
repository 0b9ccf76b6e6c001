#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
#	echo_beside.sh PLUGIN URL
#
# An echo by that plugin, at that URL, beside plugins/echo at tcp+varint, 64
# bytes: both are listeners of one host and take turns; medians of RUNS runs.
# DEPTHS, CONNECTIONS, RUNS, SECONDS_EACH: other ones.
#
#	tests/bench/echo_beside.sh echo ws://127.0.0.1:0
#	tests/bench/echo_beside.sh build/tests/plugins/.libs/blob.so \
#	    tcp+tpl://127.0.0.1:0	(after make -C build check TESTS=)
set -eu
plugin=$1 url=$2
build=${WEFT_BUILD:-$(dirname "$0")/../../build}
runs=${RUNS:-5}
seconds=${SECONDS_EACH:-2}
dir=$(mktemp -d)
pid=
trap 'kill "$pid" 2>/dev/null || :; wait; rm -rf "$dir"' EXIT

: >"$dir/weft"
more=("$plugin" --listen "$url")
[ "$plugin" != echo ] || more=(--listen "$url")
"$build/weft" run echo --listen tcp+varint://127.0.0.1:0 "${more[@]}" \
    >"$dir/weft" &
pid=$!
timeout 10 tail -n +1 -s 0.05 -f "$dir/weft" | grep -q -m 1 ready
bytes=$(awk '/listening/ { print $2 }' "$dir/weft" | head -1)
others=$(awk '/listening/ { print $2 }' "$dir/weft" | tail -1)

median() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

rate() { # URL DEPTH
	"$build/weft" bench -c "${CONNECTIONS:-50}" -d "$2" -s 64 -t "${seconds}s" -w 1 --json "$1" 2>/dev/null |
	    sed -n 's/.*"messages_per_s": *\([0-9.]*\).*/\1/p'
}

echo "| connections x depth | tcp+varint msgs/s | $url msgs/s | ratio |"
echo "|---|---|---|---|"
for depth in ${DEPTHS:-1 16}; do
	: >"$dir/bytes"
	: >"$dir/others"
	for _ in $(seq "$runs"); do
		rate "$bytes" "$depth" >>"$dir/bytes"
		rate "$others" "$depth" >>"$dir/others"
	done
	[ -z "${VERBOSE:-}" ] || paste "$dir/bytes" "$dir/others"
	b=$(median <"$dir/bytes") v=$(median <"$dir/others")
	echo "| 50x$depth | $b | $v | $(awk "BEGIN { printf \"%.2f\", $v / $b }") |"
done
