#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/serve_others.sh [TEST...] - what other servers fail at when they
# are reloaded or when a process of theirs dies (tests/flow/serve_others.py has
# the cases; the table in HACKING.md says whose failures they are).
#
#   WEFT               the program under test  (./weft)
#   WEFT_SRC           the source tree         (.)
#   WEFT_TEST_PLUGINS  the plugins of tests    (tests/plugins/.libs)

exec timeout -k 5 300 /usr/bin/python3 \
    "${WEFT_SRC:-.}/tests/flow/serve_others.py" "$@"
