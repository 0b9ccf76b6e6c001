#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/serve_limits.sh [TEST...] - options that stand in no block change
# at a reload of "weft serve" (tests/flow/serve_limits.py has the cases).
#
#   WEFT               the program under test  (./weft)
#   WEFT_SRC           the source tree         (.)
#   WEFT_TEST_PLUGINS  the plugins of tests    (tests/plugins/.libs)

exec timeout -k 5 300 /usr/bin/python3 \
    "${WEFT_SRC:-.}/tests/flow/serve_limits.py" "$@"
