#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/ws_npm.sh - permessage-deflate with the WebSocket of npm's package
# ws, as client and as server (tests/flow/ws_npm.mjs has the cases).
#
#   WEFT       the program under test  (./weft)
#   the rest   as tests/flow/npm.sh has it

. "$(dirname "$0")/npm.sh"
npm_install
exec timeout -k 5 300 node "$src/tests/flow/ws_npm.mjs" "${WEFT:-./weft}" \
    "$npm_folder"
