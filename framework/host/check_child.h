/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/check_child.h - a plugin is loaded in a process that may be lost.
 *
 * thread: main, and no other may run: the process forks.
 */
#ifndef WI_CHECK_CHILD_H
#define WI_CHECK_CHILD_H

#include <stdbool.h>
#include <stdint.h>

#include "host/elf_file.h"
#include "host/finding.h"

/*
 * wi_check_child() - find its libraries and symbols, open it, judge its table,
 * load and unload it.
 *
 *   what     in       as weft_node_load().
 *   path     in       its file.
 *   elf      in       of that file.
 *   limit_ns in       [ns] for all of it.
 *   saves    out      it was opened and has a save(), save_strand() or
 *                     save_endpoint().
 *   out      in,out   a crash, an exit and a hang are findings, too.
 */
void wi_check_child(const char *what, const char *path,
    const struct wi_elf *elf, uint64_t limit_ns, bool *saves,
    struct wi_findings *out);

#endif
