/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/build_id.c - the build id of an ELF file, from its notes.
 *
 * thread: any (pure).  Nothing in the file is believed: each offset and length
 * is compared with what is there.
 */
#include "base/build_id.h"

#include <elf.h>
#include <link.h>
#include <string.h>

typedef ElfW(Ehdr) build_id_head;
typedef ElfW(Phdr) build_id_segment;
typedef ElfW(Nhdr) build_id_note;

static size_t
build_id_hex(const uint8_t *id, size_t len, char out[WI_BUILD_ID_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	if (len > (WI_BUILD_ID_TEXT - 1) / 2)
		len = (WI_BUILD_ID_TEXT - 1) / 2;
	for (i = 0; i < len; i++) {
		out[2 * i] = digits[id[i] >> 4];
		out[2 * i + 1] = digits[id[i] & 15];
	}
	out[2 * len] = '\0';
	return 2 * len;
}

/* Names and descriptions are padded to words of 4 bytes. */
static size_t
build_id_padded(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

/* In the notes of one segment; 0: it is not there. */
static size_t
build_id_in(const uint8_t *notes, size_t len, char out[WI_BUILD_ID_TEXT])
{
	build_id_note note;
	size_t name, all;

	while (len >= sizeof(note)) {
		memcpy(&note, notes, sizeof(note));
		notes += sizeof(note);
		len -= sizeof(note);
		if (note.n_namesz > len || note.n_descsz > len)
			return 0;
		name = build_id_padded(note.n_namesz);
		all = name + build_id_padded(note.n_descsz);
		if (name > len || note.n_descsz > len - name)
			return 0;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
		    memcmp(notes, "GNU", 4) == 0 && note.n_descsz > 0)
			return build_id_hex(notes + name, note.n_descsz, out);
		if (all > len)
			return 0;
		notes += all;
		len -= all;
	}
	return 0;
}

size_t
wi_build_id(const uint8_t *bytes, size_t len, char out[WI_BUILD_ID_TEXT])
{
	build_id_head head;
	build_id_segment segment;
	size_t i, n;

	out[0] = '\0';
	if (len < sizeof(head))
		return 0;
	memcpy(&head, bytes, sizeof(head));
	if (memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
	    head.e_ident[EI_CLASS] !=
		(sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) ||
	    head.e_phentsize != sizeof(segment) || head.e_phoff > len ||
	    head.e_phnum > (len - head.e_phoff) / sizeof(segment))
		return 0;
	for (i = 0; i < head.e_phnum; i++) {
		memcpy(&segment, bytes + head.e_phoff + i * sizeof(segment),
		    sizeof(segment));
		if (segment.p_type != PT_NOTE || segment.p_offset > len ||
		    segment.p_filesz > len - segment.p_offset)
			continue;
		n = build_id_in(
		    bytes + segment.p_offset, segment.p_filesz, out);
		if (n > 0)
			return n;
	}
	return 0;
}
