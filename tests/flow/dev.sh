#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/dev.sh - "weft dev": it builds, runs, watches, shows what the
# compiler says, builds again, reloads, and keeps who is connected.
#
#   WEFT       the program under test  (./weft)
#
# Every wait is for a line of what it says, with a deadline.

WEFT=${WEFT:-./weft}
SECONDS_MAX=60
LIVE_MAX=1000 # [ms] from save to live; not under the sanitizers
DIR=$(mktemp -d "${TMPDIR:-/tmp}/weft-dev.XXXXXX") || exit 99
DEV=
FAILED=0
PASSED=0
unset MAKEFLAGS MFLAGS MAKELEVEL

finish() {
	[ -z "$DEV" ] || kill -KILL "$DEV" 2>/dev/null
	rm -rf "$DIR"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

# is WORDS FOUND EXPECTED
is() {
	if [ "$2" = "$3" ]; then
		PASSED=$((PASSED + 1))
	else
		FAILED=$((FAILED + 1))
		printf 'FAIL %s: expected "%s", found "%s"\n' "$1" "$3" "$2"
	fi
}

# start WEFT-DEV-ARGUMENT... in the folder that we are in.
start() {
	mkfifo "$DIR/pipe"
	"$WEFT" dev "$@" >"$DIR/pipe" 2>"$DIR/err" </dev/null &
	DEV=$!
	exec 8<"$DIR/pipe"
	rm "$DIR/pipe"
	: >"$DIR/said"
}

# said PATTERN: reads on to that line of its, which becomes LINE.
said() {
	while IFS= read -r -t "$SECONDS_MAX" -u 8 LINE; do
		printf '%s\n' "$LINE" >>"$DIR/said"
		[[ $LINE =~ $1 ]] && return
	done
	is "a line" "(none)" "$1"
	cat "$DIR/said" "$DIR/err"
	exit 1
}

# stop SIGNAL
stop() {
	kill "-$1" "$DEV"
	wait "$DEV"
	is "stopped by $1" $? 0
	DEV=
	exec 8<&-
}

# runs PID: it is neither gone nor a zombie that nobody has waited for.
runs() {
	[[ $(cat "/proc/$1/stat" 2>/dev/null) =~ \)\ [^ZX] ]]
}

# ends WORDS PID: it was killed, and comes to its end.
ends() {
	local deadline=$((SECONDS + SECONDS_MAX))

	while runs "$2" && [ "$SECONDS" -lt "$deadline" ]; do
		read -r -t 0.01 -u 6 _ # nothing comes there: a pause
	done
	is "$1" "$(runs "$2" && echo runs)" ''
}

# answers WORDS WANT: what a line is answered by, on the connection that stands.
answers() {
	local line

	echo line >&"${CLIENT[1]}"
	read -r -t "$SECONDS_MAX" -u "${CLIENT[0]}" line
	is "$1" "$line" "$2"
}

# save SED-SCRIPT: as editors do, a new file in the place of the old one.
save() {
	sed "$1" mine.c >mine.c.tmp && mv mine.c.tmp mine.c
}

cd "$DIR" || exit 99
mkfifo "$DIR/never"
exec 6<>"$DIR/never"
"$WEFT" new mine >/dev/null || exit 1
cd mine || exit 99

# ---- it runs, and a client is connected

sed -i 's/127.0.0.1:7000/127.0.0.1:0/' weft.conf
start
said ' built in [0-9]* ms$'
said ' listening '
URL=${LINE#*listening } URL=${URL%% plugin=*}
said ' ready'
coproc CLIENT { exec "$WEFT" cat --timeout 120s "$URL"; }
PEER=$CLIENT_PID
answers "an echo" line

# ---- a mistake is shown, and changes nothing

save 's/weft_send(/weft_sned(/'
said ' changed: mine\.c$'
said 'build failed after [0-9]* ms \(exit status 2\); what ran goes on:$'
said 'weft_sned'
answers "after a mistake" line

# ---- a change is live

save 's/weft_sned(call, from, msg)/weft_send(call, from, (struct weft_bytes){ "new", 3 })/'
said ' changed: mine\.c$'
said ' built in '
said 'mine: version 2 is live, [0-9]* ms after the change'
answers "the new version" new
took=${LINE#*live, } took=${took%% ms*}
echo "from save to live: $took ms"
[ -n "${WEFT_SANITIZED-}" ] || is "within $LIVE_MAX ms" \
    "$((took < LIVE_MAX))" 1
is "the client is still there" "$(kill -0 "$PEER" && echo yes)" yes

# ---- what is no source is no change, and a build that makes nothing no load

touch mine.o .mine.c.swp mine.c~ notes.txt
touch mine.h
said ' changed: mine\.h$'
said 'nothing to load'
printf '\n' >>weft.conf
said ' changed: weft\.conf$'
said ' weft\.conf is read when weft dev starts$'
said 'nothing to load'

# ---- a change during a build is built after it

mkfifo "$DIR/gate" "$DIR/here"
exec 9<>"$DIR/gate" 7<>"$DIR/here"
sed -i "s,-shared .*,&\n	@echo it is here >$DIR/here; head -c 3 $DIR/gate >go," \
    Makefile
read -r -t "$SECONDS_MAX" -u 7 _ # the compiler has run
save 's/new/two/'
echo go >&9
said ' changed: Makefile$'
said 'nothing to load'
said ' changed: mine.c'
read -r -t "$SECONDS_MAX" -u 7 _
echo go >&9
said ' version 3 is live'
answers "what was changed during a build" two
exec 9>&-
exec {CLIENT[1]}>&-
wait "$PEER"
is "the client had all of its answers" $? 0
stop INT

# ---- a build has a deadline; what it has started ends with it

cat >Makefile <<END
mine.so:
	sh -c 'echo \$\$\$\$ >$DIR/here; exec sleep 300'
END
rm -f mine.so
start --build-timeout 3s --listen tcp+line://127.0.0.1:0
said 'build ended after [0-9]* ms, its deadline; it starts when a build works:$'
read -r -t "$SECONDS_MAX" -u 7 pid
ends "a build past its deadline" "$pid"
stop TERM
start --listen tcp+line://127.0.0.1:0
read -r -t "$SECONDS_MAX" -u 7 pid
is "a build" "$(runs "$pid" && echo runs)" runs
stop TERM
ends "a build when weft dev is stopped" "$pid"

# ---- what it does not take

"$WEFT" dev "$DIR/none" --listen tcp+line://127.0.0.1:0 >"$DIR/out" 2>&1
is "no folder" $? 1
is "no folder, its words" "$(grep -c "$DIR/none: " "$DIR/out")" 1
"$WEFT" new other >"$DIR/out" && sed -i 's/^workers/wokers/' other/weft.conf
"$WEFT" dev other >"$DIR/out" 2>&1
is "a wrong weft.conf" $? 1
is "its words" "$(grep -c 'weft.conf:2.*wokers' "$DIR/out")" 1
"$WEFT" dev a b >"$DIR/out" 2>&1
is "two folders" $? 2
"$WEFT" dev --build-timeout x >"$DIR/out" 2>&1
is "an odd time" $? 2

echo "dev: $PASSED passed, $FAILED failed"
[ "$FAILED" -eq 0 ]
