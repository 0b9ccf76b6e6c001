#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/multicast6.sh - an IPv6 group: examples/multicast finds its peers
# over two interfaces and over one, and loop=no keeps what is sent from those
# on the same machine.
#
# Linux gives the loopback interface no IPv6 multicast, so this makes a pair of
# interfaces in a network namespace of its own.  Exit status 77: may not.

set -u
PATH=$PATH:/usr/sbin:/sbin
if [ "${1:-}" != inside ]; then
	unshare -rn true 2>/dev/null || {
		echo "expected leave to make a network namespace, found none"
		exit 77
	}
	exec unshare -rn bash "$0" inside
fi

multicast=${WEFT_BUILD:-$(dirname "$0")/../../build}/examples/multicast/multicast
group='udp+multicast://[ff12::77:65]:7777'
limit=30
failed=0

ip link set lo up && ip link add one type veth peer name two &&
    ip link set one up && ip link set two up || exit 77
# A link-local address can be used when nobody else was found to have it.
wanted=$((SECONDS + limit))
while ip -6 addr show | grep -q tentative; do
	[ "$SECONDS" -lt "$wanted" ] || { echo "tentative for ever"; exit 1; }
	read -rt 0.1 <> <(:) # bash's own pause
done

# found FROM TO [TRIES]: bob, at FROM, finds alice, who is at TO
found() {
	local alice status=1 i

	timeout $((3 * limit)) "$multicast" alice "$group?interface=$2" \
	    >/dev/null &
	alice=$!
	# Bob says HELLO once; alice may not have listened yet.
	for ((i = ${3:-10}; i > 0; i--)); do
		timeout 1 "$multicast" bob "$group?interface=$1" 1 >/dev/null
		status=$?
		[ "$status" -ne 0 ] || break
	done
	kill "$alice"
	wait "$alice"
	return $status
}

expect() {
	if ! "${@:2}"; then
		failed=$((failed + 1))
		echo "FAIL $1"
	fi
}

expect "across a link" found one two
expect "on one interface" found one one
expect "loop=no: across a link" found 'one&loop=no' two
expect "loop=no: on one interface nobody is found" \
    eval '! found "one&loop=no" "one&loop=no" 3'
echo "4 cases, $failed failed"
[ "$failed" -eq 0 ]
