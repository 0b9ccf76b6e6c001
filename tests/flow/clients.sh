#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/clients.sh - weft cat and weft bench say what happened.
#
# Against a server that is right, both succeed; against one that goes wrong in
# a known way, they fail, and with the words that fit.  Every fault is first
# shown to be reached: the same load on the same server without it passes.
#
#   WEFT        the program under test   (build/weft)
#   FAULT_ECHO  tests/flow/fault_echo.c  (build/tests/flow/fault_echo)

TOP=$(dirname "$0")/../..
WEFT=${WEFT:-$TOP/build/weft}
FAULT_ECHO=${FAULT_ECHO:-$TOP/build/tests/flow/fault_echo}
DIR=$(mktemp -d "${TMPDIR:-/tmp}/weft-clients.XXXXXX") || exit 99
SERVER=
PASSED=0
FAILED=0

stop_server() {
	if [ -n "$SERVER" ]; then
		kill "$SERVER" 2>/dev/null
		wait "$SERVER" 2>/dev/null
	fi
	SERVER=
}

trap 'stop_server; rm -rf "$DIR"' EXIT
trap 'exit 1' INT TERM HUP

# start_server OPTION... - sets ADDR; blocks until the server says so, and the
# server ends by itself after a minute.
start_server() {
	stop_server
	rm -f "$DIR/said"
	mkfifo "$DIR/said" || exit 99
	"$FAULT_ECHO" "$@" >"$DIR/said" &
	SERVER=$!
	read -r word ADDR <"$DIR/said"
	[ "$word" = listening ] || { echo "no server: $FAULT_ECHO $*"; exit 1; }
}

# client COMMAND... - runs weft; sets STATUS, leaves $DIR/out and $DIR/err.
client() {
	timeout 30 "$WEFT" "$@" >"$DIR/out" 2>"$DIR/err" <"$DIR/in"
	STATUS=$?
}

# load URL OPTION... - a short bench; sets what client sets.
load() {
	client bench -t 300ms --timeout 4 "$@"
}

# expect NAME STATUS FILE PATTERN - how client ended, and a line of out or err.
expect() {
	if [ "$STATUS" -eq "$2" ] && grep -q -- "$4" "$DIR/$3"; then
		PASSED=$((PASSED + 1))
		return
	fi
	FAILED=$((FAILED + 1))
	echo "FAIL $1: expected status $2 and \"$4\" on $3, found status" \
	    "$STATUS and:"
	sed 's/^/    /' "$DIR/out" "$DIR/err"
}

# same NAME - what cat printed is what it was given.
same() {
	if [ "$STATUS" -eq 0 ] && cmp -s "$DIR/in" "$DIR/out"; then
		PASSED=$((PASSED + 1))
		return
	fi
	FAILED=$((FAILED + 1))
	echo "FAIL $1: expected status 0 and stdin on stdout, found $STATUS and:"
	head -c 500 "$DIR/out"
	sed 's/^/    /' "$DIR/err"
}

: >"$DIR/in"
FAULTLESS="0 wrong   0 lost   0 connections broken"

# ---- bench, varint: right, then each fault in the 500th message
start_server
for size in 0 1 11 12 13 64 5000; do
	load "tcp+varint://$ADDR" -c 3 -d 4 -s $size
	expect "bench_of_size_$size" 0 out "$FAULTLESS"
done
load "tcp+varint://$ADDR" -c 5 --rate 2000
expect bench_open_loop 0 out 'open loop, 2000/s'
load "tcp+varint://$ADDR" -c 5 --idle
expect bench_idle 0 out '5 connections held'
load "tcp+varint://$ADDR" -c 4 -d 8 --json
expect bench_json 0 out '^{"url":"tcp+varint.*"connections":4,"depth":8,.*"connections_broken":0}$'
load "tcp+varint://$ADDR" -c 6 --sources 3
expect bench_from_three_addresses 0 out '0 connections broken'

bench_fault() { # FAULT WORDS OPTION...
	fault=$1 words=$2
	shift 2
	start_server --fault=none --at=500
	load "tcp+varint://$ADDR" -c 2 "$@"
	expect "bench_before_$fault" 0 out "$FAULTLESS"
	start_server --fault="$fault" --at=500
	load "tcp+varint://$ADDR" -c 2 "$@"
	expect "bench_notices_$fault" 1 err "$words"
}

bench_fault byte 'connection [01]: message 500, byte 63: expected'
bench_fault byte 'message 500, byte 0: expected' -s 1
bench_fault short 'message 500: expected 64 bytes, found a reply of 63'
bench_fault long 'message 500: expected 64 bytes .*found: a longer reply'
bench_fault huge 'message 500: expected 64 bytes .*found: '
bench_fault swap 'expected message 500, found message 501 of connection' -d 4
bench_fault swap 'message 500, byte 0: expected' -d 4 -s 1
bench_fault drop 'expected message 500, found message 501 of connection' -d 4
bench_fault drop '2 messages were not answered within 4 s'
bench_fault twice 'expected nothing after 501 replies, found another'
bench_fault twice 'expected nothing after\|found message 500 of' -d 4
bench_fault close 'closed by the peer with 1 messages unanswered'
bench_fault close 'closed by the peer with .* unanswered' --rate 9000

# ---- bench, a byte stream: byte 5000 is in message 78
start_server --raw
load "tcp://$ADDR" -c 2 -d 4
expect bench_raw 0 out "$FAULTLESS"
for fault in byte short; do
	start_server --raw --fault=$fault --at=5000
	load "tcp://$ADDR" -d 4
	expect "bench_raw_notices_$fault" 1 err \
	    'message 78, byte [0-9]*: expected 0x'
done
start_server --raw --fault=long --at=5000
load "tcp://$ADDR" -d 4
expect bench_raw_notices_long 1 err \
    'byte [0-9]*: expected 0x\|expected at most [0-9]* bytes after message'
start_server --raw --fault=close --at=5000
load "tcp://$ADDR" -d 4
expect bench_raw_notices_close 1 err 'closed by the peer with 4 messages'

# ---- cat
start_server
printf 'hello\n' >"$DIR/in"
client cat "tcp+varint://$ADDR"
same cat_hello
{ printf 'a\n\n'; seq 1 20000; head -c 70000 /dev/zero | tr '\0' x; echo; } \
    >"$DIR/in"
client cat "tcp+varint://$ADDR"
same cat_many_lines_and_a_long_one
printf '68 65 6C\n00ff\n' >"$DIR/in"
client cat --hex "tcp+varint://$ADDR"
expect cat_hex 0 out '^68656c$'
printf '68\n6g\n' >"$DIR/in"
client cat --hex "tcp+varint://$ADDR"
expect cat_bad_hex 1 err 'line 2, column 1: expected two hexadecimal'
printf 'a\nb\nc\n' >"$DIR/in"
client cat -n 2 "tcp+varint://$ADDR"
printf 'a\nb\n' >"$DIR/in"
same cat_count
# --count ends it although stdin stays open: the fifo's writer is this shell
mkfifo "$DIR/open"
exec 9<>"$DIR/open"
echo x >&9
timeout 30 "$WEFT" cat -n 1 "tcp+varint://$ADDR" <&9 >"$DIR/out" 2>"$DIR/err"
STATUS=$?
expect cat_count_with_stdin_open 0 out '^x$'
exec 9>&-

client cat -n 3 -t 0.3 "tcp+varint://$ADDR"
expect cat_count_not_reached 1 err 'expected 3 replies, found 2: no other'
start_server --fault=drop --at=0
client cat -t 0.3 "tcp+varint://$ADDR"
expect cat_missing_reply 1 err 'expected 2 replies, found 1: no other'
client cat -n 0 "tcp+varint://$ADDR"
: >"$DIR/in"
same cat_wants_none
printf 'a\nb\n' >"$DIR/in"
start_server --fault=close --at=1
client cat "tcp+varint://$ADDR"
expect cat_closed 1 err 'expected 2 replies, found 1: the peer closed'
start_server --fault=huge --at=0
client cat "tcp+varint://$ADDR"
expect cat_huge 1 err 'after 0 replies, expected one in codec varint'

start_server --raw
seq 1 20000 >"$DIR/in"
client cat "tcp://$ADDR"
same cat_raw
client cat -n 3 "tcp://$ADDR"
printf '1\n2\n3\n' >"$DIR/in"
same cat_raw_count

# ---- nobody there, and wrong usage
stop_server
client cat "tcp+varint://$ADDR"
expect cat_refused 1 err 'cannot connect: Connection refused'
client bench "tcp+varint://$ADDR"
expect bench_refused 1 err 'cannot connect: Connection refused'
for tool in cat bench; do
	client $tool
	expect ${tool}_without_url 2 err 'expected the URL'
	client $tool "tcp+nosuch://$ADDR"
	expect ${tool}_unknown_codec 2 err 'expected a codec'
	client $tool "sctp://$ADDR"
	expect ${tool}_unknown_transport 2 err 'expected a transport of tcp'
	client $tool "udp+line://$ADDR"
	expect ${tool}_datagrams_need_no_codec 2 err 'expected a codec (raw)'
	client $tool "tcp://$ADDR?nodelay=no&idle=5s"
	expect ${tool}_no_options_of_endpoints 2 err \
	    'expected options of the socket only .*, found idle'
	client $tool "tcp+varint://$ADDR?nodelay=no&source=127.0.0.9"
	expect ${tool}_options_of_sockets 1 err 'Connection refused'
	client $tool "tcp+varint://$ADDR?source=127.0.0.9:x"
	expect ${tool}_bad_source 2 err 'option source: expected address'
	client $tool --nosuch "tcp://$ADDR"
	expect ${tool}_unknown_option 2 err 'nosuch'
	client $tool --timeout x "tcp://$ADDR"
	expect ${tool}_bad_value 2 err '^weft '$tool': --timeout: expected'
	client $tool --help
	expect ${tool}_help 0 out 'Usage: weft '$tool
done
client bench "tcp://$ADDR" -s 0
expect bench_raw_of_size_0 2 err 'expected 1 or more for a byte stream'

echo "$PASSED passed, $FAILED failed"
[ "$FAILED" -eq 0 ]
