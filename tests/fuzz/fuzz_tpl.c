/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/fuzz_tpl.c - what a hostile client can do to codec/tpl.
 */
#include "fuzz_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Byte by byte: three are given, one is small, and the last four of a head
 * have a weight in the length. */
static int
naive_tpl(
    const uint8_t *data, size_t len, size_t max_message, struct weft_cut *cut)
{
	static const uint64_t weights[] = { 1, 256, 65536, 16777216 };
	static const uint8_t magic[] = { 0x74, 0x70, 0x6c };
	uint64_t value = 0;
	size_t n;

	for (n = 0; n < 8 && n < len; n++) {
		if (n < 3 && data[n] != magic[n])
			return WEFT_EMALFORMED;
		if (n == 3 && data[n] > 3)
			return WEFT_EMALFORMED;
		if (n > 3)
			value += data[n] *
			    weights[data[3] % 2 == 1 ? 7 - n : n - 4];
		if (value > max_message)
			return WEFT_ETOOBIG;
	}
	if (n < 8)
		return WEFT_CUT_MORE;
	if (value < 9)
		return WEFT_EMALFORMED;
	if (len < value)
		return WEFT_CUT_MORE;
	cut->len = (size_t)value;
	cut->used = cut->len;
	return WEFT_CUT_MESSAGE;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_codec(&wi_codec_tpl, naive_tpl, 1, data, size);
	return 0;
}
