/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_ws_extension_client.c - how permessage-deflate is agreed on
 * (RFC 7692, sections 5 and 7), by a client.
 */
#include "ws_agreed.h"

static void
asks(enum weft_deflate deflate, uint32_t bits, const char *offer)
{
	const struct weft_codec_place place = { "a.example", "/chat", "", "",
		NULL, (uint32_t)deflate, bits, 0, 0 };
	char words[1025];
	struct ws_feed feed;
	const char *at;

	ws_feed_begin(&feed, true, 1u << 20, &place);
	memcpy(words, feed.begun, feed.begun_len);
	words[feed.begun_len] = '\0';
	at = strstr(words, "\r\n" FIELD);
	ck_assert((at == NULL) == (offer == NULL));
	if (at != NULL) {
		at += 2 + strlen(FIELD);
		ck_assert_int_eq(strncmp(at, offer, strlen(offer)), 0);
		ck_assert_int_eq(strncmp(at + strlen(offer), "\r\n", 2), 0);
	}
	ws_feed_free(&feed);
}

/* Sections 7.1.1 and 7.1.2. */
START_TEST(a_client_offers_what_its_options_say)
{
	static const char always[] =
	    PMD "; client_no_context_takeover; client_max_window_bits";
	char more[200];

	asks(NO, 15, NULL);
	asks(KEEP, 15, always);
	(void)snprintf(
	    more, sizeof(more), "%s; server_no_context_takeover", always);
	asks(YES, 15, more);
	asks(YES, 9, more);
	(void)snprintf(
	    more, sizeof(more), "%s; server_max_window_bits=10", always);
	asks(KEEP, 10, more);
}
END_TEST

/* A client that has asked is answered with that field ("": with none). */
static void
answer_client(enum weft_deflate deflate, uint32_t bits, const char *field,
    struct ws_feed *feed)
{
	const struct weft_codec_place place = { "a.example", "/chat", "", "",
		NULL, (uint32_t)deflate, bits, 0, 0 };
	char answer[512];
	int n;

	ws_feed_begin(feed, true, 1u << 20, &place);
	n = snprintf(answer, sizeof(answer),
	    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Accept: %.28s\r\n%s%s\r\n",
	    (const char *)feed->ws->answer, field,
	    field[0] == '\0' ? "" : "\r\n");
	ck_assert_int_lt(n, (int)sizeof(answer));
	ws_feed_arrive(feed, answer, (size_t)n);
}

static void
takes(enum weft_deflate deflate, uint32_t bits, const char *value,
    struct agreed agreed)
{
	char field[300];
	struct ws_feed feed;

	(void)snprintf(field, sizeof(field), "%s%s",
	    value[0] == '\0' ? "" : FIELD, value);
	answer_client(deflate, bits, field, &feed);
	ck_assert_msg(feed.open, "%s: %s", value, feed.words);
	is_agreed(feed.ws, &agreed, value);
	ws_feed_free(&feed);
}

START_TEST(a_client_takes_what_may_be_answered)
{
	/* Section 5: it may be declined. */
	takes(YES, 15, "", (struct agreed){ WI_DEFLATE_NONE, 0, false });
	takes(NO, 15, "", (struct agreed){ WI_DEFLATE_NONE, 0, false });
	takes(YES, 15, OURS, (struct agreed){ WI_DEFLATE_15, 15, false });
	takes(YES, 15, BOTH, (struct agreed){ WI_DEFLATE_15, 15, false });
	takes(KEEP, 15, PMD, (struct agreed){ WI_DEFLATE_15, 15, true });
	takes(KEEP, 15, OURS, (struct agreed){ WI_DEFLATE_15, 15, false });
	/* Section 7.1.2.1: unasked, too. */
	takes(KEEP, 15, PMD "; server_max_window_bits=9",
	    (struct agreed){ WI_DEFLATE_15, 9, true });
	takes(KEEP, 10, PMD "; server_max_window_bits=10",
	    (struct agreed){ WI_DEFLATE_15, 10, true });
	takes(KEEP, 10, PMD "; server_max_window_bits=8",
	    (struct agreed){ WI_DEFLATE_15, 8, true });
	/* Section 7.1.2.2. */
	takes(KEEP, 15, PMD "; client_max_window_bits=15",
	    (struct agreed){ WI_DEFLATE_15, 15, true });
	takes(YES, 15, OURS "; client_max_window_bits=11",
	    (struct agreed){ WI_DEFLATE_9, 15, false });
	takes(YES, 15, OURS "; client_max_window_bits=8",
	    (struct agreed){ WI_DEFLATE_NONE, 15, false });
}
END_TEST

static void
fails(enum weft_deflate deflate, uint32_t bits, const char *value,
    const char *why)
{
	char field[300];
	struct ws_feed feed;

	(void)snprintf(field, sizeof(field), FIELD "%s", value);
	answer_client(deflate, bits, field, &feed);
	ck_assert_msg(!feed.open && feed.ended, "%s is taken", value);
	ck_assert_int_eq(feed.error, WEFT_EMALFORMED);
	ck_assert_msg(
	    strstr(feed.words, why) != NULL, "%s: %s", value, feed.words);
	ws_feed_free(&feed);
}

/* Section 7.1: the connection fails if the answer has what was not asked for,
 * or not what was. */
START_TEST(a_client_fails_what_may_not_be_answered)
{
	static const char *const wrong[] = { "x", "x=1",
		"server_no_context_takeover=1", "client_no_context_takeover=1",
		"server_max_window_bits", "server_max_window_bits=7",
		"server_max_window_bits=16", "client_max_window_bits=16",
		"client_max_window_bits=09", "server_no_context_takeover",
		"server_max_window_bits=9; server_max_window_bits=9" };
	char value[200];
	size_t i;

	for (i = 0; i < CHECK_COUNT(wrong); i++) {
		(void)snprintf(value, sizeof(value), OURS "; %s", wrong[i]);
		fails(YES, 15, value, "7.1, each once");
	}
	fails(NO, 15, PMD, "not offered");
	fails(YES, 15, "x-other", "not offered");
	fails(YES, 15, OURS ", x-other", "another behind");
	fails(YES, 15, OURS ", " OURS, "another behind");
	fails(YES, 15, OURS "\r\n" FIELD OURS, "another behind");
	fails(YES, 15, OURS ";", "9.1");
	fails(YES, 15, "; x", "9.1");
	/* Section 7.1.2.2. */
	fails(YES, 15, OURS "; client_max_window_bits", "7.1.2.2");
	/* Section 7.1.1.1. */
	fails(YES, 15, PMD, "7.1.1.1");
	fails(YES, 15, PMD "; client_no_context_takeover", "7.1.1.1");
	/* Section 7.1.2.1. */
	fails(KEEP, 10, PMD, "7.1.2.1");
	fails(KEEP, 10, PMD "; server_max_window_bits=11", "7.1.2.1");
	fails(KEEP, 10, PMD "; client_max_window_bits=9", "7.1.2.1");
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		a_client_offers_what_its_options_say,
		a_client_takes_what_may_be_answered,
		a_client_fails_what_may_not_be_answered,
	};

	return check_main("ws_extension_client", tests, CHECK_COUNT(tests));
}
