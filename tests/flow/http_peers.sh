#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/http_peers.sh - http:// with clients of others: curl, Python's
# http.client, wrk (tests/flow/http_peers.py has the cases).
#
#   WEFT        the program under test  (./weft)
#   WEFT_SRC    the source tree         (.)
#   WEFT_BUILD  the build tree          (.)

for program in curl wrk; do
	command -v $program >/dev/null || {
		echo "SKIP: without $program"
		exit 77
	}
done
exec timeout -k 5 120 /usr/bin/python3 \
    "${WEFT_SRC:-.}/tests/flow/http_peers.py" "${WEFT:-./weft}" \
    "${WEFT_BUILD:-.}/examples/board/.libs/board.so"
