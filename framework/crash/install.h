/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash/install.h - the threads of a node that reports its crash.
 */
#ifndef WI_CRASH_INSTALL_H
#define WI_CRASH_INSTALL_H

#include "base/altstack.h"
#include "base/thread_role.h"

struct weft_node;

/* wi_crash_io_begin(), wi_crash_io_end() - around the life of the I/O thread:
 * it is known by name, and has a stack for handlers if crashes are
 * reported. */
void wi_crash_io_begin(
    struct weft_node *node, struct wi_altstack *altstack) WI_ON_IO;
void wi_crash_io_end(
    struct weft_node *node, struct wi_altstack *altstack) WI_ON_IO;

#endif
