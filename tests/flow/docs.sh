#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/docs.sh - manual pages render without a warning, and none is
# missing: one for each command, one for each public function; completion
# knows all commands and options.
#
#   WEFT         the program under test  (./weft)
#   WEFT_BUILD   the build tree  (.)
#   WEFT_SRC     the source tree, whose tarball has the pages  (.)

WEFT=${WEFT:-./weft}
BUILD=${WEFT_BUILD:-.}
SRC=${WEFT_SRC:-.}
PAGES=$BUILD/doc/pages
[ -e "$PAGES/stamp" ] || PAGES=$SRC/doc/pages
FAILED=0
PASSED=0

# is WORDS FOUND EXPECTED
is() {
	if [ "$2" = "$3" ]; then
		PASSED=$((PASSED + 1))
	else
		FAILED=$((FAILED + 1))
		printf 'FAIL %s: expected "%s", found "%s"\n' "$1" "$3" "$2"
	fi
}

# ---- pages

verbs=$("$WEFT" help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p')
is "commands" "$(($(wc -w <<<"$verbs") >= 8))" 1
for verb in $verbs; do
	is "weft-$verb(1)" "$(test -s "$PAGES/man1/weft-$verb.1" && echo yes)" yes
	for option in $("$WEFT" "$verb" --help |
	    sed -n 's/^  .*\(--[a-z-]*\).*/\1/p'); do
		is "weft-$verb(1): $option" "$(tr -d '\\' \
		    <"$PAGES/man1/weft-$verb.1" | grep -c -m 1 -e "fB$option")" 1
	done
done
for name in $(cat "$SRC"/framework/include/weft/*.h |
    sed -n 's/^ \* \(weft_[a-z0-9_]*\)() - .*/\1/p'); do
	is "$name(3)" "$(test -s "$PAGES/man3/$name.3" && echo yes)" yes
done
for page in "$PAGES"/man[135]/*; do
	read -r first <"$page"
	case $first in
	.so\ *) is "$page" "$(test -s "$PAGES/${first#.so }" && echo yes)" yes ;;
	*)
		if command -v mandoc >/dev/null; then
			is "$page, mandoc" "$(mandoc -T lint -W warning "$page" 2>&1)" ''
		fi
		if command -v groff >/dev/null; then
			is "$page, groff" "$(groff -ww -z -man "$page" 2>&1)" ''
		fi ;;
	esac
done
if ! command -v mandoc groff >/dev/null; then
	echo "without mandoc and groff: what pages look like was not checked"
fi

# ---- completion

# completes LINE: what bash offers at its end.
completes() {
	"$BASH" -c '
	    source "$1"
	    read -r -a COMP_WORDS <<<"$2"
	    [[ $2 != *\  ]] || COMP_WORDS+=("")
	    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	    compopt() { :; }
	    _weft
	    printf "%s\n" "${COMPREPLY[@]}"' - "$PAGES/completion/weft" "$1"
}

is "commands" "$(completes 'weft ' | sort)" \
    "$(printf '%s\n' help "$verbs" | sort)"
is "weft be" "$(completes 'weft be')" bench
is "weft run --li" "$(completes 'weft run --li')" --listen=
is "weft new --c" "$(completes 'weft new --c')" --codec=
is "what is made now" "$("$WEFT" completion bash)" \
    "$(cat "$PAGES/completion/weft")"
is "and for zsh" "$("$WEFT" completion zsh)" \
    "$(cat "$PAGES/completion/_weft")"
is "options for zsh" "$(grep -c -e "'--listen=\[Serve clients" \
    "$PAGES/completion/_weft")" 1
if command -v zsh >/dev/null; then
	is "zsh reads it" "$(zsh -n "$PAGES/completion/_weft" 2>&1)" ''
fi
"$WEFT" completion fish >/dev/null 2>&1
is "another shell" $? 2

echo "docs: $PASSED passed, $FAILED failed"
[ "$FAILED" -eq 0 ]
