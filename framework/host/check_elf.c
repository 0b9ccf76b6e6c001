/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/check_elf.c - what a plugin's file says of itself, judged.
 *
 * thread: any; pure.
 * from:   check_plugin.  to: elf_file, finding.
 *
 * unload_note: code that cannot be unmapped stays for the life of the process,
 * one copy for each reload.  glibc keeps it for a unique symbol (inline
 * variables and function statics of C++), for a thread-local destructor that a
 * thread has still to run, and for -z nodelete.
 */
#include "host/check_elf.h"

#include <stdio.h>
#include <string.h>

#define CHECK_NOTES_MAX 10000 /* looked at, in one file */
#define CHECK_GLOBALS_MAX 10  /* named; the others are counted */

/* ---- marks */

static void
check_stack(const struct wi_elf *elf, struct wi_findings *out)
{
	ElfW(Phdr) segment;
	unsigned i;

	for (i = 0; wi_elf_segment(elf, i, &segment); i++)
		if (segment.p_type == PT_GNU_STACK) {
			if ((segment.p_flags & PF_X) != 0)
				wi_findings_add(out, WI_LEVEL_ERROR, "stack",
				    "expected one that is not executable, "
				    "found PT_GNU_STACK with PF_X (assembler "
				    "without .note.GNU-stack, nested "
				    "functions, or -z execstack)");
			return;
		}
	wi_findings_add(out, WI_LEVEL_ERROR, "stack",
	    "expected PT_GNU_STACK, found none: the linker makes the stacks "
	    "of all threads executable");
}

static void
check_dynamic(const struct wi_elf *elf, struct wi_findings *out)
{
	bool textrel = false, nodelete = false;
	ElfW(Shdr) table;
	ElfW(Dyn) entry;
	size_t i;

	if (!wi_elf_find(elf, SHT_DYNAMIC, &table))
		return;
	for (i = 0; wi_elf_dynamic(elf, &table, i, &entry); i++) {
		textrel = textrel || entry.d_tag == DT_TEXTREL ||
		    (entry.d_tag == DT_FLAGS &&
			(entry.d_un.d_val & DF_TEXTREL) != 0);
		nodelete = nodelete ||
		    (entry.d_tag == DT_FLAGS_1 &&
			(entry.d_un.d_val & DF_1_NODELETE) != 0);
	}
	if (textrel)
		wi_findings_add(out, WI_LEVEL_ERROR, "text relocations",
		    "expected none, found DT_TEXTREL: compile all of it with "
		    "-fPIC");
	/* See unload_note. */
	if (nodelete)
		wi_findings_add(out, WI_LEVEL_WARNING, "unloading",
		    "expected code that can be unmapped, found -z nodelete "
		    "(DF_1_NODELETE): each reload leaves a copy behind");
}

/* See unload_note. */
static void
check_symbols(const struct wi_elf *elf, struct wi_findings *out)
{
	size_t i, unique = 0;
	char first[128] = "";
	bool destructors = false;
	const char *name;
	ElfW(Shdr) table;
	ElfW(Sym) symbol;

	if (!wi_elf_find(elf, SHT_DYNSYM, &table)) {
		wi_findings_add(out, WI_LEVEL_WARNING, "symbols",
		    "expected a table of dynamic symbols, found none by the "
		    "section headers: symbols are not checked");
		return;
	}
	for (i = 1; wi_elf_symbol(elf, &table, i, &symbol, &name); i++) {
		if (ELF64_ST_BIND(symbol.st_info) == STB_GNU_UNIQUE &&
		    unique++ == 0)
			(void)snprintf(first, sizeof(first), "%s", name);
		destructors = destructors ||
		    (symbol.st_shndx == SHN_UNDEF &&
			strncmp(name, "__cxa_thread_atexit", 19) == 0);
	}
	if (unique > 0)
		wi_findings_add(out, WI_LEVEL_WARNING, "unloading",
		    "expected code that can be unmapped, found %zu unique "
		    "symbols (%s%s): compile with -fno-gnu-unique, or each "
		    "reload leaves a copy behind",
		    unique, first, unique > 1 ? ", ..." : "");
	if (destructors)
		wi_findings_add(out, WI_LEVEL_WARNING, "unloading",
		    "expected code that can be unmapped, found destructors of "
		    "thread-local variables (__cxa_thread_atexit): each "
		    "reload may leave a copy behind");
}

/* Is there a note of that name and type in the notes? */
static bool
check_has_note(const struct wi_elf *elf, uint32_t type)
{
	ElfW(Phdr) segment;
	ElfW(Nhdr) note;
	uint64_t at, end;
	unsigned i, left = CHECK_NOTES_MAX;

	for (i = 0; wi_elf_segment(elf, i, &segment); i++) {
		if (segment.p_type != PT_NOTE || segment.p_offset > elf->len ||
		    segment.p_filesz > elf->len - segment.p_offset)
			continue;
		at = segment.p_offset;
		end = at + segment.p_filesz;
		while (end - at >= sizeof(note) && left > 0) {
			left--;
			memcpy(&note, elf->bytes + at, sizeof(note));
			at += sizeof(note);
			if (note.n_type == type && note.n_namesz == 4 &&
			    end - at >= 4 &&
			    memcmp(elf->bytes + at, "GNU", 4) == 0)
				return true;
			at += ((uint64_t)note.n_namesz + 3) / 4 * 4 +
			    ((uint64_t)note.n_descsz + 3) / 4 * 4;
			if (at > end)
				break;
		}
	}
	return false;
}

void
wi_check_elf_marks(const struct wi_elf *elf, struct wi_findings *out)
{
	ElfW(Shdr) section;

	check_stack(elf, out);
	check_dynamic(elf, out);
	check_symbols(elf, out);
	if (!check_has_note(elf, NT_GNU_BUILD_ID))
		wi_findings_add(out, WI_LEVEL_NOTE, "build id",
		    "expected one, found none (-Wl,--build-id): a crash "
		    "cannot be told to be of this very file");
	if (!wi_elf_named(elf, ".debug_info", &section) &&
	    !wi_elf_named(elf, ".gnu_debuglink", &section))
		wi_findings_add(out, WI_LEVEL_NOTE, "debug information",
		    "expected some, found none (-g): stacks will have no "
		    "lines");
}

/* ---- globals */

/* Is this address made read-only once the linker is done with it? */
static bool
check_is_relro(const struct wi_elf *elf, ElfW(Addr) address)
{
	ElfW(Phdr) segment;
	unsigned i;

	for (i = 0; wi_elf_segment(elf, i, &segment); i++)
		if (segment.p_type == PT_GNU_RELRO &&
		    address - segment.p_vaddr < segment.p_memsz)
			return true;
	return false;
}

/* A section that a variable lies in which can be written to. */
static bool
check_is_writable(const struct wi_elf *elf, unsigned number, ElfW(Addr) value)
{
	const char *name;
	ElfW(Shdr) section;

	if (number == SHN_UNDEF || !wi_elf_section(elf, number, &section) ||
	    (section.sh_flags & SHF_WRITE) == 0 ||
	    (section.sh_type != SHT_PROGBITS && section.sh_type != SHT_NOBITS))
		return false;
	name = wi_elf_string(elf, elf->head.e_shstrndx, section.sh_name);
	if (name != NULL && strncmp(name, ".data.rel.ro", 12) == 0)
		return false;
	/* A thread-local one has no address yet. */
	return (section.sh_flags & SHF_TLS) != 0 ||
	    !check_is_relro(elf, value);
}

/* What the compiler and its start files bring along. */
static bool
check_is_theirs(const char *name)
{
	return name[0] == '\0' || strncmp(name, "__", 2) == 0 ||
	    strncmp(name, "completed.", 10) == 0 ||
	    strncmp(name, "_ZGV", 4) == 0; /* guards of C++ statics */
}

/* Those of a table of symbols. */
static size_t
check_globals_of(const struct wi_elf *elf, const ElfW(Shdr) * table,
    struct wi_findings *out)
{
	const char *name;
	ElfW(Sym) symbol;
	size_t i, found = 0;
	unsigned type;

	for (i = 1; wi_elf_symbol(elf, table, i, &symbol, &name); i++) {
		type = ELF64_ST_TYPE(symbol.st_info);
		if ((type != STT_OBJECT && type != STT_TLS) ||
		    symbol.st_size == 0 || check_is_theirs(name) ||
		    !check_is_writable(elf, symbol.st_shndx, symbol.st_value))
			continue;
		if (found++ < CHECK_GLOBALS_MAX)
			wi_findings_add(out, WI_LEVEL_WARNING, "state",
			    "expected save() for what can be written to, "
			    "found none, and %s%s of %llu bytes: a reload "
			    "begins with what it is declared with",
			    type == STT_TLS ? "the thread-local " : "", name,
			    (unsigned long long)symbol.st_size);
	}
	if (found > CHECK_GLOBALS_MAX)
		wi_findings_add(out, WI_LEVEL_WARNING, "state",
		    "expected save() for what can be written to, found none, "
		    "and %zu more",
		    found - CHECK_GLOBALS_MAX);
	return found;
}

/* Without names: how much there is.  Start files have 16 bytes. */
static void
check_globals_nameless(const struct wi_elf *elf, struct wi_findings *out)
{
	ElfW(Shdr) section;
	uint64_t size = 0;
	unsigned i;

	for (i = 1; wi_elf_section(elf, i, &section); i++)
		if (check_is_writable(elf, i, section.sh_addr))
			size += section.sh_size;
	if (size > 16)
		wi_findings_add(out, WI_LEVEL_WARNING, "state",
		    "expected save() for what can be written to, found none, "
		    "and %llu bytes of such data (the names are stripped)",
		    (unsigned long long)size);
}

void
wi_check_elf_globals(const struct wi_elf *elf, struct wi_findings *out)
{
	ElfW(Shdr) table;

	if (wi_elf_find(elf, SHT_SYMTAB, &table))
		(void)check_globals_of(elf, &table, out);
	else if (!wi_elf_find(elf, SHT_DYNSYM, &table) ||
	    check_globals_of(elf, &table, out) == 0)
		check_globals_nameless(elf, out);
}
