#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/chat_web.sh - examples/chat-web in Debian's chromium
# (tests/flow/chat_web.mjs has the cases).  What it looked like stands in
# tests/flow/chat_web_*.png of the build folder.
#
#   WEFT         the program under test  (./weft)
#   WEFT_SRC     the source tree         (.)
#   WEFT_BUILD   the build tree          (.)

src=${WEFT_SRC:-.}
build=${WEFT_BUILD:-.}
for program in chromium node npm; do
	command -v $program >/dev/null || {
		echo "SKIP: without $program"
		exit 77
	}
done
if [ "${WEFT_SANITIZED-}" = 1 ]; then
	echo "SKIP: a browser takes too long beside a sanitizer"
	exit 77
fi

# The packages that package-lock.json names, once.  No browser comes with them,
# and nothing of theirs is run to install them.
modules=$build/tests/flow/npm
if ! cmp -s "$src/tests/flow/package-lock.json" "$modules/done"; then
	mkdir -p "$modules" || exit 99
	cp "$src/tests/flow/package.json" "$src/tests/flow/package-lock.json" \
	    "$modules" || exit 99
	(cd "$modules" && timeout 120 npm ci --ignore-scripts --no-audit \
	    --no-fund) >"$modules/log" 2>&1 || {
		tail -n 5 "$modules/log"
		echo "SKIP: npm ci has not brought playwright-core"
		exit 77
	}
	cp "$modules/package-lock.json" "$modules/done"
fi

PLAYWRIGHT=$(cd "$modules" && pwd)/node_modules/playwright-core/index.mjs
CHROMIUM=$(command -v chromium)
export PLAYWRIGHT CHROMIUM
exec timeout -k 5 300 node "$src/tests/flow/chat_web.mjs" \
    "${WEFT:-./weft}" "$src/examples/chat-web" "$build/tests/flow"
