#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# .clang-format is the law.  "tests/style/format.sh --fix" applies it.
. "$(dirname "$0")/common.sh"

if ! command -v clang-format >/dev/null; then
	echo "skipped: clang-format is not installed"
	exit 77
fi
files=$(sources framework plugins examples tests)
expect_some "$(grep -c . <<<"$files")" "C files"
cd "$src"
if [ "${1-}" = --fix ]; then
	# shellcheck disable=SC2086
	clang-format --style=file -i $files
	exit 0
fi
for file in $files; do
	if ! found=$(clang-format --style=file "$file" |
	    diff -u --label "$file" --label "$file formatted" "$file" -); then
		finding "$found"
	fi
done

finish "files that clang-format would change (cure: $0 --fix)"
