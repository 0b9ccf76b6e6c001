/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/fuzz_u16.c - what a hostile client can do to codec/u16.
 */
#include "fuzz_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The length as the sum that it is; what has not come counts nothing. */
static int
naive_u16(
    const uint8_t *data, size_t len, size_t max_message, struct weft_cut *cut)
{
	uint64_t value = 0;
	size_t n;

	for (n = 0; n < 2; n++) {
		value *= 256;
		if (n < len)
			value += data[n];
	}
	if (value > max_message)
		return WEFT_ETOOBIG;
	if (len < 2 || len - 2 < value)
		return WEFT_CUT_MORE;
	cut->offset = 2;
	cut->len = (size_t)value;
	cut->used = 2 + cut->len;
	return WEFT_CUT_MESSAGE;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_codec(&wi_codec_u16, naive_u16, 1, data, size);
	return 0;
}
