/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/fuzz_line.c - what a hostile client can do to codec/line.
 */
#include "fuzz_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Byte by byte: how much text there is for certain, where a CR counts as text
 * once something else than LF follows it. */
static int
naive_line(
    const uint8_t *data, size_t len, size_t max_message, struct weft_cut *cut)
{
	size_t text = 0;
	int held = 0; /* a CR that may yet be part of the ending */
	size_t n;

	for (n = 0; n < len; n++) {
		if (data[n] == '\n') {
			cut->len = text;
			cut->used = n + 1;
			return WEFT_CUT_MESSAGE;
		}
		if (held)
			text++;
		held = data[n] == '\r';
		if (!held)
			text++;
		if (text > max_message)
			return WEFT_ETOOBIG;
	}
	return WEFT_CUT_MORE;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_codec(&wi_codec_line, naive_line, 0, data, size);
	return 0;
}
