/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_build_id.c - base/build_id: of a file that has one, and of
 * files that are broken in any way (ASan looks on).
 */
#include "base/build_id.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check_main.h"
#include "check_random.h"

/* A file with two segments of notes, of which the second has the id. */
struct file {
	ElfW(Ehdr) head;
	ElfW(Phdr) segments[2];
	struct {
		ElfW(Nhdr) note;
		char name[8];
		uint8_t desc[4];
	} other;
	struct {
		ElfW(Nhdr) note;
		char name[4];
		uint8_t desc[4];
	} id;
};

static struct file
make(void)
{
	struct file file;

	memset(&file, 0, sizeof(file));
	memcpy(file.head.e_ident, ELFMAG, SELFMAG);
	file.head.e_ident[EI_CLASS] =
	    sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
	file.head.e_phoff = offsetof(struct file, segments);
	file.head.e_phentsize = sizeof(ElfW(Phdr));
	file.head.e_phnum = 2;
	file.segments[0] = (ElfW(Phdr)){ .p_type = PT_NULL,
		.p_offset = offsetof(struct file, id),
		.p_filesz = sizeof(file.id) };
	file.segments[1] = (ElfW(Phdr)){ .p_type = PT_NOTE,
		.p_offset = offsetof(struct file, other),
		.p_filesz = sizeof(file.other) + sizeof(file.id) };
	/* Names and descriptions are padded. */
	file.other.note.n_namesz = 5;
	file.other.note.n_descsz = 1;
	file.other.note.n_type = NT_GNU_BUILD_ID;
	memcpy(file.other.name, "Weft", 5);
	file.id.note.n_namesz = 4;
	file.id.note.n_descsz = 4;
	file.id.note.n_type = NT_GNU_BUILD_ID;
	memcpy(file.id.name, "GNU", 4);
	memcpy(file.id.desc, "\x01\xfe\x00\xab", 4);
	return file;
}

/* Of a copy without anything behind it. */
static size_t
find(const void *bytes, size_t len, char out[WI_BUILD_ID_TEXT])
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	size_t n;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, bytes, len);
	n = wi_build_id(copy, len, out);
	free(copy);
	ck_assert_uint_eq(n, strlen(out));
	ck_assert_uint_lt(n, WI_BUILD_ID_TEXT);
	return n;
}

START_TEST(id_is_found_behind_other_notes)
{
	struct file file = make();
	char out[WI_BUILD_ID_TEXT];

	ck_assert_uint_eq(find(&file, sizeof(file), out), 8);
	ck_assert_str_eq(out, "01fe00ab");
	file.id.note.n_type++;
	ck_assert_uint_eq(find(&file, sizeof(file), out), 0);
}
END_TEST

START_TEST(file_cut_anywhere_has_none)
{
	const struct file file = make();
	char out[WI_BUILD_ID_TEXT];

	for (size_t len = 0; len < offsetof(struct file, id) + sizeof(file.id);
	     len++)
		ck_assert_uint_eq(find(&file, len, out), 0);
}
END_TEST

START_TEST(file_with_any_numbers_is_read_within_it)
{
	static const uint8_t marks[] = { 0, 1, 4, 0x7f, 0x80, 0xff };
	char out[WI_BUILD_ID_TEXT];
	uint64_t random = 1;
	struct file file;
	uint8_t bytes[sizeof(file)];
	unsigned found = 0;

	for (unsigned i = 0; i < 100000; i++) {
		file = make();
		memcpy(bytes, &file, sizeof(file));
		for (unsigned j = 0; j < 1 + i % 4; j++)
			bytes[check_below(&random, sizeof(bytes))] =
			    marks[check_below(&random, sizeof(marks))];
		found += find(bytes, sizeof(bytes), out) > 0;
	}
	ck_assert_uint_gt(found, 0);
	ck_assert_uint_lt(found, 100000);
}
END_TEST

START_TEST(other_files_have_none)
{
	char out[WI_BUILD_ID_TEXT];

	ck_assert_uint_eq(find("", 0, out), 0);
	ck_assert_uint_eq(find("#!/bin/sh\n", 10, out), 0);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		id_is_found_behind_other_notes,
		file_cut_anywhere_has_none,
		file_with_any_numbers_is_read_within_it,
		other_files_have_none,
	};

	return check_main("build_id", tests, CHECK_COUNT(tests));
}
