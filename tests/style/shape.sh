#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What clang-format leaves alone: the licence line and the room card at the top
# (a plugin may be ten lines, and says what it does beside it), 79 columns in comments too, no blanks at a line's end, 500 lines a file.
. "$(dirname "$0")/common.sh"

files=$(sources framework plugins examples tests)
expect_some "$(grep -c . <<<"$files")" "C files"
while read -r file; do
	[ "$(head -n 1 "$src/$file")" = \
	    "/* SPDX-License-Identifier: Apache-2.0 */" ] ||
	    finding "$file:1: expected the SPDX line"
	[[ "$(sed -n 2p "$src/$file")" = "/*"* || $file = plugins/* ]] ||
	    finding "$file:2: expected the comment that says what it does"
	lines=$(wc -l <"$src/$file")
	[ "$lines" -le 500 ] ||
	    finding "$file: expected at most 500 lines, found $lines"
	while read -r line; do
		finding "$file:$line"
	done < <(expand "$src/$file" | awk '
	    length($0) > 79 { print FNR ": " length($0) " columns" }
	    /[[:blank:]]$/ && !/^[[:blank:]]+\\$/ { print FNR ": ends in blanks" }')
done <<<"$files"

finish "licence, card, columns, blanks, lengths"
