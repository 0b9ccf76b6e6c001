#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# doc/pages.sh WEFT SOURCE FOLDER - manual pages and completion into FOLDER:
# man1, man3, man5, completion.  Each text has one home: what "weft help" and
# the commands' --help print, the comments of the public headers, the table of
# the configuration.
set -eu
LC_ALL=C
export LC_ALL

weft=$1 source=$2 folder=$3
WEFT_VERSION=$("$weft" --version | cut -d' ' -f2)
WEFT_DATE=$(date -u -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}" +%Y-%m-%d)
export WEFT_VERSION WEFT_DATE

rm -rf "$folder.new"
mkdir -p "$folder.new/man1" "$folder.new/man3" "$folder.new/man5" \
    "$folder.new/completion"
perl "$source/doc/verb_pages.pl" "$weft" "$folder.new/man1"
perl "$source/doc/header_pages.pl" "$source"/framework/include/weft/*.h \
    "$folder.new/man3"
# weft.conf(5) and the example come from the table of options.
if "$weft" help | grep -q '^  conf '; then
	"$weft" conf doc --man >"$folder.new/man5/weft.conf.5"
	"$weft" conf default >"$folder.new/weft.conf.default"
fi
"$weft" completion bash >"$folder.new/completion/weft"
"$weft" completion zsh >"$folder.new/completion/_weft"
rm -rf "$folder"
mv "$folder.new" "$folder"
