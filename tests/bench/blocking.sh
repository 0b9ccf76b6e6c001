#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Handlers that block: what others notice while 1 % of the messages hold their
# worker for 50 ms.  Two workers; echo and the blocking ones are listeners of
# one host, and one bench each.  Runs without and with the blocking ones take
# turns; medians of RUNS runs of SECONDS_EACH.
#
#	make -C build && tests/bench/blocking.sh
set -eu
build=${WEFT_BUILD:-$(dirname "$0")/../../build}
runs=${RUNS:-5}
seconds=${SECONDS_EACH:-3}
rates=${RATES:-5000 20000}
dir=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || :; wait; rm -rf "$dir"' EXIT

: >"$dir/weft"
"$build/weft" run --counters -w 2 \
    echo --listen tcp+varint://127.0.0.1:0 \
    'slow?sleep_us=50000' --listen tcp+varint://127.0.0.1:0 \
    >"$dir/weft" 2>"$dir/counters" &
pids+=($!)
timeout 10 tail -n +1 -s 0.05 -f "$dir/weft" | grep -q -m 1 ready
light=$(awk '/listening/ { print $2 }' "$dir/weft" | head -1)
block=$(awk '/listening/ { print $2 }' "$dir/weft" | tail -1)

median() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# field JSON NAME: of the object as a whole, or of its latencies
field() {
	sed -E 's/"sent_late_us".*//' "$1" |
	    sed -E "s/.*\"$2\":([0-9.e+]+).*/\1/"
}

# one NAME BLOCKS ARGUMENT...: the light ones, with so many blocking a second
one() {
	local name=$1 blocks=$2 pid=
	shift 2
	if [ "$blocks" -gt 0 ]; then
		"$build/weft" bench "$block" -c 200 --rate "$blocks" \
		    -t "$((seconds + 2))" >/dev/null 2>&1 &
		pid=$!
	fi
	"$build/weft" bench "$light" -c 50 -w 1 -t "$seconds" --json "$@" \
	    >"$dir/json" 2>/dev/null
	[ -z "$pid" ] || wait "$pid"
	field "$dir/json" p99 >>"$dir/$name.p99"
	field "$dir/json" messages_per_s >>"$dir/$name.rate"
}

printf '| light load | blocks/s | p99 without | with | ratio |'
printf ' messages/s without | with | ratio |\n'
printf '|---|---|---|---|---|---|---|---|\n'
for rate in $rates closed; do
	args=(--rate "$rate") blocks=$((${rate/closed/20000} / 100))
	[ "$rate" != closed ] || args=(-d 1)
	for _ in $(seq "$runs"); do
		one "q$rate" 0 "${args[@]}"
		one "b$rate" "$blocks" "${args[@]}"
	done
	printf '| %s | %s ' "$rate" "$blocks"
	for what in p99 rate; do
		a=$(median <"$dir/q$rate.$what")
		b=$(median <"$dir/b$rate.$what")
		printf '| %s | %s | %s ' "$a" "$b" \
		    "$(awk -v a="$a" -v b="$b" 'BEGIN { printf "%.2f", b / a }')"
	done
	printf '|\n'
done
kill -TERM "${pids[0]}"
wait "${pids[0]}"
grep -E 'spares|workers|stuck' "$dir/counters"
