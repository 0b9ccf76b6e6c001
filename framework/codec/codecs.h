/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/codecs.h - the codecs that are built in, by name.
 *
 * thread: any (constants).
 */
#ifndef WI_CODECS_H
#define WI_CODECS_H

#include <stddef.h>

#include <weft/codec.h>

#define WI_CODEC_HEAD_MAX 32 /* the most that any codec's head_max may be */
#define WI_CODEC_TAIL_MAX 32

extern const struct weft_codec wi_codec_raw;
extern const struct weft_codec wi_codec_varint;

/* wi_codec_find() - by name, "" is raw; NULL if there is none. */
const struct weft_codec *wi_codec_find(const char *name);

/* wi_codec_names() - "raw, varint", for error texts; cut at size. */
void wi_codec_names(char *out, size_t size);

/* wi_codec_frame_max() - [bytes] of a message of len with its head and tail,
 * at most. */
static inline size_t
wi_codec_frame_max(const struct weft_codec *codec, size_t len)
{
	return codec->head_max + len + codec->tail_max;
}

#endif
