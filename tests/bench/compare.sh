#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/bench/compare.sh - Weft beside a plain libuv echo, in the same minute.
#
# Both servers run all the time (idle, they cost nothing); each round loads
# one, then the other, and the order changes from round to round.  What is
# printed are medians, as tables that can be pasted into HACKING.md.
#
#   compare.sh [-r ROUNDS] [-t SECONDS] [-w SECONDS] [-n WORKERS] [ROW...]
#
#   -r  rounds (5)   -t  measured per run (2)   -w  warm-up before it (0.5)
#   -n  --workers of weft run (its default)
#   ROW is CONNECTIONSxDEPTH (50x16), idle, or burn; without any:
#       50x16 50x1 1x1 idle burn
#
#   WEFT         the program to measure  (build/weft)
#   UV_ECHO      the baseline            (build/tests/bench/uv_echo)
#   WEFT_CLIENT  the load generator      ($WEFT)
#
# Server CPU is user and system time of the whole process while it is loaded,
# over all messages of that time.

TOP=$(dirname "$0")/../..
WEFT=${WEFT:-$TOP/build/weft}
UV_ECHO=${UV_ECHO:-$TOP/build/tests/bench/uv_echo}
WEFT_CLIENT=${WEFT_CLIENT:-$WEFT}
ROUNDS=5
SECONDS_EACH=2
WARMUP=0.5
WORKERS=
SIZE=64
IDLE=10000
PIDS=
LC_ALL=C
export LC_ALL

usage() {
	sed -n '/^#   compare.sh/,/^#       50x16/s/^#   //p' "$0" >&2
	exit 2
}

while getopts r:t:w:n: opt; do
	case $opt in
	r) ROUNDS=$OPTARG ;;
	t) SECONDS_EACH=$OPTARG ;;
	w) WARMUP=$OPTARG ;;
	n) WORKERS=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- 50x16 50x1 1x1 idle burn
for row; do
	case $row in
	idle | burn | [1-9]*x[1-9]*) ;;
	*) usage ;;
	esac
done

DIR=$(mktemp -d "${TMPDIR:-/tmp}/weft-compare.XXXXXX") || exit 1
TICKS=$(getconf CLK_TCK)

stop_all() {
	for pid in $PIDS; do
		kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	PIDS=
}
trap 'stop_all; rm -rf "$DIR"' EXIT
trap 'exit 1' INT TERM HUP

die() {
	echo "compare.sh: $*" >&2
	exit 1
}

# start NAME COMMAND... - runs a server; sets PID_NAME and URL_NAME when it
# says where it listens.
start() {
	name=$1
	shift
	mkfifo "$DIR/said.$name.$$" || exit 1
	"$@" >"$DIR/said.$name.$$" 2>"$DIR/err.$name" &
	pid=$!
	PIDS="$PIDS $pid"
	exec 8<"$DIR/said.$name.$$"
	rm "$DIR/said.$name.$$"
	read -r word address rest <&8 ||
	    die "no server: $*: $(cat "$DIR/err.$name")"
	[ "$word" = listening ] || die "expected \"listening\" from $*," \
	    "found \"$word $address $rest\""
	# The pipe is drained to the end, so that the server never meets a
	# closed one.
	cat <&8 >/dev/null &
	exec 8<&-
	eval "PID_$name=$pid URL_$name=tcp+varint://\${address##*/}"
}

# start_weft NAME PLUGIN [WORKERS]
start_weft() {
	start "$1" "$WEFT" run "$2" --listen tcp+varint://127.0.0.1:0 \
	    ${3:+--workers "$3"}
}

# cpu_ns PID - user and system time so far.
cpu_ns() {
	sed 's/.*) //' "/proc/$1/stat" |
	    awk -v t="$TICKS" '{ printf "%.0f", ($12 + $13) * 1e9 / t }'
}

# rss PID - [bytes] resident.
rss() {
	awk '/^VmRSS:/ { printf "%.0f", $2 * 1024 }' "/proc/$1/status"
}

# figure KEY - out of the last run's JSON.
figure() {
	sed -n 's/.*"'"$1"'":\([0-9.]*\).*/\1/p' "$DIR/json"
}

# load NAME FILE BENCH-OPTION... - one run; adds "msgs/s p50 p99 cpu own" to it.
load() {
	name=$1 file=$2
	shift 2
	pid='' url=''
	eval "pid=\$PID_$name url=\$URL_$name"
	before=$(cpu_ns "$pid")
	"$WEFT_CLIENT" bench "$url" -s $SIZE -t "$SECONDS_EACH" -w "$WARMUP" \
	    --json "$@" >"$DIR/json" 2>"$DIR/bench.err" ||
	    die "bench $url $*: $(cat "$DIR/bench.err")"
	after=$(cpu_ns "$pid")
	echo "$(figure messages_per_s) $(figure p50) $(figure p99)" \
	    "$before $after $(figure messages_with_warmup)" \
	    "$(figure own_cpu_ns_per_message)" |
	    awk '{ print $1, $2, $3, ($5 - $4) / ($6 ? $6 : 1), $7 }' >>"$file"
}

# median FILE COLUMN
median() {
	awk -v c="$2" '{ print $c }' "$1" | sort -n |
	    awk '{ v[NR] = $1 } END { m = int((NR + 1) / 2);
		printf "%.6g", NR % 2 ? v[m] : (v[m] + v[m + 1]) / 2 }'
}

ratio() {
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", b ? a / b : 0 }'
}

# cells FILE - medians of msgs/s, p50, p99, CPU and the generator's CPU.
cells() {
	for column in 1 2 3 4 5; do
		median "$1" $column
		echo
	done
}

# table_row LABEL BASE-FILE WEFT-FILE
table_row() {
	# shellcheck disable=SC2046 # five words each, no blanks in them
	set -- "$1" $(cells "$2") $(cells "$3")
	printf '| %s | %.0f | %.0f | %s | %.1f | %.1f | %s | %.1f | %.1f | %s' \
	    "$1" "$2" "$7" "$(ratio "$7" "$2")" \
	    "$3" "$8" "$(ratio "$8" "$3")" "$4" "$9" "$(ratio "$9" "$4")"
	shift 4
	printf ' | %.0f | %.0f | %s | %.0f |\n' \
	    "$1" "$6" "$(ratio "$6" "$1")" "$2"
}

measure_loads() { # ROW...
	start base "$UV_ECHO" --port 0
	start_weft weft echo "$WORKERS"
	round=1
	while [ $round -le "$ROUNDS" ]; do
		for row; do
			order="base weft"
			[ $((round % 2)) -eq 1 ] || order="weft base"
			for name in $order; do
				load "$name" "$DIR/$row.$name" \
				    -c "${row%x*}" -d "${row#*x}"
			done
		done
		round=$((round + 1))
	done
	stop_all
	echo
	echo "| load | msgs/s libuv | Weft | ratio | p50 us libuv | Weft |" \
	    "ratio | p99 us libuv | Weft | ratio | server CPU ns/msg libuv" \
	    "| Weft | ratio | generator |"
	echo "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
	for row; do
		table_row "$row" "$DIR/$row.base" "$DIR/$row.weft"
	done
}

# idle_bytes NAME - sets BYTES: RSS per connection that is held and idle.
idle_bytes() {
	eval "pid=\$PID_$1 url=\$URL_$1"
	files=$(find "/proc/$pid/fd" -type l | wc -l)
	before=$(rss "$pid")
	mkfifo "$DIR/held"
	"$WEFT_CLIENT" bench "$url" --idle -c $IDLE --sources 4 -t 60 \
	    --timeout 30 >"$DIR/held" 2>"$DIR/bench.err" &
	holder=$!
	PIDS="$PIDS $holder"
	exec 7<"$DIR/held"
	rm "$DIR/held"
	read -r word rest <&7 || die "idle: $(cat "$DIR/bench.err")"
	# Connected is not accepted: wait until the server has them all.
	tries=0
	while [ "$(find "/proc/$pid/fd" -type l | wc -l)" -lt \
	    $((files + IDLE)) ]; do
		tries=$((tries + 1))
		[ $tries -lt 200 ] || die "idle: $1 does not accept all"
		sleep 0.1
	done
	after=$(rss "$pid")
	kill -INT "$holder"
	cat <&7 >/dev/null
	exec 7<&-
	wait "$holder" || die "idle: $(cat "$DIR/bench.err")"
	BYTES=$(((after - before) / IDLE))
}

measure_idle() {
	start base "$UV_ECHO" --port 0
	idle_bytes base
	base=$BYTES
	start_weft weft echo "$WORKERS"
	idle_bytes weft
	stop_all
	echo
	echo "| $IDLE idle connections | libuv | Weft | ratio |"
	echo "|---|---|---|---|"
	echo "| RSS bytes per connection | $base | $BYTES |" \
	    "$(ratio "$BYTES" "$base") |"
}

# Four connections, one message each: what is measured is the handlers, and
# the generator leaves the cores to them.
measure_burn() {
	start base "$UV_ECHO" --port 0 --burn-us 200
	start_weft one 'slow?burn_us=200' 1
	start_weft two 'slow?burn_us=200' 2
	round=1
	while [ $round -le "$ROUNDS" ]; do
		order="base one two"
		[ $((round % 2)) -eq 1 ] || order="two one base"
		for name in $order; do
			load "$name" "$DIR/burn.$name" -c 50 -d 1
		done
		round=$((round + 1))
	done
	stop_all
	one=$(median "$DIR/burn.one" 1)
	two=$(median "$DIR/burn.two" 1)
	echo
	echo "| 200 us per message, 50x1 | libuv | 1 worker | 2 workers | 2 : 1 |"
	echo "|---|---|---|---|---|"
	printf '| msgs/s | %.0f | %.0f | %.0f | %s |\n' \
	    "$(median "$DIR/burn.base" 1)" "$one" "$two" "$(ratio "$two" "$one")"
	printf '| p99 us | %.0f | %.0f | %.0f | |\n' \
	    "$(median "$DIR/burn.base" 3)" "$(median "$DIR/burn.one" 3)" \
	    "$(median "$DIR/burn.two" 3)"
}

echo "$(date -u +%Y-%m-%d), $(uname -sr), $(nproc) cores, $SIZE bytes," \
    "medians of $ROUNDS runs of $SECONDS_EACH s, loads" \
    "(connections x depth) interleaved"
loads=
for row; do
	case $row in
	idle | burn) ;;
	*) loads="$loads $row" ;;
	esac
done
# shellcheck disable=SC2086 # a list of words
[ -z "$loads" ] || measure_loads $loads
for row; do
	case $row in
	idle) measure_idle ;;
	burn) measure_burn ;;
	esac
done
