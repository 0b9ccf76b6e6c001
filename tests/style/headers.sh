#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Every header compiles alone: the public ones as strict C11 and as C++17, the
# others as the C that Weft is written in.
. "$(dirname "$0")/common.sh"

# shellcheck disable=SC2206
cc=(${CC:-cc}) cxx=(${WEFT_CXX-c++})
paths=(-I "$src/framework/include")
checks=(-Wall -Wextra -Werror -fsyntax-only)

# alone HEADER COMPILER FLAG...: included twice, it must still compile.
alone() {
	local header=$1 output

	shift
	if ! output=$(printf '#include <%s>\n#include <%s>\n%s\n' \
	    "$header" "$header" 'extern int not_empty;' | "$@" "${checks[@]}" "${paths[@]}" - 2>&1)
	then
		finding "$header does not compile alone with: $*"
		printf '%s\n' "$output"
	fi
}

public=$(sources framework/include | sed 's,^framework/include/,,')
expect_some "$(grep -c . <<<"$public")" "public headers"
for header in $public; do
	alone "$header" "${cc[@]}" -std=c11 -pedantic -x c
done

paths+=(-I "$src/framework")
for file in $(sources framework | grep '\.h$' | grep -v /include/); do
	# as configure.ac has it: AC_USE_SYSTEM_EXTENSIONS
	alone "${file#framework/}" "${cc[@]}" -std=gnu11 -D_GNU_SOURCE -x c
done

if [ "${#cxx[@]}" -eq 0 ]; then
	[ "$findings" -eq 0 ] || finish "headers"
	echo "skipped the C++17 half: no C++ compiler is installed"
	exit 77
fi
paths=(-I "$src/framework/include")
for header in $public; do
	alone "$header" "${cxx[@]}" -std=c++17 -x c++
done

# A plugin in C++ that names some members only: no word about the others.
if ! output=$("${cxx[@]}" -std=c++17 -x c++ "${checks[@]}" "${paths[@]}" - 2>&1 <<'EOF'
#include <weft/weft.h>
WEFT_CODEC(.name = "some", .decode = nullptr);
WEFT_PLUGIN(.name = "some", .message = nullptr);
EOF
); then
	finding "WEFT_PLUGIN and WEFT_CODEC do not compile with: ${cxx[*]}"
	printf '%s\n' "$output"
fi

finish "headers that compile alone"
