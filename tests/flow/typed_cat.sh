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
abi      1.5

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
    '{"name":"shop","version":"1.2","abi":"1.5","codec":null,"receives":[' \
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

echo "$PASSED passed, $FAILED failed"
[ "$FAILED" -eq 0 ]
