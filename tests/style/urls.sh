#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What README.md says of URLs is what the code knows of them: between the two
# comments stands what "weft urls" prints.  "tests/style/urls.sh --fix" puts it
# there.
. "$(dirname "$0")/common.sh"

weft=$build/weft
begin='<!-- what "weft urls" prints: begin -->'
end='<!-- what "weft urls" prints: end -->'
if [ ! -x "$weft" ]; then
	echo "expected $weft, found none: build first"
	exit 1
fi
for marker in "$begin" "$end"; do
	count=$(grep -cxF -e "$marker" "$src/README.md" || :)
	[ "$count" -eq 1 ] || finding \
	    "README.md: expected the line $marker once, found it $count times"
done
[ "$findings" -eq 0 ] || finish "markers in README.md"

# A list that is empty would agree with one that is.
tables=$("$weft" urls)
expect_some "$(grep -c '^| `' <<<"$tables")" "transports, codecs and options"

between() {
	awk -v begin="$begin" -v end="$end" '
	    $0 == end { exit }
	    inside { print }
	    $0 == begin { inside = 1 }' "$src/README.md"
}

if [ "${1-}" = --fix ]; then
	fixed=$(mktemp)
	tables="$tables" awk -v begin="$begin" -v end="$end" '
	    $0 == end { inside = 0 }
	    !inside { print }
	    $0 == begin { print ENVIRON["tables"]; inside = 1 }
	' "$src/README.md" >"$fixed"
	cat "$fixed" >"$src/README.md"
	rm -f "$fixed"
	exit 0
fi
if ! found=$(diff -u --label README.md --label "weft urls" \
    <(between) <(printf '%s\n' "$tables")); then
	finding "$found"
fi

finish "differences to what weft urls prints (cure: $0 --fix)"
