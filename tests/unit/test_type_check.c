/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_type_check.c - tables of types that are not what WEFT_TYPE()
 * makes: a good one is copied, and one thing in it is broken.
 */
#include "broken_type.h"

START_TEST(what_weft_type_makes_is_taken)
{
	static const struct weft_type *const types[] = { &login_type,
		&move_type, &slot_type, &inventory_type, &point_type,
		&leaf_type, &branch_type, &zoo_type, &plain_type };
	size_t i;

	for (i = 0; i < CHECK_COUNT(types); i++)
		ck_assert_int_eq(wi_type_check(types[i], &err), WEFT_OK);
}
END_TEST

/* ---- the type itself */

START_TEST(a_head_of_another_type_is_refused)
{
	struct broken *broken = broken_from(&move_type);

	broken->type.head = login_type.head;
	is_refused(
	    broken, "type move: expected a head of the format and the name");
	broken = broken_from(&move_type);
	broken->type.head_len--;
	is_refused(
	    broken, "type move: expected a head of the format and the name");
	broken = broken_from(&move_type);
	broken->type.head = NULL;
	is_refused(
	    broken, "type move: expected a head of the format and the name");
}
END_TEST

START_TEST(a_table_of_another_size_is_refused)
{
	struct broken *broken = broken_from(&move_type);
	char text[128];

	broken->type.size -= 8;
	snprintf(text, sizeof(text),
	    "a type: expected a struct weft_type of %zu bytes, found %zu",
	    sizeof(struct weft_type), sizeof(struct weft_type) - 8);
	is_refused(broken, text);
}
END_TEST

START_TEST(a_name_that_is_no_word_is_refused)
{
	static const char *const names[] = { "", "mo ve", "move!",
		"m\xc3\xb6" };
	struct broken *broken = broken_from(&move_type);
	char name[66], head[128], text[128];
	size_t i;

	for (i = 0; i < CHECK_COUNT(names); i++) {
		broken->type.name = names[i];
		broken->type.name_len = (uint32_t)strlen(names[i]);
		snprintf(text, sizeof(text),
		    "a type: expected a name of 1 to 63 letters, digits or _, "
		    "found \"%s\"",
		    names[i]);
		is_refused(broken, text);
	}
	broken->type.name = NULL;
	is_refused(broken,
	    "a type: expected a name of 1 to 63 letters, digits or _, found "
	    "\"\"");

	memset(name, 'n', sizeof(name));
	name[63] = '\0';
	is_called(&broken->type, name, head);
	ck_assert_int_eq(wi_type_check(&broken->type, &err), WEFT_OK);
	name[63] = 'n';
	name[64] = '\0';
	broken->type.name_len = 64;
	ck_assert_int_eq(wi_type_check(&broken->type, &err), WEFT_EABI);
}
END_TEST

START_TEST(a_name_of_another_length_is_refused)
{
	struct broken *broken = broken_from(&move_type);

	broken->type.name_len--;
	is_refused(broken,
	    "a type: expected a name of 1 to 63 letters, digits or _, found "
	    "\"move\"");
}
END_TEST

START_TEST(a_format_that_is_not_the_members_is_refused)
{
	struct broken *broken = broken_from(&move_type);

	broken->type.format = "suffjj";
	is_refused(
	    broken, "type move: expected the format suffjc, found suffjj");
	broken->type.format = NULL;
	is_refused(
	    broken, "type move: expected the format suffjc, found none");
	broken->type.format = move_type.format;
	broken->type.format_len--;
	is_refused(
	    broken, "type move: expected the format suffjc, found suffjc");
}
END_TEST

START_TEST(what_it_says_of_its_members_is_to_be_true)
{
	struct broken *broken = broken_from(&leaf_type);

	broken->type.wire_min++;
	is_refused(broken,
	    "type leaf: expected 11 bytes, 1 fixed arrays, flags 4, found 12, "
	    "1, 4");
	broken->type.wire_min--;
	broken->type.ndims = 0;
	is_refused(broken,
	    "type leaf: expected 11 bytes, 1 fixed arrays, flags 4, found 11, "
	    "0, 4");
}
END_TEST

START_TEST(flags_that_are_not_true_or_not_known_are_refused)
{
	static const uint32_t wrong[] = { WEFT_TYPE_IS_FLAT,
		WEFT_TYPE_HAS_STRINGS, WEFT_TYPE_IS_PACKED, 16, 1u << 31 };
	struct broken *broken = broken_from(&point_type);
	char text[128];
	size_t i;

	for (i = 0; i < CHECK_COUNT(wrong); i++) {
		broken->type.flags = point_type.flags ^ wrong[i];
		snprintf(text, sizeof(text),
		    "type point: expected 16 bytes, 0 fixed arrays, flags 10, "
		    "found 16, 0, %u",
		    broken->type.flags);
		is_refused(broken, text);
	}
	broken->type.flags = point_type.flags | WEFT_TYPE_IS_BARE;
	is_refused(broken, "type point: expected the format ff, found sff");
}
END_TEST

START_TEST(no_members_and_too_many_are_refused)
{
	struct broken *broken = broken_from(&move_type);

	broken->type.nmembers = 0;
	is_refused(broken, "type move: expected 1 to 256 members, found 0");
	broken->type.nmembers = 257;
	is_refused(broken, "type move: expected 1 to 256 members, found 257");
}
END_TEST

/* ---- its members */

START_TEST(a_member_without_a_name_is_refused)
{
	struct broken *broken = broken_from(&move_type);

	broken->members[1].name = NULL;
	is_refused(broken, "type move: expected each member to have a name");
	broken->members[1].name = "";
	is_refused(broken, "type move: expected each member to have a name");
}
END_TEST

START_TEST(a_kind_that_is_none_is_refused)
{
	struct broken *broken = broken_from(&move_type);

	member_of(broken, "x")->kind = WEFT_MEMBER_none;
	is_refused(broken, "type move.x: expected a kind of 1 to 14, found 0");
	member_of(broken, "x")->kind = WEFT_MEMBER_list + 1;
	is_refused(
	    broken, "type move.x: expected a kind of 1 to 14, found 15");
	member_of(broken, "x")->kind = WEFT_MEMBER_i64;
	is_refused(
	    broken, "type move: expected the format suIfjc, found suffjc");
}
END_TEST

START_TEST(an_offset_beyond_the_struct_is_refused)
{
	struct broken *broken = broken_from(&move_type);
	struct weft_member *member = member_of(broken, "y");
	char text[128];

	member->offset = sizeof(struct move) - 7;
	snprintf(text, sizeof(text),
	    "type move.y: expected 8 bytes at %zu in a struct of %zu",
	    sizeof(struct move) - 7, sizeof(struct move));
	is_refused(broken, text);
	member->offset = SIZE_MAX - 3;
	ck_assert_int_eq(wi_type_check(&broken->type, &err), WEFT_EABI);
	member->offset = sizeof(struct move) - 8;
	ck_assert_int_eq(wi_type_check(&broken->type, &err), WEFT_OK);
	broken->type.value_size -= 8;
	ck_assert_int_eq(wi_type_check(&broken->type, &err), WEFT_EABI);
}
END_TEST

START_TEST(fixed_arrays_are_of_numbers_and_not_empty)
{
	struct broken *broken = broken_from(&leaf_type);
	struct weft_member *member = member_of(broken, "color");

	member->element = WEFT_MEMBER_str;
	is_refused(broken,
	    "type leaf.color: expected 1 to 1048576 numbers, found 3 of kind "
	    "9");
	member->element = WEFT_MEMBER_u8;
	member->count = 0;
	is_refused(broken,
	    "type leaf.color: expected 1 to 1048576 numbers, found 0 of kind "
	    "1");
	member->count = (1u << 20) + 1;
	is_refused(broken,
	    "type leaf.color: expected 1 to 1048576 numbers, found 1048577 of "
	    "kind 1");
}
END_TEST

START_TEST(arrays_are_of_values)
{
	struct broken *broken = broken_from(&leaf_type);

	member_of(broken, "sizes")->element = WEFT_MEMBER_array;
	is_refused(broken,
	    "type leaf.sizes: expected elements of a kind of 1 to 10, found "
	    "12");
	member_of(broken, "sizes")->element = WEFT_MEMBER_none;
	is_refused(broken,
	    "type leaf.sizes: expected elements of a kind of 1 to 10, found "
	    "0");
}
END_TEST

START_TEST(a_str_has_a_default)
{
	struct broken *broken = broken_from(&login_type);

	member_of(broken, "user")->text = NULL;
	is_refused(broken, "type login.user: expected a default");
}
END_TEST

START_TEST(only_what_is_nested_has_a_type)
{
	struct broken *broken = broken_from(&branch_type);

	member_of(broken, "age")->of = &point_type;
	is_refused(broken,
	    "type branch.age: expected a type for what is nested, and only "
	    "there");
	member_of(broken, "age")->of = NULL;
	member_of(broken, "leaves")->of = NULL;
	is_refused(broken,
	    "type branch.leaves: expected a type for what is nested, and only "
	    "there");
}
END_TEST

START_TEST(what_is_nested_is_checked_too)
{
	struct broken *outer = broken_from(&inventory_type);
	struct broken *inner = broken_from(&slot_type);
	char text[128];

	member_of(outer, "slots")->of = &inner->type;
	ck_assert_int_eq(wi_type_check(&outer->type, &err), WEFT_OK);
	inner->type.flags ^= WEFT_TYPE_IS_FLAT;
	is_refused(outer,
	    "type slot: expected 14 bytes, 0 fixed arrays, flags 2, found 14, "
	    "0, 0");
	inner->type.flags ^= WEFT_TYPE_IS_FLAT;
	inner->members[0].kind = 99;
	is_refused(outer,
	    "type inventory.item: expected a kind of 1 to 14, found 99");
	inner->members[0].kind = WEFT_MEMBER_u32;
	inner->type.size = 1;
	snprintf(text, sizeof(text),
	    "type inventory: expected a struct weft_type of %zu bytes, found "
	    "1",
	    sizeof(struct weft_type));
	is_refused(outer, text);
}
END_TEST

/* depth_c, in depth_b, in depth_a, in depth_o; what holds that is too deep. */
#define depth_c_MEMBERS(M) M(list, points, point)
WEFT_TYPE(depth_c);
#define depth_b_MEMBERS(M) M(nested, c, depth_c)
WEFT_TYPE(depth_b);
#define depth_a_MEMBERS(M) M(list, b, depth_b)
WEFT_TYPE(depth_a);

START_TEST(types_nest_three_deep)
{
	struct broken *broken = broken_from(&depth_a_type);
	struct broken *deeper = broken_from(&depth_b_type);

	/* Nested in it, instead of what nests less deep. */
	member_of(broken, "b")->of = &deeper->type;
	ck_assert_int_eq(wi_type_check(&broken->type, &err), WEFT_OK);
	deeper->members[0].kind = WEFT_MEMBER_list;
	deeper->members[0].of = &depth_b_type;
	is_refused(
	    broken, "type depth_a: expected types nested at most 3 deep");
}
END_TEST

START_TEST(a_type_in_itself_is_too_deep)
{
	struct broken *broken = broken_from(&depth_a_type);

	member_of(broken, "b")->of = &broken->type;
	is_refused(
	    broken, "type depth_a: expected types nested at most 3 deep");
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		what_weft_type_makes_is_taken,
		a_table_of_another_size_is_refused,
		a_head_of_another_type_is_refused,
		a_name_that_is_no_word_is_refused,
		a_name_of_another_length_is_refused,
		a_format_that_is_not_the_members_is_refused,
		what_it_says_of_its_members_is_to_be_true,
		flags_that_are_not_true_or_not_known_are_refused,
		no_members_and_too_many_are_refused,
		a_member_without_a_name_is_refused,
		a_kind_that_is_none_is_refused,
		an_offset_beyond_the_struct_is_refused,
		fixed_arrays_are_of_numbers_and_not_empty,
		arrays_are_of_values,
		a_str_has_a_default,
		only_what_is_nested_has_a_type,
		what_is_nested_is_checked_too,
		types_nest_three_deep,
		a_type_in_itself_is_too_deep,
	};

	return check_main("type_check", tests, CHECK_COUNT(tests));
}
