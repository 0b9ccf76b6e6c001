/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/fuzz_varint.c - what a hostile client can do to codec/varint.
 */
#include "fuzz_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Groups of seven bits as the sum that they are; the tenth is one bit, so the
 * sum can not overflow. */
static int
naive_varint(
    const uint8_t *data, size_t len, size_t max_message, struct weft_cut *cut)
{
	uint64_t weight = 1;
	uint64_t value = 0;
	size_t n;

	for (n = 0; n < len; n++, weight *= 128) {
		if (n == 9 && data[n] != 0 && data[n] != 1)
			return WEFT_EMALFORMED;
		value += data[n] % 128 * weight;
		if (value > max_message || value > SIZE_MAX - 10)
			return WEFT_ETOOBIG;
		if (data[n] >= 128)
			continue;
		if (data[n] == 0 && n != 0)
			return WEFT_EMALFORMED;
		if (len - (n + 1) < value)
			return WEFT_CUT_MORE;
		cut->offset = n + 1;
		cut->len = (size_t)value;
		cut->used = n + 1 + (size_t)value;
		return WEFT_CUT_MESSAGE;
	}
	return WEFT_CUT_MORE;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_codec(&wi_codec_varint, naive_varint, 1, data, size);
	return 0;
}
