/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/flow_values - values that a client of a flow test sends and gets.
 */
#include "flow_values.h"

#include <check.h>
#include <string.h>

#include "flow_client.h"

#define IMAGE_MAX (8u << 20)

void
flow_write_value(struct flow_client *client, const struct weft_type *type,
    const void *value)
{
	static uint8_t image[IMAGE_MAX];
	size_t len;

	ck_assert_int_eq(
	    weft_pack(type, value, image, sizeof(image), &len), WEFT_OK);
	flow_write(client, image, len);
}

void
flow_read_value(
    struct flow_client *client, const struct weft_type *type, void *value)
{
	static uint8_t image[IMAGE_MAX];
	static _Alignas(16) uint8_t memory[IMAGE_MAX];
	uint32_t len;

	flow_read(client, image, 8);
	memcpy(&len, image + 4, sizeof(len));
	ck_assert_uint_le(len, sizeof(image));
	flow_read(client, image + 8, len - 8);
	ck_assert_int_eq(weft_unpack(type, (struct weft_bytes){ image, len },
			     value, memory, sizeof(memory), NULL),
	    WEFT_OK);
}
