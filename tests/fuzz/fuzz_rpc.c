/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/fuzz_rpc.c - what a hostile client can do to codec/rpc.
 */
#include "fuzz_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Groups of seven bits as the sum that they are, up to max. */
static int
naive_number(const uint8_t *data, size_t len, uint64_t max, uint64_t *value,
    size_t *used)
{
	uint64_t weight = 1;

	*value = 0;
	for (*used = 0; *used < len; weight *= 128) {
		uint8_t byte = data[(*used)++];

		if (*used == 10 && byte != 0 && byte != 1)
			return WEFT_EMALFORMED;
		*value += byte % 128 * weight;
		if (*value > max)
			return WEFT_ETOOBIG;
		if (byte < 128)
			return byte == 0 && *used > 1 ? WEFT_EMALFORMED : 1;
	}
	return WEFT_CUT_MORE;
}

static int
naive_rpc(
    const uint8_t *data, size_t len, size_t max_message, struct weft_cut *cut)
{
	uint64_t most = SIZE_MAX - 21, body, id;
	size_t head, nid = 0, have;
	int rv;

	if (max_message < most - 21)
		most = max_message + 11;
	rv = naive_number(data, len, most, &body, &head);
	if (rv <= 0)
		return rv;
	have = len - head < body ? len - head : (size_t)body;
	if (body == 0)
		return WEFT_EMALFORMED;
	if (have == 0)
		return WEFT_CUT_MORE;
	if (data[head] > 3)
		return WEFT_EMALFORMED;
	if (data[head] > 0) {
		rv = naive_number(
		    data + head + 1, have - 1, UINT64_MAX, &id, &nid);
		if (rv == WEFT_CUT_MORE && have == body)
			return WEFT_EMALFORMED;
		if (rv <= 0)
			return rv;
	}
	if (body - 1 - nid > max_message)
		return WEFT_ETOOBIG;
	if (have < body)
		return WEFT_CUT_MORE;
	cut->offset = head + 1 + nid;
	cut->len = (size_t)body - 1 - nid;
	cut->used = head + (size_t)body;
	return WEFT_CUT_MESSAGE;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_codec(&wi_codec_rpc, naive_rpc, 0, data, size);
	return 0;
}
