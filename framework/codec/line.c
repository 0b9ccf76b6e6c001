/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/line.c - a message is a line of text.
 *
 * A line ends in LF or CRLF; the ending is no part of the message, and an
 * empty line is an empty message.  Any other byte may stand in a line, NUL and
 * a CR that no LF follows too.  max_message bounds the text without its
 * ending.  What stands behind the last LF when the peer closes is no message.
 *
 * Sent messages get an LF behind them and are not looked into: one that holds
 * an LF arrives as several, one that ends in CR without it.  That is the
 * sender's to know, who may so send many lines with one call.
 *
 * thread: I/O (decode), any (tail).
 *
 * look_note: each byte is looked at once.  A line that is not whole yet may
 * grow by a byte at a time; the state remembers where the search goes on.
 */
#include "codec/codecs.h"

#include <string.h>

#include <weft/error.h>

#include "base/assert.h"

#define LINE_ENDING_MAX 2 /* [bytes] CR, LF */

struct line_state {
	size_t looked; /* [bytes] from the front that hold no LF */
};

static int line_decode(void *state, uint8_t *data, size_t len,
    size_t max_message, struct weft_cut *cut);
static size_t line_tail(uint8_t *out, size_t len, uint32_t flags);

const struct weft_codec wi_codec_line = {
	.size = sizeof(struct weft_codec),
	.state_size = sizeof(struct line_state),
	.tail_max = 1,
	.name = "line",
	.decode = line_decode,
	.tail = line_tail,
};

/* [bytes] of data[0 .. len) without the CR that it may end in. */
static inline size_t
line_text(const uint8_t *data, size_t len)
{
	return len > 0 && data[len - 1] == '\r' ? len - 1 : len;
}

static int
line_decode(void *state, uint8_t *data, size_t len, size_t max_message,
    struct weft_cut *cut)
{
	struct line_state *line = state;
	const uint8_t *lf;
	size_t text;

	/* An LF behind these ends no line that is short enough. */
	if (max_message <= SIZE_MAX - LINE_ENDING_MAX &&
	    len > max_message + LINE_ENDING_MAX)
		len = max_message + LINE_ENDING_MAX;
	wi_assert(line->looked <= len);
	lf = memchr(data + line->looked, '\n', len - line->looked);
	if (lf == NULL) {
		line->looked = len;
		/* A CR at the end may be part of the ending. */
		return line_text(data, len) > max_message ? WEFT_ETOOBIG :
							    WEFT_CUT_MORE;
	}
	text = line_text(data, (size_t)(lf - data));
	if (text > max_message)
		return WEFT_ETOOBIG;
	line->looked = 0;
	cut->len = text;
	cut->used = (size_t)(lf - data) + 1;
	return WEFT_CUT_MESSAGE;
}

static size_t
line_tail(uint8_t *out, size_t len, uint32_t flags)
{
	(void)len;
	(void)flags;
	out[0] = '\n';
	return 1;
}
