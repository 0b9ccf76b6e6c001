#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/whole_way.sh - from "weft new" to a service that stays up, as
# README.md tells it (tests/flow/whole_way.py has the steps).
#
#   WEFT      the program under test  (./weft)
#   WEFT_SRC  the source tree         (.)

unset MAKEFLAGS MFLAGS MAKELEVEL
exec timeout -k 5 300 /usr/bin/python3 \
    "${WEFT_SRC:-.}/tests/flow/whole_way.py" "$@"
