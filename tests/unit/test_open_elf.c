/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin/open: the look at a file's headers that comes before the linker's,
 * fed with a sound shared object that is cut, or that lies in one place.
 */
#include "plugin/open.h"

#include <elf.h>
#include <link.h>

#include "check_main.h"
#include "plugin_files.h"

typedef ElfW(Ehdr) elf_head;

START_TEST(a_file_cut_short_anywhere_is_refused)
{
	char path[PATH_MAX];
	struct weft_error err;
	uint8_t *bytes, *part;
	size_t len, cut;

	files_fixture(path, "good");
	bytes = files_read(path, &len);
	ck_assert_int_eq(wi_open_check(path, bytes, len, &err), WEFT_OK);
	for (cut = 0; cut < len; cut += cut < 1024 ? 1 : 61) {
		/* In a block of just its size, for the address sanitizer. */
		part = malloc(cut);
		ck_assert(part != NULL || cut == 0);
		memcpy(part, bytes, cut);
		ck_assert_int_eq(
		    wi_open_check(path, part, cut, &err), WEFT_ELOAD);
		ck_assert_says(&err, path);
		ck_assert_says(
		    &err, cut < SELFMAG ? "ELF header" : "it is cut short");
		free(part);
	}
	ck_assert_int_eq(
	    wi_open_check(path, bytes, len - 1, &err), WEFT_ELOAD);
	free(bytes);
}
END_TEST

/* One header that is wrong in one place, and what is said about it. */
static void
expect_bad_head(
    const uint8_t *bytes, size_t len, const elf_head *head, const char *part)
{
	struct weft_error err;
	uint8_t *copy = malloc(len);

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, bytes, len);
	ck_assert_int_eq(wi_open_check("x", copy, len, &err), WEFT_OK);
	memcpy(copy, head, sizeof(*head));
	ck_assert_int_eq(wi_open_check("x", copy, len, &err), WEFT_ELOAD);
	ck_assert_says(&err, part);
	free(copy);
}

#define BAD_HEAD(member, value, part)                                         \
	do {                                                                  \
		memcpy(&head, bytes, sizeof(head));                           \
		head.member = (value);                                        \
		expect_bad_head(bytes, len, &head, part);                     \
	} while (0)

START_TEST(a_header_that_lies_is_refused)
{
	char path[PATH_MAX];
	elf_head head;
	uint8_t *bytes;
	size_t len;

	files_fixture(path, "good");
	bytes = files_read(path, &len);
	BAD_HEAD(e_ident[EI_MAG0], 'x', "does not begin with an ELF header");
	BAD_HEAD(e_ident[EI_CLASS], ELFCLASSNONE, "for this machine");
	BAD_HEAD(e_ident[EI_DATA], ELFDATANONE, "for this machine");
	BAD_HEAD(e_machine, EM_68K, "found class");
	BAD_HEAD(e_machine, EM_68K, "machine 4");
	BAD_HEAD(e_type, ET_REL, "expected a shared object (ELF type 3)");
	BAD_HEAD(e_type, ET_EXEC, "found type 2");
	BAD_HEAD(e_phentsize, 7, "found ");
	BAD_HEAD(e_phnum, 0, "expected program headers");
	BAD_HEAD(e_phnum, PN_XNUM, "expected program headers");
	BAD_HEAD(e_phnum, 0xfffe, "(program headers)");
	BAD_HEAD(e_phoff, len - 1, "(program headers)");
	BAD_HEAD(e_phoff, (ElfW(Off)) - 8, "(program headers)");
	BAD_HEAD(e_shoff, (ElfW(Off)) - 8, "(section headers)");
	BAD_HEAD(e_shoff, len, "(section headers)");
	free(bytes);
}
END_TEST

START_TEST(a_segment_outside_the_file_is_refused)
{
	char path[PATH_MAX];
	struct weft_error err;
	elf_head head;
	ElfW(Phdr) segment;
	uint8_t *bytes;
	size_t len;

	files_fixture(path, "good");
	bytes = files_read(path, &len);
	memcpy(&head, bytes, sizeof(head));
	memcpy(&segment, bytes + head.e_phoff, sizeof(segment));
	ck_assert_int_eq(wi_open_check(path, bytes, len, &err), WEFT_OK);
	segment.p_offset = (ElfW(Off)) - 4;
	memcpy(bytes + head.e_phoff, &segment, sizeof(segment));
	ck_assert_int_eq(wi_open_check(path, bytes, len, &err), WEFT_ELOAD);
	ck_assert_says(&err, "(a segment)");
	segment.p_offset = 4;
	segment.p_filesz = (ElfW(Off)) - 4; /* the sum is 0 */
	memcpy(bytes + head.e_phoff, &segment, sizeof(segment));
	ck_assert_int_eq(wi_open_check(path, bytes, len, &err), WEFT_ELOAD);
	ck_assert_says(&err, "(a segment)");
	free(bytes);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		a_file_cut_short_anywhere_is_refused,
		a_header_that_lies_is_refused,
		a_segment_outside_the_file_is_refused,
	};

	return check_main("open_elf", tests, CHECK_COUNT(tests));
}
