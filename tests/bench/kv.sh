#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/bench/kv.sh - plugins/kv beside redis-server, by redis-benchmark.
#
#   kv.sh [-r ROUNDS] [-n REQUESTS] [-w WORKERS] [DEPTH...]
#
#   -r  rounds (5)   -n  requests of each test (1000000)   -w  workers (2)
#   DEPTH is redis-benchmark's -P; without any: 1 16
#
#   WEFT         the program to measure  (build/weft)
#
# Both servers run all the time; each round loads one, then the other, and the
# order changes from round to round.  What is printed are medians.

TOP=$(dirname "$0")/../..
WEFT=${WEFT:-$TOP/build/weft}
ROUNDS=5
REQUESTS=1000000
WORKERS=2
PIDS=()
LC_ALL=C
export LC_ALL

die() {
	echo "kv.sh: $*" >&2
	exit 1
}

while getopts r:n:w: opt; do
	case $opt in
	r) ROUNDS=$OPTARG ;;
	n) REQUESTS=$OPTARG ;;
	w) WORKERS=$OPTARG ;;
	*) sed -n 's/^#   //p' "$0" >&2
		exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- 1 16
for tool in redis-server redis-benchmark; do
	command -v $tool >/dev/null ||
	    die "expected $tool (Debian: redis-server, redis-tools)"
done
DIR=$(mktemp -d "${TMPDIR:-/tmp}/weft-kv-bench.XXXXXX") || exit 1
trap 'kill "${PIDS[@]}" 2>/dev/null; wait; rm -rf "$DIR"' EXIT
trap 'exit 1' INT TERM HUP

mkfifo "$DIR/pipe" || exit 1
"$WEFT" run kv --workers "$WORKERS" --listen tcp+resp://127.0.0.1:0 \
    >"$DIR/pipe" &
PIDS+=($!)
exec 8<"$DIR/pipe"
read -r -t 30 _ url _ <&8 || die "no server: $WEFT"
weft=${url##*:}
redis=$((20000 + RANDOM % 12000))
mkfifo "$DIR/log" || exit 1
redis-server --port $redis --bind 127.0.0.1 --save "" --appendonly no \
    --dir "$DIR" >"$DIR/log" 2>&1 &
PIDS+=($!)
exec 7<"$DIR/log"
while read -r -t 30 -u 7 line; do
	case $line in *Ready\ to\ accept*) break ;; esac
done
case ${line-} in
*Ready*) ;;
*) die "redis-server does not start on port $redis" ;;
esac

# load NAME PORT DEPTH - adds a line to a file per test: requests a second.
load() {
	redis-benchmark -p "$2" -t set,get -n "$REQUESTS" -c 50 -P "$3" \
	    --csv >"$DIR/csv" 2>"$DIR/err" ||
	    die "redis-benchmark: $(cat "$DIR/err")"
	for test in SET GET; do
		sed -n "s/^\"$test\",\"\([0-9.]*\)\".*/\1/p" "$DIR/csv" \
		    >>"$DIR/$test.$3.$1"
	done
}

median() { # FILE
	sort -n "$1" | awk '{ v[NR] = $1 } END { m = int((NR + 1) / 2);
	    print NR % 2 ? v[m] : (v[m] + v[m + 1]) / 2 }'
}

for ((round = 1; round <= ROUNDS; round++)); do
	for depth; do
		if ((round % 2)); then
			load redis $redis "$depth"
			load weft "$weft" "$depth"
		else
			load weft "$weft" "$depth"
			load redis $redis "$depth"
		fi
	done
done
echo "$(date -u +%Y-%m-%d), $(uname -sr), $(nproc) cores, $REQUESTS" \
    "requests, 50 connections, $WORKERS workers, medians of $ROUNDS runs," \
    "interleaved"
echo
echo "| test | redis-server req/s | Weft kv req/s | ratio |"
echo "|---|---|---|---|"
for depth; do
	for test in SET GET; do
		awk -v t="$test -P $depth" \
		    -v a="$(median "$DIR/$test.$depth.redis")" \
		    -v b="$(median "$DIR/$test.$depth.weft")" 'BEGIN {
			printf "| %s | %.0f | %.0f | %.2f |\n", t, a, b, b / a }'
	done
done
