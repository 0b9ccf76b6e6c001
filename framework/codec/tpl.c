/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/tpl.c - a message is a tpl image, which carries its own length.
 *
 *	0    "tpl"
 *	3    flags: bit 0, the length is big-endian; bit 1, strings as tpl
 *	     writes them since its format 1.3
 *	4    the length of the whole image, 32 bits
 *	8    format, data: not looked at here
 *
 * The message is the whole image, head included, so that it can be handed on.
 * Likewise what is sent is a whole image, and nothing is written around it.
 *
 * Only the frame is judged.  That an image is whole does not make it safe: no
 * byte of it may reach libtpl before it is validated.  libtpl's own way to cut
 * images from a stream, tpl_gather(), loops for ever on a length of 0 and
 * takes memory for whatever the length says.
 *
 * thread: I/O.
 *
 * verdict_note: what is missing of a head is taken as the least that it can
 * be, "tpl" and zeros.  So the first fault decides, in the order magic, flags,
 * length, and however the bytes arrived.
 */
#include "codec/codecs.h"

#include <string.h>

#include <weft/error.h>

#define TPL_HEAD 8 /* [bytes] */
#define TPL_LEAST (TPL_HEAD + 1)
#define TPL_BIG_ENDIAN 0x01u
#define TPL_FLAGS 0x03u

static int tpl_decode(void *state, uint8_t *data, size_t len,
    size_t max_message, struct weft_cut *cut);

const struct weft_codec wi_codec_tpl = {
	.size = sizeof(struct weft_codec),
	.name = "tpl",
	.decode = tpl_decode,
};

/* The length that a head says, in the byte order that it says. */
static inline uint32_t
tpl_length(const uint8_t head[TPL_HEAD])
{
	const uint8_t *p = head + 4;

	if (head[3] & TPL_BIG_ENDIAN)
		return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
		    (uint32_t)p[2] << 8 | p[3];
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[1] << 8 | p[0];
}

static int
tpl_decode(void *state, uint8_t *data, size_t len, size_t max_message,
    struct weft_cut *cut)
{
	uint8_t least[TPL_HEAD] = { 't', 'p', 'l' };
	const uint8_t *head = data;
	uint32_t image;

	(void)state;
	if (__builtin_expect(len < TPL_HEAD, 0)) {
		memcpy(least, data, len);
		head = least;
	}
	if (head[0] != 't' || head[1] != 'p' || head[2] != 'l' ||
	    (head[3] & ~TPL_FLAGS) != 0)
		return WEFT_EMALFORMED;
	image = tpl_length(head);
	if (image > max_message)
		return WEFT_ETOOBIG;
	if (len < TPL_HEAD)
		return WEFT_CUT_MORE;
	if (image < TPL_LEAST)
		return WEFT_EMALFORMED;
	if (len < image) {
		cut->need = image;
		return WEFT_CUT_MORE;
	}
	cut->len = image;
	cut->used = image;
	return WEFT_CUT_MESSAGE;
}
