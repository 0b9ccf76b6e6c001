#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/serve_system.sh [TEST...] - "weft serve" under systemd: notices,
# sockets, journal; and as another user (tests/flow/serve_system.py has the
# cases).
#
#   WEFT               the program under test  (./weft)
#   WEFT_SRC           the source tree         (.)
#   WEFT_TEST_PLUGINS  the plugins of tests    (tests/plugins/.libs)

exec timeout -k 5 300 /usr/bin/python3 \
    "${WEFT_SRC:-.}/tests/flow/serve_system.py" "$@"
