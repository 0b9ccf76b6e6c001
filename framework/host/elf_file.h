/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/elf_file.h - the tables of a shared object's file, as they lie there.
 *
 * Nothing that the file says is believed: each read is held against the bytes
 * that there are.  Only files of this machine's class are read.
 *
 * thread: any; pure but for wi_elf_open().
 */
#ifndef WI_ELF_FILE_H
#define WI_ELF_FILE_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>

/* owned by: who called wi_elf_open() or wi_elf_init(). */
struct wi_elf {
	const uint8_t *bytes;
	size_t len;
	uint8_t *own; /* bytes, if wi_elf_open() has read them */
	ElfW(Ehdr) head;
	unsigned nsections; /* 0: it has none, or its table is cut */
};

/*
 * wi_elf_open() - read a file.
 *
 *   returns           WEFT_OK, or an error below.
 *   errors            WEFT_ELOAD  it cannot be read, is too big, or is no
 *                                 shared object of this class.
 *                     -ENOMEM
 *   owner             the caller, until wi_elf_close().
 */
WEFT_CHECK int wi_elf_open(
    struct wi_elf *elf, const char *path, struct weft_error *err);

/* wi_elf_init() - the same of bytes, which stay the caller's, and there. */
WEFT_CHECK int wi_elf_init(struct wi_elf *elf, const char *path,
    const uint8_t *bytes, size_t len, struct weft_error *err);

/* wi_elf_close() - all zero afterwards. */
void wi_elf_close(struct wi_elf *elf);

/* wi_elf_segment(), wi_elf_section() - number i of that table; false: there is
 * none, or it does not lie in the file. */
bool wi_elf_segment(const struct wi_elf *elf, unsigned i, ElfW(Phdr) * out);
bool wi_elf_section(const struct wi_elf *elf, unsigned i, ElfW(Shdr) * out);

/* wi_elf_find() - the first section of that type (SHT_DYNSYM). */
bool wi_elf_find(const struct wi_elf *elf, uint32_t type, ElfW(Shdr) * out);

/* wi_elf_named() - the first section of that name. */
bool wi_elf_named(
    const struct wi_elf *elf, const char *name, ElfW(Shdr) * out);

/* wi_elf_string() - at offset of the string section number strings; NULL: it
 * does not lie there, has no end, or one that is 4 KiB away. */
const char *wi_elf_string(
    const struct wi_elf *elf, unsigned strings, uint64_t offset);

/*
 * wi_elf_symbol() - number i of a symbol section.
 *
 *   name     out      or "" if there is none.
 *   returns           false: there is no such number.
 */
bool wi_elf_symbol(const struct wi_elf *elf, const ElfW(Shdr) * table,
    size_t i, ElfW(Sym) * out, const char **name);

/* wi_elf_dynamic() - number i of the dynamic section; false: there is no such
 * number, or that was the last. */
bool wi_elf_dynamic(const struct wi_elf *elf, const ElfW(Shdr) * table,
    size_t i, ElfW(Dyn) * out);

#endif
