#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Names that a linker sees: libweft.so exports weft_* and all that the headers
# promise, a plugin exports weft_plugin and may export weft_codec, every other
# global is wi_*.
. "$(dirname "$0")/common.sh"

library=$build/.libs/libweft.so
if [ ! -e "$library" ]; then
	echo "expected $library, found none: build first"
	exit 1
fi

# names_of FILE NM-FLAG...: names of the global symbols that FILE defines.
names_of() {
	local file=$1

	shift
	nm --defined-only --extern-only --format=posix "$@" "$file" |
	    awk 'NF >= 2 && $2 ~ /^[A-Z]$/ { print $1 }' | sort -u
}

exported=$(names_of "$library" --dynamic)
expect_some "$(grep -c . <<<"$exported")" "exported symbols"
for name in $exported; do
	case $name in
	weft_*) ;;
	*) finding "libweft.so exports $name, expected weft_* only" ;;
	esac
done

# Comments are cut out and lines joined, so that each declaration is one line.
promised=$(cat "$src"/framework/include/weft/*.h |
    sed -E 's,/\*([^*]|\*[^/])*\*/,,g; /\/\*/,/\*\//d; /^[[:space:]]*#/d' |
    tr '\n' ' ' | tr ';' '\n' |
    sed -n -E 's/.*WEFT_EXPORT[^(]*[ *](weft_[a-z0-9_]+)\(.*/\1/p' | sort -u)
expect_some "$(grep -c . <<<"$promised")" "functions in the public headers"
for name in $promised; do
	grep -qx "$name" <<<"$exported" ||
	    finding "the headers promise $name(), libweft.so lacks it"
done
for name in $exported; do
	grep -qx "$name" <<<"$promised" ||
	    finding "libweft.so exports $name, which no header declares"
done

for archive in libwi.a libwi_pure.a; do
	for name in $(names_of "$build/.libs/$archive"); do
		case $name in
		weft_* | wi_*) ;;
		llhttp_*) ;; # libllhttp.la, which is part of it
		*) finding "$archive: global $name, expected wi_*" ;;
		esac
	done
done
for object in "$build"/framework/host/*.o; do
	for name in $(names_of "$object"); do
		case $name in
		main | wi_*) ;;
		*) finding "${object#"$build"/}: global $name, expected wi_*" ;;
		esac
	done
done
for plugin in "$build"/plugins/*/.libs/*.so; do
	names=$(names_of "$plugin" --dynamic | tr '\n' ' ')
	case $names in
	"weft_plugin " | "weft_codec weft_plugin ") ;;
	*) finding "${plugin#"$build"/} exports $names, expected weft_plugin" \
	    "and perhaps weft_codec" ;;
	esac
done

finish "symbols"
