#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Every file stands in the .am file of its folder, so that no test is forgotten
# and no source stays out of the tarball.
. "$(dirname "$0")/common.sh"

# listed AM-FILE PATTERN FOLDER...: all files of that name, below each folder.
listed() {
	local am=$1 pattern=$2 file words seen=0

	shift 2
	# Words that are not in a comment, with %D% as the folder it stands for.
	# A program or module of one file is listed by its own name.
	words=$(sed -e 's/#.*//' -e "s,%D%,$(dirname "$am"),g" "$src/$am" |
	    tr -s ' \t=\\' '\n')
	while read -r file; do
		[ -n "$file" ] || continue
		seen=1
		grep -qxF -e "$file" -e "${file%.c}" -e "${file%.c}.la" \
		    <<<"$words" ||
		    finding "$file: expected in $am, found nowhere"
	done < <(cd "$src" && find "$@" -name "$pattern" 2>/dev/null | sort)
	if [ "$seen" -eq 0 ]; then
		finding "$*: expected files named $pattern, found none"
	fi
}

listed framework/framework.am '*.[ch]' framework
listed plugins/plugins.am '*.[ch]' plugins
listed plugins/plugins.am '*.md' plugins
listed tests/tests.am '*.[ch]' tests
listed tests/tests.am '*.sh' tests
if [ -n "$(sources examples)" ]; then
	listed examples/examples.am '*.[ch]' examples
fi

finish "files that no .am file lists"
