#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# framework/host/new_embed.sh FILE... - the files of host/new/ as C text, on
# stdout: an array of name and text for host/new.c.  A text is one string for
# each of its lines.
set -eu
LC_ALL=C
export LC_ALL

echo '/* Made by framework/host/new_embed.sh: not to be edited. */'
echo '#include <stddef.h>'
echo
echo '#include "host/new.h"'
echo
echo 'const struct wi_new_text wi_new_texts[] = {'
for file in "$@"; do
	printf '\t{ "%s",\n' "$(basename "$file" .txt)"
	sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/	/\\t/g' \
	    -e 's/^/\t    "/' -e 's/$/\\n"/' "$file"
	printf '\t},\n'
done
printf '\t{ NULL, NULL },\n};\n'
