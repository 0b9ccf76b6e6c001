/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Receives types, sends types, and has no message(): order, which has all that
 * a type may have, is sent back; ask is answered as its text says, with what
 * the plugin says it sends, or with what it does not.  Its load() refuses if
 * $WEFT_TEST_NO_LOAD is set.
 */
#include "fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define spot_MEMBERS(M)                                                       \
	M(f64, x)                                                             \
	M(f64, y, 0.5)
WEFT_TYPE(spot);

#define item_MEMBERS(M)                                                       \
	M(str, name, "thing")                                                 \
	M(u32, count, 1)                                                      \
	M(fixed, color, u8, 3)
WEFT_TYPE(item);

#define order_MEMBERS(M)                                                      \
	M(u8, a)                                                              \
	M(i16, b, -3)                                                         \
	M(u16, c)                                                             \
	M(i32, d)                                                             \
	M(u32, e, 4000000000u)                                                \
	M(i64, f)                                                             \
	M(u64, g, UINT64_MAX)                                                 \
	M(f64, h, 0.1)                                                        \
	M(str, text, "none")                                                  \
	M(bytes, blob)                                                        \
	M(array, sizes, i16)                                                  \
	M(array, names, str)                                                  \
	M(array, blobs, bytes)                                                \
	M(nested, at, spot)                                                   \
	M(list, items, item)
WEFT_TYPE_LIMITED(order, 8, 4096);

#define ask_MEMBERS(M) M(str, how)
WEFT_TYPE(ask);

#define answer_MEMBERS(M)                                                     \
	M(str, text, "yes")                                                   \
	M(u64, number)
WEFT_TYPE(answer);

/* Not said to be sent. */
#define ghost_MEMBERS(M) M(u32, number)
WEFT_TYPE(ghost);

static void
on_order(struct weft_call *call, weft_endpoint from, const struct order *order)
{
	(void)order_send(call, from, order);
}

/* An answer that ends within its text. */
static void
send_cut(struct weft_call *call, weft_endpoint from)
{
	const struct answer answer = { "cut", 7 };
	uint32_t len;
	uint8_t image[64];
	size_t size;

	if (weft_pack(&answer_type, &answer, image, sizeof(image), &size) < 0)
		return;
	len = (uint32_t)size - 9;
	memcpy(image + 4, &len, sizeof(len));
	(void)weft_send(call, from, (struct weft_bytes){ image, len });
}

static void
on_ask(struct weft_call *call, weft_endpoint from, const struct ask *ask)
{
	const struct answer answer = { ask->how, strlen(ask->how) };
	const struct ghost ghost = { 7 };

	if (strcmp(ask->how, "ghost") == 0)
		(void)ghost_send(call, from, &ghost);
	else if (strcmp(ask->how, "cut") == 0)
		send_cut(call, from);
	else if (strcmp(ask->how, "text") == 0)
		(void)weft_send(
		    call, from, (struct weft_bytes){ "\033[1mhello", 9 });
	else
		(void)answer_send(call, from, &answer);
}

static int
load(struct weft_load *load, void **state)
{
	(void)state;
	if (getenv("WEFT_TEST_NO_LOAD") != NULL)
		return weft_load_fail(load, -EPERM, "load() has run");
	return WEFT_OK;
}

static const struct weft_on receives[] = {
	WEFT_ON(order, on_order),
	WEFT_ON(ask, on_ask),
	WEFT_ON_END,
};

static const struct weft_type *const sends[] = {
	&answer_type,
	&order_type,
	NULL,
};

WEFT_PLUGIN(.name = "shop", .version = "1.2", .load = load,
    .receives = receives, .sends = sends);
