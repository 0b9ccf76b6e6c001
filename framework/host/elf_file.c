/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/elf_file.c - the tables of a shared object's file, as they lie there.
 *
 * thread: any; pure but for wi_elf_open().
 * owns:   the bytes of a file that it has read.
 * from:   check_plugin.  to: check_elf, check_child.
 *
 * hostile_note: a file may say anything.  No table is longer than the file, and
 * what is looked through once for each entry of a table is bounded besides, so
 * that no file keeps us for long.
 *
 * sections_note: symbols and the dynamic table are found by the section
 * headers, which strip(1) leaves; the linker finds them by the segments.  A
 * file in which the two disagree is judged by the linker in the child.
 */
#include "host/elf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"

#define ELF_FILE_MAX ((size_t)1 << 28) /* [bytes] of a plugin's file */
#define ELF_SEGMENTS_MAX 256           /* a compiler's file has a dozen */
#define ELF_STRING_MAX 4096            /* [bytes] of a name, with its NUL */

#if __SIZEOF_POINTER__ == 8
#define ELF_CLASS ELFCLASS64
#else
#define ELF_CLASS ELFCLASS32
#endif
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ELF_DATA ELFDATA2LSB
#else
#define ELF_DATA ELFDATA2MSB
#endif

/* Copy what lies at offset, if all of it does. */
static bool
elf_copy(const struct wi_elf *elf, uint64_t offset, void *out, size_t len)
{
	if (offset > elf->len || len > elf->len - offset)
		return false;
	memcpy(out, elf->bytes + offset, len);
	return true;
}

/* The same of number i of a table; no sum wraps: i and size are small. */
static bool
elf_copy_entry(
    const struct wi_elf *elf, uint64_t table, size_t i, void *out, size_t size)
{
	if (table > elf->len || i > elf->len / size)
		return false;
	return elf_copy(elf, table + (uint64_t)i * size, out, size);
}

int
wi_elf_init(struct wi_elf *elf, const char *path, const uint8_t *bytes,
    size_t len, struct weft_error *err)
{
	memset(elf, 0, sizeof(*elf));
	elf->bytes = bytes;
	elf->len = len;
	if (!elf_copy(elf, 0, &elf->head, sizeof(elf->head)) ||
	    memcmp(elf->head.e_ident, ELFMAG, SELFMAG) != 0)
		return wi_fail(err, WEFT_ELOAD,
		    "%s: expected a shared object, found a file that does not "
		    "begin with an ELF header",
		    path);
	if (elf->head.e_ident[EI_CLASS] != ELF_CLASS ||
	    elf->head.e_ident[EI_DATA] != ELF_DATA ||
	    elf->head.e_type != ET_DYN ||
	    elf->head.e_phentsize != sizeof(ElfW(Phdr)))
		return wi_fail(err, WEFT_ELOAD,
		    "%s: expected a shared object for this machine (class %d, "
		    "data %d, type %d), found class %u, data %u, type %u",
		    path, ELF_CLASS, ELF_DATA, ET_DYN,
		    elf->head.e_ident[EI_CLASS], elf->head.e_ident[EI_DATA],
		    elf->head.e_type);
	/* See hostile_note. */
	if (elf->head.e_phnum > ELF_SEGMENTS_MAX)
		return wi_fail(err, WEFT_ELOAD,
		    "%s: expected at most %d program headers, found %u", path,
		    ELF_SEGMENTS_MAX, elf->head.e_phnum);
	if (elf->head.e_shoff != 0 &&
	    elf->head.e_shentsize == sizeof(ElfW(Shdr)))
		elf->nsections = elf->head.e_shnum;
	return WEFT_OK;
}

static int
elf_read(int fd, uint8_t *bytes, size_t len)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = read(fd, bytes + done, len - done);
		if (n > 0)
			done += (size_t)n;
		else if (n == 0)
			return -ENODATA;
		else if (errno != EINTR)
			return -errno;
	}
	return 0;
}

static int
elf_read_file(
    struct wi_elf *elf, const char *path, int fd, struct weft_error *err)
{
	struct stat st;
	size_t len;
	int rc;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 ||
	    (uint64_t)st.st_size > ELF_FILE_MAX)
		return wi_fail(err, WEFT_ELOAD,
		    "%s: expected a regular file of 1 to %zu bytes, found "
		    "another",
		    path, ELF_FILE_MAX);
	len = (size_t)st.st_size;
	elf->own = malloc(len);
	if (elf->own == NULL)
		return wi_fail(err, -ENOMEM, "%s: no memory", path);
	elf->bytes = elf->own;
	elf->len = len;
	rc = elf_read(fd, elf->own, len);
	return rc == 0 ? WEFT_OK :
			 wi_fail(err, WEFT_ELOAD, "%s: cannot be read: %s",
			     path, weft_strerror(rc));
}

int
wi_elf_open(struct wi_elf *elf, const char *path, struct weft_error *err)
{
	uint8_t *own;
	int fd, rc;

	memset(elf, 0, sizeof(*elf));
	/* O_NONBLOCK: a FIFO is refused and not waited for. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return wi_fail(err, WEFT_ELOAD,
		    "%s: expected a plugin's file, found: %s", path,
		    weft_strerror(-errno));
	rc = elf_read_file(elf, path, fd, err);
	(void)close(fd);
	own = elf->own;
	if (rc == WEFT_OK)
		rc = wi_elf_init(elf, path, own, elf->len, err);
	elf->own = own;
	if (rc < 0)
		wi_elf_close(elf);
	return rc;
}

void
wi_elf_close(struct wi_elf *elf)
{
	free(elf->own);
	memset(elf, 0, sizeof(*elf));
}

bool
wi_elf_segment(const struct wi_elf *elf, unsigned i, ElfW(Phdr) * out)
{
	return i < elf->head.e_phnum &&
	    elf_copy_entry(elf, elf->head.e_phoff, i, out, sizeof(*out));
}

bool
wi_elf_section(const struct wi_elf *elf, unsigned i, ElfW(Shdr) * out)
{
	return i < elf->nsections &&
	    elf_copy_entry(elf, elf->head.e_shoff, i, out, sizeof(*out));
}

bool
wi_elf_find(const struct wi_elf *elf, uint32_t type, ElfW(Shdr) * out)
{
	unsigned i;

	for (i = 0; wi_elf_section(elf, i, out); i++)
		if (out->sh_type == type)
			return true;
	return false;
}

bool
wi_elf_named(const struct wi_elf *elf, const char *name, ElfW(Shdr) * out)
{
	const char *found;
	unsigned i;

	for (i = 0; wi_elf_section(elf, i, out); i++) {
		found = wi_elf_string(elf, elf->head.e_shstrndx, out->sh_name);
		if (found != NULL && strcmp(found, name) == 0)
			return true;
	}
	return false;
}

const char *
wi_elf_string(const struct wi_elf *elf, unsigned strings, uint64_t offset)
{
	ElfW(Shdr) section;
	const uint8_t *at;
	uint64_t room;

	if (!wi_elf_section(elf, strings, &section) ||
	    section.sh_type != SHT_STRTAB || section.sh_offset > elf->len ||
	    section.sh_size > elf->len - section.sh_offset ||
	    offset >= section.sh_size)
		return NULL;
	at = elf->bytes + section.sh_offset + offset;
	room = section.sh_size - offset;
	/* See hostile_note. */
	if (room > ELF_STRING_MAX)
		room = ELF_STRING_MAX;
	if (memchr(at, '\0', room) == NULL)
		return NULL;
	return (const char *)at;
}

bool
wi_elf_symbol(const struct wi_elf *elf, const ElfW(Shdr) * table, size_t i,
    ElfW(Sym) * out, const char **name)
{
	if (i >= table->sh_size / sizeof(*out) ||
	    !elf_copy_entry(elf, table->sh_offset, i, out, sizeof(*out)))
		return false;
	*name = wi_elf_string(elf, table->sh_link, out->st_name);
	if (*name == NULL)
		*name = "";
	return true;
}

bool
wi_elf_dynamic(const struct wi_elf *elf, const ElfW(Shdr) * table, size_t i,
    ElfW(Dyn) * out)
{
	return i < table->sh_size / sizeof(*out) &&
	    elf_copy_entry(elf, table->sh_offset, i, out, sizeof(*out)) &&
	    out->d_tag != DT_NULL;
}
