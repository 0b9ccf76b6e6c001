/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/fuzz_image.h - what the fuzzers of tpl images share.
 *
 * An input is an image (behind so many bytes as a fuzzer needs to choose).
 * Its length would be wrong after nearly each change to it, and nothing else
 * would be seen then: so mostly it is mended.
 */
#ifndef TESTS_FUZZ_IMAGE_H
#define TESTS_FUZZ_IMAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/error.h>
#include <weft/type.h>

#include "../unit/generic_walk.h"

#define CHECK(condition)                                                      \
	do {                                                                  \
		if (!(condition)) {                                           \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__,    \
			    #condition);                                      \
			abort();                                              \
		}                                                             \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(
    uint8_t *data, size_t size, size_t max_size, unsigned seed);

/* libFuzzer's own. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/* The length as the flags want it, in seven of eight. */
static inline size_t
fuzz_mutate_image(
    uint8_t *data, size_t size, size_t max_size, unsigned seed, size_t choice)
{
	uint8_t *image = data + choice;
	size_t i, len;

	size = LLVMFuzzerMutate(data, size, max_size);
	if (size < choice + 8 || seed % 8 == 0)
		return size;
	len = size - choice;
	for (i = 0; i < 4; i++)
		image[4 + ((image[3] & 1) != 0 ? 3 - i : i)] =
		    (uint8_t)(len >> 8 * i);
	return size;
}

/* owned by: the fuzzer; fuzz_free(). */
struct fuzz_value {
	uint8_t *value;
	void *memory;
	size_t need; /* [bytes] of it */
};

static inline void
fuzz_free(struct fuzz_value *made)
{
	free(made->value);
	free(made->memory);
}

/* Exactly as much, so that a sanitizer sees the end. */
static inline void *
fuzz_malloc(size_t size)
{
	void *memory = size > 0 ? malloc(size) : NULL;

	CHECK(size == 0 || memory != NULL);
	return memory;
}

/* Both doors say the same of an image that is refused. */
static inline void
fuzz_is_refused(const struct weft_type *type, struct weft_bytes image,
    uint8_t *value, const struct weft_malformed *why)
{
	static _Alignas(16) uint8_t memory[4 << 20];
	struct weft_malformed again;
	int rv;

	CHECK(why->fault != WEFT_FAULT_NONE);
	CHECK(strcmp(weft_fault_name(why->fault), "?") != 0);
	CHECK(why->offset <= image.len || why->fault == WEFT_FAULT_LENGTH);
	CHECK(why->member == NULL || why->type == type->name);
	CHECK(why->msg.data == image.data && why->msg.len == image.len);
	rv = weft_unpack(type, image, value, memory, sizeof(memory), &again);
	CHECK(rv == WEFT_EMALFORMED);
	CHECK(again.fault == why->fault && again.offset == why->offset);
	CHECK(again.type == why->type && again.member == why->member);
	rv = weft_unpack(type, image, value, NULL, 0, NULL);
	CHECK(rv == WEFT_EMALFORMED || rv == WEFT_EFULL);
}

/*
 * fuzz_unpack() - by both doors, into no byte more than is needed; what is
 * taken is a whole image also to who does not know the type.
 *
 *   returns           false: refused, see why; nothing is to be freed.
 */
static inline bool
fuzz_unpack(const struct weft_type *type, struct weft_bytes image,
    struct fuzz_value *made, struct weft_malformed *why)
{
	uint32_t offset;
	void *less;
	int rv;

	made->value = fuzz_malloc(type->value_size);
	memset(made->value, 0xa5, type->value_size);
	rv = weft_unpack_need(type, image, &made->need, why);
	if (rv < 0) {
		CHECK(rv == WEFT_EMALFORMED);
		fuzz_is_refused(type, image, made->value, why);
		free(made->value);
		return false;
	}
	CHECK(generic_walk(image, &offset) == WEFT_FAULT_NONE);
	CHECK(offset == image.len && made->need <= 4 << 20);
	if (made->need > 0) {
		less = fuzz_malloc(made->need - 1);
		CHECK(weft_unpack(type, image, made->value, less,
			  made->need - 1, NULL) == WEFT_EFULL);
		free(less);
	}
	made->memory = fuzz_malloc(made->need);
	CHECK(weft_unpack(type, image, made->value, made->memory, made->need,
		  why) == WEFT_OK);
	return true;
}

/* fuzz_pack() - the image of a value; fuzz_free_image(). */
static inline struct weft_bytes
fuzz_pack(const struct weft_type *type, const void *value)
{
	struct weft_bytes image;
	size_t len;
	uint8_t *out;

	CHECK(weft_pack(type, value, NULL, 0, &image.len) == WEFT_EFULL);
	out = fuzz_malloc(image.len);
	CHECK(weft_pack(type, value, out, image.len - 1, &len) == WEFT_EFULL);
	CHECK(weft_pack(type, value, out, image.len, &len) == WEFT_OK);
	CHECK(len == image.len);
	image.data = out;
	return image;
}

static inline uint8_t
fuzz_byte(struct weft_bytes image, size_t at)
{
	return ((const uint8_t *)image.data)[at];
}

static inline void
fuzz_free_image(struct weft_bytes image)
{
	free((void *)(uintptr_t)image.data);
}

/* fuzz_is_format() - is that what stands in an image that was accepted? */
static inline bool
fuzz_is_format(struct weft_bytes image, const char *format)
{
	return strcmp((const char *)image.data + 8, format) == 0;
}

#endif
