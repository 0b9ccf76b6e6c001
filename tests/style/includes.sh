#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Which room may include whose headers.  The two threads' rooms, io/ and work/,
# never meet except in handoff/; Concurrency Kit stays in handoff/, libuv with
# the I/O thread, jansson and libconfuse with the program, libtpl with the tests, and plugins
# see <weft/...> only.
. "$(dirname "$0")/common.sh"

# rooms_of FILE: the rooms that it may include, by the room that it lies in.
rooms_of() {
	case $1 in
	framework/include/*) echo "" ;;
	framework/base/*) echo "base" ;;
	framework/codec/*) echo "codec base" ;;
	framework/type/*) echo "type base" ;;
	framework/handoff/*) echo "handoff codec base" ;;
	framework/tls/*) echo "tls base" ;;
	framework/io/*) echo "io handoff tls codec base plugin/plugin.h" ;;
	framework/plugin/*) echo "plugin codec type base handoff/gate.h" ;;
	framework/work/*) echo "work handoff codec type base plugin/plugin.h" ;;
	framework/host/*) echo "host tls codec type base io/socket.h" ;;
	framework/crash/*) echo "crash io handoff plugin tls codec base node.h node_thread.h" ;;
	framework/*/*) echo "unknown" ;;
	framework/*) echo "io work handoff tls codec plugin crash base engine.h network.h network_join.h network_limits.h node.h node_options.h node_thread.h node_tls.h reload.h reload_requests.h reload_state.h reload_trial.h strands.h" ;;
	esac
}

# system_bad FILE HEADER: is that header of the system's not for this room?
system_bad() {
	case $2 in
	base/* | codec/* | crash/* | type/* | handoff/* | tls/* | io/* | work/* | plugin/* | host/*)
		return 0 ;;
	uv.h | uv/*)
		case $1 in
		framework/io/* | framework/node*.[ch]) return 1 ;;
		framework/handoff/wake.[ch] | framework/handoff/hub.h)
			return 1 ;;
		*) return 0 ;;
		esac ;;
	# What it does with bytes of others: HACKING.md.
	tpl.h) [ "$1" != examples/sensors/plain.c ] ;;
	jansson.h)
		case $1 in
		framework/host/*) return 1 ;;
		*) return 0 ;;
		esac ;;
	confuse.h) [ "$1" != framework/host/conf_parse.c ] ;;
	seccomp.h) [ "$1" != framework/host/seccomp.c ] ;;
	# TLS and the web side.
	openssl/*)
		case $1 in
		framework/codec/ws_hello.c | tests/*) return 1 ;;
		framework/tls/* | framework/io/tls*) return 1 ;;
		framework/host/client_tls.c) return 1 ;;
		*) return 0 ;;
		esac ;;
	llhttp.h)
		case $1 in
		framework/codec/http_head.c | tests/*) return 1 ;;
		*) return 0 ;;
		esac ;;
	zlib.h)
		case $1 in
		framework/codec/deflate.c | framework/codec/inflate.c | tests/*)
			return 1 ;;
		*) return 0 ;;
		esac ;;
	ck_*)
		case $1 in
		framework/handoff/*) return 1 ;;
		*) return 0 ;;
		esac ;;
	dlfcn.h)
		case $1 in
		framework/plugin/* | framework/base/stack_text.c) return 1 ;;
		# asks which symbols there are, in a process of its own
		framework/host/check_child.c) return 1 ;;
		*) return 0 ;;
		esac ;;
	pthread.h | sys/epoll.h | unistd.h | fcntl.h)
		case $1 in
		framework/codec/* | framework/type/*) return 0 ;;
		*) return 1 ;;
		esac ;;
	*) return 1 ;;
	esac
}

# quoted_bad FILE HEADER: is that header of ours not for this room?
quoted_bad() {
	local room

	case $1 in
	plugins/* | examples/*)
		[ ! -f "$src/$(dirname "$1")/$2" ] # one of its own is fine
		return ;;
	esac
	for room in $(rooms_of "$1"); do
		case $2 in
		"$room" | "$room"/*) return 1 ;;
		esac
	done
	return 0
}

files=$(sources framework plugins examples)
expect_some "$(grep -c . <<<"$files")" "C files"
while read -r file; do
	while read -r line kind header; do
		if [ "$kind" = '"' ]; then
			! quoted_bad "$file" "$header" ||
			    finding "$file:$line: \"$header\" is not for it"
		else
			! system_bad "$file" "$header" ||
			    finding "$file:$line: <$header> is not for it"
		fi
	done < <(sed -n -E \
	    '/^[[:space:]]*#[[:space:]]*include[[:space:]]*["<]/{
		s/^[^"<]*(["<])([^">]*)[">].*/\1 \2/
		=
		p
	    }' "$src/$file" | paste -d' ' - -)
done <<<"$files"

finish "include rules between rooms"
