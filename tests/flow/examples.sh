#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/examples.sh - the example programs do what their READMEs say.
#
# Each runs as a process of its own, on port 0 or in a folder of the test's.
# What a program prints is waited for line by line, with a deadline.

set -u
top=${WEFT_BUILD:-$(dirname "$0")/../../build}/examples
dir=$(mktemp -d "${TMPDIR:-/tmp}/weft-examples.XXXXXX") || exit 99
limit=30
passed=0
failed=0
pids=()

finish() {
	[ "${#pids[@]}" -eq 0 ] || kill "${pids[@]}" 2>/dev/null
	wait
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

# start NAME PROGRAM ARGUMENT...: in the background; its lines go to $dir/NAME
start() {
	local name=$1

	shift
	: >"$dir/$name" # for line(), which may look at once
	timeout $((3 * limit)) "$@" >"$dir/$name" 2>&1 &
	pids+=($!)
}

# line NAME PATTERN: wait for a line like that; print it
line() {
	timeout "$limit" tail -n +1 -s 0.05 -f "$dir/$1" 2>/dev/null |
	    grep -m 1 -e "$2"
}

# end: stop all that was started and wait
end() {
	kill "${pids[@]}" 2>/dev/null
	wait
	pids=()
}

# expect WHAT COMMAND...: it succeeds
expect() {
	local what=$1

	shift
	if "$@" >/dev/null; then
		passed=$((passed + 1))
		return
	fi
	failed=$((failed + 1))
	echo "FAIL $what; what was printed:"
	head -n 20 "$dir"/* 2>/dev/null | sed 's/^/    /'
}

url_of() {
	line "$1" listening | sed 's/.*listening //'
}

for url in tcp+varint://127.0.0.1:0 tcp://127.0.0.1:0 udp://127.0.0.1:0 \
    unix+line://"$dir"/ping.sock; do
	start server "$top/ping-pong/ping-pong" server "$url"
	at=$(url_of server)
	expect "ping-pong $url: a client that ends well" \
	    timeout "$limit" "$top/ping-pong/ping-pong" client "$at" 5
	expect "ping-pong $url: five pings at the server" \
	    test "$(grep -c 'server: ping' "$dir/server")" -eq 5
	end
	rm -f "$dir"/*
done

group="udp+multicast://239.255.42.98:$((20000 + $$ % 20000))?interface=lo"
start alice "$top/multicast/multicast" alice "$group"
# Alice hears Bob's HELLO only once she listens: Bob asks until she answers.
found=1
for _ in 1 2 3 4 5 6 7 8 9 10; do
	timeout 3 "$top/multicast/multicast" bob "$group" 1 >"$dir/bob"
	found=$?
	[ "$found" -ne 0 ] || break
done
expect "multicast: bob finds alice" grep -q 'bob found alice' "$dir/bob"
expect "multicast: alice finds bob" line alice 'alice found bob'
end
rm -f "$dir"/*

start server "$top/discovery/server" tcp+line://127.0.0.1:0
at=$(url_of server)
start alice "$top/discovery/participant" alice "$at"
expect "discovery: alice joins" line server 'alice joined'
start bob "$top/discovery/participant" bob "$at"
bob=$!
expect "discovery: bob greets alice" line alice 'hello from bob'
expect "discovery: alice answers" line bob 'welcome from alice'
kill "$bob"
expect "discovery: the server sees bob leave" line server 'bob left'
expect "discovery: alice is told" line alice 'bob has left'
end

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
