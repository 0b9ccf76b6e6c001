/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/inflated - messages that came made smaller, before they are run.
 *
 * thread: the one that runs the endpoint's strand.
 *
 * window_note: under takeover a message may refer to those before it, so each
 * such endpoint has an inflater of its own, from its first such message until
 * its connection has ended.  It lies beside the endpoint (struct
 * wi_endpoint_more) and goes from runner to runner with its token, which
 * orders what they do with it.
 */
#include "handoff/inflated.h"

#include <errno.h>

#include <weft/error.h>

#include "codec/utf8.h"
#include "handoff/hub.h"

static struct wi_endpoint_more *
inflated_more(struct wi_hub *hub, const struct wi_endpoint *endpoint)
{
	return wi_slots_at(
	    &hub->slots, WI_ENDPOINT_MORE, wi_endpoint_slot(endpoint));
}

static bool
inflated_is_text(struct weft_bytes msg)
{
	struct wi_utf8 utf8 = { 0, 0, 0 };

	return wi_utf8_next(&utf8, msg.data, msg.len) && wi_utf8_whole(&utf8);
}

int
wi_inflated(struct wi_hub *hub, const struct wi_endpoint *endpoint,
    struct wi_inflater **own, struct wi_arena *arena, struct weft_bytes *msg,
    uint32_t flags, struct wi_wrong *wrong)
{
	const bool goes_on = (flags & WI_CODEC_TAKEOVER) != 0;
	int rv;

	if (goes_on)
		own = &inflated_more(hub, endpoint)->inflater;
	if (*own == NULL)
		*own = wi_inflater_new(
		    goes_on ? wi_codec_inflate_bits(flags) : WI_INFLATE_BITS);
	if (*own == NULL)
		return -ENOMEM;
	rv = wi_inflate(*own, goes_on, msg, endpoint->limits->max_message,
	    arena, &wrong->why);
	if (rv == WEFT_OK && (flags & WEFT_TEXT) != 0 &&
	    !inflated_is_text(*msg)) {
		rv = WEFT_EMALFORMED;
		wrong->why = "expected text in UTF-8 when inflated (RFC 6455, "
			     "8.1), found something else";
	}
	wrong->error = rv;
	return rv;
}

void
wi_inflated_forget(struct wi_hub *hub, const struct wi_endpoint *endpoint)
{
	if (__builtin_expect(wi_codec_deflates(endpoint->codec), 0))
		wi_inflater_free(&inflated_more(hub, endpoint)->inflater);
}
