# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/npm.sh - for tests that need packages of npm: what tests/flow/npm
# pins, put into the build folder once.  No script of a package is run.
#
#   WEFT_SRC   the source tree         (.)
#   WEFT_BUILD the build folder        (.)
#   WEFT_CI    set: what is missing is a failure
#
# Sets src and npm_folder.

src=$(realpath "${WEFT_SRC:-.}")
npm_folder=$(realpath "${WEFT_BUILD:-.}")/tests/flow/npm

# without WHAT
without() {
	if [ -n "${WEFT_CI-}" ]; then
		echo "FAIL: without $*"
		exit 1
	fi
	echo "SKIP: without $*"
	exit 77
}

# npm_install - two tests may come at a time.
npm_install() {
	command -v node >/dev/null || without node
	command -v npm >/dev/null || without npm
	mkdir -p "$npm_folder" || exit 1
	exec 9>"$npm_folder/lock"
	flock -w 120 9 || exit 1
	if ! cmp -s "$src/tests/flow/npm/package-lock.json" \
	    "$npm_folder/installed"; then
		cp "$src"/tests/flow/npm/package*.json "$npm_folder" || exit 1
		(cd "$npm_folder" && timeout -k 5 60 npm ci --ignore-scripts \
		    --no-audit --no-fund) >"$npm_folder/npm.log" 2>&1 || {
			tail -n 5 "$npm_folder/npm.log"
			without "npm's registry, or what it is to bring"
		}
		cp "$src/tests/flow/npm/package-lock.json" \
		    "$npm_folder/installed"
	fi
	exec 9>&-
}
