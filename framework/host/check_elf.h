/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/check_elf.h - what a plugin's file says of itself, judged.
 *
 * thread: any; pure.
 */
#ifndef WI_CHECK_ELF_H
#define WI_CHECK_ELF_H

#include "host/elf_file.h"
#include "host/finding.h"

/* wi_check_elf_marks() - stack, text relocations, what keeps its code from
 * being unmapped, build id, debug information. */
void wi_check_elf_marks(const struct wi_elf *elf, struct wi_findings *out);

/* wi_check_elf_globals() - what is writable and its own: a plugin without
 * save() loses it at a reload. */
void wi_check_elf_globals(const struct wi_elf *elf, struct wi_findings *out);

#endif
