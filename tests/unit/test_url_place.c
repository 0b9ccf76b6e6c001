/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_url_place.c - base/url: paths and names of Unix sockets,
 * groups, interfaces behind an address, and URLs written again.
 */
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/url.h"
#include "check_main.h"
#include "url_says.h"

#define PATH "expected an absolute path, or @ and a name, found "
#define CONTROL "expected a path without control characters, found "
#define GROUP                                                                 \
	"expected the address of a group (224.0.0.0 to 239.255.255.255, or "  \
	"[ff00::] and above; others go with udp://), found "
#define SCOPE "expected an interface behind \"%\", found "

static void
expect_is(const char *text, uint32_t is, bool multicast)
{
	struct wi_url url = url_taken(text, WI_URL_LISTEN);

	ck_assert_uint_eq(url.is, is);
	ck_assert_int_eq(url.multicast, multicast);
}

START_TEST(each_transport_is_known_by_its_name)
{
	expect_is("tcp://h:1", WI_URL_TCP, false);
	expect_is("tcp+multicast://h:1", WI_URL_TCP, false);
	expect_is("unix:///x", WI_URL_UNIX, false);
	expect_is("unix+line:///x", WI_URL_UNIX, false);
	expect_is("udp://h:1", WI_URL_UDP, false);
	expect_is("udp+line://h:1", WI_URL_UDP, false);
	expect_is("udp+multicast://224.0.0.1:1", WI_URL_MULTICAST, true);
	expect_is("ws://h:1", WI_URL_TCP, false);
	expect_is("ws+text://h:1/a", WI_URL_TCP, false);
	expect_is("tls://h:1", WI_URL_TCP, false);
	expect_is("wss+text://h:1/a", WI_URL_TCP, false);
	expect_is("ssl://h:1", 0, false);
	expect_is("udp6://h:1", 0, false);
	ck_assert_str_eq(
	    url_taken("udp+multicast://224.0.0.1:1", WI_URL_LISTEN).codec, "");
}
END_TEST

START_TEST(unix_url_has_a_path_or_an_abstract_name)
{
	static const struct {
		const char *text;
		const char *path;
		bool abstract;
	} all[] = { { "unix:///x", "/x", false },
		{ "unix+varint:///run/x.sock", "/run/x.sock", false },
		{ "unix:///a:b,c%41 d", "/a:b,c%41 d", false },
		{ "unix:///x?backlog=1", "/x", false },
		{ "unix://@x", "x", true },
		{ "unix+line://@a/b@c", "a/b@c", true },
		{ "unix://@x?idle=1", "x", true } };
	size_t i;

	for (i = 0; i < CHECK_COUNT(all); i++) {
		struct wi_url url = url_taken(all[i].text, WI_URL_LISTEN);

		ck_assert_str_eq(url.path, all[i].path);
		ck_assert_int_eq(url.abstract, all[i].abstract);
		ck_assert_str_eq(url.host, "");
		ck_assert_uint_eq(url.port, 0);
	}
}
END_TEST

START_TEST(path_that_is_none_is_refused)
{
	url_refused("unix://", WI_URL_LISTEN, PATH "nothing");
	url_refused("unix://?idle=1", WI_URL_LISTEN, PATH "nothing");
	url_refused("unix://@", WI_URL_CONNECT, PATH "\"@\"");
	url_refused("unix://@?idle=1", WI_URL_CONNECT, PATH "\"@\"");
	url_refused("unix://x.sock", WI_URL_LISTEN, PATH "\"x.sock\"");
	url_refused("unix://./x", WI_URL_LISTEN, PATH "\"./x\"");
	url_refused("unix://h:80", WI_URL_LISTEN, PATH "\"h:80\"");
	url_refused("unix:///a\nb", WI_URL_LISTEN, CONTROL "\"/a?b\"");
	url_refused("unix://@a\x7f", WI_URL_LISTEN, CONTROL "\"@a?\"");
	url_refused("unix:///x#y", WI_URL_LISTEN,
	    "expected nothing behind the place, found \"#y\"");
}
END_TEST

/* "unix://" first n, with x up to a length of the path. */
static void
long_path(char *text, const char *first, size_t len)
{
	size_t at = strlen("unix://");

	strcpy(text, "unix://");
	strcpy(text + at, first);
	memset(text + at + strlen(first), 'x', len - strlen(first));
	text[at + len] = '\0';
}

START_TEST(path_of_107_bytes_is_taken_and_of_108_refused)
{
	char text[200], says[300];
	struct wi_url url;

	long_path(text, "/", 107);
	url = url_taken(text, WI_URL_LISTEN);
	ck_assert_str_eq(url.path, text + strlen("unix://"));

	long_path(text, "/", 108);
	snprintf(says, sizeof(says),
	    "expected a path of at most 107 bytes (unix(7)), not of 108, "
	    "found \"%.80s\"",
	    text + strlen("unix://"));
	url_refused(text, WI_URL_LISTEN, says);

	long_path(text, "@", 108); /* the '@' stands for a NUL */
	url = url_taken(text, WI_URL_LISTEN);
	ck_assert_str_eq(url.path, text + strlen("unix://@"));

	long_path(text, "@", 109);
	snprintf(says, sizeof(says),
	    "expected a name of at most 107 bytes (unix(7)), not of 108, "
	    "found \"%.80s\"",
	    text + strlen("unix://"));
	url_refused(text, WI_URL_LISTEN, says);
}
END_TEST

START_TEST(group_is_a_multicast_address)
{
	static const char *const good[] = { "224.0.0.0", "239.255.255.255",
		"[ff00::]", "[ff02::1]", "[ff02::1%lo]", "[ff02::1%nosuch]",
		"[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]" };
	static const char *const bad[] = { "223.255.255.255", "240.0.0.0",
		"127.0.0.1", "255.255.255.255", "*", "localhost", "a.example",
		"[::]", "[feff::1]", "[::ffff:224.0.0.1]", "[fe80::1%lo]" };
	char text[128], says[256];
	size_t i, len;

	for (i = 0; i < CHECK_COUNT(good); i++) {
		snprintf(text, sizeof(text), "udp+multicast://%s:1", good[i]);
		(void)url_taken(text, WI_URL_LISTEN);
		snprintf(text, sizeof(text), "udp://%s:1", good[i]);
		(void)url_taken(text, WI_URL_LISTEN);
	}
	for (i = 0; i < CHECK_COUNT(bad); i++) {
		snprintf(text, sizeof(text), "udp://%s:1", bad[i]);
		(void)url_taken(text, WI_URL_LISTEN);
		snprintf(text, sizeof(text), "udp+multicast://%s:1", bad[i]);
		len = strlen(bad[i]);
		snprintf(says, sizeof(says), GROUP "\"%.*s\"",
		    (int)(bad[i][0] == '[' ? len - 2 : len),
		    bad[i] + (bad[i][0] == '['));
		url_refused(text, WI_URL_LISTEN, says);
	}
	url_refused("udp+multicast://:1", WI_URL_LISTEN, GROUP "nothing");
}
END_TEST

/* The number of the interface that an address of the URL belongs to. */
static uint32_t
scope_of(const char *text)
{
	struct wi_url url = url_taken(text, WI_URL_LISTEN);
	struct sockaddr_storage addr;
	struct weft_error err;
	struct sockaddr_in6 in6;
	socklen_t len;
	int rv;

	rv = wi_url_address(&url, &addr, &len, &err);
	ck_assert_msg(rv == WEFT_OK, "%s: %s", text, err.text);
	ck_assert_uint_eq(len, sizeof(in6));
	memcpy(&in6, &addr, sizeof(in6));
	ck_assert_int_eq(in6.sin6_family, AF_INET6);
	ck_assert_uint_eq(ntohs(in6.sin6_port), 7);
	return in6.sin6_scope_id;
}

START_TEST(interface_behind_an_address_becomes_its_number)
{
	unsigned lo = if_nametoindex("lo");

	ck_assert_uint_ne(lo, 0);
	ck_assert_uint_eq(scope_of("tcp://[fe80::1%lo]:7"), lo);
	ck_assert_uint_eq(scope_of("udp+multicast://[ff02::1%lo]:7"), lo);
	ck_assert_uint_eq(scope_of("tcp://[fe80::1%3]:7"), 3);
	ck_assert_uint_eq(
	    scope_of("tcp://[fe80::1%4294967295]:7"), UINT32_MAX);
	ck_assert_uint_eq(scope_of("tcp://[fe80::1]:7"), 0);
	ck_assert_str_eq(url_taken("tcp://[fe80::1%lo]:7", WI_URL_LISTEN).host,
	    "fe80::1%lo");
}
END_TEST

START_TEST(interface_that_is_none_is_refused)
{
	static const char *const unknown[] = { "nosuch0", "4294967296",
		"99999999999", "1x", "-1", "+1" };
	struct sockaddr_storage addr;
	struct weft_error err;
	char text[64], says[160];
	struct wi_url url;
	socklen_t len;
	size_t i;

	url_refused("tcp://[fe80::1%]:7", WI_URL_LISTEN, SCOPE "nothing");
	url_refused("tcp://[fe80::1%a b]:7", WI_URL_LISTEN, SCOPE "\"a b\"");
	url_refused("tcp://[fe80::1%a%b]:7", WI_URL_LISTEN, SCOPE "\"a%b\"");
	url_refused(
	    "tcp://[fe80::1%\xc3\xa9]:7", WI_URL_LISTEN, SCOPE "\"\xc3\xa9\"");
	url_refused("tcp://[fe80::1%a\x7f]:7", WI_URL_LISTEN, SCOPE "\"a?\"");
	(void)url_taken("tcp://[fe80::1%fifteen-letters]:7", WI_URL_LISTEN);
	url_refused("tcp://[fe80::1%sixteen--letters]:7", WI_URL_LISTEN,
	    SCOPE "\"sixteen--letters\"");
	url_refused("tcp://[127.0.0.1%lo]:7", WI_URL_LISTEN,
	    "expected an IPv6 address in brackets, found \"127.0.0.1%lo\"");

	for (i = 0; i < CHECK_COUNT(unknown); i++) {
		snprintf(
		    text, sizeof(text), "tcp://[fe80::1%%%s]:7", unknown[i]);
		url = url_taken(text, WI_URL_LISTEN);
		ck_assert_int_eq(
		    wi_url_address(&url, &addr, &len, &err), WEFT_EURL);
		snprintf(says, sizeof(says),
		    "host: expected an interface of this machine behind "
		    "\"%%\", found \"fe80::1%%%s\"",
		    unknown[i]);
		ck_assert_str_eq(err.text, says);
	}
}
END_TEST

START_TEST(url_written_again_is_the_one_that_clients_can_use)
{
	static const struct {
		const char *text;
		const char *written;
	} all[] = { { "unix:///run/x", "unix:///run/x" },
		{ "unix+raw:///run/x", "unix:///run/x" },
		{ "unix+line:///x?mode=0600&idle=1", "unix+line:///x" },
		{ "unix+varint://@a b", "unix+varint://@a b" },
		{ "udp://127.0.0.1:80", "udp://127.0.0.1:80" },
		{ "udp://[::1]:80?max_peers=1", "udp://[::1]:80" },
		{ "udp+multicast://239.1.2.3:80?loop=no",
		    "udp+multicast://239.1.2.3:80" },
		{ "udp+multicast://[ff02:0::1%5]:80",
		    "udp+multicast://[ff02::1%5]:80" },
		{ "tcp+tpl://[fe80::1%7]:1", "tcp+tpl://[fe80::1%7]:1" } };
	struct sockaddr_storage addr;
	struct wi_url url;
	socklen_t len;
	char out[256];
	size_t i;

	for (i = 0; i < CHECK_COUNT(all); i++) {
		memset(&addr, 0xa5, sizeof(addr)); /* unix: not looked at */
		url = url_taken(all[i].text, WI_URL_LISTEN);
		if (url.is != WI_URL_UNIX)
			ck_assert_int_eq(
			    wi_url_address(&url, &addr, &len, NULL), WEFT_OK);
		wi_url_format(out, sizeof(out), &url, &addr);
		ck_assert_str_eq(out, all[i].written);
	}
}
END_TEST

START_TEST(longest_url_written_fits_what_a_listener_has)
{
	char text[200] = "unix+fifteen-letters://@";
	struct sockaddr_storage addr = { 0 };
	struct wi_url url;
	char out[256];

	memset(text + strlen(text), 'x', 107);
	url = url_taken(text, WI_URL_LISTEN);
	wi_url_format(out, sizeof(out), &url, &addr);
	ck_assert_str_eq(out, text);
}
END_TEST

/* What a listener of it is called, and whom a client asks. */
static void
expect_web(const char *text, const char *target, const char *authority,
    const char *again)
{
	struct sockaddr_storage addr = { .ss_family = AF_INET };
	struct wi_url url = url_taken(text, WI_URL_CONNECT);
	char out[WI_URL_HOST_MAX + 16];

	ck_assert(url.web);
	ck_assert_str_eq(url.target, target);
	wi_url_authority(&url, out, sizeof(out));
	ck_assert_str_eq(out, authority);
	wi_url_format(out, sizeof(out), &url, &addr);
	ck_assert_str_eq(out, again);
}

START_TEST(ws_url_has_a_path)
{
	char longest[300] = "ws://h:1/";

	expect_web("ws://h:1", "", "h:1", "ws://0.0.0.0:0");
	expect_web("ws://h:1/", "/", "h:1", "ws://0.0.0.0:0/");
	expect_web("ws+text://[::1]:80/a/%20b?idle=1", "/a/%20b", "[::1]:80",
	    "ws+text://0.0.0.0:0/a/%20b");
	expect_web("wss://a.example:443/a?verify=no", "/a", "a.example:443",
	    "wss://0.0.0.0:0/a");
	expect_web("ws://*:80/a?protocols=b", "/a", "localhost:80",
	    "ws://0.0.0.0:0/a");
	url_refused("ws://h:1/a b", WI_URL_LISTEN,
	    "expected a path of printable ASCII (others as %41), found "
	    "\"/a b\"");
	url_refused("ws://h:1/a#b", WI_URL_LISTEN,
	    "expected nothing behind the place, found \"#b\"");
	memset(longest + 9, 'x', 254);
	ck_assert_uint_eq(
	    strlen(url_taken(longest, WI_URL_LISTEN).target), 255);
	longest[9 + 254] = 'x';
	url_refused("tcp://h:1/a", WI_URL_LISTEN,
	    "expected no path behind the port, found \"/a\"");
	ck_assert_int_eq(
	    wi_url_parse(longest, WI_URL_LISTEN, &(struct wi_url){ 0 }, NULL),
	    WEFT_EURL);
	ck_assert(!url_taken("tcp://h:1", WI_URL_LISTEN).web);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		ws_url_has_a_path,
		each_transport_is_known_by_its_name,
		unix_url_has_a_path_or_an_abstract_name,
		path_that_is_none_is_refused,
		path_of_107_bytes_is_taken_and_of_108_refused,
		group_is_a_multicast_address,
		interface_behind_an_address_becomes_its_number,
		interface_that_is_none_is_refused,
		url_written_again_is_the_one_that_clients_can_use,
		longest_url_written_fits_what_a_listener_has,
	};

	return check_main("url_place", tests, CHECK_COUNT(tests));
}
