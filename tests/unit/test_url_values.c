/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_url_values.c - base/url_options: every kind of value at its
 * edges, and what is said of those that cannot be.
 */
#include <weft/codec.h>

#include <stdio.h>
#include <string.h>

#include "base/url.h"
#include "check_main.h"
#include "url_says.h"

#define L WI_URL_LISTEN
#define C WI_URL_CONNECT

/* "tcp://h:1?idle=", for an option and the first transport that has it; the
 * use is in *use. */
static const char *
url_with(enum wi_url_option option, const char *value, uint32_t *use)
{
	static char text[512];
	const struct wi_url_option_info *info = wi_url_option_info(option);
	size_t i = 0;

	while ((url_places[i].is & info->where) == 0)
		i++;
	*use = (info->where & L) != 0 ? L : C;
	snprintf(text, sizeof(text), "%s?%s=%s", url_places[i].text,
	    info->name, value);
	return text;
}

static void
expect_number(enum wi_url_option option, const char *value, uint64_t number)
{
	uint32_t use;
	const char *text = url_with(option, value, &use);
	struct wi_url url = url_taken(text, use);

	ck_assert_msg(url.numbers[option] == number, "%s: %llu", text,
	    (unsigned long long)url.numbers[option]);
	ck_assert_uint_eq(url.given, UINT64_C(1) << option);
	ck_assert(wi_url_given(&url, option));
	ck_assert_uint_eq(wi_url_number(&url, option, 4711), number);
}

/* expected: of all values, as the error has it. */
static void
expect_bad(enum wi_url_option option, const char *value, const char *expected)
{
	uint32_t use;
	const char *text = url_with(option, value, &use);
	char says[300];

	if (value[0] == '\0')
		snprintf(says, sizeof(says), "expected %s, found nothing",
		    expected);
	else
		snprintf(says, sizeof(says), "expected %s, found \"%.80s\"",
		    expected, value);
	url_refused(text, use, says);
}

START_TEST(number_is_read_and_has_a_range)
{
	static const char *const bad[] = { "", "0", "1048577", "-1", "+1",
		" 1", "1 ", "1k", "1s", "0x10", "1.0", "1e3", "x",
		"18446744073709551616", "18446744073709551617",
		"99999999999999999999999" };
	size_t i;

	expect_number(WI_URL_backlog, "1", 1);
	expect_number(WI_URL_backlog, "1048576", 1048576);
	expect_number(WI_URL_backlog, "0007", 7);
	expect_number(WI_URL_max_endpoints_per_ip, "0", 0);
	expect_number(WI_URL_max_endpoints_per_ip, "16777215", 16777215);
	expect_number(WI_URL_max_peers, "16777215", 16777215);
	expect_number(WI_URL_ttl, "0", 0);
	expect_number(WI_URL_ttl, "255", 255);
	for (i = 0; i < CHECK_COUNT(bad); i++)
		expect_bad(
		    WI_URL_backlog, bad[i], "backlog: a number, 1 to 1048576");
	expect_bad(WI_URL_ttl, "256", "ttl: a number, 0 to 255");
}
END_TEST

START_TEST(deflate_is_yes_no_or_takeover)
{
	static const char *const bad[] = { "", "2", "Takeover", "takeove",
		"takeovers", "permessage-deflate" };
	size_t i;

	expect_number(WI_URL_deflate, "no", WEFT_DEFLATE_NO);
	expect_number(WI_URL_deflate, "yes", WEFT_DEFLATE_YES);
	expect_number(WI_URL_deflate, "takeover", WEFT_DEFLATE_TAKEOVER);
	for (i = 0; i < CHECK_COUNT(bad); i++)
		expect_bad(
		    WI_URL_deflate, bad[i], "deflate: no, yes or takeover");
	expect_number(WI_URL_deflate_bits, "9", 9);
	expect_number(WI_URL_deflate_bits, "15", 15);
	expect_bad(
	    WI_URL_deflate_bits, "8", "deflate_bits: a number, 9 to 15");
	expect_bad(
	    WI_URL_deflate_bits, "16", "deflate_bits: a number, 9 to 15");
}
END_TEST

START_TEST(bytes_are_read_with_their_unit)
{
	static const char *const bad[] = { "", "0", "0k", "1073741825",
		"1048577k", "1025M", "2G", "1kB", "1KiB", "1 k", "k", "1b",
		"1T", "1.5M", "-1k", "1kk",
		/* 64 bits have no room for these; cut, they would fit */
		"17179869185G", "17592186044417M", "18446744073709551615G",
		"18446744073709551617" };
	size_t i;

	expect_number(WI_URL_max_message, "1", 1);
	expect_number(WI_URL_max_message, "1500", 1500);
	expect_number(WI_URL_max_message, "64k", 65536);
	expect_number(WI_URL_max_message, "64K", 65536);
	expect_number(WI_URL_max_message, "3M", 3 << 20);
	expect_number(WI_URL_max_message, "3m", 3 << 20);
	expect_number(WI_URL_max_message, "1024M", 1 << 30);
	expect_number(WI_URL_max_message, "1G", 1 << 30);
	expect_number(WI_URL_max_message, "1g", 1 << 30);
	expect_number(WI_URL_max_message, "1073741824", 1 << 30);
	expect_number(WI_URL_rcvbuf, "4k", 4096);
	expect_number(WI_URL_sndbuf, "4k", 4096);
	for (i = 0; i < CHECK_COUNT(bad); i++)
		expect_bad(WI_URL_max_message, bad[i],
		    "max_message: bytes, 1 to 1G (like 1500, 64k, 1M)");
}
END_TEST

START_TEST(time_is_read_with_its_unit_as_milliseconds)
{
	static const char *const bad[] = { "", "ms", "86401", "86400001ms",
		"25h", "1441m", "1H", "1M", "1S", "1MS", "1min", "1us", "1 s",
		"1.5s", "-1s", "1d", "2562047788016h",
		"18446744073709551616ms" };
	size_t i;

	expect_number(WI_URL_idle, "0", 0);
	expect_number(WI_URL_idle, "0ms", 0);
	expect_number(WI_URL_idle, "7", 7000);
	expect_number(WI_URL_idle, "7s", 7000);
	expect_number(WI_URL_idle, "300ms", 300);
	expect_number(WI_URL_idle, "2m", 120000);
	expect_number(WI_URL_idle, "24h", 86400000);
	expect_number(WI_URL_idle, "86400000ms", 86400000);
	expect_number(WI_URL_partial, "1ms", 1);
	expect_number(WI_URL_handshake, "1ms", 1);
	expect_number(WI_URL_reconnect, "200ms", 200);
	expect_number(WI_URL_reconnect_max, "1ms", 1);
	expect_number(WI_URL_keepalive, "32767", 32767000);
	for (i = 0; i < CHECK_COUNT(bad); i++)
		expect_bad(WI_URL_idle, bad[i],
		    "idle: a time, 0 to 24h (like 300ms, 10s, 2m, 1h)");
	expect_bad(WI_URL_handshake, "0",
	    "handshake: a time, 1ms to 24h (like 300ms, 10s, 2m, 1h)");
	expect_bad(WI_URL_keepalive, "32768",
	    "keepalive: a time, 0 to 32767s (like 300ms, 10s, 2m, 1h)");
}
END_TEST

START_TEST(switch_is_yes_or_no)
{
	static const char *const yes[] = { "yes", "on", "true", "1" };
	static const char *const no[] = { "no", "off", "false", "0" };
	static const char *const bad[] = { "", "Yes", "NO", "y", "2", "01",
		"yes ", "enable" };
	size_t i;

	for (i = 0; i < CHECK_COUNT(yes); i++) {
		expect_number(WI_URL_nodelay, yes[i], 1);
		expect_number(WI_URL_nodelay, no[i], 0);
		expect_number(WI_URL_reuseport, yes[i], 1);
		expect_number(WI_URL_broadcast, yes[i], 1);
		expect_number(WI_URL_loop, no[i], 0);
	}
	for (i = 0; i < CHECK_COUNT(bad); i++)
		expect_bad(WI_URL_nodelay, bad[i], "nodelay: yes or no");
}
END_TEST

START_TEST(version_is_one_of_two)
{
	static const char *const bad[] = { "", "1", "2", "1.1", "1.0", "3",
		"TLSv1.3", "1.3 " };
	size_t i;

	expect_number(WI_URL_min_version, "1.2", 1);
	expect_number(WI_URL_min_version, "1.3", 2);
	for (i = 0; i < CHECK_COUNT(bad); i++)
		expect_bad(
		    WI_URL_min_version, bad[i], "min_version: 1.2 or 1.3");
}
END_TEST

START_TEST(mode_is_octal)
{
	static const char *const bad[] = { "", "8", "0668", "1000", "01000",
		"0o660", "0x1b0", "-1", "+660", " 660", "660 ", "rw-rw----",
		"2000000000000000000000", "1777777777777777777777777" };
	size_t i;

	expect_number(WI_URL_mode, "0", 0);
	expect_number(WI_URL_mode, "0660", 0660);
	expect_number(WI_URL_mode, "660", 0660);
	expect_number(WI_URL_mode, "777", 0777);
	expect_number(WI_URL_mode, "0000777", 0777);
	for (i = 0; i < CHECK_COUNT(bad); i++)
		expect_bad(WI_URL_mode, bad[i], "mode: octal, 0 to 0777");
}
END_TEST

/* Where the text of an option is kept. */
static const char *
text_of(const struct wi_url *url, enum wi_url_option option)
{
	return option == WI_URL_bind_device ? url->bind_device :
	    option == WI_URL_source         ? url->source :
	    option == WI_URL_owner          ? url->owner :
	    option == WI_URL_interface      ? url->interface :
	    option == WI_URL_origin         ? url->origin :
	    option == WI_URL_protocols      ? url->protocols :
	    option == WI_URL_query          ? url->query :
	    option == WI_URL_cert           ? url->cert :
	    option == WI_URL_key            ? url->key :
	    option == WI_URL_client_ca      ? url->client_ca :
	    option == WI_URL_ca             ? url->ca :
	    option == WI_URL_server_name    ? url->server_name :
	    option == WI_URL_alpn           ? url->alpn :
					      NULL;
}

START_TEST(text_is_taken_as_it_is_up_to_its_longest)
{
	const struct wi_url_option_info *info;
	unsigned option, other, ntexts = 0;
	char value[WI_URL_TEXT_MAX + 1], expected[80];
	struct wi_url url;
	const char *text;
	uint32_t use;

	for (option = 0; (info = wi_url_option_info(option)) != NULL;
	     option++) {
		if (info->kind != WI_URL_TEXT)
			continue;
		ntexts++;
		memset(value, 'v', sizeof(value));
		value[info->max] = '\0';
		text = url_with(option, value, &use);
		url = url_taken(text, use);
		ck_assert_str_eq(text_of(&url, option), value);
		for (other = 0; other < WI_URL_NOPTIONS; other++)
			if (other != option && text_of(&url, other) != NULL)
				ck_assert_str_eq(text_of(&url, other), "");

		snprintf(expected, sizeof(expected), "%s: text, 1 to %u bytes",
		    info->name, (unsigned)info->max);
		expect_bad(option, "", expected);
		value[info->max] = 'v';
		value[info->max + 1] = '\0';
		expect_bad(option, value, expected);
	}
	ck_assert_uint_eq(ntexts, 13);
}
END_TEST

START_TEST(text_beyond_any_option_is_refused)
{
	char text[600] = "unix:///x?owner=", says[300];
	size_t at = strlen(text), len;

	for (len = WI_URL_TEXT_MAX - 2; len < WI_URL_TEXT_MAX + 2; len++) {
		struct weft_error err;
		struct wi_url url;

		memset(text + at, 'v', len);
		text[at + len] = '\0';
		snprintf(says, sizeof(says),
		    "expected owner: text, 1 to 63 bytes, found \"%.80s\"",
		    text + at);
		ck_assert_int_eq(wi_url_parse(text, L, &url, &err), WEFT_EURL);
		ck_assert_ptr_nonnull(strstr(err.text, says));
	}
}
END_TEST

static void
expect_owner(const char *written, const char *owner)
{
	char text[128];

	snprintf(text, sizeof(text), "unix:///x?owner=%s", written);
	ck_assert_str_eq(url_taken(text, L).owner, owner);
}

START_TEST(value_may_have_any_byte_but_nul_as_percent_and_two_digits)
{
	static const char *const bad[] = { "%", "a%4", "%zz", "%4g", "%g4",
		"% 4", "%-1", "%+1", "%0", "%00", "a%00b", "%%41" };
	size_t i;

	expect_owner("a%26b", "a&b");
	expect_owner("%61", "a");
	expect_owner("a%25", "a%");
	expect_owner("%252541", "%2541");
	expect_owner("%3D%3d=", "===");
	expect_owner("%ff%0a", "\xff\n");
	expect_owner("a+b", "a+b");
	expect_owner("a?#/b", "a?#/b");
	expect_number(WI_URL_backlog, "%31%36", 16);
	expect_number(WI_URL_nodelay, "n%6f", 0);
	for (i = 0; i < CHECK_COUNT(bad); i++)
		expect_bad(WI_URL_owner, bad[i], "owner: text, 1 to 63 bytes");
	/* Names are not decoded. */
	url_refused("unix:///x?%6fwner=a", L,
	    "expected an option of max_message, idle, deadline, "
	    "slow_reader, outbox_high, outbox_age, malformed, partial, "
	    "handshake, proxy, rcvbuf, sndbuf, backlog, mode, owner, found "
	    "\"%6fwner\"");
}
END_TEST

START_TEST(networks_are_a_list)
{
	static const char *const bad[] = { "", "10.0.0.1/8", "x", "unix,",
		"10.0.0.0/8;unix", "*" };
	struct wi_url url = url_taken(
	    "tcp://h:1?proxy=10.0.0.0/8,fd00::/8,unix&backlog=16", L);
	size_t i;

	ck_assert_str_eq(url.proxy, "10.0.0.0/8,fd00::/8,unix");
	ck_assert(wi_url_given(&url, WI_URL_proxy));
	url = url_taken("unix:///x?proxy=unix%2c10.0.0.0%2F8", L);
	ck_assert_str_eq(url.proxy, "unix,10.0.0.0/8");
	url = url_taken("ws://h:1/p", L);
	ck_assert_str_eq(url.proxy, "");
	for (i = 0; i < CHECK_COUNT(bad); i++)
		expect_bad(WI_URL_proxy, bad[i],
		    "proxy: networks, addresses, unix, as "
		    "10.0.0.0/8,fd00::1");
}
END_TEST

START_TEST(every_fallback_could_have_been_written)
{
	const struct wi_url_option_info *info;
	unsigned option, nfallbacks = 0;
	struct wi_url none = url_taken("tcp://h:1", L);
	const char *text;
	uint32_t use;

	for (option = 0; (info = wi_url_option_info(option)) != NULL;
	     option++) {
		ck_assert_uint_le(info->min, info->max);
		if (info->fallback[0] == '\0')
			continue;
		ck_assert_uint_ne(info->kind, WI_URL_TEXT);
		ck_assert_uint_eq(info->where & WI_URL_NODE, 0);
		nfallbacks++;
		text = url_with(option, info->fallback, &use);
		ck_assert_uint_eq(none.numbers[option],
		    url_taken(text, use).numbers[option]);
	}
	ck_assert_uint_ge(nfallbacks, 10);
	ck_assert_uint_eq(option, WI_URL_NOPTIONS);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		number_is_read_and_has_a_range,
		deflate_is_yes_no_or_takeover,
		bytes_are_read_with_their_unit,
		time_is_read_with_its_unit_as_milliseconds,
		switch_is_yes_or_no,
		version_is_one_of_two,
		mode_is_octal,
		text_is_taken_as_it_is_up_to_its_longest,
		text_beyond_any_option_is_refused,
		value_may_have_any_byte_but_nul_as_percent_and_two_digits,
		networks_are_a_list,
		every_fallback_could_have_been_written,
	};

	return check_main("url_values", tests, CHECK_COUNT(tests));
}
