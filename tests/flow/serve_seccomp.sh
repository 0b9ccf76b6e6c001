#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# tests/flow/serve_seccomp.sh [TEST...] - "weft serve" whose host has a profile
# of system calls (tests/flow/serve_seccomp.py has the cases).  Skipped where
# weft is built without libseccomp, or the kernel takes no profile.
#
#   WEFT               the program under test  (./weft)
#   WEFT_SRC           the source tree         (.)
#   WEFT_TEST_PLUGINS  the plugins of tests    (tests/plugins/.libs)

exec timeout -k 5 300 /usr/bin/python3 \
    "${WEFT_SRC:-.}/tests/flow/serve_seccomp.py" "$@"
