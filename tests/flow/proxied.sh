#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/proxied.sh - PROXY headers that another program writes: curl.
#
#   WEFT   the program under test  (./weft)
#
# Every wait has a deadline, and no test sleeps: the host closes who is idle.

WEFT=${WEFT:-./weft}
SECONDS_MAX=60
DIR=$(mktemp -d "${TMPDIR:-/tmp}/weft-proxied.XXXXXX") || exit 99
SERVER=
PASSED=0
FAILED=0

command -v curl >/dev/null || {
	echo "SKIP: without curl"
	exit 77
}

finish() {
	[ -z "$SERVER" ] || kill -KILL "$SERVER" 2>/dev/null
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
		sed 's/^/    /' "$DIR/err" "$DIR/out" 2>/dev/null
	fi
}

# start PLUGIN URL - sets SERVER and SERVES, its port.
start() {
	local line

	rm -f "$DIR/pipe"
	mkfifo "$DIR/pipe" || exit 99
	"$WEFT" run "$1" --log info --counters --listen "$2" \
	    >"$DIR/pipe" 2>"$DIR/err" </dev/null &
	SERVER=$!
	exec 8<"$DIR/pipe"
	while read -r -t "$SECONDS_MAX" -u 8 line; do
		case $line in
		listening\ *)
			line=${line#*://*:}
			SERVES=${line%%[!0-9]*}
			;;
		ready) return ;;
		esac
	done
	echo "FAIL start: expected \"ready\", found the end of stdout"
	sed 's/^/    /' "$DIR/err"
	exit 1
}

stop() {
	kill -TERM "$SERVER"
	timeout "$SECONDS_MAX" cat <&8 >/dev/null
	wait "$SERVER"
	SERVER=
}

# ask CURL-OPTION... - sets STATUS, the CODE of the answer, and the PORT that it
# asked from; what came is in out.
ask() {
	timeout "$SECONDS_MAX" curl -s -o "$DIR/out" \
	    -w '%{http_code} %{local_port}\n' "$@" >"$DIR/said"
	STATUS=$?
	read -r CODE PORT <"$DIR/said"
}

# ---- a WebSocket
start chat 'ws+text://127.0.0.1:0/chat?proxy=127.0.0.1&idle=1s'
ask "http://127.0.0.1:$SERVES/chat"
check none "expected curl to be refused, found status $STATUS, $CODE" \
    [ "$STATUS" -ne 0 ]
check none 'expected it to be logged' \
    grep -q "IO-PROXY.*127.0.0.1:$PORT: expected \"PROXY \"" "$DIR/err"
ask --haproxy-protocol "http://127.0.0.1:$SERVES/chat"
check curl "expected 426 for what is no WebSocket, found $CODE" \
    [ "$CODE" = 426 ]
ask --haproxy-protocol --http1.1 -H 'Connection: Upgrade' \
    -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' \
    -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' \
    "http://127.0.0.1:$SERVES/chat"
check curl "expected 101, found $CODE" [ "$CODE" = 101 ]
check curl 'expected the chat to say hello' grep -aq 'you are guest' "$DIR/out"
check curl 'expected the end to be logged' \
    grep -q "IO-IDLE.*127.0.0.1:$PORT: nothing arrived" "$DIR/err"
stop
check curl 'expected one to be counted' grep -q '^closed_proxy *1 ' "$DIR/err"

# ---- HTTP: the header comes once, and is of all requests behind it
mkdir "$DIR/www" && echo one >"$DIR/www/one" && echo two >"$DIR/www/two"
start "files?root=$DIR/www" 'http://127.0.0.1:0?proxy=127.0.0.1'
ask --haproxy-protocol "http://127.0.0.1:$SERVES/one"
check http "expected 200, found status $STATUS, $CODE" [ "$CODE" = 200 ]
timeout "$SECONDS_MAX" curl -s --haproxy-protocol \
    "http://127.0.0.1:$SERVES/one" "http://127.0.0.1:$SERVES/two" >"$DIR/out"
check http 'expected both files' [ "$(<"$DIR/out")" = $'one\ntwo' ]
ask "http://127.0.0.1:$SERVES/one"
check http "expected curl to be refused, found status $STATUS, $CODE" \
    [ "$STATUS" -ne 0 ]
stop
check http 'expected three connections' \
    grep -q '^endpoints_opened *3 ' "$DIR/err"
check http 'expected one to be counted' grep -q '^closed_proxy *1 ' "$DIR/err"

echo "$PASSED passed, $FAILED failed"
[ "$FAILED" -eq 0 ]
