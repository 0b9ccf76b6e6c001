#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/files.sh - plugins/files, asked by curl: what is there, what is
# not, what must not be, conditions and ranges (RFC 9110, sections 13 and 14).
#
#   WEFT       the program under test  (./weft)

WEFT=${WEFT:-./weft}
SECONDS_MAX=60
DIR=$(mktemp -d "${TMPDIR:-/tmp}/weft-files.XXXXXX") || exit 99
PIDS=()
FAILED=0
PASSED=0

finish() {
	[ ${#PIDS[@]} -eq 0 ] || kill -KILL "${PIDS[@]}" 2>/dev/null
	wait "${PIDS[@]}" 2>/dev/null
	rm -rf "$DIR"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

command -v curl >/dev/null || {
	echo "SKIP: without curl"
	exit 77
}

# is WORDS FOUND EXPECTED
is() {
	if [ "$2" = "$3" ]; then
		PASSED=$((PASSED + 1))
	else
		FAILED=$((FAILED + 1))
		printf 'FAIL %s: expected "%s", found "%s"\n' "$1" "$3" "$2"
	fi
}

# same WORDS FILE FILE
same() {
	cmp -s "$2" "$3"
	is "$1" $? 0
}

# ask CURL-ARGUMENT... TARGET: the status; the head in $DIR/head, the body in
# $DIR/body.
ask() {
	: >"$DIR/body"
	curl -s --max-time "$SECONDS_MAX" --path-as-is -D "$DIR/head" \
	    -o "$DIR/body" -w '%{http_code}' "${@:1:$#-1}" "$URL${!#}"
}

# field NAME: of the last head.
field() {
	tr -d '\r' <"$DIR/head" | sed -n "s/^$1: //Ip"
}

mkdir -p "$DIR/www/sub/deep" "$DIR/www/empty" "$DIR/outside"
echo '<h1>index</h1>' >"$DIR/www/index.html"
echo 'deep' >"$DIR/www/sub/deep/index.html"
echo 'body {}' >"$DIR/www/style.css"
echo 'a name' >"$DIR/www/a name%.txt"
: >"$DIR/www/nothing.txt"
echo 'secret' >"$DIR/outside/secret"
echo 'secret' >"$DIR/www/.env"
mkdir "$DIR/www/.git"
echo 'secret' >"$DIR/www/.git/config"
ln -s "$DIR/outside/secret" "$DIR/www/absolute"
ln -s ../outside/secret "$DIR/www/relative"
ln -s ../outside "$DIR/www/directory"
ln -s index.html "$DIR/www/inside.html"
mkfifo "$DIR/www/fifo"
head -c 3000000 /dev/urandom >"$DIR/www/long.bin"
touch -d '2026-01-02 03:04:05 UTC' "$DIR/www/style.css"

mkfifo "$DIR/pipe"
"$WEFT" run "files?root=$DIR/www&max_age=60" --workers 2 \
    --listen http://127.0.0.1:0 >"$DIR/pipe" </dev/null &
PIDS+=($!)
exec 8<"$DIR/pipe"
URL=
while read -r -t "$SECONDS_MAX" -u 8 line; do
	case $line in
	listening\ *) URL=${line#listening } URL=${URL%% plugin=*} ;;
	ready) break ;;
	esac
done
[ -n "$URL" ] || {
	echo "FAIL: it does not listen"
	exit 1
}

# ---- what is there

is "the index" "$(ask /)" 200
is "its body" "$(cat "$DIR/body")" '<h1>index</h1>'
is "its type" "$(field content-type)" 'text/html; charset=utf-8'
is "its age" "$(field cache-control)" 'max-age=60'
is "a style" "$(ask /style.css)" 200
is "its type" "$(field content-type)" 'text/css; charset=utf-8'
is "its date" "$(field last-modified)" 'Fri, 02 Jan 2026 03:04:05 GMT'
is "a name with blanks" "$(ask /a%20name%25.txt)" 200
is "its body" "$(cat "$DIR/body")" 'a name'
is "an empty file" "$(ask /nothing.txt)" 200
is "its length" "$(field content-length)" 0
is "a link inside" "$(ask /inside.html)" 200
is "a long file" "$(ask /long.bin)" 200
same "its bytes" "$DIR/body" "$DIR/www/long.bin"
is "its type" "$(field content-type)" application/octet-stream
is "for a slow client" "$(ask --limit-rate 6M /long.bin)" 200
same "its bytes" "$DIR/body" "$DIR/www/long.bin"
is "a head" "$(ask -I /long.bin)" 200
is "its length" "$(field content-length)" 3000000
is "a directory" "$(ask '/sub/deep?a=b')" 301
is "where to" "$(field location)" '/sub/deep/?a=b'
is "its index" "$(ask /sub/deep/)" 200
is "two on one connection" "$(curl -s --max-time "$SECONDS_MAX" \
    -w '%{http_code} %{num_connects};' -o "$DIR/body" -o "$DIR/body" \
    "$URL/long.bin" "$URL/")" '200 1;200 0;'

# ---- what is not, and what must not be

for target in /none /empty/ /index.html/ /sub/../outside/secret \
    /../outside/secret /%2e%2e/outside/secret /..%2foutside/secret \
    /absolute /relative /directory/secret /.env /.git/config /sub/. \
    //etc/passwd /%2fetc/passwd /fifo /%00 /index.html%00 \
    "/$(printf 'a%.0s' {1..1500})"; do
	is "$target" "$(ask "$target")" 404
	is "$target" "$(grep -c secret "$DIR/body")" 0
done
is "what it does not do" "$(ask -X DELETE /index.html)" 405
is "and what it does" "$(field allow)" GET

# ---- conditions (section 13)

ask /style.css >/dev/null
etag=$(field etag)
is "the same etag" "$(ask -H "If-None-Match: $etag" /style.css)" 304
is "no body" "$(wc -c <"$DIR/body")" 0
is "its etag" "$(field etag)" "$etag"
is "one of several" "$(ask -H "If-None-Match: \"x\", W/$etag" /style.css)" 304
is "any" "$(ask -H 'If-None-Match: *' /style.css)" 304
is "another" "$(ask -H 'If-None-Match: "x"' /style.css)" 200
is "the date" "$(ask -H 'If-Modified-Since: Fri, 02 Jan 2026 03:04:05 GMT' \
    /style.css)" 304
is "before it" "$(ask -H 'If-Modified-Since: Fri, 02 Jan 2026 03:04:04 GMT' \
    /style.css)" 200
is "no date" "$(ask -H 'If-Modified-Since: yesterday' /style.css)" 200
is "the etag counts" "$(ask -H 'If-None-Match: "x"' \
    -H 'If-Modified-Since: Fri, 02 Jan 2026 03:04:05 GMT' /style.css)" 200

# ---- ranges (section 14)

# range WORDS SPECIFIER FIRST LENGTH
range() {
	is "$1" "$(ask -H "Range: bytes=$2" /long.bin)" 206
	is "$1: which" "$(field content-range)" \
	    "bytes $3-$(($3 + $4 - 1))/3000000"
	tail -c "+$(($3 + 1))" "$DIR/www/long.bin" | head -c "$4" >"$DIR/want"
	same "$1: bytes" "$DIR/body" "$DIR/want"
}
range "a short range" 100-199 100 100
range "its first byte" 0-0 0 1
range "a long range" 1000-2000000 1000 1999001
range "to the end" 2999000- 2999000 1000
range "behind the end" 2999000-4000000 2999000 1000
range "the last bytes" -500 2999500 500
range "more than all" -4000000 0 3000000
is "none of it" "$(ask -H 'Range: bytes=3000000-' /long.bin)" 416
is "of how many" "$(field content-range)" 'bytes */3000000'
is "no bytes" "$(ask -H 'Range: bytes=-0' /long.bin)" 416
for text in bytes=5-3 bytes= bytes=a-b bytes=1-2,4-5 items=1-2 \
    bytes=99999999999999999999-; do
	is "Range: $text" "$(ask -H "Range: $text" /style.css)" 200
done
is "if it is the same" "$(ask -H "If-Range: $etag" -H 'Range: bytes=0-1' \
    /style.css)" 206
is "if it is another" "$(ask -H 'If-Range: "x"' -H 'Range: bytes=0-1' \
    /style.css)" 200
is "curl goes on" "$(head -c 1000 "$DIR/www/long.bin" >"$DIR/part"
    curl -s --max-time "$SECONDS_MAX" -C - -o "$DIR/part" \
    -w '%{http_code}' "$URL/long.bin")" 206
same "with the rest" "$DIR/part" "$DIR/www/long.bin"

# ---- options

for options in "" "?root=$DIR/none" "?root=$DIR/www/index.html" \
    "?root=$DIR/www&index=a/b" "?root=$DIR/www&max_age=x" \
    "?root=$DIR/www&max_age=-1"; do
	timeout -k 5 "$SECONDS_MAX" "$WEFT" run "files$options" \
	    --listen http://127.0.0.1:0 >/dev/null 2>"$DIR/err" </dev/null
	is "files$options" $? 1
	is "files$options: why" "$(grep -c expected "$DIR/err")" 1
done

echo "files: $PASSED passed, $FAILED failed"
[ "$FAILED" -eq 0 ]
