# SPDX-License-Identifier: Apache-2.0
#
# What every style check starts with; read by them with ".".  Run by hand they
# look at the tree they lie in and at its build/; make check tells them both.

# shellcheck shell=bash
set -eu
LC_ALL=C
export LC_ALL
here=$(cd "$(dirname "$0")" && pwd)
src=${WEFT_SRC:-$here/../..}
# shellcheck disable=SC2034
build=${WEFT_BUILD:-$src/build}
findings=0

# finding TEXT...: say one, and remember that there was one.
finding() {
	printf '%s\n' "$*"
	findings=$((findings + 1))
}

# finish WORDS: the last line, and the exit status.
finish() {
	if [ "$findings" -gt 0 ]; then
		echo "$findings found: $1"
		exit 1
	fi
	echo "clean: $1"
}

# sources FOLDER...: C files and headers below those that exist, sorted.
sources() {
	for folder in "$@"; do
		[ ! -d "$src/$folder" ] ||
		    (cd "$src" && find "$folder" -name '*.[ch]')
	done | sort
}

# expect_some COUNT WHAT: a check that looked at nothing has not passed.
expect_some() {
	if [ "$1" -eq 0 ]; then
		echo "expected to check $2, found none below $src"
		exit 1
	fi
}
