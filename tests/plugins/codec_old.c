/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Built when struct weft_codec ended with tail: what lies behind it in memory
 * is not of it.
 */
#include "slip.h"

#include <stddef.h>
#include <stdlib.h>

static size_t
not_mine(size_t len)
{
	(void)len;
	abort();
}

WEFT_CODEC_SYMBOL = { .size = offsetof(struct weft_codec, encode_max),
	.state_size = sizeof(struct len8),
	.head_max = 1,
	.tail_max = 1,
	.name = "old",
	.decode = len8_decode,
	.head = len8_head,
	.tail = len8_tail,
	.encode_max = not_mine,
	.message_max = 1 };
WEFT_PLUGIN(.name = "codec_old");
