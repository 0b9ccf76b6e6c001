/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_ws_options.c - codec/ws_options: which origins and which
 * subprotocols can be written.
 */
#include "check_main.h"
#include "codec/ws.h"

static void
expect_good(const char *origins, const char *protocols)
{
	ck_assert_msg(wi_ws_options(origins, protocols) == NULL, "%s, %s: %s",
	    origins, protocols, wi_ws_options(origins, protocols));
}

static void
expect_bad(const char *origins, const char *protocols, const char *option)
{
	const char *why = wi_ws_options(origins, protocols);

	ck_assert_msg(why != NULL, "%s, %s", origins, protocols);
	ck_assert_int_eq(strncmp(why, option, strlen(option)), 0);
}

/* RFC 6454, section 7. */
START_TEST(an_origin_is_a_scheme_and_a_host)
{
	static const char *const bad[] = { "a.example", "https://",
		"://a.example", "https://a.example/", "https://a.example/p",
		"https://a.example,", ",https://a.example",
		"https://a.example, https://b.example", "**" };
	size_t i;

	expect_good("", "");
	expect_good("*", "");
	expect_good("null", "");
	expect_good("https://a.example", "");
	expect_good("https://a.example:8443,http://[::1]:80,*", "");
	for (i = 0; i < CHECK_COUNT(bad); i++)
		expect_bad(bad[i], "", "origin: ");
}
END_TEST

/* RFC 6455, section 4.1, 10. */
START_TEST(subprotocols_are_words_each_once)
{
	static const char *const bad[] = { "a b", "a,,b", ",a", "a,", "a,b,a",
		"a,a", "a;b", "\xc3\xa4", "a=b" };
	size_t i;

	expect_good("", "a");
	expect_good("", "chat.v1,chat.v2,mqtt");
	expect_good("", "a,A");
	for (i = 0; i < CHECK_COUNT(bad); i++)
		expect_bad("", bad[i], "protocols: ");
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		an_origin_is_a_scheme_and_a_host,
		subprotocols_are_words_each_once,
	};

	return check_main("ws_options", tests, CHECK_COUNT(tests));
}
