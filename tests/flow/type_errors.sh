#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/type_errors.sh - declarations of types that must not compile, as C
# and as C++, each beside one that does.
#
#   CC, WEFT_CXX   the compilers  (cc; C++ is left out without one)
#   WEFT_SRC       the source tree  (.)

src=${WEFT_SRC:-.}
dir=$(mktemp -d "${TMPDIR:-/tmp}/weft-types.XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
passed=0 failed=0
compilers=("${CC:-cc} -std=c11 -x c")
[ -z "${WEFT_CXX-}" ] || compilers+=("$WEFT_CXX -std=c++17 -x c++")

# compiles COMPILER MEMBERS HANDLER - what it says is in $dir/err.
compiles() {
	cat >"$dir/type.c" <<-EOF
	#include <weft/weft.h>
	#define other_MEMBERS(M) M(u8, x)
	WEFT_TYPE(other);
	#define tried_MEMBERS(M) $2
	WEFT_TYPE(tried);
	static void on(struct weft_call *call, weft_endpoint from,
	    const struct $3 *value) { (void)call; (void)from; (void)value; }
	static const struct weft_on receives[] = { WEFT_ON(tried, on), WEFT_ON_END };
	int main(void) { return receives[0].type->nmembers == 0; }
	EOF
	$1 -Wall -Wextra -Werror -I"$src/framework/include" -fsyntax-only \
	    "$dir/type.c" 2>"$dir/err"
}

# bad WORDS MEMBERS HANDLER [SAYS] - an error, that says so.
bad() {
	local compiler

	for compiler in "${compilers[@]}"; do
		if ! compiles "$compiler" "$2" "$3" &&
		    grep -q -e "${4:-error}" "$dir/err"; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
			echo "FAIL $1: $compiler takes it, or does not say $4"
			cat "$dir/err"
		fi
	done
}

# good MEMBERS [HANDLER]
good() {
	local compiler

	for compiler in "${compilers[@]}"; do
		if compiles "$compiler" "$1" "${2:-tried}"; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
			echo "FAIL: $compiler refuses $1"
			cat "$dir/err"
		fi
	done
}

good 'M(u8, a, 255) M(i16, b, -32768) M(u16, c, 65535) M(i32, d, -1)'
good 'M(u32, a, 4294967295u) M(i64, b, -5) M(u64, c, 5) M(f64, d, 2.5)'
good 'M(u8, a) M(str, b, "x") M(bytes, c) M(fixed, d, u8, 3)'
good 'M(array, a, u16) M(nested, b, other) M(list, c, other)'
bad 'a default above its member' 'M(u8, a, 256)' tried weft_defaults_fit
bad 'one below it' 'M(u32, a, -1)' tried weft_defaults_fit
bad 'the second of two' 'M(u8, a, 1) M(i16, b, 32768)' tried \
    weft_defaults_fit
bad 'no such kind' 'M(i8, a)' tried
bad 'a handler of another type' 'M(u8, a)' other
bad 'no such type' 'M(nested, a, nobody)' tried
bad 'a member twice' 'M(u8, a) M(u8, a)' tried

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
