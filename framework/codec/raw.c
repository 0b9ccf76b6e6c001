/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/raw.c - a stream without frames: a message is what one read returned.
 *
 * A read that returned more than max_message is several messages, not an
 * error: where one ends means nothing in a stream.
 *
 * thread: I/O (decode); nothing stands around a message.
 */
#include "codec/codecs.h"

#include <weft/error.h>

static int raw_decode(void *state, uint8_t *data, size_t len,
    size_t max_message, struct weft_cut *cut);

const struct weft_codec wi_codec_raw = {
	.size = sizeof(struct weft_codec),
	.name = "raw",
	.decode = raw_decode,
};

static int
raw_decode(void *state, uint8_t *data, size_t len, size_t max_message,
    struct weft_cut *cut)
{
	(void)state;
	(void)data;

	if (max_message == 0)
		return WEFT_ETOOBIG; /* else no byte would ever be used up */
	cut->len = len < max_message ? len : max_message;
	cut->used = cut->len;
	return WEFT_CUT_MESSAGE;
}
