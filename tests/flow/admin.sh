#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/admin.sh - the verbs that talk to a host that runs, each against
# "weft run --admin" with clients that are connected: for people and as JSON,
# and what they say where there is no host, or one that may not be asked.
#
#   WEFT       the program under test  (./weft)

. "$(dirname "$0")/admin_host.sh"

# ---- where there is nobody

export WEFT_ADMIN="$DIR/nowhere/admin.sock"
has "no socket" "$("$WEFT" status 2>&1)" \
    "expected a host at $DIR/nowhere/admin.sock, found no such socket"
"$WEFT" status >/dev/null 2>&1
is "its status" $? 1
has "the default" "$(env -u WEFT_ADMIN XDG_RUNTIME_DIR=/nowhere \
    "$WEFT" status 2>&1)" "/run/weft/admin.sock"
"$WEFT" suspend >/dev/null 2>&1
is "no listener" $? 2
"$WEFT" status --sort=in >/dev/null 2>&1
is "an option of another" $? 2
has "a bad option" "$("$WEFT" endpoints --sort=up 2>&1)" \
    "expected in, out or age"
has "a word too many" "$("$WEFT" status more 2>&1)" 'found "more"'

# ---- status, endpoints, explain

start one echo --listen tcp+line://127.0.0.1:0 --listen udp://127.0.0.1:0
is "the socket's mode" "$(stat -c %a "$WEFT_ADMIN")" 600
is "the mode of a folder that it makes" "$(stat -c %a "$DIR/one")" 700
client 5
client 6
out=$("$WEFT" status) || is "status" $? 0
has "its version" "$out" "$("$WEFT" --version | cut -d' ' -f1,2), pid $PID, serving"
has "its listener" "$out" "$URL"
has "its plugin" "$out" "echo.so"
out=$("$WEFT" status --json) || is "status --json" $? 0
is "the pid" "$(json 'one("node")["pid"]' <<<"$out")" "$PID"
is "the phase" "$(json 'one("node")["phase"]' <<<"$out")" serving
is "the workers" "$(json 'one("node")["workers"]["always"] >= 2' <<<"$out")" True
is "the plugin" "$(json 'one("plugin")["name"]' <<<"$out")" echo
is "the hash" "$(json 'len(one("plugin")["hash"]) > 8' <<<"$out")" True
is "the listener" "$(json 'one("listener")["url"]' <<<"$out")" "$URL"
is "its endpoints" "$(json 'one("listener")["endpoints"]' <<<"$out")" 2
is "both listeners" \
    "$(json 'sum(l["is"] == "listener" for l in lines)' <<<"$out")" 2
is "a counter" \
    "$(json 'one("counters")["counters"]["messages_run"]' <<<"$out")" 2
is "the outcome" "$(json 'lines[-1]' <<<"$out")" \
    "{'is': 'outcome', 'ok': True}"

is "rows of endpoints" "$("$WEFT" endpoints | wc -l)" 3
out=$("$WEFT" endpoints --json) || is "endpoints --json" $? 0
is "endpoints" "$(json 'len(lines)' <<<"$out")" 3
is "what one has said" "$(json 'lines[0]["messages_in"]' <<<"$out")" 1
ID=$(json 'lines[0]["id"]' <<<"$out")
PEER=$(json 'lines[0]["remote"]' <<<"$out")
echo "some more of it" >&6
read -r -t "$SECONDS_MAX" -u 6 _
out=$("$WEFT" endpoints --json --sort in --limit 1)
is "the one that sent most" "$(json 'lines[0]["messages_in"]' <<<"$out")" 2
is "no more than asked for" "$(json 'len(lines)' <<<"$out")" 2
out=$("$WEFT" endpoints --json --listener "$URL" --plugin echo)
is "those of a listener" "$(json 'len(lines)' <<<"$out")" 3
is "those of another" \
    "$("$WEFT" endpoints --json --listener udp | json 'len(lines)')" 1
is "those of another plugin" \
    "$("$WEFT" endpoints --json --plugin kv | json 'len(lines)')" 1

has "an endpoint by its id" "$("$WEFT" explain "$ID")" \
    "Endpoint $ID is open: a client from $PEER by tcp, codec line; it is served by echo."
has "an endpoint by its peer" "$("$WEFT" explain "$PEER")" "Endpoint $ID "
has "what is its strand" "$("$WEFT" explain "$ID")" "a strand of its own"
has "whether it is read from" "$("$WEFT" explain "$ID")" "It is read from."
has "its limits" "$("$WEFT" explain "$ID")" "max_message"
is "the same as JSON" "$("$WEFT" explain "$ID" --json |
    json '[line["is"] for line in lines]')" \
    "['endpoint', 'listener', 'bounds', 'outcome']"
is "a limit" "$("$WEFT" explain "$ID" --json |
    json 'one("bounds")["bounds"]["max_message"]')" 1048576
has "a plugin" "$("$WEFT" explain echo)" "Plugin echo, version -, was loaded"
has "a listener" "$("$WEFT" explain udp)" "It accepts clients."
has "what is nothing" "$("$WEFT" explain nothing 2>&1)" \
    "nothing: expected an endpoint"
is "its code" "$("$WEFT" explain nothing --json 2>/dev/null |
    json 'one("outcome")["code"]')" WEFT_ENOLISTENER

# A second of traffic has a rate.
for ((i = 0; i < 200; i++)); do
	echo "$i" >&5
	read -r -t "$SECONDS_MAX" -u 5 _
	out=$("$WEFT" status --json) || break
	rate=$(json 'one("counters")["rates"].get("messages_in", 0) > 0' \
	    <<<"$out")
	[ "$rate" != True ] || break
done
is "a rate" "$rate" True

timeout -s INT 2.5 "$WEFT" status --watch --json >"$DIR/watched"
is "how a watch ends" $? 124
is "how often it has looked" \
    "$(json 'sum(l["is"] == "node" for l in lines) >= 2' <"$DIR/watched")" True

# ---- suspend, resume

has "suspended" "$("$WEFT" suspend tcp)" "$URL: suspended, 2 endpoints"
eval "exec 7<>/dev/tcp/127.0.0.1/${URL##*:}"
echo "hello?" >&7
is "a client waits" "$(read -r -t 0.3 -u 7 _; echo $?)" 142
echo "still here" >&5
read -r -t "$SECONDS_MAX" -u 5 said
is "another goes on" "$said" "still here"
has "it is shown" "$("$WEFT" status)" suspended
has "it is explained" "$("$WEFT" explain 1)" "It is suspended"
has "resumed" "$("$WEFT" resume "$URL")" "$URL: accepting"
read -r -t "$SECONDS_MAX" -u 7 said
is "a client is served" "$said" "hello?"
has "two that fit" "$("$WEFT" suspend 127.0.0.1 2>&1)" "found 2 that have it"
has "none that fits" "$("$WEFT" suspend sctp 2>&1)" "found 0 that have it"

# ---- reload, rollback: what can be refused without one

has "no such plugin" "$("$WEFT" reload nobody 2>&1)" \
    "nobody: expected the name of a plugin of this host"
has "another file" "$("$WEFT" reload echo /tmp/other.so 2>&1)" --allow-load
has "no configuration" "$("$WEFT" reload --dry-run 2>&1)" \
    "no configuration to read again"
has "nothing to go back to" "$("$WEFT" rollback nobody 2>&1)" \
    "nobody: expected the name of a plugin of this host"
"$WEFT" reload nobody >/dev/null 2>&1
is "its status" $? 1

# ---- who may ask, and who may listen there

start_refused() {
	"$WEFT" run echo --listen tcp+line://127.0.0.1:0 --admin "$1" \
	    2>&1 </dev/null
}
has "a socket that a host has" "$(start_refused "$WEFT_ADMIN")" \
    "found one that somebody listens on"
mkdir "$DIR/open" && chmod 777 "$DIR/open"
has "a folder that others can write" \
    "$(start_refused "$DIR/open/admin.sock")" "everybody can"
is "no socket is left there" "$(ls "$DIR/open")" ""
echo precious >"$DIR/file"
chmod 700 "$DIR"
has "a file that is no socket" "$(start_refused "$DIR/file")" "$DIR/file"
is "it stays" "$(cat "$DIR/file")" precious
has "a folder that is missing" "$(start_refused "$DIR/no/where/x")" \
    "$DIR/no/where"
chmod 755 "$DIR"

if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	as_nobody() {
		setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
	}
	chmod 755 "$DIR/one"
	has "another user is kept out by the mode" \
	    "$(as_nobody /usr/bin/python3 -c '
import socket, sys
try:
    socket.socket(socket.AF_UNIX).connect(sys.argv[1])
    print("connected")
except PermissionError:
    print("kept out")' "$WEFT_ADMIN")" "kept out"
	chmod 666 "$WEFT_ADMIN"
	is "another user is refused by its credentials" \
	    "$(as_nobody /usr/bin/python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(30)
s.connect(sys.argv[1])
try:
    s.sendall(b"weft/1 stop\n")
    print(s.recv(100))
except (ConnectionResetError, BrokenPipeError):
    print(b"")' "$WEFT_ADMIN")" "b''"
	chmod 600 "$WEFT_ADMIN"
	has "it is logged" "$(cat "$DIR/one.log")" "ADMIN-REFUSED"
	has "it is shown" "$("$WEFT" status)" "ADMIN-REFUSED"
	is "it is counted" "$("$WEFT" status --json |
	    json 'one("node")["admin_refused"]')" 1
fi

# ---- stop, drain

"$WEFT" stop >"$DIR/out"
is "stop" $? 0
has "it has gone" "$(cat "$DIR/out")" "(pid $PID) has gone"
wait "$PID"
is "its status" $? 0
is "its socket has gone, too" "$(ls "$DIR/one")" ""
is "its clients were told" "$(read -r -t "$SECONDS_MAX" -u 5 _; echo $?)" 1
exec 5<&- 6<&- 7<&-

# A host that was killed leaves its socket, which the next one takes.
start two echo --listen tcp+line://127.0.0.1:0
kill -KILL "$PID"
wait "$PID" 2>/dev/null
has "a socket that nobody has" "$("$WEFT" status 2>&1)" \
    "found a socket that nobody listens on"
start two echo --listen tcp+line://127.0.0.1:0
client 5
client 6
has "drain" "$("$WEFT" drain)" "draining: 2 endpoints are still there"
has "it is shown" "$("$WEFT" status)" "draining"
for ((i = 0; i < 500; i++)); do
	(exec 7<>"/dev/tcp/127.0.0.1/${URL##*:}") 2>/dev/null || break
done
is "nobody else comes" $((i < 500)) 1
exec 5<&-
echo "the last one" >&6
read -r -t "$SECONDS_MAX" -u 6 said
is "the last one is served" "$said" "the last one"
exec 6<&-
wait "$PID"
is "it stops by itself" $? 0

start three echo --listen tcp+line://127.0.0.1:0
client 5
"$WEFT" drain --deadline 100ms --wait >"$DIR/out"
is "a drain with a deadline" $? 0
has "it has gone" "$(cat "$DIR/out")" "(pid $PID) has gone"
exec 5<&-

start four echo --listen tcp+line://127.0.0.1:0 --drain 60s
client 5
"$WEFT" stop --now --json >"$DIR/out"
is "stop --now" $? 0
is "what it says" "$(json 'lines[-1]["ok"]' <"$DIR/out")" True
exec 5<&-

printf '%d passed, %d failed\n' "$PASSED" "$FAILED"
[ "$FAILED" -eq 0 ] && [ "$PASSED" -ge 75 ]
