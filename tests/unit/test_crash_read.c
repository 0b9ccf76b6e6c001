/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_crash_read.c - host/crash_read: reports, and what is none.
 * Anything may stand in the file: it is read within its bounds (ASan looks on)
 * and what comes out of it is printable.
 */
#include "host/crash_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "check_main.h"
#include "check_random.h"

static const char good[] =
    "weft-crash 1\n"
    "time: 2026-11-30T11:10:30Z\n"
    "signal: 11 SIGSEGV\n"
    "handler: message\n"
    "plugin: crashy\n"
    "message: 12 bytes hash 00fc5f9bd81272e9\n"
    "  0000  6e 75 6c 6c                                      |null|\n"
    "stack: this\n"
    "  0x7f20f5fe322b /tmp/a b+c/crashy-81.so (deleted)+0x122b\n"
    "  0x0\n"
    "plugin: another\n"
    "module: other\n"
    "  copy: /tmp/other.so\n"
    "  file: /o.so\n"
    "module: crashy\n"
    "  copy: /tmp/a b+c/crashy-81.so\n"
    "  file: /work/crashy.so\n"
    "  build-id: 0f66\n"
    "end\n";

/* What every use of a report does. */
static void
walk(const struct wi_crash_file *file)
{
	struct wi_crash_module module;
	struct wi_crash_frame frame;
	size_t i;
	const char *at;

	for (i = 0; i < WI_NCRASH_KEYS; i++)
		for (at = file->values[i]; at != NULL && *at != '\0'; at++)
			check_holds(*at >= 0x20 && *at < 0x7f);
	for (i = 0; i < file->nlines; i++) {
		for (at = file->lines[i]; *at != '\0'; at++)
			check_holds(*at >= 0x20 && *at < 0x7f);
		if (!wi_crash_frame(file->lines[i], &frame) ||
		    frame.path == NULL)
			continue;
		ck_assert_uint_le(frame.path_len, strlen(frame.path));
		if (wi_crash_module(
			file, frame.path, frame.path_len, &module)) {
			ck_assert_uint_eq(strlen(module.copy), frame.path_len);
			ck_assert_ptr_nonnull(module.file);
			ck_assert_ptr_nonnull(module.build_id);
		}
	}
}

/* Of a copy without anything behind it. */
static int
parse(struct wi_crash_file *file, const char *bytes, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);
	int rv;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, bytes, len);
	rv = wi_crash_parse(file, copy, len);
	free(copy);
	return rv;
}

START_TEST(report_says_what_it_is_about)
{
	struct wi_crash_module module;
	struct wi_crash_frame frame;
	struct wi_crash_file file;

	ck_assert_int_eq(parse(&file, good, sizeof(good) - 1), WEFT_OK);
	ck_assert(file.whole);
	ck_assert_uint_eq(file.seconds, 1796037030);
	ck_assert_uint_eq(file.hash, 0x00fc5f9bd81272e9);
	/* The first counts. */
	ck_assert_str_eq(file.values[WI_CRASH_KEY_plugin], "crashy");
	ck_assert_ptr_null(file.values[WI_CRASH_KEY_peer]);
	ck_assert(wi_crash_frame(file.lines[8], &frame));
	ck_assert_uint_eq(frame.address, 0x7f20f5fe322b);
	ck_assert_uint_eq(frame.offset, 0x122b);
	ck_assert(wi_crash_module(&file, frame.path, frame.path_len, &module));
	ck_assert_str_eq(module.file, "/work/crashy.so");
	ck_assert_str_eq(module.build_id, "0f66");
	ck_assert(wi_crash_frame(file.lines[9], &frame));
	ck_assert_ptr_null(frame.path);
	ck_assert(!wi_crash_frame(file.lines[6], &frame));
	/* One without a build id. */
	ck_assert(wi_crash_module(&file, "/tmp/other.so", 13, &module));
	ck_assert_str_eq(module.build_id, "-");
	ck_assert(!wi_crash_module(&file, "/tmp/other.s", 12, &module));
	walk(&file);
	wi_crash_file_free(&file);
}
END_TEST

START_TEST(report_that_is_cut_is_not_whole)
{
	struct wi_crash_file file;
	size_t len;
	int rv;

	for (len = 0; len < sizeof(good) - 1; len++) {
		rv = parse(&file, good, len);
		if (len < sizeof("weft-crash 1")) {
			ck_assert_int_eq(rv, -EINVAL);
			continue;
		}
		ck_assert_int_eq(rv, WEFT_OK);
		ck_assert(!file.whole);
		walk(&file);
		wi_crash_file_free(&file);
	}
}
END_TEST

START_TEST(report_of_anybody_is_read_within_it)
{
	static const char marks[] = "\n: +0x()\0\xff/\x1b";
	char bytes[sizeof(good)];
	struct wi_crash_file file;
	unsigned i, j, nread = 0;
	uint64_t random = 1;

	for (i = 0; i < 20000; i++) {
		memcpy(bytes, good, sizeof(good));
		for (j = 0; j < 1 + i % 8; j++)
			bytes[check_below(&random, sizeof(good) - 1)] =
			    marks[check_below(&random, sizeof(marks) - 1)];
		if (parse(&file, bytes,
			check_below(&random, 4) == 0 ?
			    check_below(&random, sizeof(good)) :
			    sizeof(good) - 1) < 0)
			continue;
		nread++;
		walk(&file);
		wi_crash_file_free(&file);
	}
	ck_assert_uint_gt(nread, 1000);
}
END_TEST

START_TEST(other_files_are_no_reports)
{
	static char large[WI_CRASH_FILE_MAX + 1];
	struct wi_crash_file file;

	ck_assert_int_eq(parse(&file, "", 0), -EINVAL);
	ck_assert_int_eq(parse(&file, "\n", 1), -EINVAL);
	ck_assert_int_eq(parse(&file, "weft-crash 2\nend\n", 17), -EINVAL);
	ck_assert_int_eq(parse(&file, large, sizeof(large)), -EINVAL);
	memset(large, '\n', sizeof(large));
	memcpy(large, good, sizeof("weft-crash 1"));
	ck_assert_int_eq(parse(&file, large, sizeof(large) - 1), WEFT_OK);
	walk(&file);
	wi_crash_file_free(&file);
	ck_assert_int_eq(wi_crash_read(&file, AT_FDCWD, "/dev/zero"), -EINVAL);
	ck_assert_int_eq(wi_crash_read(&file, AT_FDCWD, "/"), -EINVAL);
	ck_assert_int_eq(wi_crash_read(&file, AT_FDCWD, "/none"), -ENOENT);
}
END_TEST

START_TEST(hash_and_time_that_are_none_are_zero)
{
	static const char *const wrong[] = {
		"weft-crash 1\nmessage: 4 bytes hash 0123\nend\n",
		"weft-crash 1\nmessage: 4 bytes\nend\n",
		"weft-crash 1\ntime: yesterday\nend\n",
		"weft-crash 1\ntime: 2026-11-30T11:10:30Zx\nend\n",
		"weft-crash 1\ntime: 1900-01-01T00:00:00Z\nend\n",
	};
	struct wi_crash_file file;

	for (size_t i = 0; i < CHECK_COUNT(wrong); i++) {
		ck_assert_int_eq(
		    parse(&file, wrong[i], strlen(wrong[i])), WEFT_OK);
		ck_assert_uint_eq(file.hash, 0);
		ck_assert_uint_eq(file.seconds, 0);
		wi_crash_file_free(&file);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		report_says_what_it_is_about,
		report_that_is_cut_is_not_whole,
		report_of_anybody_is_read_within_it,
		other_files_are_no_reports,
		hash_and_time_that_are_none_are_zero,
	};

	return check_main("crash_read", tests, CHECK_COUNT(tests));
}
