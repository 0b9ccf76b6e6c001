/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Brings two codecs: one by the symbol, one by load().  As a plugin it sends
 * each message back: as a copy, or given away if it begins with 'b'.
 */
#include "slip.h"

#include <errno.h>

WEFT_CODEC(SLIP_MEMBERS);

static const struct weft_codec len8 = WEFT_CODEC_INIT(LEN8_MEMBERS);

/* What the option "how" says: do it once more, and what then. */
static int
load_how(struct weft_load *load, const char *how)
{
	static const struct weft_codec bad = WEFT_CODEC_INIT(.name = "bad");
	int rv;

	if (strcmp(how, "refuses") == 0)
		return weft_load_fail(load, -EIO, "it has no time");
	if (strcmp(how, "null") == 0)
		return weft_load_codec(load, NULL);
	if (strcmp(how, "twice") == 0)
		return weft_load_codec(load, &len8);
	rv = weft_load_codec(load, &bad);
	if (strcmp(how, "bad") == 0)
		return rv;
	if (strcmp(how, "own-words") == 0)
		return weft_load_fail(load, rv, "not today");
	if (strcmp(how, "other-code") == 0)
		return -EPERM;                 /* about something else */
	return rv == -EINVAL ? WEFT_OK : -EIO; /* "does-without" */
}

static int
load(struct weft_load *load, void **state)
{
	const char *how = weft_load_option(load, "how");
	int rv;

	(void)state;
	rv = weft_load_codec(load, &len8);
	return rv < 0 || how == NULL ? rv : load_how(load, how);
}

static void
message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	struct weft_buffer *buf;

	if (msg.len == 0 || *(const char *)msg.data != 'b') {
		(void)weft_send(call, from, msg);
		return;
	}
	if (weft_buffer_new(&buf, msg.len) < 0)
		return;
	memcpy(weft_buffer_data(buf), msg.data, msg.len);
	if (weft_send_buffer(call, from, &buf) < 0)
		weft_buffer_free(&buf);
}

WEFT_PLUGIN(.name = "slip", .load = load, .message = message);
