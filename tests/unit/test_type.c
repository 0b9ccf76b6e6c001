/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_type.c - values of declared types, packed and unpacked, with
 * libtpl as the judge of both (tpl_oracle.h).
 */
#include <errno.h>
#include <stdio.h>

#include <weft/type.h>

#include "check_main.h"
#include "random_value.h"
#include "some_types.h"
#include "tpl_oracle.h"

#define ROUNDS 300

static const struct weft_type *const all_types[] = { &login_type, &move_type,
	&inventory_type, &branch_type, &leaf_type, &zoo_type, &plain_type };

static struct random_value made = { .seed = 7 };
static _Alignas(16) uint8_t memory[1 << 18];

/* Our image of a value. */
static size_t
pack(
    const struct weft_type *type, const void *value, uint8_t *out, size_t size)
{
	size_t len;

	ck_assert_int_eq(weft_pack(type, value, out, size, &len), WEFT_OK);
	ck_assert_uint_le(len, size);
	return len;
}

/* A copy that a sanitizer sees the end of. */
static uint8_t *
exactly(const void *bytes, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);

	ck_assert_ptr_nonnull(copy);
	if (len > 0)
		memcpy(copy, bytes, len);
	return copy;
}

static int
unpack(const struct weft_type *type, const uint8_t *image, size_t len,
    void *value, struct weft_malformed *why)
{
	return weft_unpack(type, (struct weft_bytes){ image, len }, value,
	    memory, sizeof(memory), why);
}

START_TEST(images_are_those_of_libtpl_byte_for_byte)
{
	static _Alignas(16) uint8_t value[1024];
	static uint8_t image[1 << 16];
	size_t t, len, oracle_len;
	uint8_t *oracle;
	int i;

	oracle_init();
	for (t = 0; t < CHECK_COUNT(all_types); t++)
		for (i = 0; i < ROUNDS; i++) {
			made.used = 0;
			random_value(&made, all_types[t], value);
			len = pack(all_types[t], value, image, sizeof(image));
			oracle = oracle_pack(all_types[t], value, &oracle_len);
			ck_assert_uint_eq(len, oracle_len);
			ck_assert_mem_eq(image, oracle, len);
			free(oracle);
		}
}
END_TEST

START_TEST(values_are_those_that_libtpl_finds)
{
	static _Alignas(16) uint8_t value[1024], back[1024];
	size_t t, len;
	uint8_t *image;
	int i;

	oracle_init();
	for (t = 0; t < CHECK_COUNT(all_types); t++)
		for (i = 0; i < ROUNDS; i++) {
			made.used = 0;
			random_value(&made, all_types[t], value);
			image = oracle_pack(all_types[t], value, &len);
			ck_assert_int_eq(
			    unpack(all_types[t], image, len, back, NULL),
			    WEFT_OK);
			oracle_agrees(all_types[t], back, image, len);
			/* And of that the same image. */
			ck_assert_uint_eq(pack(all_types[t], back, made.memory,
					      sizeof(made.memory)),
			    len);
			ck_assert_mem_eq(made.memory, image, len);
			free(image);
		}
}
END_TEST

START_TEST(room_is_counted_before_it_is_there)
{
	static _Alignas(16) uint8_t value[1024], back[1024];
	static uint8_t image[1 << 16];
	struct weft_bytes msg = { image, 0 };
	size_t len, need, same;

	random_value(&made, &zoo_type, value);
	ck_assert_int_eq(
	    weft_pack(&zoo_type, value, NULL, 0, &need), WEFT_EFULL);
	ck_assert_int_eq(
	    weft_pack(&zoo_type, value, image, need - 1, &len), WEFT_EFULL);
	ck_assert_uint_eq(len, need);
	ck_assert_uint_eq(pack(&zoo_type, value, image, need), need);
	msg.len = need;
	ck_assert_int_eq(
	    weft_unpack_need(&zoo_type, msg, &same, NULL), WEFT_OK);
	ck_assert_uint_gt(same, 0);
	ck_assert_int_eq(
	    weft_unpack(&zoo_type, msg, back, memory, same - 1, NULL),
	    WEFT_EFULL);
	ck_assert_int_eq(
	    weft_unpack(&zoo_type, msg, back, NULL, 0, NULL), WEFT_EFULL);
	ck_assert_int_eq(
	    weft_unpack(&zoo_type, msg, back, memory, same, NULL), WEFT_OK);
}
END_TEST

START_TEST(an_image_that_is_cut_anywhere_is_refused)
{
	static _Alignas(16) uint8_t value[1024], back[1024];
	static uint8_t image[1 << 16];
	struct weft_malformed why;
	uint32_t said;
	size_t t, len, cut;
	uint8_t *copy;

	for (t = 0; t < CHECK_COUNT(all_types); t++) {
		made.used = 0;
		random_value(&made, all_types[t], value);
		len = pack(all_types[t], value, image, sizeof(image));
		for (cut = 0; cut < len; cut++) {
			copy = exactly(image, cut);
			ck_assert_int_eq(
			    unpack(all_types[t], copy, cut, back, &why),
			    WEFT_EMALFORMED);
			ck_assert(why.fault == WEFT_FAULT_MAGIC ||
			    why.fault == WEFT_FAULT_LENGTH);
			if (cut >= 8) { /* and with a length that fits */
				said = (uint32_t)cut;
				memcpy(copy + 4, &said, sizeof(said));
				ck_assert_int_eq(unpack(all_types[t], copy,
						     cut, back, &why),
				    WEFT_EMALFORMED);
				ck_assert_uint_le(why.offset, cut);
			}
			free(copy);
		}
		ck_assert_int_eq(
		    unpack(all_types[t], image, len, back, NULL), WEFT_OK);
	}
}
END_TEST

/* Whatever one bit does: refused, or libtpl finds the same value.  (Of a
 * format that is not the type's own, libtpl only says that it is not.) */
START_TEST(a_bit_that_is_wrong_does_no_harm)
{
	static _Alignas(16) uint8_t value[1024], back[1024];
	static uint8_t image[1 << 16];
	unsigned accepted = 0, refused = 0, adapted = 0;
	size_t t, len, bit;
	uint8_t *copy;

	oracle_init();
	for (t = 0; t < CHECK_COUNT(all_types); t++) {
		made.used = 0;
		random_value(&made, all_types[t], value);
		len = pack(all_types[t], value, image, sizeof(image));
		for (bit = 0; bit < 8 * len; bit++) {
			copy = exactly(image, len);
			copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
			if (unpack(all_types[t], copy, len, back, NULL) < 0) {
				refused++;
			} else if (strcmp((char *)copy + 8,
				       all_types[t]->format) == 0) {
				accepted++;
				oracle_agrees(all_types[t], back, copy, len);
			} else {
				adapted++;
			}
			free(copy);
		}
	}
	ck_assert_uint_gt(accepted, 1000);
	ck_assert_uint_gt(refused, 1000);
	ck_assert_uint_lt(adapted, 50); /* another version, as it seems */
}
END_TEST

START_TEST(both_byte_orders_are_read)
{
	static const uint8_t big[] = "tpl\3\0\0\0\x2e"
				     "suffjc\0"
				     "\0\0\0\5move"
				     "\1\2\3\4"
				     "\x3f\xf8\0\0\0\0\0\0"
				     "\xc0\0\0\0\0\0\0\0"
				     "\xff\xfe"
				     "\7";
	struct move move;

	oracle_init();
	ck_assert_int_eq(
	    unpack(&move_type, big, sizeof(big) - 1, &move, NULL), WEFT_OK);
	ck_assert_uint_eq(move.player, 0x01020304);
	ck_assert(move.x == 1.5 && move.y == -2.0);
	ck_assert_int_eq(move.heading, -2);
	ck_assert_uint_eq(move.flags, 7);
	oracle_agrees(&move_type, &move, big, sizeof(big) - 1);
}
END_TEST

START_TEST(a_list_of_the_other_byte_order_is_read)
{
	static const uint8_t big[] = "tpl\3\0\0\0\x31"
				     "iA(s)\0"
				     "\xff\xff\xff\xfe"
				     "\0\0\0\3"
				     "\0\0\0\6hello"
				     "\0\0\0\1"
				     "\0\0\0\x0bwide world";
	struct plain plain;

	oracle_init();
	ck_assert_int_eq(
	    unpack(&plain_type, big, sizeof(big) - 1, &plain, NULL), WEFT_OK);
	ck_assert_int_eq(plain.number, -2);
	ck_assert_uint_eq(plain.words.len, 3);
	ck_assert_str_eq(plain.words.at[0], "hello");
	ck_assert_str_eq(plain.words.at[1], "");
	ck_assert_str_eq(plain.words.at[2], "wide world");
	oracle_agrees(&plain_type, &plain, big, sizeof(big) - 1);
}
END_TEST

START_TEST(null_is_sent_as_libtpl_does_and_received_as_empty)
{
	const struct login sent = { NULL, "x" };
	uint8_t image[64];
	struct login got;
	uint8_t *oracle;
	size_t len, n;

	oracle_init();
	len = pack(&login_type, &sent, image, sizeof(image));
	oracle = oracle_pack(&login_type, &sent, &n);
	ck_assert_uint_eq(n, len);
	ck_assert_mem_eq(oracle, image, n);
	free(oracle);
	ck_assert_int_eq(unpack(&login_type, image, len, &got, NULL), WEFT_OK);
	ck_assert_str_eq(got.user, "");
	ck_assert_str_eq(got.password, "x");
}
END_TEST

START_TEST(what_has_a_length_but_no_place_is_not_packed)
{
	const struct inventory list = { .slots = { NULL, 1 } };
	const struct plain array = { .words = { NULL, 1 } };
	struct zoo zoo = { .blob = { NULL, 1 } };
	uint8_t image[1024];
	size_t len;

	ck_assert_int_eq(
	    weft_pack(&inventory_type, &list, image, sizeof(image), &len),
	    -EINVAL);
	ck_assert_int_eq(
	    weft_pack(&plain_type, &array, image, sizeof(image), &len),
	    -EINVAL);
	ck_assert_int_eq(
	    weft_pack(&zoo_type, &zoo, image, sizeof(image), &len), -EINVAL);
	zoo.blob.len = 0;
	ck_assert_int_eq(
	    weft_pack(&zoo_type, &zoo, image, sizeof(image), &len), WEFT_OK);
}
END_TEST

START_TEST(every_fault_has_a_name_and_a_text)
{
	ck_assert_str_eq(
	    weft_fault_name(WEFT_FAULT_OLD_STRINGS), "old-strings");
	ck_assert_str_eq(
	    weft_fault_text(WEFT_FAULT_SHORT), "it ends within a member");
	ck_assert_str_eq(weft_fault_name((enum weft_fault)99), "?");
	ck_assert_str_eq(weft_fault_text((enum weft_fault)99), "?");
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		images_are_those_of_libtpl_byte_for_byte,
		values_are_those_that_libtpl_finds,
		room_is_counted_before_it_is_there,
		an_image_that_is_cut_anywhere_is_refused,
		a_bit_that_is_wrong_does_no_harm,
		both_byte_orders_are_read,
		a_list_of_the_other_byte_order_is_read,
		null_is_sent_as_libtpl_does_and_received_as_empty,
		what_has_a_length_but_no_place_is_not_packed,
		every_fault_has_a_name_and_a_text,
	};

	return check_main("type", tests, CHECK_COUNT(tests));
}
