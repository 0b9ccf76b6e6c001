/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/url_codec.c - the codec that a URL means: by its transport, or by the
 * name behind "+".
 *
 * thread: any.
 * from:   network, which has the node's table; host/conf_listener, which has
 *         none.
 */
#include "codec/url_codec.h"

#include <string.h>

#include "base/fail.h"
#include "codec/codecs.h"
#include "codec/http.h"
#include "codec/ws.h"

/* Paths are the routes' business. */
static int
url_codec_http(const char *text, const struct wi_url *url, uint32_t use,
    const struct weft_codec **codec, struct weft_error *err)
{
	if (use == WI_URL_CONNECT)
		return wi_fail(err, WEFT_EURL,
		    "%s: expected a URL that can be connected to, found "
		    "http, which is served only",
		    text);
	if (url->codec[0] != '\0')
		return wi_fail(err, WEFT_EURL,
		    "%s: expected no codec, found %s", text, url->codec);
	if (url->target[0] != '\0' && strcmp(url->target, "/") != 0)
		return wi_fail(err, WEFT_EURL,
		    "%s: expected no path, which a plugin's routes have; "
		    "found %s",
		    text, url->target);
	*codec = &wi_codec_http;
	return WEFT_OK;
}

static int
url_codec_ws(const char *text, const struct wi_url *url, uint32_t use,
    const struct weft_codec **codec, struct weft_error *err)
{
	const char *why = wi_ws_options(url->origin, url->protocols);

	if (why != NULL)
		return wi_fail(err, WEFT_EURL, "%s: %s", text, why);
	*codec = wi_codec_ws_find(url->codec, use == WI_URL_CONNECT);
	return *codec != NULL ?
	    WEFT_OK :
	    wi_fail(err, WEFT_EURL, "%s: expected no codec, or text; found %s",
		text, url->codec);
}

static int
url_codec_datagram(const char *text, const struct wi_url *url,
    const struct weft_codec **codec, struct weft_error *err)
{
	if (url->codec[0] != '\0' && strcmp(url->codec, "raw") != 0)
		return wi_fail(err, WEFT_EURL,
		    "%s: expected no codec: a datagram is a message; found %s",
		    text, url->codec);
	*codec = &wi_codec_datagram;
	return WEFT_OK;
}

int
wi_url_codec(const char *text, const struct wi_url *url, uint32_t use,
    const struct wi_codecs *codecs, const struct weft_codec **codec,
    struct weft_error *err)
{
	char names[256];

	if (url->is == 0)
		return wi_fail(err, WEFT_EURL,
		    "%s: expected a transport of tcp, unix, udp, "
		    "udp+multicast, ws, http, tls, wss, https, found %s",
		    text, url->transport);
	if (url->web == WI_URL_WEB_HTTP)
		return url_codec_http(text, url, use, codec, err);
	if (url->web == WI_URL_WEB_WS)
		return url_codec_ws(text, url, use, codec, err);
	if ((url->is & WI_URL_DATAGRAM) != 0)
		return url_codec_datagram(text, url, codec, err);
	*codec = wi_codecs_find(codecs, url->codec);
	if (*codec != NULL)
		return WEFT_OK;
	wi_codecs_names(codecs, names, sizeof(names));
	return wi_fail(err, WEFT_EURL, "%s: expected a codec of %s, found %s",
	    text, names, url->codec);
}
