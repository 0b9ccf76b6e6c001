/* SPDX-License-Identifier: Apache-2.0 */
/* Receives a type without a name, and sends it back. */
#include "fixture.h"

#define plain_MEMBERS(M)                                                      \
	M(i32, number)                                                        \
	M(array, words, str)
WEFT_TYPE_BARE(plain);

static void
on_plain(struct weft_call *call, weft_endpoint from, const struct plain *plain)
{
	(void)plain_send(call, from, plain);
}

static const struct weft_on receives[] = {
	WEFT_ON(plain, on_plain),
	WEFT_ON_END,
};

WEFT_PLUGIN(.name = "bare", .receives = receives);
