#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What a message takes to pack and to unpack, in instructions, which a busy
# machine does not change: tests/bench/typed under callgrind, twice for each
# case, by the difference.
#
#	make -C build bench && tests/bench/typed_instructions.sh [LIB...]
set -eu
build=${WEFT_BUILD:-$(dirname "$0")/../../build}
typed=$build/tests/bench/typed
few=100
many=1100
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
command -v valgrind >/dev/null || {
	echo "expected valgrind, found none" >&2
	exit 1
}

# instructions LIB MESSAGE WHAT N: of the whole program
instructions() {
	valgrind --tool=callgrind --callgrind-out-file="$dir/out" \
	    "$typed" "$@" 2>"$dir/err" || {
		cat "$dir/err" >&2
		exit 1
	}
	sed -n 's/^summary: //p' "$dir/out"
}

# each LIB MESSAGE WHAT: of one message
each() {
	local a b

	a=$(instructions "$@" $few)
	b=$(instructions "$@" $many)
	echo $(((b - a) / (many - few)))
}

ratio() {
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", a / b }'
}

[ $# -gt 0 ] || set -- $("$typed" libs)
printf '| message | library | pack | ratio | unpack | ratio |\n'
printf '|---|---|---|---|---|---|\n'
for message in login move inventory; do
	pack1=$(each weft $message pack) unpack1=$(each weft $message unpack)
	for lib in "$@"; do
		pack=$(each "$lib" $message pack)
		unpack=$(each "$lib" $message unpack)
		printf '| %s | %s | %s | %s | %s | %s |\n' $message "$lib" \
		    "$pack" "$(ratio "$pack" "$pack1")" \
		    "$unpack" "$(ratio "$unpack" "$unpack1")"
	done
done
