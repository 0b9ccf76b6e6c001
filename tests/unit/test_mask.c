/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_mask.c - codec/mask.h against RFC 6455, section 5.3, as it
 * is written there.
 */
#include "codec/mask.h"

#include <stdlib.h>

#include "check_main.h"
#include "check_random.h"

#define LONGEST 200u
#define OFFSETS 8u
#define ROOM (LONGEST + OFFSETS)

static const uint8_t keys[][4] = { { 0x37, 0xfa, 0x21, 0x3d }, { 0, 0, 0, 0 },
	{ 0xff, 0, 0, 1 }, { 0x80, 0x01, 0xfe, 0x7f } };

/* "j = i MOD 4, transformed-octet-i = original-octet-i XOR
 * masking-key-octet-j" */
static void
by_the_rfc(uint8_t *bytes, size_t len, const uint8_t key[4])
{
	size_t i;

	for (i = 0; i < len; i++)
		bytes[i] = (uint8_t)(bytes[i] ^ key[i % 4]);
}

static void
random_bytes(uint64_t *random, uint8_t *out, size_t len)
{
	while (len > 0)
		out[--len] = (uint8_t)(check_random(random) >> 32);
}

START_TEST(hello_of_section_5_7_is_masked_as_there)
{
	static const uint8_t masked[] = { 0x7f, 0x9f, 0x4d, 0x51, 0x58 };
	uint8_t out[5];

	wi_mask_copy(out, (const uint8_t *)"Hello", 5, keys[0]);
	ck_assert_mem_eq(out, masked, 5);
	wi_mask_copy(out, out, 5, keys[0]);
	ck_assert_mem_eq(out, "Hello", 5);
}
END_TEST

/* Nothing is written before or behind, wherever both lie. */
START_TEST(any_length_at_any_alignment_is_copied_masked)
{
	uint8_t from[ROOM], out[ROOM], expected[ROOM];
	uint64_t random = 53;
	size_t len, a, b, i;

	for (len = 0; len <= LONGEST; len++)
		for (a = 0; a < OFFSETS; a++)
			for (b = 0; b < OFFSETS; b++) {
				const uint8_t *key =
				    keys[(len + a + b) % CHECK_COUNT(keys)];

				random_bytes(&random, from + a, len);
				memset(out, 0x5a, ROOM);
				memset(expected, 0x5a, ROOM);
				for (i = 0; i < len; i++)
					expected[b + i] = from[a + i];
				by_the_rfc(expected + b, len, key);
				wi_mask_copy(out + b, from + a, len, key);
				check_holds(memcmp(out, expected, ROOM) == 0);
			}
}
END_TEST

START_TEST(any_length_at_any_alignment_is_masked_in_place)
{
	uint8_t bytes[ROOM], expected[ROOM];
	uint64_t random = 54;
	size_t len, a;

	for (len = 0; len <= LONGEST; len++)
		for (a = 0; a < OFFSETS; a++) {
			const uint8_t *key =
			    keys[(len + a) % CHECK_COUNT(keys)];

			random_bytes(&random, bytes, ROOM);
			memcpy(expected, bytes, ROOM);
			by_the_rfc(expected + a, len, key);
			wi_mask_copy(bytes + a, bytes + a, len, key);
			check_holds(memcmp(bytes, expected, ROOM) == 0);
		}
}
END_TEST

/* In blocks of their size: a sanitizer sees one byte too many.  The key may
 * lie right before what it masks, as in a frame. */
START_TEST(no_byte_beside_payload_and_key_is_touched)
{
	size_t len;

	for (len = 0; len <= LONGEST; len++) {
		uint8_t *frame = malloc(4 + len), *out = malloc(len + !len);

		ck_assert(frame != NULL && out != NULL);
		memcpy(frame, keys[3], 4);
		memset(frame + 4, 'm', len);
		wi_mask_copy(out, frame + 4, len, frame);
		wi_mask_copy(frame + 4, frame + 4, len, frame);
		ck_assert_mem_eq(frame, keys[3], 4);
		check_holds(len == 0 || memcmp(out, frame + 4, len) == 0);
		by_the_rfc(out, len, keys[3]);
		check_holds(len == 0 ||
		    (out[0] == 'm' && memcmp(out, out + 1, len - 1) == 0));
		free(frame);
		free(out);
	}
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		hello_of_section_5_7_is_masked_as_there,
		any_length_at_any_alignment_is_copied_masked,
		any_length_at_any_alignment_is_masked_in_place,
		no_byte_beside_payload_and_key_is_touched,
	};

	return check_main("mask", tests, CHECK_COUNT(tests));
}
