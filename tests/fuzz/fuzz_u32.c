/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/fuzz_u32.c - what a hostile client can do to codec/u32.
 */
#include "fuzz_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The length as the sum that it is; what has not come counts nothing. */
static int
naive_u32(
    const uint8_t *data, size_t len, size_t max_message, struct weft_cut *cut)
{
	uint64_t value = 0;
	size_t n;

	for (n = 0; n < 4; n++) {
		value *= 256;
		if (n < len)
			value += data[n];
	}
	if (value > max_message)
		return WEFT_ETOOBIG;
	if (len < 4 || len - 4 < value)
		return WEFT_CUT_MORE;
	cut->offset = 4;
	cut->len = (size_t)value;
	cut->used = 4 + cut->len;
	return WEFT_CUT_MESSAGE;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_codec(&wi_codec_u32, naive_u32, 1, data, size);
	return 0;
}
