#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/kv.sh - plugins/kv answers byte by byte what Redis answers.
#
#   kv.sh            feed each line of kv_cases to weft run kv and compare with
#                    kv_answers; where redis-server is installed, also that
#                    kv_answers are its answers; then redis-cli and
#                    redis-benchmark against kv
#   kv.sh --record   write kv_answers anew from redis-server
#
#   WEFT             the program under test  (./weft)
#   WEFT_SRC         the tree                (.)
#
# A case is a name and the bytes that one connection sends (printf's %b); it
# starts with an empty store and ends with what makes the server close, so the
# answer ends by itself.

WEFT=${WEFT:-./weft}
HERE=${WEFT_SRC:-.}/tests/flow
SECONDS_MAX=60
DIR=$(mktemp -d "${TMPDIR:-/tmp}/weft-kv.XXXXXX") || exit 99
PIDS=()
PASSED=0
FAILED=0

finish() {
	[ ${#PIDS[@]} -eq 0 ] || kill -KILL "${PIDS[@]}" 2>/dev/null
	wait "${PIDS[@]}" 2>/dev/null
	rm -rf "$DIR"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

check() { # NAME WORDS COMMAND...
	if "${@:3}"; then
		PASSED=$((PASSED + 1))
	else
		FAILED=$((FAILED + 1))
		echo "FAIL $1: $2"
	fi
}

# start_kv [OPTIONS-OF-PLUGIN] [QUERY] - sets PORT.
start_kv() {
	local line

	rm -f "$DIR/pipe"
	mkfifo "$DIR/pipe" || exit 99
	"$WEFT" run "kv$1" --workers 2 \
	    --listen "tcp+resp://127.0.0.1:0$2" >"$DIR/pipe" </dev/null &
	PIDS+=($!)
	exec 8<"$DIR/pipe"
	PORT=
	while read -r -t "$SECONDS_MAX" -u 8 line; do
		case $line in
		listening\ *) line=${line%% plugin=*} PORT=${line##*:}
			PORT=${PORT%%\?*} ;;
		ready) return ;;
		esac
	done
	echo "FAIL start: expected \"ready\", found the end of stdout"
	exit 1
}

# start_redis - on a free port; sets REDIS.  Tries until one is free.
start_redis() {
	local try log=$DIR/redis.log

	for try in 1 2 3 4 5; do
		REDIS=$((20000 + (RANDOM * 7 + try) % 12000))
		rm -f "$log"
		mkfifo "$log"
		redis-server --port $REDIS --bind 127.0.0.1 --save "" \
		    --appendonly no --databases 1 --dir "$DIR" >"$log" 2>&1 &
		PIDS+=($!)
		exec 7<"$log"
		while read -r -t "$SECONDS_MAX" -u 7 line; do
			case $line in
			*Ready\ to\ accept*)
				cat <&7 >/dev/null &
				return ;;
			esac
		done
	done
	echo "FAIL start: redis-server does not start"
	exit 1
}

# talk PORT BYTES - what comes back until the server closes, made visible; ids
# of clients are not the same in two servers.
talk() {
	local status

	exec 6<>"/dev/tcp/127.0.0.1/$1" || exit 1
	# Sent while the answer is read; a server that closes early is fine.
	printf '%b' "$2" >&6 2>/dev/null &
	timeout "$SECONDS_MAX" cat <&6 2>/dev/null >"$DIR/talk"
	status=$?
	exec 6>&-
	cat -vE "$DIR/talk" | sed '/^id\^M\$$/{n;s/:[0-9]*/:ID/}'
	[ $status -ne 124 ] || echo "(not closed within $SECONDS_MAX s)"
}

# answers PORT - of all cases.
answers() {
	local name bytes

	while read -r name bytes; do
		case $name in '' | '#'*) continue ;; esac
		talk "$1" 'FLUSHALL\r\nQUIT\r\n' >/dev/null
		echo "== $name"
		talk "$1" "$bytes"
	done <"$HERE/kv_cases"
}

if [ "${1-}" = --record ]; then
	start_redis
	answers "$REDIS" >"$HERE/kv_answers"
	exit
fi

check cases 'expected answers to all cases' [ \
    "$(grep -c '^== ' "$HERE/kv_answers")" -eq \
    "$(grep -c '^[^#]' "$HERE/kv_cases")" ]
start_kv '' ''
answers "$PORT" >"$DIR/kv"
check answers 'expected the answers of Redis (<), found others (>)' \
    diff "$HERE/kv_answers" "$DIR/kv"
if command -v redis-server >/dev/null; then
	start_redis
	answers "$REDIS" >"$DIR/redis"
	check recorded 'expected kv_answers (<) from redis-server too (>)' \
	    diff "$HERE/kv_answers" "$DIR/redis"
else
	echo 'redis-server is not installed: compared with kv_answers only'
fi

# ---- a pipeline whose answers are far more than an outbox holds, read late:
# 200 times 100,000 bytes, then that all of it came and in order
talk "$PORT" "SET big $(printf '%0100000d' 7)\r\nQUIT\r\n" >"$DIR/set"
check big_inline 'expected an inline command of 100,000 bytes refused' \
    grep -q 'too big inline request' "$DIR/set"
BULK="*3\r\n\$3\r\nSET\r\n\$3\r\nbig\r\n\$100000\r\n$(printf '%0100000d' 7)\r\n"
talk "$PORT" "${BULK}QUIT\r\n" >"$DIR/set"
check big_set 'expected +OK twice' [ "$(grep -c '^+OK' "$DIR/set")" -eq 2 ]
GETS=
for _ in {1..200}; do
	GETS+='GET big\r\nECHO mark\r\n'
done
exec 5<>"/dev/tcp/127.0.0.1/$PORT"
printf '%b' "${GETS}QUIT\r\n" >&5
# The last command is read by the server, or waits in the socket: either way
# another client is served meanwhile.
talk "$PORT" 'PING\r\nQUIT\r\n' >"$DIR/ping"
check others_served 'expected PONG' grep -q PONG "$DIR/ping"
timeout "$SECONDS_MAX" cat <&5 >"$DIR/late"
exec 5>&-
check late_bytes "expected 200 values, 200 marks and an OK, found \
$(wc -c <"$DIR/late") bytes" \
    [ "$(wc -c <"$DIR/late")" -eq $((200 * (9 + 100000 + 2 + 10) + 5)) ]
check late_order 'expected value and mark in turn' [ "$(tr -d '\r' \
    <"$DIR/late" | cut -c 1-7 | sed 's/^0*$/V/' | uniq -c | wc -l)" -eq 801 ]

# ---- SCAN shows every key that is there throughout, while others come
MSET=MSET
for n in {1..3000}; do
	MSET+=" stay:$n v"
done
talk "$PORT" "FLUSHALL\r\n$MSET\r\nQUIT\r\n" >/dev/null
CURSOR=0
ROUNDS=0
: >"$DIR/seen"
while :; do
	ROUNDS=$((ROUNDS + 1))
	MORE=
	for n in {1..20}; do
		MORE+="SET come:$ROUNDS:$n v\r\n"
	done
	talk "$PORT" "${MORE}SCAN $CURSOR COUNT 100 MATCH stay:*\r\nQUIT\r\n" |
	    sed 's/\^M\$$//' >"$DIR/scan"
	# Behind "*2" come the cursor's length and the cursor.
	CURSOR=$(sed -n '/^\*2$/{n;n;p;q}' "$DIR/scan")
	grep -x 'stay:[0-9]*' "$DIR/scan" >>"$DIR/seen"
	[ "${CURSOR:-0}" -ne 0 ] && [ $ROUNDS -lt 3000 ] || break
done
check scan_rounds "expected several, found $ROUNDS" [ $ROUNDS -gt 5 ]
check scan_all "expected 3000 keys, found $(sort -u "$DIR/seen" | wc -l)" \
    [ "$(sort -u "$DIR/seen" | wc -l)" -eq 3000 ]

# ---- maxmemory; what frees memory still works, and then there is room
start_kv '?maxmemory=64K' ''
SETS=
for n in {1..2000}; do
	SETS+="SET key:$n 0123456789\r\n"
done
talk "$PORT" "SET first 1\r\n${SETS}GET first\r\nFLUSHALL\r\n\
SET again 1\r\nQUIT\r\n" >"$DIR/oom"
check oom_first 'expected the first SET to be taken' \
    [ "$(head -n 1 "$DIR/oom")" = '+OK^M$' ]
check oom "expected Redis's words" grep -qxF -e \
    "-OOM command not allowed when used memory > 'maxmemory'.^M\$" "$DIR/oom"
check oom_flush 'expected the last three to be +OK' \
    [ "$(tail -n 3 "$DIR/oom" | sort -u)" = '+OK^M$' ]

# ---- a string above max_message is Redis's error, not silence
start_kv '' '?max_message=1000'
talk "$PORT" '*2\r\n$4\r\nECHO\r\n$900\r\n'"$(printf '%0900d' 1)"'\r\nQUIT\r\n' \
    >"$DIR/max"
check below_max 'expected it back' grep -q '^0*1^M\$$' "$DIR/max"
talk "$PORT" '*2\r\n$4\r\nECHO\r\n$1001\r\n' >"$DIR/max"
check above_max "expected Redis's words" \
    [ "$(cat "$DIR/max")" = '-ERR Protocol error: invalid bulk length^M$' ]

timeout "$SECONDS_MAX" "$WEFT" run 'kv?maxmemory=much' \
    --listen tcp+resp://127.0.0.1:0 >"$DIR/out" 2>"$DIR/err"
check bad_option "expected status 1 and what is wrong" grep -q \
    'maxmemory: expected bytes.*found "much"' "$DIR/err"

# ---- the programs of redis-tools
if command -v redis-cli >/dev/null && command -v redis-benchmark >/dev/null
then
	start_kv '' ''
	cli() {
		timeout "$SECONDS_MAX" redis-cli -p "$PORT" "$@"
	}
	check cli_set 'expected OK' [ "$(cli SET k 'two words')" = OK ]
	check cli_get 'expected the value' [ "$(cli GET k)" = 'two words' ]
	check cli_scan 'expected the key' [ "$(cli --scan)" = k ]
	check cli_info 'expected the version' \
	    grep -q '^redis_version:7' <(cli INFO)
	check benchmark 'expected two lines of figures' [ "$(timeout \
	    "$SECONDS_MAX" redis-benchmark -p "$PORT" -t set,get -n 20000 \
	    -c 50 -P 16 --csv | grep -c '^"[SG]ET"')" -eq 2 ]
else
	TOOLS=missing
fi

echo "$PASSED passed, $FAILED failed"
[ "$FAILED" -eq 0 ] || exit 1
if [ -n "${TOOLS-}" ]; then
	echo 'SKIP: redis-cli and redis-benchmark are not installed' \
	    '(Debian: redis-tools); all else passed'
	exit 77
fi
