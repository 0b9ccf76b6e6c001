#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/serve_admin.sh [TEST...] - the verbs of the admin socket against
# "weft serve" (tests/flow/serve_admin.py has the cases).
#
#   WEFT               the program under test  (./weft)
#   WEFT_SRC           the source tree         (.)
#   WEFT_TEST_PLUGINS  the plugins of tests    (tests/plugins/.libs)

exec timeout -k 5 300 /usr/bin/python3 \
    "${WEFT_SRC:-.}/tests/flow/serve_admin.py" "$@"
