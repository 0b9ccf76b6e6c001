/* SPDX-License-Identifier: Apache-2.0 */
/* Echoes the values that "weft bench tcp+tpl://" sends: unpacked and packed
 * again. */
#include <weft/weft.h>

#define blob_MEMBERS(M) M(bytes, data)
WEFT_TYPE(blob);

static void
on_blob(struct weft_call *call, weft_endpoint from, const struct blob *blob)
{
	blob_send(call, from, blob);
}

static const struct weft_on receives[] = {
	WEFT_ON(blob, on_blob),
	WEFT_ON_END,
};

static const struct weft_type *const sends[] = { &blob_type, NULL };

WEFT_PLUGIN(.name = "blob", .receives = receives, .sends = sends);
