#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/crash.sh - hosts that die: what their reports say, how they are
# shown, and that the message that two have died of does not kill a third.
#
#   WEFT                the program under test  (./weft)
#   WEFT_TEST_PLUGINS   where crashy.so is
#
# Under the sanitizers nothing of this is run: ASan reports and ends the
# process itself (SIGSEGV, stack overflow, double free), and TSan brings its
# own handlers.  What catches messages is tests/flow/test_quarantine, which is
# run under all of them.

WEFT=${WEFT:-./weft}
PLUGIN=${WEFT_TEST_PLUGINS:-tests/plugins/.libs}/crashy.so
SECONDS_MAX=60 # for anything that must happen
STACKS=4       # of two workers, the I/O thread, and the program's for signals
DIR=$(mktemp -d "${TMPDIR:-/tmp}/weft-crash.XXXXXX") || exit 99
SERVER=
PASSED=0
FAILED=0
ulimit -c 0

finish() {
	[ -z "$SERVER" ] || kill -KILL "$SERVER" 2>/dev/null
	rm -rf "$DIR"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

[ -z "${WEFT_SANITIZED-}" ] || {
	echo "SKIP: the sanitizers have handlers of their own"
	exit 77
}
[ -e "$PLUGIN" ] || {
	echo "FAIL: expected $PLUGIN, found none"
	exit 1
}

# is NAME FOUND EXPECTED
is() {
	if [ "$2" = "$3" ]; then
		PASSED=$((PASSED + 1))
	else
		FAILED=$((FAILED + 1))
		printf 'FAIL %s: expected "%s", found "%s"\n' "$1" "$3" "$2"
	fi
}

# says NAME PATTERN: the last report does.
says() {
	if grep -q -- "$2" "$REPORT"; then
		PASSED=$((PASSED + 1))
	else
		FAILED=$((FAILED + 1))
		echo "FAIL $1: expected \"$2\" in the report:"
		sed 's/^/    /' "$REPORT"
	fi
}

# start URL OPTIONS ARG...: a host, until it says "ready"; sets URL.
start() {
	local line url=$1 options=$2

	shift 2
	rm -f "$DIR/pipe"
	mkfifo "$DIR/pipe"
	"$WEFT" run "$PLUGIN$options" --workers 2 --listen "$url" "$@" \
	    >"$DIR/pipe" 2>"$DIR/err" </dev/null &
	SERVER=$!
	exec 8<"$DIR/pipe"
	URL=
	while read -r -t "$SECONDS_MAX" -u 8 line; do
		case $line in
		listening\ *) URL=${line#listening } URL=${URL%% plugin=*} ;;
		ready) return ;;
		esac
	done
	echo "FAIL start: expected \"ready\", found: $(cat "$DIR/err")"
	exit 1
}

# ended: wait until it has; sets STATUS, and REPORT to the newest there is.
ended() {
	timeout "$SECONDS_MAX" cat <&8 >/dev/null || kill -KILL "$SERVER"
	exec 8<&-
	wait "$SERVER" 2>/dev/null
	STATUS=$?
	SERVER=
	REPORT=$(find "$DIR/c" -name 'crash-*.txt' | sort | tail -n 1)
	: "${REPORT:=/dev/null}"
}

# say WORD: as a message.  The connection may end before its answer comes.
say() {
	printf 'hello\n%s\n' "$1" |
	    timeout "$SECONDS_MAX" "$WEFT" cat "$URL" >"$DIR/out" 2>&1
}

# whole NAME SIGNAL HANDLER: what each report has.
whole() {
	says "$1" "^signal: [0-9]* $2\$"
	says "$1" "^handler: $3\$"
	says "$1" '^plugin: crashy$'
	says "$1" '^version: 1.2$'
	says "$1" "^file: $PLUGIN\$"
	says "$1" '^build-id: [0-9a-f]\{16,\}$'
	says "$1" '^registers: .*=0x'
	is "$1: it is whole" "$(tail -n 1 "$REPORT")" end
	is "$1: one report" "$(find "$DIR/c" -name 'crash-*' | wc -l)" 1
	is "$1: for us alone" "$(stat -c %a "$REPORT" "$DIR/c" | tr '\n' ' ')" \
	    '600 700 '
	timeout "$SECONDS_MAX" "$WEFT" crashes "$REPORT" >"$DIR/shown"
	is "$1: it can be shown" $? 0
}

# names NAME FUNCTION: the stack of the thread that died has it.
names() {
	command -v addr2line >/dev/null || return 0
	sed -n '/^stack: this/,/^[^ ]/{/^stack: this/d;/^[^ ]/d;p}' \
	    "$DIR/shown" >"$DIR/stack"
	is "$1: a stack with $2" "$(grep -c "$2" "$DIR/stack" | sed 's/^[1-9].*/some/')" some
}

# dies NAME WORD SIGNAL STATUS FUNCTION: of a message.
dies() {
	rm -rf "$DIR/c"
	start tcp+line://127.0.0.1:0 '' --crash-dir "$DIR/c"
	say "$2"
	ended
	is "$1: status" "$STATUS" "$4"
	whole "$1" "$3" message
	says "$1" '^thread: worker [01] tid [0-9]*$'
	says "$1" '^endpoint: 0x[0-9a-f]*$'
	says "$1" '^peer: 127.0.0.1:[0-9]*$'
	says "$1" "^message: ${#2} bytes hash [0-9a-f]\{16\}\$"
	says "$1" "|$2|\$"
	says "$1" '^events: '
	says "$1" '^  -[0-9]*us opened crashy 0x[0-9a-f]* 0 bytes$'
	says "$1" "^  -[0-9]*us message crashy 0x[0-9a-f]* ${#2} bytes\$"
	says "$1" '^stack: io tid '
	is "$1: stacks of all" "$(grep -c '^stack: ' "$REPORT")" $STACKS
	names "$1" "$5"
}
dies null null SIGSEGV 139 crashy_null
says null '^address: 0x0$'
dies abort abort SIGABRT 134 crashy_abort
dies divide divide SIGFPE 136 crashy_divide
dies jump jump SIGSEGV 139 crashy_jump
dies free free SIGABRT 134 crashy_free_twice
dies deep deep SIGSEGV 139 crashy_deep

# What is read for the report faults itself: the rest of it is there.
if [ "$(uname -m)" = x86_64 ]; then
	rm -rf "$DIR/c"
	start tcp+line://127.0.0.1:0 '' --crash-dir "$DIR/c"
	say stack
	ended
	is stack "$STATUS" 139
	whole stack SIGSEGV message
	says stack '^message: 5 bytes hash '
	says stack '^registers: .* rsp=0x10 '
	says stack '^fault: '
	says stack '^stack: io tid '
fi

# ---- where else

rm -rf "$DIR/c"
start tcp+line://127.0.0.1:0 '?at=opened' --crash-dir "$DIR/c"
say hello
ended
whole opened SIGSEGV opened
names opened crashy_null

rm -rf "$DIR/c"
start tcp+line://127.0.0.1:0 '?at=closed' --crash-dir "$DIR/c"
say hello
ended
whole closed SIGSEGV closed

rm -rf "$DIR/c"
start tcp+line://127.0.0.1:0 '' --crash-dir "$DIR/c"
say signal
ended
whole signal SIGSEGV signal
says signal '|signal|$'

# A crash in a thread that nobody knows: the plugin is found by the stack.
rm -rf "$DIR/c"
start tcp+line://127.0.0.1:0 '' --crash-dir "$DIR/c"
say thread
ended
is thread "$STATUS" 139
whole thread SIGSEGV none
says thread '^thread: other '
names thread crashy_thread

# Threads of the plugin's own, that go on meanwhile: one tells where it is, if
# it gets to run within half a second; one cannot be asked.
for i in 1 2 3 4 5 6 7 8; do
	rm -rf "$DIR/c"
	start tcp+line://127.0.0.1:0 '?at=threads' --crash-dir "$DIR/c"
	say null
	ended
	! sed -n '/^stack: other crashy sits/{n;p;}' "$REPORT" |
	    grep -q 'no answer' || continue
	break
done
whole threads SIGSEGV message
says threads '^stack: other crashy sits tid [0-9]*$'
says threads '^stack: other crashy deaf tid [0-9]*$'
sed -n '/^stack: other crashy deaf/{n;p;}' "$REPORT" >"$DIR/deaf"
is "threads: the deaf one" "$(cat "$DIR/deaf")" \
    '  (it blocks the signal that asks)'
is "threads: stacks of all" "$(grep -c '^stack: ' "$REPORT")" $((STACKS + 2))
if command -v addr2line >/dev/null; then
	sed -n '/^stack: other crashy sits/,/^[^ ]*stack: other crashy deaf/p' \
	    "$DIR/shown" >"$DIR/sits"
	is "threads: where the other one is" \
	    "$(grep -c crashy_sit "$DIR/sits" | sed 's/^[1-9].*/some/')" some
fi

# Two at once: one report, whole.
rm -rf "$DIR/c"
start tcp+line://127.0.0.1:0 '' --crash-dir "$DIR/c"
printf 'both\n' | timeout "$SECONDS_MAX" "$WEFT" cat "$URL" >/dev/null 2>&1 &
say both
wait $!
ended
is both "$STATUS" 139
whole both SIGSEGV message

# A type's handler.
rm -rf "$DIR/c"
start tcp+tpl://127.0.0.1:0 '' --crash-dir "$DIR/c"
echo '{"order": {"number": 13}}' | timeout "$SECONDS_MAX" "$WEFT" cat \
    --types "$PLUGIN" "$URL" >"$DIR/out" 2>&1
ended
whole type SIGSEGV message
says type '^type: order$'
names type on_order

# A route of HTTP.
if command -v curl >/dev/null; then
	rm -rf "$DIR/c"
	start http://127.0.0.1:0 '' --crash-dir "$DIR/c"
	curl -s --max-time "$SECONDS_MAX" -d abort "$URL/die" >/dev/null
	ended
	is route "$STATUS" 134
	whole route SIGABRT message
	says route '^type: /die$'
	says route '|POST /die HTTP/1|$'
	names route crashy_abort
fi

# ---- in a codec, on the I/O thread

# lines TEXT: to a listener of the codec "frail", which are its lines too.
lines() {
	printf '%s\n' "$1" | timeout "$SECONDS_MAX" "$WEFT" cat \
	    "tcp+line://${URL#*://}" >"$DIR/out" 2>&1
}

# codec NAME TEXT FUNCTION: dies of these lines.
codec() {
	rm -rf "$DIR/c"
	start tcp+frail://127.0.0.1:0 '' --crash-dir "$DIR/c"
	lines "$2"
	ended
	is "$1: status" "$STATUS" 139
	whole "$1" SIGSEGV decode
	says "$1" '^thread: io tid [0-9]*$'
	says "$1" '^codec: frail$'
	says "$1" '^endpoint: 0x[0-9a-f]*$'
	says "$1" '^peer: 127.0.0.1:[0-9]*$'
	says "$1" "^message: $((${#2} + 1)) bytes hash [0-9a-f]\{16\}\$"
	is "$1: stacks of all" "$(grep -c '^stack: ' "$REPORT")" $STACKS
	names "$1" "$3"
}
codec codec 'kill it' crashy_null
says codec '|kill it\.|$'
# Its code is not on the stack's top: it is known by the connection's codec.
codec "codec's jump" 'jump!' frail_decode
codec "codec's second" $'fine\nkill' crashy_null
says "codec's second" '^cut: 5 bytes of them before$'
says "codec's second" '|kill\.|$'

# Of a version that was replaced: who is connected keeps its codec.
rm -rf "$DIR/c"
cp "$PLUGIN" "$DIR/crashy.so"
PLUGIN=$DIR/crashy.so
start tcp+frail://127.0.0.1:0 '' --crash-dir "$DIR/c" --admin "$DIR/admin"
eval "exec 5<>/dev/tcp/127.0.0.1/${URL##*:}"
echo fine >&5
read -r -t "$SECONDS_MAX" -u 5 LINE
is "old codec: it serves" "$LINE" fine
timeout "$SECONDS_MAX" "$WEFT" reload --admin "$DIR/admin" crashy >"$DIR/out"
is "old codec: reloaded" $? 0
echo kill >&5
ended
exec 5>&-
whole "old codec" SIGSEGV decode
names "old codec" crashy_null

# ---- where a report cannot be kept

rm -rf "$DIR/c"
start tcp+line://127.0.0.1:0 '' --crash-dir "$DIR/c"
rm -rf "$DIR/c"
say null
ended
is "no directory: status" "$STATUS" 139
is "no directory: one line" "$(grep -c '^weft: crash: SIGSEGV in message() of crashy, with 4 bytes, at 0x.*cannot be kept in' "$DIR/err")" 1
is "no directory: no other" "$(wc -l <"$DIR/err")" 1

# Without --crash-dir nothing is handled: only the system says how it died.
start tcp+line://127.0.0.1:0 ''
say null
ended
is "not asked: status" "$STATUS" 139
is "not asked: nothing is said" "$(wc -c <"$DIR/err")" 0

# Directories that are not for this.
chmod 777 "$(mkdir "$DIR/open" && echo "$DIR/open")"
for dir in "$DIR/open" "$DIR/err" "$DIR/none/c"; do
	timeout "$SECONDS_MAX" "$WEFT" run "$PLUGIN" --crash-dir "$dir" \
	    --listen tcp+line://127.0.0.1:0 >"$DIR/out" 2>"$DIR/why" </dev/null
	is "$dir: refused" $? 1
	is "$dir: why" "$(grep -c "$dir: expected a directory" "$DIR/why")" 1
done

# ---- a message that kills

# catch COUNT: clients that say "null" to a host that lives.
rm -rf "$DIR/c"
for i in 1 2; do
	start tcp+line://127.0.0.1:0 '' --crash-dir "$DIR/c"
	say null
	ended
	is "poison: crash $i" "$STATUS" 139
done
HASH=$(sed -n 's/^message: .* hash //p' "$REPORT")
start tcp+line://127.0.0.1:0 '' --crash-dir "$DIR/c" --counters
is "poison: it is known" "$(ls "$DIR/c/quarantine")" "$HASH"
say null
is "poison: it is not answered" "$(grep -c null "$DIR/out")" 0
say null
say fine
is "poison: the host lives" "$(tail -n 1 "$DIR/out")" fine
is "poison: it is saved, once" "$(cat "$DIR/c/quarantine/$HASH")" null
kill -TERM "$SERVER"
ended
is "poison: an orderly end" "$STATUS" 0
is "poison: counted" "$(awk '/^messages_quarantined/ { print $2 }' "$DIR/err")" 2
is "poison: logged" "$(grep -c "WORK-QUARANTINED.*$HASH" "$DIR/err")" 2

# Released while a host runs: the next one kills again.
start tcp+line://127.0.0.1:0 '' --crash-dir "$DIR/c"
say null
timeout "$SECONDS_MAX" "$WEFT" crashes --release "$HASH" "$DIR/c"
is "release: done" $? 0
timeout "$SECONDS_MAX" "$WEFT" crashes --release "$HASH" "$DIR/c" 2>"$DIR/why"
is "release: not twice" $? 1
is "release: why" "$(grep -c 'expected that message' "$DIR/why")" 1
say null
ended
is "release: it kills again" "$STATUS" 139
start tcp+line://127.0.0.1:0 '' --crash-dir "$DIR/c"
is "release: reports of before do not count" "$(ls "$DIR/c/quarantine")" ''
kill -TERM "$SERVER"
ended

# ---- weft crashes

timeout "$SECONDS_MAX" "$WEFT" crashes "$DIR/c" >"$DIR/out"
is "list: status" $? 0
is "list: all" "$(wc -l <"$DIR/out")" 3
is "list: what" "$(grep -c "SIGSEGV crashy 1.2 in message message $HASH\$" "$DIR/out")" 3
timeout "$SECONDS_MAX" "$WEFT" crashes --json "$DIR/c" >"$DIR/out"
is "json: all" "$(grep -c '"plugin": "crashy"' "$DIR/out")" 3
timeout "$SECONDS_MAX" "$WEFT" crashes --json "$REPORT" >"$DIR/out"
is "json: stacks" "$(grep -c '"thread": ' "$DIR/out")" $((STACKS + 1))
sed 's/^  build-id: ./&0/' "$REPORT" >"$DIR/other.txt"
timeout "$SECONDS_MAX" "$WEFT" crashes "$DIR/other.txt" >"$DIR/out"
is "another build: said" "$(grep -c '^note: .*expected build id' "$DIR/out")" 1
is "another build: no names" "$(grep -c crashy_null "$DIR/out")" 0
head -c 700 "$REPORT" >"$DIR/half.txt"
timeout "$SECONDS_MAX" "$WEFT" crashes "$DIR/half.txt" >"$DIR/out"
is "half: said" "$(grep -c 'not whole' "$DIR/out")" 1
timeout "$SECONDS_MAX" "$WEFT" crashes "$PLUGIN" 2>"$DIR/why"
is "no report" $? 1
mkdir "$DIR/many"
for i in $(seq 10 70); do
	cp "$REPORT" "$DIR/many/crash-20260101T0000${i}Z-1.txt"
done
chmod 700 "$DIR/many"
start tcp+line://127.0.0.1:0 '' --crash-dir "$DIR/many"
is "bounded" "$(find "$DIR/many" -name 'crash-*' | wc -l)" 49
is "bounded: the oldest go" "$(find "$DIR/many" -name 'crash-*' | sort | head -n 1)" \
    "$DIR/many/crash-20260101T000022Z-1.txt"
kill -TERM "$SERVER"
ended

# ---- bytes that kill a codec: their sender is closed before it sees them

rm -rf "$DIR/c"
for i in 1 2; do
	start tcp+frail://127.0.0.1:0 '' --crash-dir "$DIR/c"
	lines kill
	ended
	is "poison bytes: crash $i" "$STATUS" 139
done
HASH=$(sed -n 's/^message: .* hash //p' "$REPORT")
start tcp+frail://127.0.0.1:0 '' --crash-dir "$DIR/c" --counters
is "poison bytes: known" "$(ls "$DIR/c/quarantine")" "$HASH"
lines kill
lines kill
lines fine
is "poison bytes: the host lives" "$(cat "$DIR/out")" fine
is "poison bytes: saved, once" "$(cat "$DIR/c/quarantine/$HASH")" kill
kill -TERM "$SERVER"
ended
is "poison bytes: an orderly end" "$STATUS" 0
is "poison bytes: counted" "$(awk '/^messages_quarantined/ { print $2 }' "$DIR/err")" 2
is "poison bytes: logged" "$(grep -c "IO-QUARANTINED.*codec frail.*$HASH" "$DIR/err")" 2
is "poison bytes: by decode" "$(timeout "$SECONDS_MAX" "$WEFT" crashes \
    "$DIR/c" | grep -c "SIGSEGV crashy 1.2 in decode message $HASH\$")" 2

# As a message, to the handler, the same bytes are no poison.
start tcp+line://127.0.0.1:0 '' --crash-dir "$DIR/c"
lines kill
is "poison bytes: not as a message" "$(cat "$DIR/out")" kill
# Released: they kill again.
timeout "$SECONDS_MAX" "$WEFT" crashes --release "$HASH" "$DIR/c"
kill -TERM "$SERVER"
ended
start tcp+frail://127.0.0.1:0 '' --crash-dir "$DIR/c"
lines kill
ended
is "poison bytes: released, they kill again" "$STATUS" 139
echo "crash: $PASSED passed, $FAILED failed"
[ "$FAILED" -eq 0 ]
