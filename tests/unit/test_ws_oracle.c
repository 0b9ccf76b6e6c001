/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_ws_oracle.c - codec/ws_frame beside wslay, which another has
 * written: on random frames, some of them damaged, both must find the same
 * messages, answer the same pongs, and agree on whether and how it ends.
 */
#include "ws_oracle.h"

#include "check_main.h"

#define SCRIPTS 20000u

/* ---- scripts */

/* What one side sends: frames, mostly right. */
struct peer {
	struct codec_bytes script;
	uint64_t random;
	bool masks;
	bool text; /* of the message that is begun */
	bool begun;
};

/* Once in n. */
static bool
once(struct peer *peer, uint32_t n)
{
	return check_below(&peer->random, n) == 0;
}

static size_t
some_payload(struct peer *peer, bool text, uint8_t *out)
{
	static const size_t lens[] = { 125, 126, 127, 300, 65535, 65536 };
	static const char *const parts[] = { "a", "\xc3\xa9", "\xe2\x82\xac",
		"\xf0\x9f\x98\x80", "plain text that is longer than a word" };
	size_t len = once(peer, 12) ?
	    lens[check_below(&peer->random, CHECK_COUNT(lens))] :
	    check_below(&peer->random, 40);
	size_t i;

	if (!text) {
		for (i = 0; i < len; i++)
			out[i] = (uint8_t)(check_random(&peer->random) >> 32);
		return len;
	}
	for (i = 0; i < len;) {
		const char *part =
		    parts[check_below(&peer->random, CHECK_COUNT(parts))];
		size_t n = strlen(part);

		if (n > len - i)
			n = strlen(part = "z");
		memcpy(out + i, part, n);
		i += n;
	}
	return len;
}

static void
damage_payload(struct peer *peer, uint8_t *payload, size_t len)
{
	if (len == 0 || !once(peer, 40))
		return;
	payload[check_below(&peer->random, (uint32_t)len)] ^=
	    (uint8_t)(1u << check_below(&peer->random, 8));
}

static void
add_control(struct peer *peer, uint8_t *payload)
{
	static const unsigned statuses[] = { 1000, 1001, 1002, 1003, 1007,
		1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999, 0, 1, 999,
		1004, 1005, 1006, 1012, 1013, 1014, 1015, 1016, 1100, 2000,
		2999, 5000, 65535 };
	unsigned status =
	    statuses[check_below(&peer->random, CHECK_COUNT(statuses))];
	size_t len = 1;

	if (!once(peer, 4)) {
		while (len = some_payload(peer, once(peer, 2), payload),
		    len > 125)
			continue;
		ws_add(&peer->script, peer->masks, once(peer, 3) ? 0x8a : 0x89,
		    payload, len);
		return;
	}
	payload[0] = (uint8_t)(status >> 8);
	payload[1] = (uint8_t)status;
	if (!once(peer, 8)) {
		while (len = some_payload(peer, true, payload + 2), len > 123)
			continue;
		damage_payload(peer, payload + 2, len);
		len = once(peer, 8) ? 0 : 2 + len;
	}
	ws_add(&peer->script, peer->masks, 0x88, payload, len);
}

static void
add_data(struct peer *peer, uint8_t *payload)
{
	bool fin = once(peer, 2);
	unsigned opcode = 0;
	size_t len;

	/* Once in a while out of turn. */
	if (!peer->begun || once(peer, 60)) {
		peer->text = once(peer, 2);
		opcode = once(peer, 60) ? 0 : peer->text ? 1 : 2;
	}
	len = some_payload(peer, peer->text, payload);
	if (peer->text && len > 0 && once(peer, 4) && !fin)
		/* May cut a character; what follows does not go on with it. */
		len--;
	damage_payload(peer, payload, len);
	ws_add(&peer->script, peer->masks, (fin ? 0x80 : 0) | opcode, payload,
	    len);
	peer->begun = !fin;
}

/* Characters that are cut where a fragment ends, and go on in the next. */
static void
add_cut_text(struct peer *peer, uint8_t *payload)
{
	size_t len = some_payload(peer, true, payload), at = 0, n;
	unsigned opcode = 1;

	if (peer->begun)
		return;
	while (n = check_below(&peer->random, (uint32_t)(len - at) + 1),
	    at + n < len) {
		ws_add(&peer->script, peer->masks, opcode, payload + at, n);
		opcode = 0;
		at += n;
	}
	ws_add(
	    &peer->script, peer->masks, 0x80 | opcode, payload + at, len - at);
}

/* The head of a frame that was added at that position. */
static void
damage_head(struct peer *peer, size_t at)
{
	uint8_t *head = peer->script.data + at;

	if (once(peer, 60))
		head[0] ^= (uint8_t)(1u << check_below(&peer->random, 8));
	if (once(peer, 200))
		head[1] ^= 0x80;
	/* The length in more bytes than it takes; what it was is payload. */
	if (once(peer, 200) && (head[1] & 0x7f) < 126)
		head[1] = (uint8_t)((head[1] & 0x80) | 126 |
		    check_below(&peer->random, 2));
	else if (once(peer, 200))
		head[1] ^= (uint8_t)(1u << check_below(&peer->random, 7));
	if (once(peer, 100) && (head[1] & 0x7f) == 126)
		head[2] = 0;
}

static void
make_script(struct peer *peer, uint8_t *payload)
{
	unsigned n = 1 + check_below(&peer->random, 14);
	size_t at;

	peer->script.len = 0;
	peer->begun = false;
	for (; n > 0; n--) {
		at = peer->script.len;
		if (once(peer, 4))
			add_control(peer, payload);
		else if (once(peer, 6))
			add_cut_text(peer, payload);
		else
			add_data(peer, payload);
		if (peer->script.len > at)
			damage_head(peer, at);
	}
	/* What is cut off never comes. */
	if (once(peer, 8))
		peer->script.len -=
		    check_below(&peer->random, (uint32_t)peer->script.len);
}

/* ---- both */

/* Our pongs, and messages, as the oracle's. */
static void
collect(const struct ws_feed *seen, struct codec_bytes *pongs,
    struct codec_bytes *messages)
{
	size_t i;

	for (i = 0; i < seen->nevents; i++) {
		const struct ws_event *event = ws_seen(seen, i);
		const uint8_t *at = seen->bytes.data + event->offset;

		if (event->kind == WS_SEEN_ANSWER)
			codec_bytes_add(pongs, at, event->len);
		else
			note_message(messages, event->flags == WEFT_TEXT, at,
			    event->len);
	}
}

static bool
same_bytes(const struct codec_bytes *a, const struct codec_bytes *b)
{
	return a->len == b->len &&
	    (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static unsigned
our_status(const struct ws_feed *seen)
{
	return seen->end_len < 4 ? WSLAY_CODE_NO_STATUS_RCVD :
				   (unsigned)seen->end[2] << 8 | seen->end[3];
}

/*
 * Where one of the two may have ended and the other not, or otherwise:
 *
 * - a Close of one byte: section 5.5.1 wants a status of two in a body; wslay
 *   takes it for none;
 * - a Close with a wrong status and a wrong reason: 1002 (7.4) and 1007 (8.1)
 *   are both right;
 * - 1012, 1013, 1014: IANA has added them to section 7.4.1 since; wslay
 *   refuses them;
 * - what its frame layer refuses, wslay gives no status for (1006 is what it
 *   calls that); section 7.1.7 wants none.  Ours is 1002 then;
 * - when there is more to come: section 7.1.7 does not say how soon a
 *   connection has to be failed.  We do at the second byte of a head, or when
 *   it is whole, wslay at the first byte behind it; and wslay looks for UTF-8
 *   in what there is of a frame, we when it is whole.
 */
static bool
is_half_a_status(const struct ws_feed *seen)
{
	return seen->why != NULL && strstr(seen->why, "5.5.1), found one");
}

static bool
is_wrong_status(const struct ws_feed *seen)
{
	return seen->why != NULL &&
	    strstr(seen->why, "status of RFC 6455, 7.4");
}

static bool
is_newer_status(const struct ws_feed *seen)
{
	return seen->error == WEFT_OK && seen->status >= 1012 &&
	    seen->status <= 1014;
}

/* What is there of the last frame. */
static size_t
last_frame(const struct ws_feed *seen)
{
	return seen->npending - seen->ws->joined - seen->ws->gap;
}

static bool
is_cut_in_its_head(const struct ws_feed *seen)
{
	const uint8_t *at = seen->pending + seen->npending - last_frame(seen);
	unsigned len = at[1] & 0x7fu;
	size_t head = 2 +
	    (len == 126        ? 2u :
		    len == 127 ? 8u :
				 0u) +
	    (at[1] & 0x80u ? 4u : 0u);

	return last_frame(seen) < head + (len > 0);
}

enum agreement {
	SAME,
	HALF_A_STATUS,
	TWO_WRONGS,
	NEWER_STATUS,
	NO_STATUS,
	EARLIER,
	LATER,
	DIFFERENT
};

static enum agreement
agreement(const struct ws_feed *seen, const struct oracle *oracle, bool ended)
{
	unsigned ours = our_status(seen);
	unsigned theirs = wslay_event_get_status_code_sent(oracle->wslay);

	if (seen->ended && !ended)
		return seen->error != WEFT_OK && is_cut_in_its_head(seen) ?
		    EARLIER :
		    DIFFERENT;
	if (!seen->ended && ended)
		return theirs == 1007 && last_frame(seen) > 0 ? LATER :
								DIFFERENT;
	if (!ended)
		return SAME;
	if (is_half_a_status(seen))
		return ours == 1002 && theirs == 1005 ? HALF_A_STATUS :
							DIFFERENT;
	if (is_wrong_status(seen) && theirs == 1007)
		return TWO_WRONGS;
	if (is_newer_status(seen))
		return theirs == 1002 ? NEWER_STATUS : DIFFERENT;
	if (theirs == 1006 && seen->error == WEFT_EMALFORMED)
		return ours == 1002 ? NO_STATUS : DIFFERENT;
	if ((wslay_event_get_close_received(oracle->wslay) != 0) !=
	    (seen->error == WEFT_OK))
		return DIFFERENT;
	return ours == theirs ? SAME : DIFFERENT;
}

/* One script to both. */
static enum agreement
agree(const struct codec_bytes *script, bool client, size_t max, uint32_t seed)
{
	const struct codec_way way = { .name = "in random chunks",
		.random = seed,
		.bytes_from = SIZE_MAX };
	struct codec_bytes pongs = { NULL, 0, 0 }, messages = { NULL, 0, 0 };
	struct codec_bytes their_pongs = { NULL, 0, 0 };
	struct oracle oracle = { .script = script, .client = client };
	enum agreement found;
	struct ws_feed seen;
	bool ended;

	ended = oracle_run(&oracle, max);
	oracle_pongs(&oracle, &their_pongs);
	ws_feed_open(&seen, client, max);
	ws_feed_script(&seen, script->data, script->len, &way);
	collect(&seen, &pongs, &messages);
	found = agreement(&seen, &oracle, ended);
	if (found == DIFFERENT || !same_bytes(&messages, &oracle.messages) ||
	    !same_bytes(&pongs, &their_pongs))
		ck_abort_msg("script %u, %s: %zu messages, pongs of %zu "
			     "bytes, ended %d with %u: %s; wslay: %zu, %zu, "
			     "%d with %u",
		    seed, client ? "client" : "server", seen.nmessages,
		    pongs.len, seen.ended, our_status(&seen),
		    seen.why == NULL ? "" : seen.why, oracle.nmessages,
		    their_pongs.len, ended,
		    wslay_event_get_status_code_sent(oracle.wslay));
	codec_bytes_free(&pongs);
	codec_bytes_free(&messages);
	codec_bytes_free(&their_pongs);
	ws_feed_free(&seen);
	oracle_free(&oracle);
	return found;
}

START_TEST(wslay_finds_the_same_messages_and_ends)
{
	uint8_t *payload = malloc(70000);
	struct peer peer = { .random = 6455 };
	unsigned times[DIFFERENT + 1] = { 0 };
	unsigned i;

	for (i = 0; i < SCRIPTS; i++) {
		bool client = i % 2 == 1;
		/* A control frame counts too, for wslay. */
		size_t max = i % 4 < 2 ? 1u << 20 : 125 + i % 300;

		peer.masks = !client;
		make_script(&peer, payload);
		times[agree(&peer.script, client, max, i + 1)]++;
	}
	/* Each of the exceptions is one that comes about. */
	for (i = 0; i < DIFFERENT; i++)
		ck_assert_msg(times[i] > 0, "expected some of %u", i);
	ck_assert_uint_eq(times[DIFFERENT], 0);
	ck_assert_uint_gt(times[SAME], SCRIPTS / 10 * 9);
	codec_bytes_free(&peer.script);
	free(payload);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		wslay_finds_the_same_messages_and_ends,
	};

	return check_main("ws_oracle", tests, CHECK_COUNT(tests));
}
