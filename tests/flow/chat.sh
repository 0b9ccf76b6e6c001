#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/chat.sh - plugins/chat as its README has it: weft run chat, and
# weft cat for each who talks.  What is said word by word: test_chat.c.
#
#   WEFT   the program under test  (./weft)
#
# Every wait has a deadline, and no test sleeps.

WEFT=${WEFT:-./weft}
SECONDS_MAX=60
DIR=$(mktemp -d "${TMPDIR:-/tmp}/weft-chat.XXXXXX") || exit 99
SERVER=
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

# start_chat OPTIONS - sets SERVER and URL.
start_chat() {
	local line

	rm -f "$DIR/pipe"
	mkfifo "$DIR/pipe" || exit 99
	"$WEFT" run "chat$1" --workers 2 --counters \
	    --listen tcp+line://127.0.0.1:0 \
	    >"$DIR/pipe" 2>"$DIR/err" </dev/null &
	SERVER=$!
	PIDS+=("$SERVER")
	exec 8<"$DIR/pipe"
	while read -r -t "$SECONDS_MAX" -u 8 line; do
		case $line in
		listening\ *) line=${line#listening } URL=${line%% plugin=*} ;;
		ready) return ;;
		esac
	done
	echo "FAIL start: expected \"ready\", found the end of stdout"
	exit 1
}

# come NAME - one who talks: say NAME TEXT, hear NAME TEXT.
declare -A IN OUT CAT
come() {
	local in out

	mkfifo "$DIR/$1.in" "$DIR/$1.out" || exit 99
	"$WEFT" cat "$URL" <"$DIR/$1.in" >"$DIR/$1.out" 2>"$DIR/$1.err" &
	CAT[$1]=$!
	PIDS+=("${CAT[$1]}")
	exec {in}>"$DIR/$1.in" {out}<"$DIR/$1.out"
	IN[$1]=$in OUT[$1]=$out
	hear "$1" '* you are guest: try /nick NAME, /join ROOM, /help'
	say "$1" "/nick $1"
	hear "$1" "* guest is now $1"
}

say() { # NAME TEXT
	echo "$2" >&"${IN[$1]}"
}

hear() { # NAME TEXT
	local line=

	read -r -t "$SECONDS_MAX" -u "${OUT[$1]}" line
	check "$1" "expected \"$2\", found \"$line\"" [ "$line" = "$2" ]
}

# gone NAME - the server has closed: weft cat ends, although its stdin does not.
gone() {
	timeout "$SECONDS_MAX" cat <&"${OUT[$1]}" >"$DIR/rest"
	STATUS=$?
	check "$1" "expected the end, found $(cat "$DIR/rest")" \
	    test "$STATUS" -eq 0 -a ! -s "$DIR/rest"
	wait "${CAT[$1]}"
	check "$1" 'expected it to be said' \
	    grep -q 'the peer closed the connection' "$DIR/$1.err"
}

# ---- two who talk
start_chat ''
come ann
come bob
say ann '/join lobby'
hear ann '* 1 in lobby: ann'
say ann 'hello'
hear ann 'ann: hello'
say bob '/join lobby'
hear bob 'ann: hello'
hear bob '* 2 in lobby: ann bob'
hear ann '* bob joined'
say bob 'hello, ann'
hear bob 'bob: hello, ann'
hear ann 'bob: hello, ann'
say bob '/nick robert'
hear bob '* bob is now robert'
hear ann '* bob is now robert'

# ---- one is killed, another says goodbye
come cid
say cid '/join lobby'
hear cid 'ann: hello'
hear cid 'bob: hello, ann'
hear cid '* 3 in lobby: ann robert cid'
hear ann '* cid joined'
hear bob '* cid joined'
kill -KILL "${CAT[cid]}"
wait "${CAT[cid]}" 2>/dev/null
hear ann '* cid left'
hear bob '* cid left'
say ann '/leave'
hear ann '* you left lobby'
hear bob '* ann left'
say ann '/quit'
hear ann '* bye'
gone ann

# ---- with one in a room it is stopped, and says what it did
say bob '/who'
hear bob '* 1 in lobby: robert'
kill -TERM "$SERVER"
timeout "$SECONDS_MAX" cat <&8 >/dev/null
wait "$SERVER"
STATUS=$?
check stop "expected status 0, found $STATUS" [ "$STATUS" -eq 0 ]
for pattern in '^strands_now *0 ' '^strands_ended *1 '; do
	check counters "expected \"$pattern\" on stderr" \
	    grep -q "$pattern" "$DIR/err"
done

# ---- options
start_chat '?history=1&members=1'
come eve
say eve '/join lobby'
hear eve '* 1 in lobby: eve'
come fay
say fay '/join lobby'
hear fay '* lobby cannot be joined: it is full'
for option in history=1001 history=x history= members=0 members=10001 rooms=1
do
	timeout "$SECONDS_MAX" "$WEFT" run "chat?$option" \
	    --listen tcp+line://127.0.0.1:0 >"$DIR/out" 2>&1 </dev/null
	STATUS=$?
	check "$option" "expected status 1, found $STATUS" [ "$STATUS" -eq 1 ]
	check "$option" 'expected it to be named' \
	    grep -q "${option%%=*}.*expected\|expected.*${option%%=*}" \
	    "$DIR/out"
done

echo "$PASSED passed, $FAILED failed"
[ "$FAILED" -eq 0 ]
