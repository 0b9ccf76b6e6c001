/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_elf_file.c - a plugin's file that is cut or spoilt in any
 * place is judged without a byte that is not its own being read (ASan sees to
 * that: each try lies in memory of its exact size).
 */
#include "host/elf_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "check_random.h"
#include "host/check_elf.h"

#define SPOILT 20000 /* tries */

static struct wi_elf good;

static void
open_good(void)
{
	const char *dir = getenv("WEFT_TEST_PLUGINS");
	struct weft_error err;
	char path[4096];

	ck_assert_ptr_nonnull(dir);
	(void)snprintf(path, sizeof(path), "%s/good.so", dir);
	ck_assert_msg(
	    wi_elf_open(&good, path, &err) == WEFT_OK, "%s", err.text);
}

/* All that is asked of a file; how much was found. */
static size_t
judge(const uint8_t *bytes, size_t len)
{
	struct wi_findings findings = { .count = 0 };
	struct weft_error err;
	struct wi_elf elf;
	const char *name;
	ElfW(Shdr) table;
	ElfW(Sym) symbol;
	ElfW(Dyn) entry;
	size_t i, found = 0;

	if (wi_elf_init(&elf, "it", bytes, len, &err) < 0)
		return 0;
	wi_check_elf_marks(&elf, &findings);
	wi_check_elf_globals(&elf, &findings);
	wi_findings_free(&findings);
	if (wi_elf_find(&elf, SHT_DYNSYM, &table))
		for (i = 0; wi_elf_symbol(&elf, &table, i, &symbol, &name);
		     i++)
			found += strlen(name) > 0;
	if (wi_elf_find(&elf, SHT_DYNAMIC, &table))
		for (i = 0; wi_elf_dynamic(&elf, &table, i, &entry); i++)
			if (entry.d_tag == DT_NEEDED &&
			    wi_elf_string(
				&elf, table.sh_link, entry.d_un.d_val) != NULL)
				found++;
	return found;
}

static size_t
judge_copy(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len + (len == 0));
	size_t found;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, bytes, len);
	found = judge(copy, len);
	free(copy);
	return found;
}

START_TEST(a_whole_file_has_symbols_and_libraries)
{
	open_good();
	ck_assert_uint_ge(judge(good.bytes, good.len), 2);
	wi_elf_close(&good);
	ck_assert_ptr_null(good.bytes);
}
END_TEST

START_TEST(a_file_that_is_cut_at_any_place_is_judged)
{
	size_t len;

	open_good();
	for (len = 0; len < good.len; len += len < 4096 ? 1 : 61)
		(void)judge_copy(good.bytes, len);
	ck_assert_uint_eq(judge_copy(good.bytes, 0), 0);
	/* The section headers stand last. */
	ck_assert_uint_eq(judge_copy(good.bytes, good.len / 2), 0);
	wi_elf_close(&good);
}
END_TEST

/* Heads, tables and what they point to: bytes that are wrong in any way. */
START_TEST(a_file_with_any_byte_spoilt_is_judged)
{
	uint64_t random = 1;
	uint8_t *copy;
	size_t i, j, at, whole, changed = 0;

	open_good();
	whole = judge(good.bytes, good.len);
	copy = malloc(good.len);
	ck_assert_ptr_nonnull(copy);
	for (i = 0; i < SPOILT; i++) {
		memcpy(copy, good.bytes, good.len);
		for (j = 0; j < 1 + i % 4; j++) {
			/* Half of them in the ELF header and behind it, half
			 * in the section headers. */
			at = check_below(&random, 1024);
			if (i % 2 == 1 && good.len > 4096)
				at = good.len - 1 - check_below(&random, 2048);
			copy[at] ^= (uint8_t)(1 + check_below(&random, 255));
		}
		changed += judge(copy, good.len) != whole;
	}
	free(copy);
	wi_elf_close(&good);
	ck_assert_uint_gt(changed, 0);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		a_whole_file_has_symbols_and_libraries,
		a_file_that_is_cut_at_any_place_is_judged,
		a_file_with_any_byte_spoilt_is_judged,
	};

	return check_main("elf_file", tests, CHECK_COUNT(tests));
}
