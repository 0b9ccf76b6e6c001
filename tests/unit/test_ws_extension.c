/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_ws_extension.c - how permessage-deflate is agreed on (RFC
 * 7692, sections 5 and 7; RFC 6455, section 9.1), by a server, in whole
 * handshakes.
 */
#include "ws_agreed.h"

struct offered {
	const char *offer; /* the field's value; "": there is none */
	enum weft_deflate deflate;
	uint32_t deflate_bits;
	const char *answer; /* the field's value; NULL: none */
	struct agreed agreed;
};

static void
request_with(const char *offer, struct codec_bytes *request)
{
	/* In front of the empty line. */
	codec_bytes_add(request, ws_feed_request, sizeof(ws_feed_request) - 3);
	if (offer[0] != '\0') {
		codec_bytes_add(request, FIELD, strlen(FIELD));
		codec_bytes_add(request, offer, strlen(offer));
		codec_bytes_add(request, "\r\n", 2);
	}
	codec_bytes_add(request, "\r\n", 2);
}

/* The field of an answer in two parts, or NULL. */
static const char *
answered_with(const struct ws_feed *seen)
{
	static char value[256];
	static const char first[] =
	    "HTTP/1.1 101 Switching Protocols\r\n" FIELD;
	const char *answer = hello_answer(seen);

	if (strstr(answer, "Sec-WebSocket-Extensions") == NULL)
		return NULL;
	ck_assert_int_eq(strncmp(answer, first, strlen(first)), 0);
	(void)snprintf(
	    value, sizeof(value), "%.*s", 255, answer + strlen(first));
	ck_assert_uint_gt(strlen(value), 2);
	/* This part is one line, and the rest is as ever. */
	ck_assert_ptr_eq(strstr(value, "\r\n"), value + strlen(value) - 2);
	value[strlen(value) - 2] = '\0';
	ck_assert(ws_seen_is(seen, 1, WS_SEEN_ANSWER, 0,
	    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
	    95));
	return value;
}

static void
answers(const struct offered *offered)
{
	const struct weft_codec_place place = { NULL, "/chat", "", "", NULL,
		(uint32_t)offered->deflate, offered->deflate_bits, 0, 0 };
	struct codec_bytes request = { NULL, 0, 0 };
	const char *answer;
	struct ws_feed seen;

	request_with(offered->offer, &request);
	hello_feed_all(&place, request.data, request.len, &seen);
	ck_assert_msg(seen.open, "%s: not accepted", offered->offer);
	answer = answered_with(&seen);
	ck_assert_msg((answer == NULL) == (offered->answer == NULL) &&
		(answer == NULL || strcmp(answer, offered->answer) == 0),
	    "%s: expected %s, found %s", offered->offer,
	    offered->answer == NULL ? "no answer" : offered->answer,
	    answer == NULL ? "none" : answer);
	is_agreed(seen.ws, &offered->agreed, offered->offer);
	ck_assert_uint_eq(seen.npending, 0);
	ck_assert_int_eq(ws_seen(&seen, seen.nevents - 1)->kind, WS_SEEN_OPEN);
	ws_feed_free(&seen);
	codec_bytes_free(&request);
}

static void
answer_all(const struct offered *offered, size_t n)
{
	while (n-- > 0)
		answers(offered++);
}

START_TEST(without_the_option_nothing_is_agreed_on)
{
	static const struct offered all[] = {
		{ PMD, NO, 15, NULL, { WI_DEFLATE_NONE, 0, false } },
		{ "", YES, 15, NULL, { WI_DEFLATE_NONE, 0, false } },
		{ "", KEEP, 15, NULL, { WI_DEFLATE_NONE, 0, false } },
		{ "x-other", YES, 15, NULL, { WI_DEFLATE_NONE, 0, false } },
		{ PMD "x, x" PMD ", permessage-bzip2", YES, 15, NULL,
		    { WI_DEFLATE_NONE, 0, false } },
	};

	answer_all(all, CHECK_COUNT(all));
}
END_TEST

/* Sections 7.1.1.1 and 7.1.1.2: unasked, a server says that neither side
 * refers to what was before. */
START_TEST(each_message_is_by_itself_unless_the_option_says_otherwise)
{
	static const struct offered all[] = {
		{ PMD, YES, 15, BOTH, { WI_DEFLATE_15, 15, false } },
		{ PMD "; client_max_window_bits", YES, 15, BOTH,
		    { WI_DEFLATE_15, 15, false } },
		{ PMD "; server_no_context_takeover", YES, 15, BOTH,
		    { WI_DEFLATE_15, 15, false } },
		{ PMD "; client_no_context_takeover; "
		      "server_no_context_takeover; client_max_window_bits=9",
		    YES, 9, BOTH, { WI_DEFLATE_15, 15, false } },
	};

	answer_all(all, CHECK_COUNT(all));
}
END_TEST

/* Section 7.1.1.2: what the client does without is not kept. */
START_TEST(takeover_of_the_client_is_let_be)
{
	static const struct offered all[] = {
		{ PMD, KEEP, 15, OURS, { WI_DEFLATE_15, 15, true } },
		{ PMD "; server_no_context_takeover", KEEP, 15, OURS,
		    { WI_DEFLATE_15, 15, true } },
		{ PMD "; client_no_context_takeover", KEEP, 15, BOTH,
		    { WI_DEFLATE_15, 15, false } },
	};

	answer_all(all, CHECK_COUNT(all));
}
END_TEST

/* Section 7.1.2.2: only if it was offered, and no more than was offered; who
 * does not offer it would need all of a window. */
START_TEST(the_window_of_the_client_is_bounded)
{
	static const struct offered all[] = {
		{ PMD "; client_max_window_bits", KEEP, 11,
		    OURS "; client_max_window_bits=11",
		    { WI_DEFLATE_15, 11, true } },
		{ PMD "; client_max_window_bits=10", KEEP, 11,
		    OURS "; client_max_window_bits=10",
		    { WI_DEFLATE_15, 10, true } },
		{ PMD "; client_max_window_bits=8", KEEP, 15,
		    OURS "; client_max_window_bits=8",
		    { WI_DEFLATE_15, 8, true } },
		{ PMD "; client_max_window_bits=15", KEEP, 9,
		    OURS "; client_max_window_bits=9",
		    { WI_DEFLATE_15, 9, true } },
		{ PMD, KEEP, 14, BOTH, { WI_DEFLATE_15, 15, false } },
	};

	answer_all(all, CHECK_COUNT(all));
}
END_TEST

/* Section 7.1.2.1: the same or smaller.  zlib has no window of 256 bytes: then
 * what we send stays as it is. */
START_TEST(our_window_is_as_small_as_is_asked_for)
{
	static const struct offered all[] = {
		{ PMD "; server_max_window_bits=8", YES, 15,
		    BOTH "; server_max_window_bits=8",
		    { WI_DEFLATE_NONE, 15, false } },
		{ PMD "; server_max_window_bits=9", YES, 15,
		    BOTH "; server_max_window_bits=9",
		    { WI_DEFLATE_9, 15, false } },
		{ PMD "; server_max_window_bits=11", YES, 15,
		    BOTH "; server_max_window_bits=9",
		    { WI_DEFLATE_9, 15, false } },
		{ PMD "; server_max_window_bits=12", YES, 15,
		    BOTH "; server_max_window_bits=12",
		    { WI_DEFLATE_12, 15, false } },
		{ PMD "; server_max_window_bits=14", YES, 15,
		    BOTH "; server_max_window_bits=12",
		    { WI_DEFLATE_12, 15, false } },
		{ PMD "; server_max_window_bits=15", YES, 15,
		    BOTH "; server_max_window_bits=15",
		    { WI_DEFLATE_15, 15, false } },
		{ PMD "; client_max_window_bits=12; server_max_window_bits=10",
		    KEEP, 15,
		    OURS
		    "; server_max_window_bits=9; client_max_window_bits=12",
		    { WI_DEFLATE_9, 12, true } },
	};

	answer_all(all, CHECK_COUNT(all));
}
END_TEST

/* Section 7: an offer with a parameter that is unknown, twice, or of a value
 * that it cannot have, is declined. */
START_TEST(an_offer_that_is_wrong_is_declined)
{
	static const char *const wrong[] = {
		"x",
		"x=1",
		"Server_no_context_takeover", /* as it is written */
		"server_no_context_takeover=1",
		"server_no_context_takeover=true",
		"client_no_context_takeover=\"\\\"\"",
		"client_no_context_takeover=1",
		"server_max_window_bits",
		"server_max_window_bits=7",
		"server_max_window_bits=16",
		"server_max_window_bits=08",
		"server_max_window_bits=1",
		"server_max_window_bits=100",
		"server_max_window_bits=1x",
		"server_max_window_bits=+9",
		"client_max_window_bits=7",
		"client_max_window_bits=16",
		"client_max_window_bits=015",
		"client_max_window_bits=x",
		"server_no_context_takeover; server_no_context_takeover",
		"client_no_context_takeover; client_no_context_takeover",
		"server_max_window_bits=9; server_max_window_bits=9",
		"client_max_window_bits; client_max_window_bits",
		"client_max_window_bits; client_max_window_bits=9",
	};
	char offer[200];
	size_t i;

	for (i = 0; i < CHECK_COUNT(wrong); i++) {
		struct offered offered = { offer, KEEP, 15, NULL,
			{ WI_DEFLATE_NONE, 0, false } };

		(void)snprintf(offer, sizeof(offer), PMD "; %s", wrong[i]);
		answers(&offered);
		/* The same among others, which may be chosen (section 5). */
		(void)snprintf(offer, sizeof(offer),
		    "other, " PMD "; %s ," PMD
		    ";server_max_window_bits=12, " PMD,
		    wrong[i]);
		offered.answer = OURS "; server_max_window_bits=12";
		offered.agreed = (struct agreed){ WI_DEFLATE_12, 15, true };
		answers(&offered);
	}
}
END_TEST

/* Section 5: in the order in which they are preferred; over fields too (RFC
 * 6455, section 9.1). */
START_TEST(the_first_offer_that_is_right_is_taken)
{
	static const struct offered all[] = {
		{ PMD "; server_max_window_bits=9, " PMD, YES, 15,
		    BOTH "; server_max_window_bits=9",
		    { WI_DEFLATE_9, 15, false } },
		{ PMD ", " PMD "; server_max_window_bits=9", YES, 15, BOTH,
		    { WI_DEFLATE_15, 15, false } },
		{ "a; b=\"c, d\"; e,, " PMD "\r\n" FIELD PMD
		  "; server_max_window_bits=9",
		    YES, 15, BOTH, { WI_DEFLATE_15, 15, false } },
		{ "a\r\n" FIELD PMD " ; server_max_window_bits = \"12\" \t",
		    YES, 15, BOTH "; server_max_window_bits=12",
		    { WI_DEFLATE_12, 15, false } },
	};

	answer_all(all, CHECK_COUNT(all));
}
END_TEST

/* RFC 6455, section 9.1. */
START_TEST(what_is_no_list_of_extensions_is_refused)
{
	static const char *const wrong[] = { ";", PMD ";", PMD "; ;x",
		PMD " x", PMD "; x=", PMD "; x=1 2", PMD "; x=\"",
		PMD "; x=\"a", PMD "; x=\"\"", PMD "; x=\"a\\", PMD ";=1",
		"a b", "=", PMD ", (", PMD "; x=\"a\"b", "\"" PMD "\"" };
	static const struct weft_codec_place place = { NULL, "/chat", "", "",
		NULL, YES, 15, 0, 0 };
	struct codec_bytes request = { NULL, 0, 0 };
	struct ws_feed seen;
	size_t i;

	for (i = 0; i < CHECK_COUNT(wrong); i++) {
		request_with(wrong[i], &request);
		hello_feed_all(&place, request.data, request.len, &seen);
		hello_is_refused(&seen, "HTTP/1.1 400 Bad Request\r\n");
		ws_feed_free(&seen);
		request.len = 0;
	}
	codec_bytes_free(&request);
}
END_TEST

/* The answer is longest then, and has a part for it. */
START_TEST(a_subprotocol_fits_beside_the_longest_answer)
{
	static const char name[] = "0123456789012345678901234567890123456789"
				   "012345678901234567890123";
	const struct weft_codec_place place = { NULL, "/chat", "", name, NULL,
		YES, 15, 0, 0 };
	struct codec_bytes request = { NULL, 0, 0 };
	struct ws_feed seen;
	char offer[300];

	(void)snprintf(offer, sizeof(offer),
	    PMD "; server_max_window_bits=15\r\nSec-WebSocket-Protocol: %s",
	    name);
	request_with(offer, &request);
	hello_feed_all(&place, request.data, request.len, &seen);
	ck_assert(seen.open);
	ck_assert_uint_eq(seen.nevents, 3);
	ck_assert_ptr_nonnull(
	    strstr(hello_answer(&seen), "server_max_window_bits=15\r\n"));
	ck_assert_uint_eq(ws_seen(&seen, 1)->len, 95 + 26 + 64);
	ws_feed_free(&seen);
	codec_bytes_free(&request);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		without_the_option_nothing_is_agreed_on,
		each_message_is_by_itself_unless_the_option_says_otherwise,
		takeover_of_the_client_is_let_be,
		the_window_of_the_client_is_bounded,
		our_window_is_as_small_as_is_asked_for,
		an_offer_that_is_wrong_is_declined,
		the_first_offer_that_is_right_is_taken,
		what_is_no_list_of_extensions_is_refused,
		a_subprotocol_fits_beside_the_longest_answer,
	};

	return check_main("ws_extension", tests, CHECK_COUNT(tests));
}
