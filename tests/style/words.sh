#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What the documents name between backticks is there: names with "_" (calls,
# options, counters, members, tests, notes), ids of the log (IO-MALFORMED),
# options of commands (--listen), files and folders.  Tables: tables.sh.
. "$(dirname "$0")/common.sh"

# What is others', or only looks like a name.
others='CK_FORK TPL_FL_NULLSTRINGS TPL_GATHER_MEM gather_max maybe_resize
proxy_protocol weft_noun_verb wi_noun_verb file_verb init/fini new/free
start/stop open/close push/take pause/resume weft/1 price/ prices/'

documents=$(cd "$src" && echo README.md HACKING.md plugins/*/README.md \
    examples/*/README.md)
code=(framework plugins examples tests m4 doc debian .ci bootstrap configure.ac
    Makefile.am Containerfile)

# "FILE:LINE TEXT" of all that is between backticks, outside of blocks of code.
# shellcheck disable=SC2086
ticked=$(cd "$src" && awk '
    FNR == 1 { code = 0 }
    /^ *```/ { code = !code }
    !code {
	line = $0
	while (match(line, /`[^`]+`/)) {
		print FILENAME ":" FNR " " substr(line, RSTART + 1, RLENGTH - 2)
		line = substr(line, RSTART + RLENGTH)
	}
    }' $documents)

# said PATTERN: the words of that kind between backticks.
said() { cut -d' ' -f2- <<<"$ticked" | grep -oP -e "$1" | sort -u || :; }

excused() { tr ' ' '\n' <<<"$others" | grep -qxF -e "$1"; }

# missing WHAT WORD: with the place where it stands first.
missing() {
	finding "$(grep -m 1 -F -- "$2" <<<"$ticked" | cut -d' ' -f1):" \
	    "expected the name of $1, found $2"
}

# there WHAT PATTERN: a word of that kind stands in the code, too.
there() {
	local words word

	words=$(said "$2")
	expect_some "$(grep -c . <<<"$words")" "$1"
	while read -r word; do
		[ -z "$word" ] || excused "$word" || missing "$1" "$word"
	done < <(comm -23 - <(cd "$src" && grep -rhIoP -e "$2" \
	    --exclude='*.md' "${code[@]}" | sort -u) <<<"$words")
}

there "something in the code" \
    '(?<![\w%])[A-Za-z]\w*_\w*[A-Za-z0-9](?![\w*]|%)'
there "a line of the log" '(?<![\w-])[A-Z]{2,}(-[A-Z]{2,})+(?![\w-])'
there "an option" '(?<![\w-])--[a-z][a-z-]*[a-z]'

# A path from here, from framework/ or its include/, or to what make puts into
# the build.
cd "$src"
paths=$(said '(?<![\w/:$@.{~-])[a-z.][\w.-]*/[\w./*-]*(?<![.,])(?!\.png)')
expect_some "$(grep -c . <<<"$paths")" "paths"
while read -r path; do
	path=${path%\*}
	compgen -G "$path*" >/dev/null && continue
	compgen -G "framework/$path*" >/dev/null && continue
	compgen -G "framework/include/$path*" >/dev/null && continue
	compgen -G "${path#build/}*" >/dev/null && continue
	excused "$path" || missing "a file or folder" "$path"
done <<<"$paths"

finish "words between backticks that the code does not have"
