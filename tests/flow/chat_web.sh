#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/chat_web.sh - examples/chat-web in Debian's chromium
# (tests/flow/chat_web.mjs has the cases).  What it looked like stands in
# tests/flow/chat_web_*.png of the build folder.
#
#   WEFT       the program under test  (./weft)
#   the rest   as tests/flow/npm.sh has it

. "$(dirname "$0")/npm.sh"
if [ "${WEFT_SANITIZED-}" = 1 ]; then
	echo "SKIP: a browser takes too long beside a sanitizer"
	exit 77
fi
CHROMIUM=$(command -v chromium) || without chromium
npm_install
PLAYWRIGHT=$npm_folder/node_modules/playwright-core/index.mjs
export CHROMIUM PLAYWRIGHT
exec timeout -k 5 300 node "$src/tests/flow/chat_web.mjs" "${WEFT:-./weft}" \
    "$src/examples/chat-web" "${npm_folder%/npm}"
