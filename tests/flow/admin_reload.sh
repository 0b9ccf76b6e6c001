#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/admin_reload.sh - weft reload and weft rollback, with a client that
# stays connected (tests/plugins/ledger.c), and what is refused.
#
#   WEFT              the program under test  (./weft)
#   WEFT_TEST_PLUGINS where the fixtures are

. "$(dirname "$0")/admin_host.sh"
[ -n "$WEFT_TEST_PLUGINS" ] || {
	echo "SKIP: WEFT_TEST_PLUGINS is not set"
	exit 77
}

# put NAME: that version is what lies in the file from now on.
put() {
	cp "$WEFT_TEST_PLUGINS/ledger_$1.so" "$DIR/new.so" &&
	    mv "$DIR/new.so" "$DIR/ledger.so"
}

# counts WORDS EXPECTED: what the plugin answers, "VERSION all mine room since"
counts() {
	local said

	echo count >&5
	read -r -t "$SECONDS_MAX" -u 5 said
	is "$1" "$said" "$2"
}

put one || exit 1
start one "$DIR/ledger.so" --listen tcp+line://127.0.0.1:0
eval "exec 5<>/dev/tcp/127.0.0.1/${URL##*:}"
counts "the first version" "1 1 1 0 0"
HASH=$("$WEFT" status --json | json 'one("plugin")["hash"]')

put two
out=$("$WEFT" reload ledger --dry-run --json)
is "a dry run" "$(json 'lines[-1]["ok"]' <<<"$out")" True
is "it says what would be" "$(json 'one("reloaded")["plugin"]' <<<"$out")" ledger
counts "the old one goes on" "1 2 2 0 0"
is "it is the same" "$("$WEFT" status --json |
    json 'one("plugin")["hash"]')" "$HASH"

out=$("$WEFT" reload ledger) || is "reload" $? 0
has "what was handed over" "$out" "handed over: 1 endpoints"
counts "the new one has all of it" "2 3 3 0 7"
is "it is another" "$("$WEFT" status --json |
    json "one('plugin')['hash'] != '$HASH'")" True

put refuses
out=$("$WEFT" reload ledger 2>&1)
is "one that refuses" $? 1
has "why" "$out" "not today"
counts "the second goes on" "2 4 4 0 7"
put crashes
out=$("$WEFT" reload ledger 2>&1)
is "one that crashes" $? 1
counts "the second still goes on" "2 5 5 0 7"
is "its code is told" "$("$WEFT" reload ledger --json 2>/dev/null |
    json 'lines[-1]["code"]')" WEFT_ELOAD

"$WEFT" rollback ledger >"$DIR/out"
is "rollback" $? 0
has "what it was" "$(cat "$DIR/out")" "$HASH"
counts "the first is there again" "1 6 6 0 0"

# ---- what is refused before anything is opened

put two
chmod 666 "$DIR/ledger.so"
has "a file that others can write" "$("$WEFT" reload ledger 2>&1)" \
    "everybody can"
chmod 600 "$DIR/ledger.so"
chmod 777 "$DIR"
has "a folder that others can write" "$("$WEFT" reload ledger 2>&1)" \
    "everybody can"
chmod 755 "$DIR"
cp "$DIR/ledger.so" "$DIR/other.so"
has "another file" "$("$WEFT" reload ledger "$DIR/other.so" 2>&1)" \
    "--allow-load"
counts "nothing has changed" "1 7 7 0 0"
is "the file itself may be named" "$("$WEFT" reload ledger "$DIR/ledger.so" \
    --json | json 'lines[-1]["ok"]')" True
counts "it was taken" "2 8 8 0 7"
exec 5<&-
"$WEFT" stop >/dev/null
is "stop" $? 0

put one
start two "$DIR/ledger.so" --listen tcp+line://127.0.0.1:0 --allow-load
eval "exec 5<>/dev/tcp/127.0.0.1/${URL##*:}"
counts "the first version" "1 1 1 0 0"
"$WEFT" reload ledger "$DIR/other.so" >/dev/null
is "another file, if it is allowed" $? 0
counts "it was taken" "2 2 2 0 7"
is "its file is told" "$("$WEFT" status --json |
    json 'one("plugin")["file"]')" "$DIR/other.so"

# A reload that waits for a handler holds up nobody, and no other is begun.
mkfifo "$DIR/hold"
exec 5<&-
"$WEFT" stop --now >/dev/null
put one
LEDGER_HOLD="$DIR/hold" start three "$DIR/ledger.so" \
    --listen tcp+line://127.0.0.1:0
eval "exec 5<>/dev/tcp/127.0.0.1/${URL##*:}"
echo hold >&5
read -r -t "$SECONDS_MAX" -u 5 said
is "a handler is held up" "$said" holding
put two
"$WEFT" reload ledger --json >"$DIR/out" 2>/dev/null &
RELOAD=$!
for ((i = 0; i < 500; i++)); do
	! grep -qsx weft-reload "/proc/$PID/task/"*/comm || break
	"$WEFT" status >/dev/null
done
has "a second reload" "$("$WEFT" reload ledger 2>&1)" \
    "expected no reload to be under way"
has "others are answered" "$("$WEFT" status)" "pid $PID"
: >"$DIR/hold"
wait "$RELOAD"
is "it is done when the handler returns" \
    "$(json 'lines[-1]["ok"]' <"$DIR/out")" True

read -r -t "$SECONDS_MAX" -u 5 said
is "what it has counted" "$said" "1 1 1 0 0"

# One that does not return: the reload gives up, after longer than a client may
# be silent, and its answer comes all the same.
echo hold >&5
read -r -t "$SECONDS_MAX" -u 5 said
is "a handler is held up again" "$said" holding
put one
out=$("$WEFT" reload ledger 2>&1)
is "a reload in vain" $? 1
has "why" "$out" "found one running"
: >"$DIR/hold"
exec 5<&-

# SIGHUP: of a plugin whose file has changed.
put one
start hup "$DIR/ledger.so" --listen tcp+line://127.0.0.1:0
eval "exec 5<>/dev/tcp/127.0.0.1/${URL##*:}"
counts "before SIGHUP" "1 1 1 0 0"
put two
kill -HUP "$PID"
until "$WEFT" status --json | json "one('plugin')['version']" | grep -qx 2; do
	kill -0 "$PID" || break
done
counts "the new version, after SIGHUP" "2 2 2 0 7"
put refuses
kill -HUP "$PID"
until grep -q "not today" "$DIR/hup.log"; do
	kill -0 "$PID" || break
done
counts "one that refuses, after SIGHUP" "2 3 3 0 7"
exec 5<&-

printf '%d passed, %d failed\n' "$PASSED" "$FAILED"
[ "$FAILED" -eq 0 ] && [ "$PASSED" -ge 39 ]
