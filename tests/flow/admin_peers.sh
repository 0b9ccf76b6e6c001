#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/admin_peers.sh - the admin socket with clients that are slow,
# hostile or many (tests/flow/admin_peers.py has the cases).
#
#   WEFT        the program under test  (./weft)
#   WEFT_SRC    the source tree         (.)

exec timeout -k 5 180 /usr/bin/python3 \
    "${WEFT_SRC:-.}/tests/flow/admin_peers.py" "${WEFT:-./weft}"
