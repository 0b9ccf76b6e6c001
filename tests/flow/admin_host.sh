#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/admin_host.sh - what admin.sh and admin_reload.sh share: a host
# with an admin socket, its clients, and what it answers.  Sourced.

WEFT=${WEFT:-./weft}
SECONDS_MAX=60
DIR=$(mktemp -d "${TMPDIR:-/tmp}/weft-admin.XXXXXX") || exit 99
PIDS=()
FAILED=0
PASSED=0

finish() {
	[ ${#PIDS[@]} -eq 0 ] || kill -KILL "${PIDS[@]}" 2>/dev/null
	wait "${PIDS[@]}" 2>/dev/null
	rm -rf "$DIR"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP
# Some of what follows is asked by another user.
chmod 755 "$DIR"

# is WORDS FOUND EXPECTED; has WORDS FOUND PART
is() {
	if [ "$2" = "$3" ]; then
		PASSED=$((PASSED + 1))
	else
		FAILED=$((FAILED + 1))
		printf 'FAIL %s: expected "%s", found "%s"\n' "$1" "$3" "$2"
	fi
}
has() {
	case $2 in
	*"$3"*) PASSED=$((PASSED + 1)) ;;
	*)
		FAILED=$((FAILED + 1))
		printf 'FAIL %s: expected "%s" in "%s"\n' "$1" "$3" "$2"
		;;
	esac
}

# json EXPRESSION: of the lines on stdin, each parsed; "lines" are all of them,
# "one(IS)" is the first of that kind.
json() {
	/usr/bin/python3 -c '
import json, sys
lines = [json.loads(line) for line in sys.stdin]
def one(what):
	return next(line for line in lines if line["is"] == what)
print(eval(sys.argv[1]))' "$1"
}

# start NAME ARGUMENT...: a host whose admin socket is $DIR/NAME/admin.sock;
# PID, and URL of its first listener.
start() {
	local name=$1 line

	shift
	rm -f "$DIR/pipe"
	mkfifo "$DIR/pipe"
	"$WEFT" run "$@" --admin "$DIR/$name/admin.sock" >"$DIR/pipe" \
	    2>"$DIR/$name.log" </dev/null &
	PID=$!
	PIDS+=("$PID")
	URL=
	exec 8<"$DIR/pipe"
	while read -r -t "$SECONDS_MAX" -u 8 line; do
		case $line in
		listening\ *) [ -n "$URL" ] || {
			URL=${line#listening } URL=${URL%% plugin=*}
		} ;;
		ready) break ;;
		esac
	done
	[ "$line" = ready ] || {
		echo "FAIL: it does not listen: $(cat "$DIR/$name.log")"
		exit 1
	}
	export WEFT_ADMIN="$DIR/$name/admin.sock"
}

# client FD: a connection to URL, which is served: FD says a line and hears it.
client() {
	local said

	eval "exec $1<>/dev/tcp/127.0.0.1/${URL##*:}"
	echo "hello $1" >&"$1"
	read -r -t "$SECONDS_MAX" -u "$1" said
	is "client $1 is served" "$said" "hello $1"
}
