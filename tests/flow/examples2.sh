#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/examples2.sh - the examples file-transfer, game, ticker,
# embed and throughput do what their READMEs say.
#
#   WEFT        the program weft     (build/weft)
#   WEFT_SRC    the tree             WEFT_BUILD   its build
#   WEFT_CXX    a C++17 compiler; without one embed.cc is left out
#
# Every wait has a deadline, and no test sleeps.

TOP=$(dirname "$0")/../..
SRC=${WEFT_SRC:-$TOP}
BUILD=${WEFT_BUILD:-$TOP/build}
WEFT=${WEFT:-$BUILD/weft}
EXAMPLES=$BUILD/examples
FETCH=$EXAMPLES/file-transfer/fetch
EMBED=$EXAMPLES/embed/embed
SECONDS_MAX=60 # for anything that must happen
DIR=$(mktemp -d "${TMPDIR:-/tmp}/weft-examples2.XXXXXX") || exit 99
PIDS=()
PASSED=0
FAILED=0

finish() {
	exec 5>&- 6<&- 7<&- 8<&- 9>&-
	[ ${#PIDS[@]} -eq 0 ] || kill -KILL "${PIDS[@]}" 2>/dev/null
	rm -rf "$DIR"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

# check WORDS COMMAND... - the command must succeed.
check() {
	if "${@:2}"; then
		PASSED=$((PASSED + 1))
	else
		FAILED=$((FAILED + 1))
		echo "FAIL $1"
		tail -n 5 "$DIR"/*err 2>/dev/null | sed 's/^/    /'
	fi
}

# has FILE PATTERN
has() {
	grep -q -- "$2" "$1"
}

# serve ARG... - weft run; sets SERVER, URLS and URL, the last of them, when it
# says "ready".
serve() {
	local line

	URL=
	URLS=()
	mkfifo "$DIR/served.pipe" || exit 99
	"$WEFT" run "$@" >"$DIR/served.pipe" 2>"$DIR/served.err" </dev/null &
	SERVER=$!
	PIDS+=("$SERVER")
	exec 8<"$DIR/served.pipe"
	rm "$DIR/served.pipe"
	while read -r -t "$SECONDS_MAX" -u 8 line; do
		case $line in
		ready) return ;;
		listening\ *)
			URL=$(cut -d' ' -f2 <<<"$line")
			URLS+=("$URL")
			;;
		esac
	done
	echo "FAIL weft run $*: expected \"ready\""
	cat "$DIR/served.err"
	exit 1
}

# unserve WORDS - and it must end in order.
unserve() {
	kill -TERM "$SERVER"
	timeout "$SECONDS_MAX" cat <&8 >/dev/null
	exec 8<&-
	wait "$SERVER"
	check "$1: ends with 0" [ $? -eq 0 ]
	PIDS=()
}

# peak_kib PID - the most memory that it ever held.
peak_kib() {
	sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status"
}

fetch() {
	timeout "$SECONDS_MAX" "$FETCH" "$@"
}

# refused NAME - no file of that name is served, and the words say so.
refused() {
	fetch "$URL" "$1" >"$DIR/refused" 2>"$DIR/refused.err" && return 1
	[ ! -s "$DIR/refused" ] &&
	    has "$DIR/refused.err" "$1: the server does not send it"
}

# ---- file-transfer
BIG_MIB=256
ROOT=$DIR/root
mkdir -p "$ROOT/folder"
echo hello >"$ROOT/small"
: >"$ROOT/empty"
echo secret >"$ROOT/.hidden"
echo secret >"$DIR/outside"
ln -s ../outside "$ROOT/link"
ln "$ROOT/.hidden" "$ROOT/hidden"
truncate -s ${BIG_MIB}M "$ROOT/big" # sparse, but for both ends
echo begin | dd of="$ROOT/big" conv=notrunc 2>/dev/null
echo end >>"$ROOT/big"
serve "$EXAMPLES/file-transfer/.libs/files.so?root=$ROOT" \
    --listen tcp+varint://127.0.0.1:0

fetch "$URL" small >"$DIR/small" 2>"$DIR/err"
check "a small file arrives" cmp -s "$ROOT/small" "$DIR/small"
fetch "$URL" empty >"$DIR/empty" 2>"$DIR/err"
check "an empty file arrives" [ $? -eq 0 -a ! -s "$DIR/empty" ]

# The fixtures are there and can be read: it is their names that are refused.
fetch "$URL" hidden >"$DIR/hidden" 2>"$DIR/err"
check "the hidden file is served by another name" has "$DIR/hidden" secret
check "the link leads to a file" has "$ROOT/link" secret
for name in .hidden ../outside "$DIR/outside" folder/../small ./small \
    folder link nowhere .; do
	check "\"$name\" is refused" refused "$name"
done

# A client that stops in the middle of the file: one byte of it is read here,
# then no more until another client was served.
BEFORE=$(peak_kib "$SERVER")
mkfifo "$DIR/big.pipe"
fetch "$URL" big >"$DIR/big.pipe" 2>"$DIR/big.err" &
BIG=$!
PIDS+=("$BIG")
exec 7<"$DIR/big.pipe"
IFS= read -r -t "$SECONDS_MAX" -N 1 -u 7 FIRST
check "the big file has begun" [ "$FIRST" = b ]
for _ in 1 2 3; do
	fetch "$URL" small >"$DIR/small" 2>"$DIR/err"
	check "others are served meanwhile" cmp -s "$ROOT/small" "$DIR/small"
done
check "the big file has not ended" kill -0 "$BIG"
{ printf %s "$FIRST"; timeout "$SECONDS_MAX" cat <&7; } |
    cmp -s - "$ROOT/big"
check "the big file arrives" [ $? -eq 0 ]
wait "$BIG"
check "its client ends with 0" [ $? -eq 0 ]
exec 7<&-
AFTER=$(peak_kib "$SERVER")
echo "file-transfer: $BIG_MIB MiB sent; the server's peak grew from" \
    "$BEFORE KiB to $AFTER KiB"
# (A sanitizer keeps what was freed, for a while: 256 MiB of it.)
[ -n "${WEFT_SANITIZED-}" ] ||
    check "memory stays flat: less than 32 MiB for $BIG_MIB MiB" \
        [ $((AFTER - BEFORE)) -lt 32768 ]
unserve "the file server"

"$WEFT" run "$EXAMPLES/file-transfer/.libs/files.so" \
    --listen tcp+varint://127.0.0.1:0 >"$DIR/out" 2>"$DIR/err"
check "without a root it does not start" [ $? -ne 0 ]
check "and says so" has "$DIR/err" "option root: expected a folder"

# ---- embed: two of them, and lines from one to the other
# answer FD WORD - the next lines of a program, up to one that is WORD: LINE.
answer() {
	while read -r -t "$SECONDS_MAX" -u "$1" LINE; do
		case $LINE in
		listening\ *) URL=${LINE#listening } ;;
		esac
		[[ $LINE != $2 ]] || return 0
	done
	return 1
}

mkfifo "$DIR/in.a" "$DIR/in.b" "$DIR/out.a" "$DIR/out.b"
"$EMBED" tcp+line://127.0.0.1:0 <"$DIR/in.a" >"$DIR/out.a" 2>"$DIR/a.err" &
A=$!
PIDS+=("$A")
exec 5>"$DIR/in.a" 6<"$DIR/out.a"
check "embed listens" answer 6 "listening *"
"$EMBED" tcp+line://127.0.0.1:0 "$URL" <"$DIR/in.b" >"$DIR/out.b" \
    2>"$DIR/b.err" &
B=$!
PIDS+=("$B")
exec 9>"$DIR/in.b" 7<"$DIR/out.b"
check "embed connects" answer 7 opened
check "embed accepts" answer 6 opened
echo one >&5
check "what stdin says goes to who connected" answer 7 "said one"
printf 'two\nthree\n' >&9
check "and back" answer 6 "said two"
check "a message a line" answer 6 "said three"
exec 9>&-
check "at the end of stdin it ends" answer 6 "closed peer"
wait "$B"
check "with 0" [ $? -eq 0 ]
kill -TERM "$A"
wait "$A"
check "SIGTERM ends it with 0" [ $? -eq 0 ]
exec 5>&- 6<&- 7<&-
PIDS=()

# ---- game: a player by tcp and one by udp see each other move
serve "$EXAMPLES/game/.libs/game.so" --listen tcp+line://127.0.0.1:0 \
    --listen 'udp://127.0.0.1:0?idle=1s'
rm "$DIR"/in.? "$DIR"/out.?
mkfifo "$DIR/in.a" "$DIR/in.b" "$DIR/out.a" "$DIR/out.b"
"$WEFT" cat "${URLS[0]}" <"$DIR/in.a" >"$DIR/out.a" 2>"$DIR/a.err" &
A=$!
PIDS+=("$A")
exec 5>"$DIR/in.a" 6<"$DIR/out.a"
check "who is there is told each tick" answer 6 "tick * a 0,0"
echo r >&5
check "it goes to the right, up to the wall" answer 6 "tick * a 39,0"
"$WEFT" cat "${URLS[1]}" <"$DIR/in.b" >"$DIR/out.b" 2>"$DIR/b.err" &
B=$!
PIDS+=("$B")
exec 9>"$DIR/in.b" 7<"$DIR/out.b"
echo d >&9
check "a player by udp sees both" answer 7 "tick * a 39,0 b 0,*"
check "and so does the one by tcp" answer 6 "tick * a 39,0 b 0,19"
check "who does nothing for long is not there" answer 6 "tick * a 39,0"
kill "$A" "$B"
wait "$A" "$B"
exec 5>&- 6<&- 7<&- 9>&-
unserve "the game"

# ---- ticker: one reader stops, and goes on with the present prices
serve "$EXAMPLES/ticker/.libs/ticker.so" \
    --listen 'tcp+line://127.0.0.1:0?sndbuf=8k'
rm "$DIR"/in.? "$DIR"/out.?
mkfifo "$DIR/in.a" "$DIR/in.b" "$DIR/out.a" "$DIR/out.b"
"$WEFT" cat "$URL" <"$DIR/in.a" >"$DIR/out.a" 2>"$DIR/a.err" &
A=$!
"$WEFT" cat "$URL" <"$DIR/in.b" >"$DIR/out.b" 2>"$DIR/b.err" &
B=$!
PIDS+=("$A" "$B")
exec 5>"$DIR/in.a" 6<"$DIR/out.a" 9>"$DIR/in.b" 7<"$DIR/out.b"
check "a reader gets prices" answer 6 "Z *"
check "and so does another" answer 7 "Z *"
kill -STOP "$B"
REPLACED=0
while [ "$REPLACED" -lt 2000 ]; do
	echo how many >&5
	answer 6 "replaced *" || break
	REPLACED=${LINE#replaced }
done
check "what it does not read is replaced" [ "$REPLACED" -ge 2000 ]
check "the other one goes on" answer 6 "Z *"
PRESENT=${LINE#Z }
kill -CONT "$B"
timeout "$SECONDS_MAX" awk -v present="$PRESENT" \
    '{ print } $1 == "Z" && $2 >= present { exit }' <&7 >"$DIR/prices"
check "it goes on with the present prices" [ $? -eq 0 ]
check "which grow, and of which some were left out" awk '
	$2 <= last[$1] { wrong = 1 }
	last[$1] && $2 > last[$1] + 1 { left_out = 1 }
	{ last[$1] = $2 }
	END { exit wrong || !left_out }' "$DIR/prices"
kill "$A" "$B"
wait "$A" "$B"
exec 5>&- 6<&- 7<&- 9>&-
unserve "the ticker"

# ---- sensors: a program that has libtpl only; what is no reading is refused
serve "$EXAMPLES/sensors/.libs/sensors.so" --listen tcp+tpl://127.0.0.1:0
PORT=${URL##*:}
timeout "$SECONDS_MAX" "$EXAMPLES/sensors/plain" "$PORT" cellar 8.5 \
    >"$DIR/out" 2>"$DIR/err"
check "plain ends with 0" [ $? -eq 0 ]
timeout "$SECONDS_MAX" "$EXAMPLES/sensors/plain" "$PORT" cellar 9.5 \
    >>"$DIR/out" 2>"$DIR/err"
check "plain prints the summaries" [ "$(cat "$DIR/out")" = \
"summary cellar: 1 readings, mean 8.5, highest 8.5
summary cellar: 2 readings, mean 9, highest 9.5" ]
exec 5<>"/dev/tcp/127.0.0.1/$PORT"
printf 'tpl\2\011\0\0\0x' >&5
check "what is no reading is closed" [ -z "$(timeout 20 cat <&5)" ]
exec 5>&-
timeout "$SECONDS_MAX" "$EXAMPLES/sensors/plain" "$PORT" attic 20 \
    >"$DIR/out" 2>"$DIR/err"
check "and the others go on" [ "$(cat "$DIR/out")" = \
    "summary attic: 1 readings, mean 20, highest 20" ]
unserve "the sensors"

# ---- embed from C++
if [ -n "${WEFT_CXX-}" ] && [ -z "${WEFT_SANITIZED-}" ]; then
	"$WEFT_CXX" -std=c++17 -Wall -Wextra -Werror \
	    -I"$SRC/framework/include" "$SRC/examples/embed/embed.cc" \
	    "$BUILD/.libs/libweft.so" -Wl,-rpath,"$BUILD/.libs" \
	    -o "$DIR/embed-cc" 2>"$DIR/cxx.err"
	check "embed.cc compiles without a warning" [ $? -eq 0 ]
	serve echo --listen tcp+varint://127.0.0.1:0
	printf 'one\ntwo\n' | timeout "$SECONDS_MAX" "$DIR/embed-cc" "$URL" \
	    >"$DIR/out" 2>"$DIR/err"
	check "embed.cc ends with 0" [ "${PIPESTATUS[1]}" -eq 0 ]
	check "embed.cc prints the answers" [ "$(cat "$DIR/out")" = "one
two" ]
	unserve "the echo server"
	echo one | timeout "$SECONDS_MAX" "$DIR/embed-cc" "$URL" \
	    >"$DIR/out" 2>"$DIR/err"
	check "embed.cc without a server ends with 1" \
	    [ "${PIPESTATUS[1]}" -eq 1 ]
fi

# ---- long messages, read several at a time, come back as they were sent
serve echo --listen tcp+varint://127.0.0.1:0
for size in 4099 30000 65536 200000 300000; do
	for conns in 1 3; do
		timeout "$SECONDS_MAX" "$WEFT" bench -t 300ms -c $conns -d 5 \
		    -s $size "$URL" >"$DIR/out" 2>"$DIR/err"
		check "$conns clients, $size bytes: status 0" [ $? -eq 0 ]
		check "$conns clients, $size bytes: none wrong" has "$DIR/out" \
		    "0 wrong   0 lost   0 connections broken"
	done
done
unserve "the echo server"

# ---- throughput: all rows, and nothing of a stream is lost (it would say so)
timeout "$SECONDS_MAX" "$EXAMPLES/throughput/throughput" 16 1 \
    >"$DIR/table" 2>"$DIR/err"
check "throughput ends with 0" [ $? -eq 0 ]
for row in tcp tcp+varint unix+varint udp; do
	check "a row for $row" has "$DIR/table" \
	    "^| $row *|.*[1-9][0-9]* |.*[1-9][0-9]* |"
done
cat "$DIR/table"

echo "$PASSED passed, $FAILED failed"
[ "$FAILED" -eq 0 ]
