/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_type_versions.c - values that an older or a newer program
 * has sent.
 */
#include <weft/type.h>

#include "check_main.h"
#include "read_versions.h"
#include "type/check.h"

/* As version 1 writes it: ("offer") 3, {1.5, -2}, {{"rope", 2}, {"", 0}}. */
static const uint8_t image1[] = "tpl\2\x4b\0\0\0sUffA(su)\0"
				"\6\0\0\0offer"
				"\3\0\0\0\0\0\0\0"
				"\0\0\0\0\0\0\xf8\x3f\0\0\0\0\0\0\0\xc0"
				"\2\0\0\0"
				"\5\0\0\0rope\2\0\0\0"
				"\1\0\0\0\0\0\0\0";

/* And version 2: things of 5 t and of -1 g, urgency 9, "soon", 0.5, one extra
 * thing, the seal "ab", the code 1, 2, 3, the tag "new", and {0, 1}. */
static const uint8_t image2[] =
    "tpl\2\xbf\0\0\0sUffA(sujs)usfA(sujs)Bc#A(s)ff\0"
    "\3\0\0\0"
    "\6\0\0\0offer"
    "\3\0\0\0\0\0\0\0"
    "\0\0\0\0\0\0\xf8\x3f\0\0\0\0\0\0\0\xc0"
    "\2\0\0\0"
    "\5\0\0\0rope\2\0\0\0\5\0\2\0\0\0t"
    "\1\0\0\0\0\0\0\0\xff\xff\2\0\0\0g"
    "\x9\0\0\0"
    "\5\0\0\0soon"
    "\0\0\0\0\0\0\xe0\x3f"
    "\1\0\0\0"
    "\4\0\0\0bag\1\0\0\0\4\0\0\0\0\0"
    "\2\0\0\0ab"
    "\1\2\3"
    "\1\0\0\0\4\0\0\0new"
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xf0\x3f";

START_TEST(each_version_reads_its_own)
{
	const struct weft_type old = version_of_offer(&offer1_type);
	const struct weft_type newer = version_of_offer(&offer2_type);
	struct offer1 one;
	struct offer2 two;

	/* The fixture: two types as WEFT_TYPE() makes them. */
	ck_assert_int_eq(wi_type_check(&old, NULL), WEFT_OK);
	ck_assert_int_eq(wi_type_check(&newer, NULL), WEFT_OK);

	ck_assert_int_eq(
	    read_offer(&offer1_type, image1, sizeof(image1) - 1, &one),
	    WEFT_OK);
	is_offer1(&one);
	ck_assert_int_eq(
	    read_offer(&offer2_type, image2, sizeof(image2) - 1, &two),
	    WEFT_OK);
	ck_assert_int_eq(two.things.at[0].weight, 5);
	ck_assert_str_eq(two.things.at[0].unit, "t");
	ck_assert_int_eq(two.things.at[1].weight, -1);
	ck_assert_str_eq(two.things.at[1].unit, "g");
	ck_assert_uint_eq(two.urgency, 9);
	ck_assert_str_eq(two.note, "soon");
	ck_assert(two.rate == 0.5);
	ck_assert_uint_eq(two.extras.len, 1);
	ck_assert_str_eq(two.extras.at[0].name, "bag");
	ck_assert_int_eq(two.extras.at[0].weight, 4);
	ck_assert_str_eq(two.extras.at[0].unit, "");
	ck_assert_uint_eq(two.seal.len, 2);
	ck_assert_mem_eq(two.seal.data, "ab", 2);
	ck_assert_mem_eq(two.code, "\1\2\3", 3);
	ck_assert_str_eq(two.tags.at[0], "new");
	ck_assert(two.to.x == 0 && two.to.y == 1);
}
END_TEST

START_TEST(who_knows_more_finds_defaults)
{
	struct offer2 offer;

	ck_assert_int_eq(
	    read_offer(&offer2_type, image1, sizeof(image1) - 1, &offer),
	    WEFT_OK);
	is_offer2_of_version_1(&offer);
}
END_TEST

START_TEST(who_knows_fewer_ignores_the_rest)
{
	struct offer1 offer;

	ck_assert_int_eq(
	    read_offer(&offer1_type, image2, sizeof(image2) - 1, &offer),
	    WEFT_OK);
	is_offer1(&offer);
}
END_TEST

START_TEST(the_rest_is_checked_though_it_is_ignored)
{
	uint8_t image[sizeof(image2) - 1];
	struct offer1 offer;

	memcpy(image, image2, sizeof(image));
	ck_assert_uint_eq(image[sizeof(image) - 27], 1); /* how many tags */
	image[sizeof(image) - 27] = 2;
	ck_assert_int_eq(
	    read_offer(&offer1_type, image, sizeof(image), &offer),
	    WEFT_EMALFORMED);
	ck_assert_int_eq(why.fault, WEFT_FAULT_SHORT);
	image[sizeof(image) - 27] = 0; /* then 7 bytes are too many */
	ck_assert_int_eq(
	    read_offer(&offer1_type, image, sizeof(image), &offer),
	    WEFT_EMALFORMED);
	ck_assert_int_eq(why.fault, WEFT_FAULT_LONG);
}
END_TEST

START_TEST(a_name_alone_is_a_value_of_defaults)
{
	static const uint8_t image[] = "tpl\2\x13\0\0\0s\0\6\0\0\0offer";
	struct offer2 offer;

	ck_assert_int_eq(
	    read_offer(&offer2_type, image, sizeof(image) - 1, &offer),
	    WEFT_OK);
	ck_assert_uint_eq(offer.price, 0);
	ck_assert(offer.at.x == 0 && offer.at.y == 0);
	ck_assert_uint_eq(offer.things.len, 0);
	ck_assert_uint_eq(offer.urgency, 7);
	ck_assert_str_eq(offer.note, "none");
	ck_assert(offer.rate == 1.5);
}
END_TEST

START_TEST(the_other_byte_order_has_versions_too)
{
	static const uint8_t image[] = "tpl\3\0\0\0\x3f"
				       "sUffA(su)\0"
				       "\0\0\0\6offer"
				       "\0\0\0\0\0\0\0\3"
				       "\x3f\xf8\0\0\0\0\0\0"
				       "\xc0\0\0\0\0\0\0\0"
				       "\0\0\0\1"
				       "\0\0\0\0\0\0\0\4";
	struct offer2 offer;

	ck_assert_int_eq(
	    read_offer(&offer2_type, image, sizeof(image) - 1, &offer),
	    WEFT_OK);
	ck_assert_uint_eq(offer.price, 3);
	ck_assert_uint_eq(offer.things.at[0].count, 4);
	ck_assert_int_eq(offer.things.at[0].weight, -3);
	ck_assert_uint_eq(offer.urgency, 7);
}
END_TEST

/* ---- what is no append */

/* An image of these letters behind the name, and of data that is all 1. */
static size_t
image_of_ones(uint8_t *image, size_t size, const char *letters, uint32_t ndims)
{
	static const uint8_t offer[] = "\6\0\0\0offer";
	size_t len = 8;
	uint32_t whole;

	ck_assert_uint_gt(size, 200);
	memset(image, 1, size);
	memcpy(image, "tpl\2", 4);
	image[len++] = 's';
	memcpy(image + len, letters, strlen(letters) + 1);
	len += strlen(letters) + 1;
	for (; ndims > 0; ndims--, len += 4)
		memcpy(image + len, "\3\0\0\0", 4);
	memcpy(image + len, offer, sizeof(offer) - 1);
	len += sizeof(offer) - 1;
	whole = (uint32_t)size;
	memcpy(image + 4, &whole, sizeof(whole));
	return len; /* where the members begin */
}

static void
is_refused(const char *letters, uint32_t ndims, enum weft_fault fault,
    const char *member)
{
	static const uint8_t one[4] = { 1, 0, 0, 0 };
	struct offer2 offer;
	uint8_t image[400];
	size_t at;

	at = image_of_ones(image, sizeof(image), letters, ndims);
	/* One thing, where its list should be. */
	memcpy(image + at + 24, one, sizeof(one));
	memcpy(image + at + 28, one, sizeof(one)); /* whose name is "" */
	ck_assert_int_eq(
	    read_offer(&offer2_type, image, sizeof(image), &offer),
	    WEFT_EMALFORMED);
	if (why.fault != fault)
		ck_abort_msg("%s: expected %s, found %s", letters,
		    weft_fault_name(fault), weft_fault_name(why.fault));
	ck_assert_pstr_eq(why.member, member);
	ck_assert_str_eq(why.type, "offer");
}

START_TEST(a_kind_that_changed_is_a_mismatch_with_the_members_name)
{
	const enum weft_fault is = WEFT_FAULT_MISMATCH;

	/* The fixture: of that only the end is wrong, with bytes too many. */
	is_refused("UffA(suj)", 0, WEFT_FAULT_LONG, NULL);
	is_refused("IffA(su)", 0, is, "price");
	is_refused("UfIA(su)", 0, is, "y");
	is_refused("UffA(sU)", 0, is, "count");
	is_refused("UffA(Bu)", 0, is, "name");
	is_refused("Uffs", 0, is, "things");
	is_refused("UffA(sujs#)", 1, is, "unit");
	is_refused("UffA(suv)", 0, is, "weight");
	is_refused("Uf#A(su)", 1, is, "x");
	is_refused("UffS(su)", 0, is, "things");
	is_refused("US(ff)#A(su)", 1, is, "at");
}
END_TEST

START_TEST(a_member_removed_in_the_middle_is_a_mismatch)
{
	is_refused("UA(su)", 0, WEFT_FAULT_MISMATCH, "x");
	is_refused("ffA(su)", 0, WEFT_FAULT_MISMATCH, "price");
	is_refused("UffA(u)", 0, WEFT_FAULT_MISMATCH, "name");
	is_refused("Uffusf", 0, WEFT_FAULT_MISMATCH, "things");
}
END_TEST

/* The code has three, where the image says so of another count. */
START_TEST(an_array_of_another_length_is_a_fault_of_its_own)
{
	uint8_t image[sizeof(image2)];
	struct offer2 offer;
	struct offer1 older;
	uint32_t whole = sizeof(image);
	size_t dims = 8 + strlen((const char *)image2 + 8) + 1;

	/* In the version's own format. */
	memcpy(image, image2, sizeof(image2) - 1);
	ck_assert_uint_eq(image[dims], 3);
	image[dims] = 4;
	ck_assert_int_eq(
	    read_offer(&offer2_type, image, sizeof(image2) - 1, &offer),
	    WEFT_EMALFORMED);
	ck_assert_int_eq(why.fault, WEFT_FAULT_DIMS);
	ck_assert_uint_eq(why.offset, dims);

	/* And in a format that goes on with a byte, of the rest. */
	memcpy(image, image2, dims - 1);
	memcpy(image + dims - 1, "c\0\4\0\0\0", 6);
	memcpy(image + dims + 5, image2 + dims + 4,
	    sizeof(image2) - 1 - (dims + 4));
	memcpy(image + 4, &whole, sizeof(whole));
	ck_assert_int_eq(
	    read_offer(&offer2_type, image, sizeof(image), &offer),
	    WEFT_EMALFORMED);
	ck_assert_int_eq(why.fault, WEFT_FAULT_DIMS);
	ck_assert_str_eq(why.member, "code");
	/* Who does not know it passes four bytes by, one of them of the count
	 * of tags. */
	ck_assert_int_eq(
	    read_offer(&offer1_type, image, sizeof(image), &older),
	    WEFT_EMALFORMED);
	ck_assert_int_eq(why.fault, WEFT_FAULT_COUNT);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		each_version_reads_its_own,
		who_knows_more_finds_defaults,
		who_knows_fewer_ignores_the_rest,
		the_rest_is_checked_though_it_is_ignored,
		a_name_alone_is_a_value_of_defaults,
		the_other_byte_order_has_versions_too,
		a_kind_that_changed_is_a_mismatch_with_the_members_name,
		a_member_removed_in_the_middle_is_a_mismatch,
		an_array_of_another_length_is_a_fault_of_its_own,
	};

	return check_main("type_versions", tests, CHECK_COUNT(tests));
}
