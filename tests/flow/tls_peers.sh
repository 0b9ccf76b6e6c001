#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/tls_peers.sh - TLS with programs of others: openssl s_client and
# s_server, Python's ssl and websockets, curl; and SIGHUP
# (tests/flow/tls_peers.py has the cases).
#
#   WEFT       the program under test  (./weft)
#   WEFT_SRC   the source tree         (.)

src=${WEFT_SRC:-.}
/usr/bin/python3 -c 'import ssl, websockets' 2>/dev/null || {
	echo "SKIP: without python3-websockets"
	exit 77
}
for command in curl openssl; do
	command -v "$command" >/dev/null || {
		echo "SKIP: without $command"
		exit 77
	}
done
exec timeout -k 5 120 /usr/bin/python3 "$src/tests/flow/tls_peers.py" \
    "${WEFT:-./weft}"
