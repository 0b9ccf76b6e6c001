#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/readme.sh [LINE...] - every block of README.md is what it says: its
# commands are run as they are written, its C is compiled, its configuration is
# checked (tests/flow/readme.py).
#
# As README.md has ports of its own this takes a network namespace, and one of
# mounts for /run.  Exit status 77: may not.
#
#   WEFT_BUILD  the build tree  (.)
#   WEFT_SRC    the source tree  (.)
#   CC

unset MAKEFLAGS MFLAGS MAKELEVEL
PATH=$PATH:/usr/sbin:/sbin
WEFT_SRC=$(cd "${WEFT_SRC:-.}" && pwd)
WEFT_BUILD=$(cd "${WEFT_BUILD:-.}" && pwd)
export WEFT_SRC WEFT_BUILD
if ! unshare -rnm true 2>/dev/null; then
	echo "expected leave to make a network namespace, found none"
	exit 77
fi
# shellcheck disable=SC2016
exec timeout -k 5 600 unshare -rnm bash -c '
    ip link set lo up && mount -t tmpfs none /run &&
    exec /usr/bin/python3 "$WEFT_SRC/tests/flow/readme.py" "$@"' - "$@"
