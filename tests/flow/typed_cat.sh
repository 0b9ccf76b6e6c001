#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/typed_cat.sh - weft describe, and weft cat --types: values of a
# plugin's types as JSON, there and back, and what is said of lines and of
# replies that are none.
#
#   WEFT                the program under test  (build/weft)
#   WEFT_TEST_PLUGINS   where the fixtures shop.so, bare.so, ... are
#
# shop sends an order back as it was read, with what was left out.  A line that
# is refused stands behind one that is not: the error is of line 2.

TOP=$(cd "$(dirname "$0")/../.." && pwd)
WEFT=${WEFT:-$TOP/build/weft}
PLUGINS=${WEFT_TEST_PLUGINS:-$TOP/build/tests/plugins/.libs}
SHOP=$PLUGINS/shop.so
DIR=$(mktemp -d "${TMPDIR:-/tmp}/weft-typed.XXXXXX") || exit 99
SERVER=
PASSED=0
FAILED=0

finish() {
	[ -z "$SERVER" ] || kill -KILL "$SERVER" 2>/dev/null
	rm -rf "$DIR"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP
mkfifo "$DIR/pipe" || exit 99

# weft ARG... - with stdin from in; sets STATUS, leaves out and err.
weft() {
	timeout 60 "$WEFT" "$@" >"$DIR/out" 2>"$DIR/err" <"$DIR/in"
	STATUS=$?
}

# check NAME WORDS COMMAND... - the command must succeed.
check() {
	if "${@:3}"; then
		PASSED=$((PASSED + 1))
		return
	fi
	FAILED=$((FAILED + 1))
	echo "FAIL $1: $2; status $STATUS and:"
	sed 's/^/    /' "$DIR/out" "$DIR/err"
}

# ended NAME STATUS - and nothing on stderr if that is 0.
ended() {
	check "$1" "expected status $2" [ "$STATUS" -eq "$2" ]
	[ "$2" -ne 0 ] || check "$1" 'expected no complaint' [ ! -s "$DIR/err" ]
}

# says NAME FILE TEXT... - each stands in a line of out or err.
says() {
	local text

	for text in "${@:3}"; do
		check "$1" "expected on $2: $text" \
		    grep -qF -- "$text" "$DIR/$2"
	done
}

# start PLUGIN LISTENER... - sets SERVER, and URLS.
start() {
	local line arguments=()

	URLS=()
	for line in "${@:2}"; do
		arguments+=(--listen "$line")
	done
	timeout 300 "$WEFT" run "$1" "${arguments[@]}" --counters \
	    >"$DIR/pipe" 2>"$DIR/served.err" </dev/null &
	SERVER=$!
	exec 8<"$DIR/pipe"
	while read -r -t 60 -u 8 line; do
		case $line in
		ready) return ;;
		listening\ *) URLS+=("$(cut -d' ' -f2 <<<"$line")") ;;
		esac
	done
	echo "FAIL start: expected \"ready\" of $1, found the end of stdout"
	sed 's/^/    /' "$DIR/served.err"
	exit 1
}

stop() {
	kill -TERM "$SERVER"
	wait "$SERVER"
	STATUS=$?
	SERVER=
	exec 8<&-
	check stop 'expected an orderly end of the server' [ "$STATUS" -eq 0 ]
}

# lines LINE... - what weft is given.
lines() {
	printf '%s\n' "$@" >"$DIR/in"
}

# prints NAME LINE... - that, and nothing else, and status 0.
prints() {
	ended "$1" 0
	printf '%s\n' "${@:2}" >"$DIR/expected"
	check "$1" "expected $(cat "$DIR/expected")" \
	    cmp -s "$DIR/expected" "$DIR/out"
}

: >"$DIR/in"

# ---- describe
weft describe "$SHOP"
ended describe 0
cat >"$DIR/expected" <<'END'
name     shop
version  1.2
abi      1.8

receives and sends order
  format scjviuIUfsBA(j)A(s)A(B)ffA(suc#)
  at most 8 elements, 4096 bytes
  u8              a
  i16             b = -3
  u16             c
  i32             d
  u32             e = 4000000000
  i64             f
  u64             g = "18446744073709551615"
  f64             h = 0.1
  str             text = "none"
  bytes           blob
  array of i16    sizes
  array of str    names
  array of bytes  blobs
  spot            at
    f64             x
    f64             y = 0.5
  list of item    items
    str             name = "thing"
    u32             count = 1
    u8[3]           color

receives ask
  format ss
  at most 65536 elements, 4194304 bytes
  str             how

sends answer
  format ssU
  at most 65536 elements, 4194304 bytes
  str             text = "yes"
  u64             number
END
check describe "$(diff "$DIR/expected" "$DIR/out")" \
    cmp -s "$DIR/expected" "$DIR/out"

weft describe --json "$SHOP"
ended describe_json 0
check describe_json 'expected one line' [ "$(wc -l <"$DIR/out")" -eq 1 ]
says describe_json out \
    '{"name":"shop","version":"1.2","abi":"1.8","codec":null,"options":null,"receives":[' \
    '{"name":"order","format":"scjviuIUfsBA(j)A(s)A(B)ffA(suc#)",' \
    '"bare":false,"max_elements":8,"max_bytes":4096,"members":[' \
    '{"name":"a","kind":"u8"},{"name":"b","kind":"i16","default":-3},' \
    '{"name":"g","kind":"u64","default":"18446744073709551615"},' \
    '{"name":"h","kind":"f64","default":0.1},' \
    '{"name":"text","kind":"str","default":"none"},' \
    '{"name":"names","kind":"array","element":"str"},' \
    '{"name":"at","kind":"nested","type":"spot","members":[{"name":"x",' \
    '{"name":"items","kind":"list","type":"item","members":[' \
    '{"name":"color","kind":"fixed","element":"u8","count":3}]}]}' \
    '"sends":[{"name":"answer",'

weft describe echo
ended describe_without_types 0
says describe_without_types out 'name     echo' 'receives no types' \
    'sends no types'
weft describe "$PLUGINS/bare.so"
ended describe_bare 0
says describe_bare out 'receives plain' 'format iA(s), bare' 'sends no types'
weft describe "$PLUGINS/slip.so"
ended describe_codec 0
says describe_codec out 'codec    slip'

# load() does not run: that of traced writes an l, that of shop refuses.
export WEFT_TEST_TRACE=$DIR/trace
weft describe "$PLUGINS/traced.so"
unset WEFT_TEST_TRACE
ended describe_only_looks 0
check describe_only_looks "expected cd, found $(cat "$DIR/trace")" \
    [ "$(cat "$DIR/trace")" = cd ]
export WEFT_TEST_NO_LOAD=1
weft run "$SHOP" --listen tcp+tpl://127.0.0.1:0
ended load_would_refuse 1
says load_would_refuse err 'load() has run'
weft describe "$SHOP"
ended describe_what_would_refuse 0
unset WEFT_TEST_NO_LOAD

weft describe "$PLUGINS/abi_major.so"
ended describe_wrong_abi 1
says describe_wrong_abi err 'weft describe: ' 'expected plugin ABI 1'
weft describe nosuchplugin
ended describe_no_such_plugin 1
says describe_no_such_plugin err 'nosuchplugin: no such plugin'
weft describe
ended describe_nothing 2
weft describe echo slow
ended describe_two 2
says describe_two err 'found a second: "slow"'
"$WEFT" describe echo >/dev/full 2>"$DIR/err"
STATUS=$?
ended describe_to_a_full_disk 1

# ---- cat: all kinds, over each transport
start "$SHOP" tcp+tpl://127.0.0.1:0 tcp+varint://127.0.0.1:0 \
    tcp+u32://127.0.0.1:0 "unix+tpl://$DIR/socket" udp://127.0.0.1:0 \
    'tcp+tpl://127.0.0.1:0?malformed=skip'
TPL=${URLS[0]} UDP=${URLS[4]} SKIPS=${URLS[5]}

DEFAULTS='{"order":{"a":0,"b":-3,"c":0,"d":0,"e":4000000000,"f":0,"g":"18446744073709551615","h":0.1,"text":"none","blob":{"hex":""},"sizes":[],"names":[],"blobs":[],"at":{"x":0.0,"y":0.5},"items":[]}}'
LEAST='{"a":0,"b":-32768,"c":0,"d":-2147483648,"e":0,"f":-9223372036854775808,"g":0,"h":-1.5,"text":"","blob":{"hex":"00ff"},"sizes":[-32768,32767],"names":["","\"\\\n"],"blobs":[{"hex":""}],"at":{"x":-0.0,"y":0.30000000000000004},"items":[]}'
MOST='{"a":255,"b":32767,"c":65535,"d":2147483647,"e":4294967295,"f":9223372036854775807,"g":9223372036854775807,"h":"inf","text":"žluť 🐎","blob":{"hex":"7a"},"sizes":[0],"names":[{"hex":"ff"}],"blobs":[],"at":{"x":"nan","y":"-inf"},"items":[{"name":"a","count":2,"color":[0,1,255]},{"name":"b","count":4294967295,"color":[9,8,7]}]}'
for url in "${URLS[@]}"; do
	lines '{"order":{}}' "{\"order\":$LEAST}" "{\"order\":$MOST}"
	weft cat "$url" --types "$SHOP"
	prints "all_kinds_by_${url%%:*}" "$DEFAULTS" "{\"order\":$LEAST}" \
	    "{\"order\":$MOST}"
	lines '{}' "$LEAST" "$MOST"
	weft cat "$url" --types "$SHOP" --type order
	prints "one_type_by_${url%%:*}" "$DEFAULTS" "{\"order\":$LEAST}" \
	    "{\"order\":$MOST}"
done

# One that is sent without being received: it is refused where it arrives.
lines '{"ask":{"how":"hello"}}' '{"answer":{}}' '{"ask":{"how":"there"}}'
weft cat "$SKIPS" --types "$SHOP" -n 2
prints sends_are_accepted '{"answer":{"text":"hello","number":5}}' \
    '{"answer":{"text":"there","number":5}}'

# member NAME GIVEN COMES - what stands in an order, alone.
member() {
	lines "{\"$1\":$2}"
	weft cat "$TPL" --types "$SHOP" --type order
	ended "member_$1" 0
	says "member_$1" out "\"$1\":$3"
}
member f '"-9223372036854775808"' -9223372036854775808
member f '"9223372036854775807"' 9223372036854775807
member g '"9223372036854775808"' '"9223372036854775808"'
member g '"7"' 7
member h 3 3.0
member h 1e-7 1e-7
member h -1.5e300 -1.5
member h 5e-324 4.9
member blob '"a\u0000z"' '{"hex":"61007a"}'
member blob '{"hex":"0AfF"}' '{"hex":"0aff"}'
member text '{"hex":"6869"}' '"hi"'
member text '{"hex":"c3"}' '{"hex":"c3"}'
member blobs '["a",{"hex":"62"}]' '[{"hex":"61"},{"hex":"62"}]'
member at '{"y":1}' '{"x":0.0,"y":1.0}'
member items '[{},{"count":5,"name":"n"}]' \
    '[{"name":"thing","count":1,"color":[0,0,0]},{"name":"n","count":5,'
member sizes '[1,2,3,4,5,6,7,8]' '[1,2,3,4,5,6,7,8]'

# ---- lines that are refused; the one before is a good one
lines '{"order":{}}' '{"order":{}}'
weft cat "$TPL" --types "$SHOP"
prints two_that_are_not_refused "$DEFAULTS" "$DEFAULTS"
# wrong NAME LINE TEXT... - found to be an error of line 2.
wrong() {
	lines '{"order":{}}' "$2"
	weft cat "$TPL" --types "$SHOP"
	ended "$1" 1
	check "$1" 'expected one line on stderr' \
	    [ "$(wc -l <"$DIR/err")" -eq 1 ]
	says "$1" err 'weft cat: stdin, line 2, ' "${@:3}"
}
# wrong_member NAME VALUE TEXT... - in an order.
wrong_member() {
	wrong "$1_${2//[^a-z0-9-]/_}" "{\"order\":{\"$1\":$2}}" "order.$1${3}" \
	    "${@:4}"
}
wrong no_json hello 'column ' 'expected JSON, found: '
wrong empty_line '' 'expected JSON, found: '
wrong more_than_one '{"order":{}} {}' 'expected JSON, found: '
wrong cut_short '{"order":' 'expected JSON, found: '
wrong no_utf8 $'{"ask":{"how":"\xff"}}' 'expected JSON, found: ' \
    'byte 0xff'
wrong twice '{"order":{"a":1,"a":2}}' 'expected JSON, found: duplicate'
wrong above_i64 '{"order":{"g":18446744073709551615}}' 'column ' \
    'found: too big integer' 'a u64 may be written as a string'
wrong too_deep "$(printf '[%.0s' {1..5000})" 'expected JSON, found: maximum'
wrong no_object '[1]' 'expected an object with one key, the name of the type' \
    'found an array of 1'
wrong two_keys '{"order":{},"ask":{}}' 'expected an object with one key' \
    'found an object with several'
wrong no_key '{}' 'expected an object with one key' 'without any'
wrong no_type '{"point":{}}' 'expected a type of order, ask, answer' \
    'found "point"'
wrong type_is_no_object '{"order":7}' \
    'order: expected an object of its members, found 7'
wrong unknown_member '{"ask":{"hwo":"x"}}' \
    'ask: expected a member of how, found "hwo"'
wrong too_many_elements '{"order":{"sizes":[1,2,3,4,5,6,7,8,9]}}' \
    'order: expected at most 8 elements in all' 'found more'
for value in 256 -1 1.5 '"1"' true null '[1]' '{}'; do
	wrong_member a "$value" ': expected an integer from 0 to 255, found '
done
wrong_member b -32769 ': expected an integer from -32768 to 32767' \
    'found -32769'
wrong_member c 65536 ': expected an integer from 0 to 65535' 'found 65536'
wrong_member d 2147483648 \
    ': expected an integer from -2147483648 to 2147483647'
wrong_member e 4294967296 ': expected an integer from 0 to 4294967295'
for value in '"9223372036854775808"' '""' '"-"' '"1x"' '" 1"' '"1\u00002"'; do
	wrong_member f "$value" \
	    ': expected an integer from -9223372036854775808 to'
done
for value in -1 '"-1"' '"18446744073709551616"' '"0x10"'; do
	wrong_member g "$value" \
	    ': expected an integer from 0 to 18446744073709551615'
done
wrong_member h '"1"' ': expected a number, "nan", "inf" or "-inf", found "1"'
wrong_member text 7 ': expected a string or {"hex":"..."}, found 7'
wrong_member text '{"hex":"00"}' ': expected a string without a zero byte'
wrong_member text '"a\u0000"' ': expected a string without a zero byte'
wrong_member text '{"hex":"ff","more":1}' ': expected a string or {"hex":' \
    'found an object'
wrong_member blob '[1]' ': expected {"hex":"..."} or a string, found an array'
wrong_member blob '{"hex":7}' '.hex: expected a string of hexadecimal digits'
for value in 0 0g 012; do
	wrong_member blob "{\"hex\":\"$value\"}" \
	    '.hex: expected two hexadecimal digits' "found \"$value\""
done
wrong_member sizes 1 ': expected an array, found 1'
wrong_member sizes '[1,"x"]' '[1]: expected an integer from -32768' 'found "x"'
wrong_member at '[]' ': expected an object of its members, found an array'
wrong_member at '{"z":1}' ': expected a member of x, y, found "z"'
wrong_member at '{"x":[]}' '.x: expected a number'
wrong_member items '[{},{"count":-1}]' '[1].count: expected an integer'
wrong_member items '[{"color":[1,2]}]' \
    '[0].color: expected an array of 3, found an array of 2'
wrong_member items '[{"color":[1,2,300]}]' '[0].color[2]: expected an integer'

lines '{"how":"hello"}' '{"ask":{"how":"hello"}}'
weft cat "$TPL" --types "$SHOP" --type ask
ended with_a_type_it_is_not_named 1
says with_a_type_it_is_not_named err \
    'line 2, ask: expected a member of how, found "ask"'

# ---- replies that are no value of these types: told, and it goes on
for url in "$TPL" "$UDP"; do
	lines '{"how":"before"}' '{"how":"ghost"}' '{"how":"cut"}' \
	    '{"how":"behind"}'
	weft cat "$url" --types "$SHOP" --type ask
	ended "strangers_by_${url%%:*}" 1
	check strangers 'expected the two others' [ "$(cat "$DIR/out")" = \
	    '{"answer":{"text":"before","number":6}}
{"answer":{"text":"behind","number":6}}' ]
	check strangers 'expected two lines' [ "$(wc -l <"$DIR/err")" -eq 2 ]
	says strangers err 'weft cat: reply 2: expected a value of a type of' \
	    'found unknown at byte 11: no type of that name' \
	    '(24 bytes, format su, name "ghost")' \
	    'found short at byte 26 in answer.text: it ends within a member' \
	    '(28 bytes, format ssU, name "answer")'
done
lines '{"how":"text"}'
weft cat "$UDP" --types "$SHOP" --type ask
ended stranger_that_is_no_image 1
says stranger_that_is_no_image err 'reply 1: ' 'found magic at byte 0' \
    '(9 bytes, begins with 1b 5b 31 6d 68 65 6c 6c 6f)'

# ---- what is asked for in vain
: >"$DIR/in"
weft cat "$TPL" --types "$SHOP" --type point
ended no_such_type 2
says no_such_type err '--type: expected a type of order, ask, answer' \
    'found "point"'
weft cat "$TPL" --types nosuchplugin
ended no_such_plugin 1
says no_such_plugin err 'weft cat: nosuchplugin: no such plugin'
weft cat "$TPL" --types echo
ended plugin_without_types 1
says plugin_without_types err 'echo: expected a plugin that receives or sends'
weft cat "$TPL" --type order
ended type_without_types 2
says type_without_types err 'expected --types as well'
weft cat "$TPL" --types "$SHOP" --hex
ended types_and_hex 2
says types_and_hex err 'expected --types or --hex'
weft cat "${TPL/+tpl/}" --types "$SHOP"
ended types_of_a_byte_stream 2
says types_of_a_byte_stream err 'expected a codec that has messages'
stop
check malformed_counted 'expected it to have arrived' \
    grep -q '^messages_malformed *1 ' "$DIR/served.err"

# ---- bare
start "$PLUGINS/bare.so" tcp+tpl://127.0.0.1:0 udp://127.0.0.1:0
for url in "${URLS[@]}"; do
	lines '{"plain":{"number":-7,"words":["a","b"]}}' '{"plain":{}}'
	weft cat "$url" --types "$PLUGINS/bare.so"
	prints "bare_by_${url%%:*}" \
	    '{"plain":{"number":-7,"words":["a","b"]}}' \
	    '{"plain":{"number":0,"words":[]}}'
done
stop

echo "$PASSED passed, $FAILED failed"
[ "$FAILED" -eq 0 ]
