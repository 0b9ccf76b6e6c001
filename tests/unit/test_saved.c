/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_saved.c - what a version of a plugin hands over.
 */
#include "plugin/saved.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "check_main.h"

#define point_MEMBERS(M) M(u32, x) M(str, name)
WEFT_TYPE(point);

static void
save_text(struct wi_saved *saved, uint64_t id, const char *text)
{
	struct weft_save save = { saved,
		wi_saved_add(saved, WI_SAVED_ENDPOINT, id, NULL) };

	ck_assert_ptr_nonnull(save.item);
	ck_assert_int_eq(
	    weft_save_bytes(&save, (struct weft_bytes){ text, strlen(text) }),
	    WEFT_OK);
}

START_TEST(bytes_of_many)
{
	struct wi_saved saved = { 0 };
	struct wi_saved_item *item;
	struct weft_bytes bytes;
	char text[32];
	unsigned i;

	for (i = 0; i < 500; i++) {
		(void)snprintf(text, sizeof(text), "number %u", i);
		save_text(&saved, i, text);
	}
	for (i = 0; i < 500; i++) {
		item = &saved.items[i];
		ck_assert_uint_eq(item->id, i);
		ck_assert(item->said);
		bytes = wi_saved_bytes(&saved, item);
		ck_assert_uint_eq((uintptr_t)bytes.data % 16, 0);
		(void)snprintf(text, sizeof(text), "number %u", i);
		ck_assert_uint_eq(bytes.len, strlen(text));
		ck_assert_int_eq(memcmp(bytes.data, text, bytes.len), 0);
	}
	ck_assert_uint_eq(saved.nitems, 500);
	wi_saved_fini(&saved);
	ck_assert_uint_eq(saved.nitems, 0);
}
END_TEST

START_TEST(a_value_once)
{
	struct wi_saved saved = { 0 };
	struct weft_save save = { &saved,
		wi_saved_add(&saved, WI_SAVED_PLUGIN, 0, NULL) };
	const struct point point = { .x = 3, .name = "three" };
	struct weft_malformed why;
	struct point read;
	char memory[64];

	ck_assert_int_eq(point_save(&save, &point), WEFT_OK);
	ck_assert_int_eq(point_save(&save, &point), -EEXIST);
	ck_assert_int_eq(
	    weft_save_bytes(&save, (struct weft_bytes){ "x", 1 }), -EEXIST);
	ck_assert_int_eq(
	    weft_unpack(&point_type, wi_saved_bytes(&saved, &saved.items[0]),
		&read, memory, sizeof(memory), &why),
	    WEFT_OK);
	ck_assert_uint_eq(read.x, 3);
	ck_assert_str_eq(read.name, "three");
	wi_saved_fini(&saved);
}
END_TEST

START_TEST(nothing_is_something)
{
	struct wi_saved saved = { 0 };

	save_text(&saved, 1, "");
	ck_assert(saved.items[0].said);
	ck_assert_uint_eq(wi_saved_bytes(&saved, &saved.items[0]).len, 0);
	wi_saved_fini(&saved);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { bytes_of_many, a_value_once,
		nothing_is_something };

	return check_main("saved", tests, CHECK_COUNT(tests));
}
