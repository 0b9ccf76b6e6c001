#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What README.md, HACKING.md and the READMEs of plugins say of the code is what
# the code says.
#
# A table that repeats the code stands between the comments "<!-- table NAME:
# begin -->" and "<!-- table NAME: end -->".  If there is whole_NAME here, the
# table is what that prints.  Otherwise keys_NAME prints what the first column
# must have between backticks, each in a row or more, and nothing else; what
# stands beside is written by hand.  "tests/style/tables.sh --fix" puts in what
# is missing.  Names in running text: tests/style/words.sh.
. "$(dirname "$0")/common.sh"

weft=$build/weft
if [ ! -x "$weft" ]; then
	echo "expected $weft, found none: build first"
	exit 1
fi
include=$src/framework/include/weft
host=$src/framework/host
fix=${1-}
documents=$(cd "$src" && echo README.md HACKING.md plugins/*/README.md)

# ---- README.md

whole_urls() { "$weft" urls; }

keys_slow() {
	"$weft" urls | awk -F' [|] ' '/^\| `slow_reader`/ { print $3 }' |
	    sed 's/ or /, /; s/, /\n/g'
}

keys_tls() { grep -o 'X(ETLS[A-Z_]*' "$include/error.h" | sed 's/X(/WEFT_/'; }

keys_commands() { "$weft" help | sed -n 's/^  \([a-z]*\) .*/weft \1/p'; }

keys_plugins() { (cd "$src/plugins" && printf '%s\n' */) | tr -d /; }

keys_environment() {
	echo 'WEFT_OPTION' # host/conf_given.c: any option's
	grep -rhoE '(getenv|notify_number)\("[A-Z_]+|_VARIABLE "[A-Z_]+' \
	    "$src/framework" | sed 's/.*"//'
}

keys_signals() {
	sed -n '/int which\[\] =/,/};/p' "$host/supervisor.c" |
	    grep -o 'SIG[A-Z0-9]*' | grep -vxF SIGCHLD # nobody sends that
}

keys_steer() { keys_verbs | sed 's/^/weft /'; }

keys_examples() { (cd "$src" && printf '%s\n' examples/*/) | sed 's,/$,,'; }

# ---- HACKING.md

keys_threads() {
	grep -rhoE '"weft-[a-z]+(-%u)?"' "$src/framework" |
	    sed 's/"//g; s/%u/N/'
}

keys_verbs() {
	sed -n 's/.*{ \.name = "\([a-z]*\)".*/\1/p' "$host/admin_verbs.c"
}

keys_kinds() {
	sed -n 's/^\tWEFT_KIND_[A-Z]* = \([0-9]*\).*/\1/p' "$include/codec.h"
}

# ---- plugins/NAME/README.md

keys_options() {
	"$weft" describe --json "$(basename "$(dirname "$1")")" |
	    grep -o '{"name":"[a-z_]*","kind":"[a-z]*","expected"' | cut -d'"' -f4
}

# ---- tables

# between FILE NAME: the lines of a table.
between() {
	awk -v name="$2" '
	    $0 == "<!-- table " name ": end -->" { exit }
	    inside { print }
	    $0 == "<!-- table " name ": begin -->" { inside = 1 }' "$src/$1"
}

# replace FILE NAME TEXT
replace() {
	local fixed

	fixed=$(mktemp)
	text=$3 awk -v name="$2" '
	    $0 == "<!-- table " name ": end -->" { inside = 0 }
	    !inside { print }
	    $0 == "<!-- table " name ": begin -->" {
		print ENVIRON["text"]
		inside = 1
	    }' "$src/$1" >"$fixed"
	cat "$fixed" >"$src/$1"
	rm -f "$fixed"
}

# ticked: what stands between backticks in the first column, behind the head.
ticked() {
	awk -F'|' 'NR > 2 { print $2 }' | grep -o '`[^`]*`' | tr -d '`'
}

# check_whole FILE NAME
check_whole() {
	local text found

	text=$("whole_$2")
	expect_some "$(grep -c '^| `' <<<"$text")" "rows of the table $2"
	[ "$fix" != --fix ] || replace "$1" "$2" "$text"
	found=$(diff -u --label "$1" --label "table $2" <(between "$1" "$2") \
	    - <<<"$text") || finding "$found"
}

# check_keys FILE NAME: words behind a key ("weft run PLUGIN") are its usage.
check_keys() {
	local keys rows found key

	keys=$("keys_$2" "$1" | sort -u)
	expect_some "$(grep -c . <<<"$keys")" "words of the table $2"
	rows=$(between "$1" "$2")
	while read -r key; do
		ticked <<<"$rows" | grep -qE -e "^$key( |$)" && continue
		finding "$1: table $2: expected a row of \`$key\`, found none"
		rows+=$'\n'"| \`$key\` | ? |"
	done <<<"$keys"
	while read -r found; do
		while read -r key; do
			[[ $found = "$key" || $found = "$key "* ]] && continue 2
		done <<<"$keys"
		finding "$1: table $2: found \`$found\`, which the code" \
		    "does not have"
	done < <(ticked <<<"$rows")
	[ "$fix" != --fix ] || replace "$1" "$2" "$rows"
	! grep -qF '| ? |' <<<"$rows" ||
	    finding "$1: table $2: expected words beside each name, found a ?"
}

tables=0
for file in $documents; do
	while read -r name; do
		tables=$((tables + 1))
		if ! grep -qxF -e "<!-- table $name: end -->" "$src/$file"; then
			finding "$file: expected the end of table $name," \
			    "found none"
		elif declare -F "whole_$name" >/dev/null; then
			check_whole "$file" "$name"
		elif declare -F "keys_$name" >/dev/null; then
			check_keys "$file" "$name"
		else
			finding "$file: expected a table that $0 knows," \
			    "found $name"
		fi
	done < <(sed -n 's/^<!-- table \([a-z]*\): begin -->$/\1/p' "$src/$file")
done
for name in $(declare -F | sed -n 's/.* \(whole\|keys\)_//p'); do
	# shellcheck disable=SC2086
	(cd "$src" && cat $documents) |
	    grep -qxF -e "<!-- table $name: begin -->" ||
	    finding "expected a table $name in a document, found none"
done
expect_some "$tables" "tables"

finish "differences between documents and code ($tables tables; cure: $0 --fix)"
