#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Twice what handlers can do: with a queue target and a deadline, beside the
# same host without.  Handlers burn 1 ms; what they can do is measured first,
# by a closed loop; then an open loop of twice that, whose replies are in time
# within 250 ms.  Runs take turns; medians of RUNS runs of SECONDS_EACH.
#
#	make -C build && tests/bench/overload.sh
set -eu
build=${WEFT_BUILD:-$(dirname "$0")/../../build}
runs=${RUNS:-5}
seconds=${SECONDS_EACH:-5}
connections=${CONNECTIONS:-200}
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill -9 "$pid"; wait; rm -rf "$dir"' EXIT

# host ARGUMENT...: its URL is in $dir/url then.  A new one for each run: what
# an overloaded one has not done yet it would do during the next.
host() {
	: >"$dir/host"
	"$build/weft" run --counters 'slow?burn_us=1000' \
	    --listen tcp+varint://127.0.0.1:0 "$@" \
	    >"$dir/host" 2>"$dir/log" &
	pid=$!
	timeout 10 tail -n +1 -s 0.05 -f "$dir/host" | grep -q -m 1 ready
	awk '/listening/ { print $2 }' "$dir/host" >"$dir/url"
}

host_end() {
	kill -TERM "$pid"
	kill -TERM "$pid" 2>/dev/null || : # at once
	wait "$pid" || :
	pid=
}

median() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# field NAME: of the last run
field() {
	sed -E 's/"sent_late_us":\{[^}]*\}//' "$dir/json" |
	    sed -E "s/.*\"$1\":([0-9.e+]+).*/\1/"
}

# memory: [KiB] now
memory() {
	awk '/VmRSS/ { print $2 }' "/proc/$pid/status"
}

host
"$build/weft" bench "$(cat "$dir/url")" -c 8 -d 2 -t "$seconds" \
    --json >"$dir/json"
host_end
most=$(field messages_per_s)
rate=$(awk -v m="$most" 'BEGIN { printf "%d", 2 * m }')
echo "closed loop: $most/s; open loop: $rate/s, $connections connections"
for _ in $(seq "$runs"); do
	for name in plain bounded; do
		bounds=()
		[ "$name" = plain ] || bounds=(--queue-target 5ms
		    --queue-interval 100ms --deadline 50ms)
		host "${bounds[@]}"
		for half in first second; do
			"$build/weft" bench "$(cat "$dir/url")" \
			    -c "$connections" -t "$seconds" --rate "$rate" \
			    --deadline 250ms --json >"$dir/json"
			memory >>"$dir/$name.$half"
			[ "$half" = second ] || continue
			field in_time_per_s >>"$dir/$name.good"
			field p99 >>"$dir/$name.p99"
		done
		host_end
	done
done
printf '| host | in time/s | of the most | p99 of all replies |'
printf ' KiB after the first half, the second |\n|---|---|---|---|---|\n'
for name in plain bounded; do
	good=$(median <"$dir/$name.good")
	printf '| %s | %s | %s | %s us | %s, %s |\n' "$name" "$good" \
	    "$(awk -v a="$good" -v m="$most" 'BEGIN { printf "%.2f", a / m }')" \
	    "$(median <"$dir/$name.p99")" \
	    "$(median <"$dir/$name.first")" "$(median <"$dir/$name.second")"
done
