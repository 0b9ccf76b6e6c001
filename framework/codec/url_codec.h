/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/url_codec.h - the codec that a URL means.
 *
 * thread: any, while nobody writes to the table of codecs.
 */
#ifndef WI_URL_CODEC_H
#define WI_URL_CODEC_H

#include "base/url.h"
#include "codec/table.h"

/*
 * wi_url_codec() - find it; and is there a transport of that name?
 *
 *   text     in       the URL, for the error's text.
 *   url      in       its parts.
 *   use      in       WI_URL_LISTEN or WI_URL_CONNECT.
 *   codecs   in       those that may be named behind "+".
 *   codec    out      undefined on error.
 *   err      out      may be NULL.
 *   returns           WEFT_OK or WEFT_EURL.
 */
int wi_url_codec(const char *text, const struct wi_url *url, uint32_t use,
    const struct wi_codecs *codecs, const struct weft_codec **codec,
    struct weft_error *err);

#endif
