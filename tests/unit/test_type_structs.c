/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_type_structs.c - values from a C program that gives libtpl
 * its structs: members in groups, S(...) and $(...).  libtpl makes the images.
 */
#include <tpl.h>

#include <weft/type.h>

#include "check_main.h"
#include "read_versions.h"

/* The image of a map that is packed, until the next one. */
static struct weft_bytes
dumped(tpl_node *map)
{
	static uint8_t bytes[1024];
	struct weft_bytes image = { bytes, 0 };
	size_t need;

	ck_assert_ptr_nonnull(map);
	ck_assert_int_eq(tpl_dump(map, TPL_GETSIZE, &need), 0);
	ck_assert_uint_le(need, sizeof(bytes));
	ck_assert_int_eq(
	    tpl_dump(map, TPL_MEM | TPL_PREALLOCD, bytes, sizeof(bytes)), 0);
	tpl_free(map);
	image.len = need;
	return image;
}

struct price {
	uint64_t price;
	struct point at;
};

/* The image of version 1 in structs, as that program has them. */
static struct weft_bytes
structs_of_version_1(void)
{
	struct price price = { 3, { 1.5, -2 } };
	char *name = (char *)(uintptr_t) "offer";
	struct {
		char *name;
		uint32_t count;
	} thing = { (char *)(uintptr_t) "rope", 2 };
	tpl_node *map;

	map = tpl_map((char[]){ "sS(U$(ff))A(S(su))" }, &name, &price, &thing);
	ck_assert_int_eq(tpl_pack(map, 1), 0);
	thing.name = (char *)(uintptr_t) "";
	thing.count = 0;
	ck_assert_int_eq(tpl_pack(map, 1), 0);
	ck_assert_int_eq(tpl_pack(map, 0), 0);
	return dumped(map);
}

START_TEST(structs_of_version_1_are_read_by_both)
{
	const struct weft_bytes image = structs_of_version_1();
	struct offer1 one;
	struct offer2 two;

	ck_assert_int_eq(
	    read_offer(&offer1_type, image.data, image.len, &one), WEFT_OK);
	is_offer1(&one);
	ck_assert_int_eq(
	    read_offer(&offer2_type, image.data, image.len, &two), WEFT_OK);
	is_offer2_of_version_1(&two);
}
END_TEST

START_TEST(structs_of_version_2_are_read_by_both)
{
	struct price price = { 3, { 1.5, -2 } };
	char *name = (char *)(uintptr_t) "offer", *note = name;
	uint32_t urgency = 9;
	struct {
		char *name;
		uint32_t count;
		int16_t weight;
		char *unit;
	} thing = { (char *)(uintptr_t) "rope", 2, 5,
		(char *)(uintptr_t) "t" };
	struct weft_bytes image;
	struct offer1 one;
	struct offer2 two;
	tpl_node *map;

	map = tpl_map((char[]){ "sS(U$(ff))A(S(sujs))us" }, &name, &price,
	    &thing, &urgency, &note);
	ck_assert_int_eq(tpl_pack(map, 1), 0);
	thing.name = (char *)(uintptr_t) "";
	thing.count = 0;
	ck_assert_int_eq(tpl_pack(map, 1), 0);
	ck_assert_int_eq(tpl_pack(map, 0), 0);
	image = dumped(map);
	ck_assert_int_eq(
	    read_offer(&offer1_type, image.data, image.len, &one), WEFT_OK);
	is_offer1(&one);
	ck_assert_int_eq(
	    read_offer(&offer2_type, image.data, image.len, &two), WEFT_OK);
	ck_assert_int_eq(two.things.at[1].weight, 5);
	ck_assert_str_eq(two.things.at[1].unit, "t");
	ck_assert_uint_eq(two.urgency, 9);
	ck_assert_str_eq(two.note, "offer");
	ck_assert(two.rate == 1.5);
}
END_TEST

START_TEST(a_nested_struct_may_be_longer_or_shorter)
{
	char *name = (char *)(uintptr_t) "offer";
	double at[3] = { 1.5, -2, 99 };
	struct weft_bytes image;
	struct offer1 offer;
	uint64_t price = 3;
	tpl_node *map;

	map = tpl_map(
	    (char[]){ "sUS(fff)A(su)" }, &name, &price, at, &name, &price);
	ck_assert_int_eq(tpl_pack(map, 0), 0);
	image = dumped(map);
	ck_assert_int_eq(
	    read_offer(&offer1_type, image.data, image.len, &offer), WEFT_OK);
	ck_assert(offer.at.x == 1.5 && offer.at.y == -2);
	ck_assert_uint_eq(offer.things.len, 0);

	map = tpl_map(
	    (char[]){ "sUS(f)A(su)" }, &name, &price, at, &name, &price);
	ck_assert_int_eq(tpl_pack(map, 0), 0);
	image = dumped(map);
	ck_assert_int_eq(
	    read_offer(&offer1_type, image.data, image.len, &offer), WEFT_OK);
	ck_assert(offer.at.x == 1.5 && offer.at.y == 0);
}
END_TEST

/* Members were appended behind a struct that is full: they are no members of
 * it, but of the message. */
START_TEST(a_message_goes_on_behind_a_struct_of_its_first_members)
{
	char *name = (char *)(uintptr_t) "slot";
	struct weft_bytes image;
	struct slot slot;
	double wear = 0.25;
	tpl_node *map;
	struct {
		uint32_t item;
		uint16_t count;
	} first = { 5, 6 };

	map = tpl_map((char[]){ "sS(uv)f" }, &name, &first, &wear);
	ck_assert_int_eq(tpl_pack(map, 0), 0);
	image = dumped(map);
	ck_assert_int_eq(
	    read_as(&slot_type, image.data, image.len, &slot), WEFT_OK);
	ck_assert_uint_eq(slot.item, 5);
	ck_assert_uint_eq(slot.count, 6);
	ck_assert(slot.wear == 0.25);
}
END_TEST

#define twig_MEMBERS(M)                                                       \
	M(nested, branch, branch)                                             \
	M(u8, end)
WEFT_TYPE(twig);

START_TEST(a_struct_in_front_may_be_the_first_member_alone)
{
	char *name = (char *)(uintptr_t) "twig", *text = name;
	struct point at = { 1.5, -2 };
	struct weft_bytes image;
	uint8_t color[3] = { 1, 2, 3 }, end = 4;
	int64_t age = 42;
	uint16_t size = 7;
	struct twig twig;
	tpl_node *map;

	map = tpl_map((char[]){ "sS(ff)A(sc#A(v))Ic" }, &name, &at, &text,
	    color, 3, &size, &age, &end);
	ck_assert_int_eq(tpl_pack(map, 2), 0);
	ck_assert_int_eq(tpl_pack(map, 1), 0);
	ck_assert_int_eq(tpl_pack(map, 0), 0);
	image = dumped(map);
	ck_assert_int_eq(
	    read_as(&twig_type, image.data, image.len, &twig), WEFT_OK);
	ck_assert(twig.branch.at.x == 1.5 && twig.branch.at.y == -2);
	ck_assert_uint_eq(twig.branch.leaves.len, 1);
	ck_assert_str_eq(twig.branch.leaves.at[0].text, "twig");
	ck_assert_mem_eq(twig.branch.leaves.at[0].color, color, 3);
	ck_assert_uint_eq(twig.branch.leaves.at[0].sizes.at[0], 7);
	ck_assert_int_eq(twig.branch.age, 42);
	ck_assert_uint_eq(twig.end, 4);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		structs_of_version_1_are_read_by_both,
		structs_of_version_2_are_read_by_both,
		a_nested_struct_may_be_longer_or_shorter,
		a_message_goes_on_behind_a_struct_of_its_first_members,
		a_struct_in_front_may_be_the_first_member_alone,
	};

	return check_main("type_structs", tests, CHECK_COUNT(tests));
}
