/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_crash_text.c - crash/text and crash/maps: what a report is
 * written with, and what it knows of files in memory.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/address.h"
#include "crash/maps.h"
#include "crash/text.h"

#include "check_main.h"

static char room[512];
static struct wi_crash_text text;

static void
begin(void)
{
	memset(room, 'x', sizeof(room));
	wi_crash_text_init(&text, room, sizeof(room));
}

static void
is(const char *expected)
{
	ck_assert_uint_eq(text.len, strlen(expected));
	ck_assert(memcmp(room, expected, text.len) == 0);
	begin();
}

START_TEST(numbers_and_words)
{
	begin();
	wi_crash_put_dec(&text, 0, 1);
	wi_crash_put(&text, " ");
	wi_crash_put_dec(&text, UINT64_MAX, 1);
	wi_crash_put(&text, " ");
	wi_crash_put_hex(&text, UINT64_MAX, 1);
	wi_crash_put(&text, " ");
	wi_crash_put_hex(&text, 0xab, 4);
	is("0 18446744073709551615 ffffffffffffffff 00ab");
	wi_crash_put(&text, NULL);
	wi_crash_put_word(&text, "a\nb\x1b[0m\xff");
	is("-a?b?[0m?");
}
END_TEST

START_TEST(what_does_not_fit_is_left_out)
{
	begin();
	text.size = 3;
	wi_crash_put(&text, "abc");
	ck_assert(!text.cut);
	wi_crash_put(&text, "d");
	ck_assert(text.cut);
	ck_assert_int_eq(room[3], 'x');
	is("abc");
}
END_TEST

/* The C library is the judge. */
START_TEST(dates_are_those_of_the_calendar)
{
	char expected[64];
	struct tm tm;

	begin();
	for (uint64_t day = 0; day < 60000; day++) {
		time_t seconds = (time_t)(day * 86400 + day % 86400);

		ck_assert_ptr_nonnull(gmtime_r(&seconds, &tm));
		(void)strftime(
		    expected, sizeof(expected), "%Y-%m-%dT%H:%M:%SZ", &tm);
		wi_crash_put_time(&text, (uint64_t)seconds, true);
		is(expected);
	}
	wi_crash_put_time(&text, 951827696, false);
	is("20000229T123456Z");
}
END_TEST

START_TEST(addresses)
{
	struct wi_address address = {
		.ip = { 127, 0, 0, 1 }, .port = 80, .family = AF_INET
	};

	begin();
	wi_crash_put_address(&text, &address);
	is("127.0.0.1:80");
	address.family = AF_INET6;
	ck_assert_int_eq(inet_pton(AF_INET6, "fe80::1:abcd", address.ip), 1);
	wi_crash_put_address(&text, &address);
	is("[fe80:0:0:0:0:0:1:abcd]:80");
	address.family = AF_UNIX;
	wi_crash_put_address(&text, &address);
	is("unix");
	address.family = 0;
	wi_crash_put_address(&text, &address);
	is("none");
}
END_TEST

START_TEST(dump_has_sixteen_bytes_a_line)
{
	begin();
	wi_crash_put_dump(&text, "0123456789abcdef\n", 17);
	is("  0000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  "
	   "|0123456789abcdef|\n"
	   "  0010  0a                                               "
	   "|.|\n");
	wi_crash_put_dump(&text, NULL, 0);
	is("");
}
END_TEST

static struct wi_crash_maps maps;

START_TEST(maps_know_this_program)
{
	const struct wi_crash_map *map;
	int here;

	ck_assert(wi_crash_maps_read(&maps));
	map = wi_crash_maps_find(&maps, (uintptr_t)wi_crash_maps_read);
	ck_assert_ptr_nonnull(map);
	ck_assert(map->code);
	ck_assert_ptr_nonnull(
	    memmem(map->path, map->path_len, "test_crash_text", 15));
	ck_assert_uint_lt(wi_crash_maps_base(&maps, map), map->from);
	map = wi_crash_maps_find(&maps, (uintptr_t)&here);
	ck_assert(map == NULL || !map->code);
	ck_assert_ptr_null(wi_crash_maps_find(&maps, 0));
}
END_TEST

/* Cut anywhere, and filled with anything. */
START_TEST(maps_of_any_text_are_read_within_it)
{
	static const char line[] = "1000-3000 r--p 00000000 fe:01 12   /a b\n"
				   "3000-4000 r-xp 00002000 fe:01 12   /a b\n"
				   "5000-6000 rw-p 00000000 00:00 0 \n"
				   "-\n\n7000-\n8000-9000\n9000-a000 r-xp\n";
	const struct wi_crash_map *map;

	for (size_t len = 0; len < sizeof(line); len++) {
		maps.len = len;
		memcpy(maps.text, line, len);
		wi_crash_maps_parse(&maps);
		ck_assert_uint_le(maps.nmaps, 3);
	}
	ck_assert_uint_eq(maps.nmaps, 2);
	map = wi_crash_maps_find(&maps, 0x3fff);
	ck_assert_ptr_nonnull(map);
	ck_assert_uint_eq(map->offset, 0x2000);
	ck_assert_uint_eq(map->path_len, 4);
	ck_assert_uint_eq(wi_crash_maps_base(&maps, map), 0x1000);
	ck_assert_ptr_null(wi_crash_maps_find(&maps, 0x5000));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		numbers_and_words,
		what_does_not_fit_is_left_out,
		dates_are_those_of_the_calendar,
		addresses,
		dump_has_sixteen_bytes_a_line,
		maps_know_this_program,
		maps_of_any_text_are_read_within_it,
	};

	return check_main("crash_text", tests, CHECK_COUNT(tests));
}
