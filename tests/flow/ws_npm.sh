#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/ws_npm.sh - permessage-deflate with the WebSocket of npm's package
# ws, as client and as server (tests/flow/ws_npm.mjs has the cases).  Its
# version is pinned in tests/flow/npm; it goes into the build folder.
#
#   WEFT       the program under test  (./weft)
#   WEFT_SRC   the source tree         (.)
#   WEFT_BUILD the build folder        (.)
#   WEFT_CI    set: what is missing is a failure

src=$(realpath "${WEFT_SRC:-.}")
folder=$(realpath "${WEFT_BUILD:-.}")/tests/flow/npm

# without WHAT
without() {
	if [ -n "${WEFT_CI-}" ]; then
		echo "FAIL: without $*"
		exit 1
	fi
	echo "SKIP: without $*"
	exit 77
}

command -v node >/dev/null || without node
command -v npm >/dev/null || without npm
mkdir -p "$folder" || exit 1
if ! cmp -s "$src/tests/flow/npm/package-lock.json" "$folder/installed"; then
	cp "$src"/tests/flow/npm/package*.json "$folder" || exit 1
	(cd "$folder" && timeout -k 5 60 npm ci --ignore-scripts --no-audit \
	    --no-fund) >"$folder/npm.log" 2>&1 || {
		tail -n 5 "$folder/npm.log"
		without "npm's registry, or its package ws"
	}
	cp "$src/tests/flow/npm/package-lock.json" "$folder/installed"
fi
exec timeout -k 5 300 node "$src/tests/flow/ws_npm.mjs" "${WEFT:-./weft}" \
    "$folder"
