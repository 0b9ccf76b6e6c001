#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/conf.sh - weft check FILE and weft conf: what they print, and with
# which status they end.  What is said of each error: tests/unit/test_conf_*.
#
#   WEFT               the program under test  (./weft)
#   WEFT_SRC           the source tree         (.)
#   CC, WEFT_SANITIZED of the build            (gcc, no)

WEFT=${WEFT:-./weft}
SRC=$(cd "${WEFT_SRC:-.}" && pwd)
WEFT=$(cd "$(dirname "$WEFT")" && pwd)/$(basename "$WEFT")
DIR=$(mktemp -d "${TMPDIR:-/tmp}/weft-conf.XXXXXX") || exit 99
FAILED=0
PASSED=0
trap 'rm -rf "$DIR"' EXIT
trap 'exit 1' INT TERM HUP
cd "$DIR" || exit 99

# is WORDS FOUND EXPECTED
is() {
	if [ "$2" = "$3" ]; then
		PASSED=$((PASSED + 1))
	else
		FAILED=$((FAILED + 1))
		printf 'FAIL %s: expected "%s", found "%s"\n' "$1" "$3" "$2"
	fi
}

# weft ARGUMENT...: its status in $STATUS, what it says in out and err.
weft() {
	timeout 60 "$WEFT" "$@" >out 2>err </dev/null
	STATUS=$?
}

# ends WORDS STATUS
ends() {
	is "$1: status" "$STATUS" "$2"
}

# ---- check

printf 'workers = 4\nplugin echo { }\nlistener l {\n url = "tcp://:0"\n plugin = echo\n}\n' >good.conf
weft check good.conf
ends good 0
is good "$(cat out)" "good.conf: good: 1 plugin, 1 listener"
weft check --plugins good.conf
ends good_with_plugins 0
weft check --json good.conf
is good_json "$(cat out)" \
    '{"file":"good.conf","good":true,"problems":[],"more":0}'

sed 's/workers/wokers/; s/tcp:/tpc:/' good.conf >bad.conf
weft check bad.conf
ends bad 1
is bad "$(cat out)" \
    'bad.conf:1:1: expected an option, found "wokers": did you mean workers?
bad.conf:4:2: url: tpc://:0: expected a transport of tcp, unix, udp, udp+multicast, ws, http, tls, wss, https, found tpc'
is bad_says_nothing_on_stderr "$(cat err)" ""
weft check --json bad.conf
ends bad_json 1
is bad_json "$(grep -cF '{"place":"bad.conf","text":"expected an option, found \"wokers\": did you mean workers?","line":1,"column":1}' out)" 1

weft check --set workers=x --set supervisor.drain=3s good.conf
ends set 1
is set "$(cat out)" \
    'command line: workers: expected a number, 0 to 1024, found "x"'
WEFT_WORKERS=y weft check good.conf
ends environment 1
is environment "$(cat out)" \
    'environment WEFT_WORKERS: workers: expected a number, 0 to 1024, found "y"'

weft check nosuch.conf
ends no_file 1
is no_file "$(cat out)" \
    'nosuch.conf: expected a file that can be read, found: No such file or directory'
weft check
ends no_argument 2
weft check good.conf bad.conf
ends two_files 2
weft check --frob good.conf
ends unknown_option 2
"$WEFT" check good.conf >/dev/full 2>err
is full "$?" 1

# ---- plugins

printf 'plugin slow { options {\n every = 0\n burn = 1\n brun_us = 2\n} }\nplugin nosuch { }\nplugin echo { options { a = 1 } }\n' >options.conf
weft check options.conf
ends options_are_not_judged_without_their_plugin 0
weft check --plugins options.conf
ends options 1
is options "$(sed 's/; looked at .*//' out)" \
    'options.conf:2:2: every: expected a number, 1 to 1000000000, found "0"
options.conf:3:2: expected an option of burn_us, sleep_us, every, found "burn"
options.conf:4:2: expected an option of burn_us, sleep_us, every, found "brun_us": did you mean burn_us?
options.conf:6:1: plugin: nosuch: no such plugin
options.conf:7:25: expected no options, found "a"'

# Constructors that crash, or end the process, do not end the check.
# plugin NAME CONSTRUCTOR
plugin() {
	cat >"$1.c" <<-END
		#include <signal.h>
		#include <unistd.h>
		#include <weft/weft.h>
		__attribute__((constructor)) static void begin(void) { $2; }
		WEFT_PLUGIN(.name = "$1");
	END
	"${CC:-gcc}" -shared -fPIC -I "$SRC/framework/include" "$1.c" \
	    -o "$1.so"
}
if [ -z "${WEFT_SANITIZED-}" ] && plugin fine '(void)0' &&
    plugin crashes 'raise(SIGSEGV)' && plugin leaves '_exit(3)' &&
    plugin talks '(void)!write(1, "hello\n", 6)'; then
	for name in fine talks; do
		echo "plugin $name { file = \"$name.so\" }" >one.conf
		weft check --plugins one.conf
		ends "$name" 0
		is "$name" "$(cat out)" 'one.conf: good: 1 plugin, 0 listeners'
	done
	printf 'plugin crashes { file = "crashes.so" }\nplugin leaves { file = "leaves.so" }\n' >two.conf
	weft check --plugins two.conf
	ends crash 1
	is crash "$(sed "s,$PWD/,," out)" \
	    'two.conf:1:18: plugin: crashes.so: expected to be opened, found a crash in its constructors: Segmentation fault
two.conf:2:17: plugin: leaves.so: expected to be opened, found that its constructors end the process with status 3'
else
	echo "without plugins that crash: no compiler, or a sanitizer"
fi

# ---- the example, and the defaults

weft check "$SRC/framework/host/weft.conf.example"
ends example 0
weft check --plugins "$SRC/framework/host/weft.conf.example"
ends example_with_plugins 0

weft conf default
ends default 0
cp out default.conf
weft check default.conf
ends default_is_good 0
# All that has a default can be said: outside of blocks, and the supervisor's.
sed -E 's/^\t?#([a-z_]+ = [^"])/\1/' default.conf |
    sed '/^#plugin NAME/,/^#}/d; /^#listener NAME/,/^#}/d; s/^#\(supervisor {\|}\)/\1/' >said.conf
is said_lines "$(grep -c '^[a-z_]* = ' said.conf)" \
    "$(timeout 60 "$WEFT" conf doc --json |
        grep -o '"section":"\(supervisor\)\?","name":"[a-z_]*","kind":"[a-z]*","unit":"[a-z]*","default":"[^"]' |
        wc -l)"
weft check said.conf
ends said 0
is said "$(cat out)" 'said.conf: good: 0 plugins, 0 listeners'

# ---- doc

weft conf doc
ends doc 0
for name in workers slow_reader log_file crash_dir file url backlog cert \
    restart_window; do
	is "doc_$name" "$(grep -cE "^    $name( =|\$)" out | sed 's/^[1-9]/some/')" \
	    some
done
weft conf doc --man
ends man 0
if command -v mandoc >/dev/null; then
	is man_lint "$(mandoc -Tlint out | grep -v 'Xr weft')" ""
else
	echo "without mandoc"
fi
is man_rows "$(grep -c '^\.It Ic' out)" \
    "$("$WEFT" conf doc --json | grep -o '"section"' | wc -l)"

weft conf
ends conf_without_what 2
weft conf frob
ends conf_frob 2
weft conf default --man
ends conf_default_man 2
weft conf doc --man --json
ends conf_doc_both 2
"$WEFT" conf doc >/dev/full 2>err
is conf_full "$?" 1

echo "$PASSED passed, $FAILED failed"
[ "$FAILED" -eq 0 ]
