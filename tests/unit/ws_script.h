/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/ws_script.h - frames for one side, and how they are said to end.
 */
#ifndef TESTS_WS_SCRIPT_H
#define TESTS_WS_SCRIPT_H

#include "ws_feed.h"

#include "check_main.h"

#define MAX 1024u /* max_message, where it does not matter */

/* What a client sends is masked, what a server sends is not. */
#define BOTH_SIDES(client) for (int client = 0; client <= 1; client++)

struct script {
	struct codec_bytes bytes;
	bool client; /* fed to a client */
};

static inline void
add(struct script *script, unsigned first, const char *payload)
{
	ws_add(
	    &script->bytes, !script->client, first, payload, strlen(payload));
}

static inline void
feed(const struct script *script, size_t max, struct ws_feed *seen)
{
	ws_feed_all(
	    script->client, max, script->bytes.data, script->bytes.len, seen);
}

static inline void
done(struct script *script, struct ws_feed *seen)
{
	codec_bytes_free(&script->bytes);
	ws_feed_free(seen);
}

/* The status in the Close frame that end() wrote; 1005 if it has none. */
static inline unsigned
said(const struct ws_feed *seen)
{
	ck_assert_uint_eq(seen->end[0], 0x88);
	ck_assert_uint_eq(seen->end[1] + 2u, seen->end_len);
	if (seen->end_len == 2)
		return 1005;
	ck_assert_uint_ge(seen->end_len, 4);
	return (unsigned)seen->end[2] << 8 | seen->end[3];
}

/* That the script ends so in every way; where it comes one byte at a time,
 * after how many of them (0: when all are there). */
static inline void
ends(struct script *script, size_t max, int error, unsigned status,
    size_t after)
{
	const struct codec_way bytewise = { .name = "one byte at a time",
		.bytes_from = 0 };
	struct ws_feed seen;

	feed(script, max, &seen);
	ck_assert(seen.ended);
	ck_assert_int_eq(seen.error, error);
	ck_assert_int_eq(seen.why != NULL, error != WEFT_OK);
	ck_assert_uint_eq(said(&seen), status);
	ws_feed_free(&seen);

	ws_feed_open(&seen, script->client, max);
	ws_feed_script(
	    &seen, script->bytes.data, script->bytes.len, &bytewise);
	ck_assert_uint_eq(seen.shown, after == 0 ? script->bytes.len : after);
	/* What ended stays so. */
	seen.ended = false;
	seen.end_len = 0;
	ck_assert(!ws_feed_once(&seen));
	ck_assert(seen.ended);
	done(script, &seen);
}

#endif
