#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/program.sh - the program weft: what it prints where, how it ends,
# and what it says when it cannot start.
#
#   WEFT                the program under test  (./weft)
#   WEFT_PLUGINS        where echo.so and slow.so are; not needed in a build
#                       tree, where weft finds them by itself
#   WEFT_TEST_PLUGINS   where the fixtures good.so and abi_major.so are
#
# The test of a refusal first shows that the same command without the fault
# gets as far as serving.  Every wait has a deadline, and no test sleeps.

WEFT=${WEFT:-./weft}
SECONDS_MAX=60 # for anything that must happen
DIR=$(mktemp -d "${TMPDIR:-/tmp}/weft-program.XXXXXX") || exit 99
SERVER=
PASSED=0
FAILED=0
VARINT=tcp+varint://127.0.0.1:0

if [ -n "${WEFT_PLUGINS-}" ]; then
	WEFT_PLUGIN_PATH=$WEFT_PLUGINS
	export WEFT_PLUGIN_PATH
fi

finish() {
	[ -z "$SERVER" ] || kill -KILL "$SERVER" 2>/dev/null
	rm -rf "$DIR"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP
mkfifo "$DIR/pipe" || exit 99
: >"$DIR/in"

# fail NAME WORDS - and what was said by the server and by the last command.
fail() {
	local file

	FAILED=$((FAILED + 1))
	echo "FAIL $1: $2"
	for file in served served.err out err; do
		[ ! -f "$DIR/$file" ] || sed "s/^/    $file: /" "$DIR/$file"
	done
}

# check NAME WORDS COMMAND... - the command must succeed.
check() {
	if "${@:3}"; then
		PASSED=$((PASSED + 1))
	else
		fail "$1" "$2"
	fi
}

# start ARG... - weft run; returns when it has said "ready".  Sets SERVER, and
# URLS to where it listens; what it says is in served and served.err.
start() {
	local line

	URLS=()
	rm -f "$DIR/out" "$DIR/err"
	: >"$DIR/served"
	"$WEFT" run "$@" >"$DIR/pipe" 2>"$DIR/served.err" </dev/null &
	SERVER=$!
	exec 8<"$DIR/pipe"
	while read -r -t "$SECONDS_MAX" -u 8 line; do
		echo "$line" >>"$DIR/served"
		case $line in
		ready) return ;;
		listening\ *) URLS+=("$(cut -d' ' -f2 <<<"$line")") ;;
		esac
	done
	fail "start $*" "expected \"ready\", found the end of stdout"
	exit 1
}

# ended - wait for the end of the server: STATUS is how; the rest of its stdout
# is in served too.
ended() {
	# Its stdout is closed when it has ended, and cat with it.
	if ! timeout "$SECONDS_MAX" cat <&8 >>"$DIR/served"; then
		fail ended "the server still runs after $SECONDS_MAX s"
		kill -KILL "$SERVER"
	fi
	exec 8<&-
	wait "$SERVER" 2>/dev/null
	STATUS=$?
	SERVER=
}

# stop SIGNAL - which is an orderly end: status 0.
stop() {
	kill "-$1" "$SERVER"
	ended
	check "stop_by_$1" "expected status 0, found $STATUS" \
	    [ "$STATUS" -eq 0 ]
}

# weft ARG... - a command that ends by itself: STATUS, and out and err.
weft() {
	timeout "$SECONDS_MAX" "$WEFT" "$@" \
	    >"$DIR/out" 2>"$DIR/err" <"$DIR/in"
	STATUS=$?
}

# refused NAME STATUS PATTERN... - how the last command ended: with that status,
# nothing served, and every pattern on stderr; a failure is one line.
refused() {
	local pattern

	check "$1" "expected status $2, found $STATUS" [ "$STATUS" -eq "$2" ]
	check "$1" 'expected no "ready"' \
	    [ "$(grep -c '^ready' "$DIR/out")" -eq 0 ]
	[ "$2" -ne 1 ] || check "$1" 'expected one line on stderr' \
	    [ "$(wc -l <"$DIR/err")" -eq 1 ]
	for pattern in "${@:3}"; do
		check "$1" "expected \"$pattern\" on stderr" \
		    grep -q -- "$pattern" "$DIR/err"
	done
}

# said LINE... - these lines, as patterns, are all that the server has printed.
said() {
	local n

	[ "$(wc -l <"$DIR/served")" -eq $# ] || return
	for ((n = 1; n <= $#; n++)); do
		sed -n "${n}p" "$DIR/served" | grep -qxE -- "${!n}" || return
	done
}

# echoes NAME URL - weft cat gets its lines back.
echoes() {
	printf 'hello\n\ntwo words\n' >"$DIR/in"
	weft cat "$2"
	check "$1" "expected its three lines back, found status $STATUS" \
	    cmp -s "$DIR/in" "$DIR/out"
	: >"$DIR/in"
}

# cats LINE - to the first listener.
cats() {
	echo "$1" >"$DIR/in"
	weft cat "${URLS[0]}"
	: >"$DIR/in"
}

# ---- what it prints, a round trip, and an orderly end
PORTS='[1-9][0-9]*'
ECHO="listening tcp\\+varint://127\\.0\\.0\\.1:$PORTS plugin=echo"
start echo --listen "$VARINT"
PORT=${URLS[0]##*:}
echoes cat_round_trip "${URLS[0]}"
cats hello
check the_readmes_example 'expected hello' [ "$(cat "$DIR/out")" = hello ]

weft bench "${URLS[0]}" -c 5 -d 4 -s 64 -t 300ms
check bench_status "expected status 0, found $STATUS" [ "$STATUS" -eq 0 ]
check bench_without_errors 'expected no errors' \
    grep -q '0 wrong   0 lost   0 connections' "$DIR/out"

weft run echo --listen "tcp+varint://127.0.0.1:$PORT"
refused port_in_use 1 "^weft run: .*127.0.0.1:$PORT" \
    'expected a free address' 'found: .*in use'
stop TERM
check prints_its_listeners_and_ready 'expected these two lines only' \
    said "$ECHO" ready
check silent_on_stderr 'expected nothing' [ ! -s "$DIR/served.err" ]

start echo --listen "tcp+varint://127.0.0.1:$PORT"
echoes the_port_is_free_again "${URLS[0]}"
stop INT

# ---- several listeners and plugins: each is served by the one before it
start echo --listen "$VARINT" --listen 'tcp://[::1]:0' 'slow?sleep_us=100' \
    --listen 'tcp+varint://[::1]:0' --workers 3
for i in 0 1 2; do
	echoes "listener_$i" "${URLS[i]}"
done
stop TERM
check listeners_stand_in_order 'expected echo, echo, slow' said "$ECHO" \
    "listening tcp://\\[::1\\]:$PORTS plugin=echo" \
    "listening tcp\\+varint://\\[::1\\]:$PORTS plugin=slow" ready

# ---- codecs that bring their own framing, and what u16 can not say
start echo --listen tcp+u16://127.0.0.1:0 --listen tcp+u32://127.0.0.1:0 \
    --listen tcp+line://127.0.0.1:0
for i in 0 1 2; do
	echoes "codec_$i" "${URLS[i]}"
done
cats "$(head -c 65535 /dev/zero | tr '\0' x)"
check cat_u16_longest "expected 65536 bytes, found status $STATUS" \
    [ "$(wc -c <"$DIR/out")" -eq 65536 ]
cats "$(head -c 65536 /dev/zero | tr '\0' x)"
refused cat_u16_too_long 1 'codec u16: expected messages of at most 65535' \
    'found 65536'
weft bench "${URLS[0]}" -s 65535 -t 100ms
check bench_u16_longest "expected status 0, found $STATUS" [ "$STATUS" -eq 0 ]
weft bench "${URLS[0]}" -s 65536 -t 100ms
refused bench_u16_too_long 1 'codec u16: expected messages of at most 65535' \
    'found 65536'
stop TERM

# ---- options, log and counters; all but the listeners is on stderr
start echo --listen "$VARINT" --max-message 4 --log info --counters
cats 1234
check max_message "expected status 0, found $STATUS" [ "$STATUS" -eq 0 ]
cats 12345
check above_max_message "expected status 1, found $STATUS" [ "$STATUS" -eq 1 ]
stop TERM
check stdout_has_no_log 'expected two lines only' said "$ECHO" ready
for pattern in '^info  IO-LISTENING tcp+varint' '^warn  IO-MESSAGE-TOOBIG 127' \
    '^info  IO-STOPPED ' '^closed_toobig *1 endpoints$' \
    '^messages_in *1 messages$'; do
	check log_and_counters "expected \"$pattern\" on stderr" \
	    grep -q -- "$pattern" "$DIR/served.err"
done

# ---- a handler that does not return: the second message of all is slow
start 'slow?every=2&sleep_us=60000000' --listen "$VARINT" --drain 100ms
exec 9<>"/dev/tcp/127.0.0.1/${URLS[0]##*:}"
printf '\1a\1b' >&9
# What another client sends after that is read after it: once that one has its
# reply, the slow message is with its handler, or in its mailbox.
cats third
check another_is_served 'expected third' [ "$(cat "$DIR/out")" = third ]
kill -TERM "$SERVER"
ended
exec 9>&-
check stuck_handler "expected status 1, found $STATUS" [ "$STATUS" -eq 1 ]
check stuck_handler 'expected it to be said' \
    grep -q '^weft run: .*handler did not return' "$DIR/served.err"

# ---- what was asked for cannot be had: one line, status 2 for a URL that is
# none of ours, else 1
weft run echo --listen sctp://127.0.0.1:0
refused unknown_transport 2 '^weft run: ' 'sctp://127.0.0.1:0' \
    'expected a transport of tcp' 'found sctp'
weft run echo --listen tcp+morse://127.0.0.1:0
refused unknown_codec 2 'tcp+morse://127.0.0.1:0' 'expected .*raw' \
    'expected .*varint' 'found morse'
weft run echo --listen tcp+varint://127.0.0.1:65536
refused bad_port 2 'expected a port from 0 to 65535' 'found "65536"'
weft run echo --listen "$VARINT?backlogs=7"
refused unknown_url_option 2 'an option of max_message, idle,' \
    'found "backlogs": did you mean backlog?'
weft run echo --listen 127.0.0.1:80
refused no_url 2 'expected transport\[+codec\]://host:port' 'found'
weft run echo --listen "$VARINT" --listen sctp://127.0.0.1:0
refused a_later_listener_is_wrong 2 'found sctp'
weft run nosuchplugin --listen "$VARINT"
refused missing_plugin 1 'nosuchplugin: no such plugin; looked at '
weft run "$DIR/nosuch.so" --listen "$VARINT"
refused missing_file 1 "$DIR/nosuch.so" 'expected' 'No such file'
echo 'this is text' >"$DIR/text.so"
weft run "$DIR/text.so" --listen "$VARINT"
refused no_shared_object 1 "$DIR/text.so" 'expected' 'found'
weft run 'echo?volume=11' --listen "$VARINT"
refused unknown_plugin_option 1 'expected no options' 'found .*volume'
weft run 'slow?burn_us=much' --listen "$VARINT"
refused bad_plugin_option 1 'burn_us: expected a number' 'found "much"'
weft run echo echo --listen "$VARINT"
refused a_plugin_twice 1 'expected a name that is free' 'found "echo"'

if [ -n "${WEFT_TEST_PLUGINS-}" ]; then
	start "$WEFT_TEST_PLUGINS/good.so" --listen "$VARINT"
	stop TERM
	weft run "$WEFT_TEST_PLUGINS/abi_major.so" --listen "$VARINT"
	refused wrong_abi 1 "$WEFT_TEST_PLUGINS/abi_major.so" \
	    'expected plugin ABI 1' 'found'
else
	echo 'skipped: wrong_abi, since WEFT_TEST_PLUGINS is not set'
fi

# ---- wrong usage: status 2
weft
refused no_command 2 'Usage: weft COMMAND'
weft weave
refused unknown_command 2 'expected a command' 'found "weave"'
weft run
refused run_without_plugin 2 'expected a plugin'
weft run echo
refused run_without_listener 2 'expected --listen URL'
weft run --listen "$VARINT" echo
refused listener_before_plugin 2 "--listen $VARINT: expected a plugin"
weft run echo --listen "$VARINT" --workers many
refused workers_is_no_number 2 'expected a number from 1 to 1024' '"many"'
weft run echo --listen "$VARINT" --workers 0
refused workers_is_0 2 'expected a number from 1 to 1024' '"0"'
weft run echo --listen "$VARINT" --drain soon
refused drain_is_no_time 2 '--drain: expected' '"soon"'
weft run echo --listen "$VARINT" --drain 25h
refused drain_is_too_long 2 '--drain: expected 1ms to 24h' '"25h"'
weft run echo --listen "$VARINT" --log loud
refused unknown_log_level 2 'expected debug, info, warn' '"loud"'
weft run echo --listen "$VARINT" --nosuch
refused unknown_option 2 'nosuch'
weft urls tcp
refused urls_of_one_transport 2 'Too many arguments'
"$WEFT" urls >/dev/full 2>"$DIR/err" # the table itself: tests/style/tables.sh
check urls_to_a_full_disk "expected status 1" [ $? -eq 1 ]
for command in run cat bench describe check conf urls; do
	weft $command --help
	check "help_of_$command" "expected status 0, found $STATUS" \
	    [ "$STATUS" -eq 0 ]
	check "help_of_$command" 'expected its usage on stdout' \
	    grep -q "Usage: weft $command" "$DIR/out"
done
weft --version
check version 'expected the version' grep -qE '^weft [0-9]+\.[0-9]+\.' \
    "$DIR/out"

echo "$PASSED passed, $FAILED failed"
[ "$FAILED" -eq 0 ]
