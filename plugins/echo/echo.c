/* SPDX-License-Identifier: Apache-2.0 */
/* echo - sends every message back to who sent it. */
#include <weft/weft.h>

static void
message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	weft_send(call, from, msg);
}

WEFT_PLUGIN(.name = "echo", .message = message);
