/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/codecs.c - the codecs that are built in: the one list of them.
 *
 * thread: any (constants).
 */
#include "codec/codecs.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"

static const struct weft_codec *const codecs[] = {
	&wi_codec_raw, /* first: also the one meant by "" */
	&wi_codec_varint,
	&wi_codec_u16,
	&wi_codec_u32,
	&wi_codec_line,
	&wi_codec_tpl,
	&wi_codec_rpc,
};

#define CODECS_COUNT (sizeof(codecs) / sizeof(codecs[0]))

const struct weft_codec *
wi_codec_find(const char *name)
{
	size_t i;

	if (name[0] == '\0')
		return codecs[0];
	for (i = 0; i < CODECS_COUNT; i++) {
		if (strcmp(codecs[i]->name, name) == 0)
			return codecs[i];
	}
	return NULL;
}

void
wi_codec_names(char *out, size_t size)
{
	size_t at;
	size_t i;
	int len;

	at = 0;
	if (size > 0)
		out[0] = '\0';
	for (i = 0; i < CODECS_COUNT && at < size; i++) {
		len = snprintf(out + at, size - at, "%s%s", i == 0 ? "" : ", ",
		    codecs[i]->name);
		if (len < 0)
			return;
		at += (size_t)len;
	}
}

size_t
wi_codec_encode(const struct weft_codec *codec, uint8_t *out, const void *data,
    size_t len, uint32_t flags)
{
	size_t n = codec->encode(out, data, len, flags);

	/* More than it had said: it has written over what lies behind, and no
	 * error code can undo that. */
	wi_assert(n <= codec->encode_max(len));
	return n;
}
