/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_url_options.c - base/url_options: every option where it
 * belongs, and what is said of those that stand elsewhere, or are none.
 */
#include <stdio.h>
#include <string.h>

#include "base/url.h"
#include "check_main.h"
#include "url_says.h"

#define L WI_URL_LISTEN
#define C WI_URL_CONNECT

START_TEST(options_that_were_not_written_have_their_fallback)
{
	struct wi_url url = url_taken("tcp://h:1", C);

	ck_assert_uint_eq(url.given, 0);
	ck_assert_uint_eq(url.numbers[WI_URL_max_message], 0);
	ck_assert_uint_eq(url.numbers[WI_URL_idle], 0);
	ck_assert_uint_eq(url.numbers[WI_URL_max_peers], 16384);
	ck_assert_uint_eq(url.numbers[WI_URL_backlog], 4096);
	ck_assert_uint_eq(url.numbers[WI_URL_nodelay], 1);
	ck_assert_uint_eq(url.numbers[WI_URL_keepalive], 0);
	ck_assert_uint_eq(url.numbers[WI_URL_reconnect_max], 30000);
	ck_assert_uint_eq(url.numbers[WI_URL_loop], 1);
	ck_assert_uint_eq(url.numbers[WI_URL_ttl], 1);
	ck_assert_str_eq(url.owner, "");
	ck_assert(!wi_url_given(&url, WI_URL_nodelay));
	ck_assert_uint_eq(wi_url_number(&url, WI_URL_nodelay, 4711), 4711);

	/* Those that were not written keep it beside one that was. */
	url = url_taken("tcp://h:1?nodelay=no", L);
	ck_assert_uint_eq(url.numbers[WI_URL_nodelay], 0);
	ck_assert_uint_eq(url.numbers[WI_URL_backlog], 4096);
}
END_TEST

START_TEST(several_options_are_taken_in_any_order)
{
	struct wi_url url;

	url = url_taken("tcp+line://[::1]:7?nodelay=no&idle=60s&"
			"max_message=64k&bind_device=lo",
	    L);
	ck_assert_str_eq(url.codec, "line");
	ck_assert_str_eq(url.host, "::1");
	ck_assert_uint_eq(url.port, 7);
	ck_assert_uint_eq(url.given,
	    1u << WI_URL_nodelay | 1u << WI_URL_idle |
		1u << WI_URL_max_message | 1u << WI_URL_bind_device);
	ck_assert_uint_eq(url.numbers[WI_URL_nodelay], 0);
	ck_assert_uint_eq(url.numbers[WI_URL_idle], 60000);
	ck_assert_uint_eq(url.numbers[WI_URL_max_message], 65536);
	ck_assert_str_eq(url.bind_device, "lo");
}
END_TEST

START_TEST(option_that_stands_twice_is_refused)
{
	url_refused("tcp://h:1?idle=1&idle=1", L,
	    "expected each option once, found \"idle\"");
	url_refused("tcp://h:1?nodelay=no&idle=1&nodelay=yes", L,
	    "expected each option once, found \"nodelay\"");
	url_refused("unix:///x?owner=a&owner=", L,
	    "expected each option once, found \"owner\"");
}
END_TEST

START_TEST(option_without_a_name_is_refused)
{
	static const char says[] = "expected the name of an option, found ";
	static const struct {
		const char *text;
		const char *found;
	} bad[] = { { "?", "nothing" }, { "?=1", "\"=1\"" },
		{ "?&idle=1", "\"&idle=1\"" }, { "?idle=1&", "nothing" },
		{ "?idle=1&&", "\"&\"" }, { "?idle=1&=", "\"=\"" } };
	char text[64], all[128];
	size_t i;

	(void)url_taken("tcp://h:1?idle=1", L);
	for (i = 0; i < CHECK_COUNT(bad); i++) {
		snprintf(text, sizeof(text), "tcp://h:1%s", bad[i].text);
		snprintf(all, sizeof(all), "%s%s", says, bad[i].found);
		url_refused(text, L, all);
	}
	url_refused("tcp://h:1?nodelay", L,
	    "expected nodelay: yes or no, found nothing");
	url_refused("tcp://h:1?nodelay=yes=no", L,
	    "expected nodelay: yes or no, found \"yes=no\"");
	url_refused("tcp://h:1?nodelay=yes?idle=1", L,
	    "expected nodelay: yes or no, found \"yes?idle=1\"");
}
END_TEST

#define TCP_LISTEN                                                            \
	"max_message, idle, deadline, slow_reader, outbox_high, outbox_age, " \
	"malformed, partial, handshake, max_endpoints_per_ip, proxy, "        \
	"rcvbuf, sndbuf, backlog, nodelay, keepalive, reuseport, bind_device"
#define TCP_CONNECT                                                           \
	"max_message, idle, deadline, slow_reader, outbox_high, outbox_age, " \
	"malformed, partial, handshake, rcvbuf, sndbuf, nodelay, "            \
	"keepalive, bind_device, source, reconnect, reconnect_max"
#define UNIX_LISTEN                                                           \
	"max_message, idle, deadline, slow_reader, outbox_high, outbox_age, " \
	"malformed, partial, handshake, proxy, rcvbuf, sndbuf, backlog, "     \
	"mode, owner"
#define UNIX_CONNECT                                                          \
	"max_message, idle, deadline, slow_reader, outbox_high, outbox_age, " \
	"malformed, partial, handshake, rcvbuf, sndbuf, reconnect, "          \
	"reconnect_max"
#define UDP_LISTEN                                                            \
	"max_message, idle, deadline, slow_reader, outbox_high, outbox_age, " \
	"malformed, handshake, max_endpoints_per_ip, max_peers, rcvbuf, "     \
	"sndbuf, reuseport, bind_device, broadcast"
#define UDP_CONNECT                                                           \
	"max_message, idle, deadline, slow_reader, outbox_high, outbox_age, " \
	"malformed, handshake, rcvbuf, sndbuf, bind_device, source, "         \
	"broadcast"
#define TLS_LISTEN "cert, key, client_ca, alpn, min_version"
#define TLS_CONNECT "cert, key, ca, verify, server_name, alpn, min_version"
#define GROUP_LISTEN                                                          \
	"max_message, idle, deadline, slow_reader, outbox_high, outbox_age, " \
	"malformed, max_endpoints_per_ip, max_peers, rcvbuf, "                \
	"sndbuf, reuseport, bind_device, interface, loop, ttl"
#define GROUP_CONNECT                                                         \
	"max_message, idle, deadline, slow_reader, outbox_high, outbox_age, " \
	"malformed, rcvbuf, sndbuf, bind_device, source, interface, "         \
	"loop, ttl"

static const struct known {
	uint32_t is;
	uint32_t use;
	const char *names;
} knowns[] = { { WI_URL_TCP, L, TCP_LISTEN }, { WI_URL_TCP, C, TCP_CONNECT },
	{ WI_URL_UNIX, L, UNIX_LISTEN }, { WI_URL_UNIX, C, UNIX_CONNECT },
	{ WI_URL_UDP, L, UDP_LISTEN }, { WI_URL_UDP, C, UDP_CONNECT },
	{ WI_URL_MULTICAST, L, GROUP_LISTEN },
	{ WI_URL_MULTICAST, C, GROUP_CONNECT },
	{ WI_URL_TCP | WI_URL_WS, L,
	    TCP_LISTEN ", ping, pong_timeout, origin, protocols, deflate, "
		       "deflate_bits" },
	{ WI_URL_TCP | WI_URL_WS, C,
	    TCP_CONNECT ", ping, pong_timeout, protocols, query, deflate, "
			"deflate_bits" },
	{ WI_URL_TCP | WI_URL_TLS, L, TCP_LISTEN ", " TLS_LISTEN },
	{ WI_URL_TCP | WI_URL_TLS, C, TCP_CONNECT ", " TLS_CONNECT } };

START_TEST(unknown_option_is_answered_with_those_that_are_known_there)
{
	char text[128], says[512];
	size_t i, j;

	for (i = 0; i < CHECK_COUNT(knowns); i++)
		for (j = 0; j < URL_NPLACES; j++) {
			if (url_places[j].is != knowns[i].is)
				continue;
			snprintf(text, sizeof(text), "%s?colour=red",
			    url_places[j].text);
			snprintf(says, sizeof(says),
			    "expected an option of %s, found \"colour\"",
			    knowns[i].names);
			url_refused(text, knowns[i].use, says);
		}
}
END_TEST

/* Is the option one of the names? */
static bool
is_among(const char *names, const char *name)
{
	char all[512], one[64];

	snprintf(all, sizeof(all), ", %s,", names);
	snprintf(one, sizeof(one), ", %s,", name);
	return strstr(all, one) != NULL;
}

START_TEST(option_is_taken_exactly_where_it_belongs)
{
	static const char *const values[] = { [WI_URL_COUNT] = "15",
		[WI_URL_BYTES] = "1",
		[WI_URL_TIME] = "1",
		[WI_URL_SWITCH] = "1",
		[WI_URL_MODE] = "1",
		[WI_URL_SLOW] = "close",
		[WI_URL_MALFORMED] = "skip",
		[WI_URL_DEFLATE] = "takeover",
		[WI_URL_NETS] = "10.0.0.1",
		[WI_URL_VERSION] = "1.3",
		[WI_URL_TEXT] = "1" };
	const struct wi_url_option_info *info;
	struct weft_error err;
	struct wi_url url;
	unsigned option;
	char text[128];
	size_t i, j;
	int rv;

	for (i = 0; i < CHECK_COUNT(knowns); i++)
		for (option = 0; (info = wi_url_option_info(option)) != NULL;
		     option++)
			for (j = 0; j < URL_NPLACES; j++) {
				if (url_places[j].is != knowns[i].is)
					continue;
				snprintf(text, sizeof(text), "%s?%s=%s",
				    url_places[j].text, info->name,
				    values[info->kind]);
				rv = wi_url_parse(
				    text, knowns[i].use, &url, &err);
				ck_assert_msg((rv == WEFT_OK) ==
					is_among(knowns[i].names, info->name),
				    "%s", text);
			}
}
END_TEST

START_TEST(misplaced_option_is_answered_with_where_it_belongs)
{
	url_refused("tcp://h:1?mode=0600", L,
	    "expected an option that a listener of tcp has (" TCP_LISTEN
	    "), found \"mode\", which is for unix (listen)");
	url_refused("tcp://h:1?backlog=1", C,
	    "expected an option that a connection by tcp has (" TCP_CONNECT
	    "), found \"backlog\", which is for tcp, unix (listen)");
	url_refused("udp+multicast://224.0.0.1:1?handshake=1", C,
	    "expected an option that a connection by udp+multicast "
	    "has (" GROUP_CONNECT "), found \"handshake\", which is for tcp, "
	    "unix, udp");
	url_refused("udp://h:1?loop=no", L,
	    "expected an option that a listener of udp has (" UDP_LISTEN
	    "), found \"loop\", which is for udp+multicast");
}
END_TEST

/* The option that is suggested, "" if none. */
static void
expect_meant(const char *place, const char *name, const char *meant)
{
	char text[128], says[64];
	struct weft_error err;
	struct wi_url url;
	const char *found;

	snprintf(text, sizeof(text), "%s?%s=1", place, name);
	ck_assert_int_eq(wi_url_parse(text, L, &url, &err), WEFT_EURL);
	snprintf(says, sizeof(says), ", found \"%s\"", name);
	found = strstr(err.text, says);
	ck_assert_msg(found != NULL, "%s", err.text);
	if (meant[0] != '\0')
		snprintf(says, sizeof(says),
		    ", found \"%s\": did you mean %s?", name, meant);
	ck_assert_str_eq(found, says);
}

START_TEST(slip_of_the_pen_is_answered_with_the_option_that_was_meant)
{
	expect_meant("tcp://h:1", "nodelai", "nodelay");
	expect_meant("tcp://h:1", "no_delay", "nodelay");
	expect_meant("tcp://h:1", "nodely", "nodelay");
	expect_meant("tcp://h:1", "onde_lay", "nodelay");
	expect_meant("tcp://h:1", "onde_ly", "");
	expect_meant("tcp://h:1", "max-message", "max_message");
	expect_meant("tcp://h:1", "maxmessages", "max_message");
	expect_meant("tcp://h:1", "keep-alive", "keepalive");
	expect_meant("tcp://h:1", "Idle", "idle");
	/* The nearest, not the first that is near. */
	expect_meant("tcp://h:1", "sndbug", "sndbuf");
	expect_meant("tcp://h:1", "rndbuf", "sndbuf");
	/* Of those only that mean something there. */
	expect_meant("unix:///x", "modes", "mode");
	expect_meant("tcp://h:1", "modes", "");
	/* Short names are near to everything. */
	expect_meant("udp+multicast://224.0.0.1:1", "tt", "");
	expect_meant("udp+multicast://224.0.0.1:1", "tls", "");
	expect_meant("tcp://h:1", "x", "");
	expect_meant(
	    "tcp://h:1", "nodelay_______________________________", "");
}
END_TEST

START_TEST(long_name_is_not_taken_for_its_beginning)
{
	char text[256], says[400], name[100];
	size_t len;

	for (len = 30; len < 40; len++) {
		memset(name, 'n', len);
		memcpy(name, "idle", strlen("idle"));
		name[len] = '\0';
		snprintf(text, sizeof(text), "unix:///x?%s=1", name);
		snprintf(says, sizeof(says),
		    "expected an option of " UNIX_LISTEN ", found \"%s\"",
		    name);
		url_refused(text, L, says);
	}
}
END_TEST

START_TEST(option_of_a_transport_that_has_none_is_refused)
{
	(void)url_taken("tpc://h:1", L);
	url_refused("tpc://h:1?nodelay=yes", L,
	    "expected a transport that has options (tcp, unix, udp, "
	    "udp+multicast, ws, http, tls, wss, https), found \"tpc\"");
}
END_TEST

START_TEST(where_is_said_in_words_and_cut_at_size)
{
	static const struct {
		uint32_t where;
		const char *text;
	} all[] = { { WI_URL_ANY | WI_URL_BOTH, "all" },
		{ WI_URL_ANY | WI_URL_BOTH | WI_URL_NODE, "all" },
		{ WI_URL_ANY | L, "all (listen)" },
		{ WI_URL_TCP | C, "tcp (connect)" },
		{ WI_URL_STREAM | WI_URL_BOTH, "tcp, unix" },
		{ WI_URL_IP | L, "tcp, udp, udp+multicast (listen)" },
		{ WI_URL_UNIX | WI_URL_DATAGRAM | C,
		    "unix, udp, udp+multicast (connect)" } };
	char out[80];
	size_t i;

	for (i = 0; i < CHECK_COUNT(all); i++) {
		wi_url_where(all[i].where, out, sizeof(out));
		ck_assert_str_eq(out, all[i].text);
	}
	wi_url_where(WI_URL_IP | L, out, 6);
	ck_assert_str_eq(out, "tcp, ");
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		options_that_were_not_written_have_their_fallback,
		several_options_are_taken_in_any_order,
		option_that_stands_twice_is_refused,
		option_without_a_name_is_refused,
		unknown_option_is_answered_with_those_that_are_known_there,
		option_is_taken_exactly_where_it_belongs,
		misplaced_option_is_answered_with_where_it_belongs,
		slip_of_the_pen_is_answered_with_the_option_that_was_meant,
		long_name_is_not_taken_for_its_beginning,
		option_of_a_transport_that_has_none_is_refused,
		where_is_said_in_words_and_cut_at_size,
	};

	return check_main("url_options", tests, CHECK_COUNT(tests));
}
