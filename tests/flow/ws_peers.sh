#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/ws_peers.sh - WebSocket with implementations of others: Debian's
# python3-websockets as client and as server, and curl (tests/flow/ws_peers.py
# has the cases).
#
#   WEFT       the program under test  (./weft)
#   WEFT_SRC   the source tree         (.)

src=${WEFT_SRC:-.}
/usr/bin/python3 -c 'import websockets' 2>/dev/null || {
	echo "SKIP: without python3-websockets"
	exit 77
}
command -v curl >/dev/null || {
	echo "SKIP: without curl"
	exit 77
}
exec timeout -k 5 300 /usr/bin/python3 "$src/tests/flow/ws_peers.py" \
    "${WEFT:-./weft}"
