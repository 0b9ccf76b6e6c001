#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/serve_manager.sh [TEST...] - "weft serve" as a service of a real
# systemd, a user's manager that is started for it
# (tests/flow/serve_manager.py has the cases).
#
#   WEFT               the program under test  (./weft)
#   WEFT_SRC           the source tree         (.)
#   WEFT_TEST_PLUGINS  the plugins of tests    (tests/plugins/.libs)

exec timeout -k 5 300 /usr/bin/python3 \
    "${WEFT_SRC:-.}/tests/flow/serve_manager.py" "$@"
