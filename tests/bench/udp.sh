#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Echo over udp: Weft beside a plain libuv echo of one thread, loaded in turn,
# medians of RUNS runs of SECONDS; 64 bytes, 50 clients.
#
#	make -C build bench && tests/bench/udp.sh
set -eu
build=${WEFT_BUILD:-$(dirname "$0")/../../build}
runs=${RUNS:-5}
seconds=${SECONDS_EACH:-2}
dir=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || :; wait; rm -rf "$dir"' EXIT

# wait_for FILE PATTERN: its first line like that
wait_for() {
	timeout 10 tail -n +1 -s 0.05 -f "$1" 2>/dev/null | grep -m 1 -e "$2"
}

: >"$dir/uv" >"$dir/weft"
"$build/tests/bench/uv_udp_echo" >"$dir/uv" &
pids+=($!)
"$build/weft" run echo --listen udp://127.0.0.1:0 >"$dir/weft" &
pids+=($!)
uv=udp://127.0.0.1:$(wait_for "$dir/uv" listening | cut -d ' ' -f 2)
weft=$(wait_for "$dir/weft" listening | cut -d ' ' -f 2)

# one URL DEPTH: datagrams a second, and how many were lost
one() {
	"$build/weft" bench "$1" -c 50 -d "$2" -t "$seconds" 2>/dev/null |
	    awk '/^messages/ { sub("/s", "", $2); n = $2 }
	        /^errors/ { print n, $4 }' || :
}

median() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

printf '| depth | libuv datagrams/s | Weft | ratio | lost libuv | Weft |\n'
printf '|---|---|---|---|---|---|\n'
for depth in 1 16; do
	for _ in $(seq "$runs"); do
		one "$uv" "$depth" >>"$dir/uv.$depth"
		one "$weft" "$depth" >>"$dir/weft.$depth"
	done
	a=$(median <"$dir/uv.$depth") b=$(median <"$dir/weft.$depth")
	printf '| %s | %s | %s | %s | %s | %s |\n' "$depth" "$a" "$b" \
	    "$(awk -v a="$a" -v b="$b" 'BEGIN { printf "%.2f", b / a }')" \
	    "$(cut -d ' ' -f 2 "$dir/uv.$depth" | median)" \
	    "$(cut -d ' ' -f 2 "$dir/weft.$depth" | median)"
done
