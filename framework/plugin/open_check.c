/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin/open_check - are these bytes a whole shared object for this machine?
 *
 * thread: any (pure).
 * from:   plugin/open, which has read the file.
 */
#include "plugin/open.h"

#include <elf.h>
#include <inttypes.h>
#include <link.h>
#include <string.h>

#include "base/fail.h"

/* Of this machine's own word size; another is refused. */
typedef ElfW(Ehdr) open_head;
typedef ElfW(Phdr) open_segment;

/* The ELF header of the object that this code is part of: class, byte order
 * and machine that a plugin must share.  The link editor provides it. */
extern const open_head open_own_header __asm__("__ehdr_start")
    __attribute__((visibility("hidden")));

/* Do len bytes at offset lie in a file of that size?  Says so if not. */
static int
open_check_extent(const char *path, const char *what, uint64_t offset,
    uint64_t len, size_t size, struct weft_error *err)
{
	if (offset <= size && len <= size - offset)
		return WEFT_OK;
	return wi_fail(err, WEFT_ELOAD,
	    "%s: expected %" PRIu64 " bytes at %" PRIu64 " (%s), found a file "
	    "of %zu bytes: it is cut short",
	    path, len, offset, what, size);
}

static int
open_check_head(
    const char *path, const open_head *head, struct weft_error *err)
{
	const open_head *own = &open_own_header;

	if (head->e_ident[EI_CLASS] != own->e_ident[EI_CLASS] ||
	    head->e_ident[EI_DATA] != own->e_ident[EI_DATA] ||
	    head->e_machine != own->e_machine)
		return wi_fail(err, WEFT_ELOAD,
		    "%s: expected an object for this machine (ELF class %u, "
		    "data %u, machine %u), found class %u, data %u, machine "
		    "%u",
		    path, own->e_ident[EI_CLASS], own->e_ident[EI_DATA],
		    own->e_machine, head->e_ident[EI_CLASS],
		    head->e_ident[EI_DATA], head->e_machine);
	if (head->e_type != ET_DYN)
		return wi_fail(err, WEFT_ELOAD,
		    "%s: expected a shared object (ELF type %u), found type "
		    "%u",
		    path, ET_DYN, head->e_type);
	if (head->e_phentsize != sizeof(open_segment) || head->e_phnum == 0 ||
	    head->e_phnum == PN_XNUM)
		return wi_fail(err, WEFT_ELOAD,
		    "%s: expected program headers of %zu bytes, found %u of "
		    "%u",
		    path, sizeof(open_segment), head->e_phnum,
		    head->e_phentsize);
	return WEFT_OK;
}

/* Every segment that would be mapped or read must be in the file. */
static int
open_check_segments(const char *path, const open_head *head,
    const uint8_t *bytes, size_t len, struct weft_error *err)
{
	open_segment segment;
	unsigned i, ndynamic = 0;
	int rc;

	rc = open_check_extent(path, "program headers", head->e_phoff,
	    (uint64_t)head->e_phnum * sizeof(segment), len, err);
	for (i = 0; rc == WEFT_OK && i < head->e_phnum; i++) {
		memcpy(&segment, bytes + head->e_phoff + i * sizeof(segment),
		    sizeof(segment));
		rc = open_check_extent(path, "a segment", segment.p_offset,
		    segment.p_filesz, len, err);
		if (segment.p_type == PT_DYNAMIC)
			ndynamic++;
	}
	if (rc == WEFT_OK && ndynamic != 1)
		rc = wi_fail(err, WEFT_ELOAD,
		    "%s: expected a shared object with one dynamic segment, "
		    "found %u",
		    path, ndynamic);
	return rc;
}

int
wi_open_check(
    const char *path, const uint8_t *bytes, size_t len, struct weft_error *err)
{
	open_head head;
	int rc;

	if (len < SELFMAG || memcmp(bytes, ELFMAG, SELFMAG) != 0)
		return wi_fail(err, WEFT_ELOAD,
		    "%s: expected a shared object, found a file that does not "
		    "begin with an ELF header",
		    path);
	rc = open_check_extent(path, "ELF header", 0, sizeof(head), len, err);
	if (rc < 0)
		return rc;
	memcpy(&head, bytes, sizeof(head));
	rc = open_check_head(path, &head, err);
	if (rc == WEFT_OK)
		rc = open_check_segments(path, &head, bytes, len, err);
	/* The linker never reads the section headers, but they close the file:
	 * where they are missing, somebody was interrupted in a copy. */
	if (rc == WEFT_OK && head.e_shoff != 0)
		rc = open_check_extent(path, "section headers", head.e_shoff,
		    (uint64_t)head.e_shnum * head.e_shentsize, len, err);
	return rc;
}
