/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/fuzz_type.c - what a hostile client can do to weft_unpack().
 *
 * The first byte of an input chooses the type, the rest is an image.
 *
 * Checked besides what the sanitizers see:
 * - weft_unpack_need() says the same, and what it says is needed is needed;
 * - the value packed and unpacked again is the same value, and packed once
 *   more the same image;
 * - where the format is the type's own, libtpl finds the same value, and makes
 *   the same image of it; and that is the image that came, if it was of this
 *   machine's byte order, but that NULL has become "".
 */
#include "fuzz_image.h"

#define ORACLE_FAIL(...)                                                      \
	do {                                                                  \
		fprintf(stderr, __VA_ARGS__);                                 \
		fprintf(stderr, "\n");                                        \
		abort();                                                      \
	} while (0)

#include "../unit/same_value.h"
#include "../unit/some_types.h"
#include "../unit/tpl_oracle.h"

static const struct weft_type *const types[] = { &login_type, &move_type,
	&inventory_type, &plain_type, &leaf_type, &branch_type, &zoo_type };

/* Unpacked and packed, the image of a value is what it was. */
static void
is_packed_again(const struct weft_type *type, struct weft_bytes image,
    const struct fuzz_value *made)
{
	struct fuzz_value again = { NULL, NULL, 0 };
	struct weft_malformed why;
	struct weft_bytes twice;

	CHECK(fuzz_unpack(type, image, &again, &why));
	CHECK(same_value(type, made->value, type, again.value, true));
	twice = fuzz_pack(type, again.value);
	CHECK(twice.len == image.len);
	CHECK(memcmp(twice.data, image.data, image.len) == 0);
	fuzz_free_image(twice);
	fuzz_free(&again);
}

/* The same image but for a string's length: 0 is NULL, and 1 is "". */
static void
is_image_but_null(struct weft_bytes image, struct weft_bytes packed)
{
	static const uint8_t null[4] = { 0, 0, 0, 0 }, empty[4] = { 1, 0, 0 };
	size_t i;

	CHECK(packed.len == image.len);
	for (i = 0; i < image.len; i++) {
		if (fuzz_byte(image, i) == fuzz_byte(packed, i))
			continue;
		CHECK(image.len - i >= 4);
		CHECK(memcmp((const uint8_t *)image.data + i, null, 4) == 0);
		CHECK(memcmp((const uint8_t *)packed.data + i, empty, 4) == 0);
		i += 3;
	}
}

static void
is_that_of_libtpl(const struct weft_type *type, struct weft_bytes image,
    const struct fuzz_value *made, struct weft_bytes packed)
{
	uint8_t *copy = fuzz_malloc(image.len), *theirs;
	size_t len;

	memcpy(copy, image.data, image.len);
	oracle_agrees(type, made->value, copy, image.len);
	free(copy);
	theirs = oracle_pack(type, made->value, &len);
	CHECK(len == packed.len);
	CHECK(memcmp(theirs, packed.data, len) == 0);
	free(theirs);
	if (fuzz_byte(image, 3) == fuzz_byte(packed, 3))
		is_image_but_null(image, packed);
}

size_t
LLVMFuzzerCustomMutator(
    uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	return fuzz_mutate_image(data, size, max_size, seed, 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct weft_bytes image = { data + 1, size - 1 };
	const struct weft_type *type;
	struct fuzz_value made;
	struct weft_malformed why;
	struct weft_bytes packed;

	if (size == 0)
		return 0;
	if (tpl_hook.fatal != oracle_fatal)
		oracle_init();
	type = types[data[0] % (sizeof(types) / sizeof(types[0]))];
	if (!fuzz_unpack(type, image, &made, &why))
		return 0;
	packed = fuzz_pack(type, made.value);
	is_packed_again(type, packed, &made);
	/* Of the flags all but the byte order are as we write them. */
	if (fuzz_is_format(image, type->format) &&
	    ((fuzz_byte(image, 3) ^ fuzz_byte(packed, 3)) & ~1) == 0)
		is_that_of_libtpl(type, image, &made, packed);
	fuzz_free_image(packed);
	fuzz_free(&made);
	return 0;
}
