/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_url.c - base/url: what is taken, and what is said of what is
 * not.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/url.h"
#include "check_main.h"

struct good {
	const char *text;
	const char *transport;
	const char *codec;
	const char *host;
	unsigned port;
};

static const struct good goods[] = {
	{ "tcp://127.0.0.1:3041", "tcp", "", "127.0.0.1", 3041 },
	{ "tcp+varint://127.0.0.1:3042", "tcp", "varint", "127.0.0.1", 3042 },
	{ "tcp+raw://h:1", "tcp", "raw", "h", 1 },
	{ "tcp://localhost:0", "tcp", "", "localhost", 0 },
	{ "tcp://*:80", "tcp", "", "*", 80 },
	{ "tcp://:80", "tcp", "", "", 80 },
	{ "tcp://[::1]:65535", "tcp", "", "::1", 65535 },
	{ "tcp+varint://[::]:0", "tcp", "varint", "::", 0 },
	{ "tcp://[::ffff:127.0.0.1]:7", "tcp", "", "::ffff:127.0.0.1", 7 },
	{ "tcp://a-b.example_1.ORG:00080", "tcp", "", "a-b.example_1.ORG",
	    80 },
	{ "t0-_+c0-_://h:1", "t0-_", "c0-_", "h", 1 },
	{ "fifteen-letters+fifteen-letters://h:1", "fifteen-letters",
	    "fifteen-letters", "h", 1 },
};

START_TEST(url_is_cut_into_its_parts)
{
	struct weft_error err;
	struct wi_url url;
	size_t i;
	int rv;

	for (i = 0; i < CHECK_COUNT(goods); i++) {
		memset(&url, 'x', sizeof(url));
		rv = wi_url_parse(goods[i].text, WI_URL_LISTEN, &url, &err);
		ck_assert_msg(
		    rv == WEFT_OK, "%s: %s", goods[i].text, err.text);
		ck_assert_str_eq(url.transport, goods[i].transport);
		ck_assert_str_eq(url.codec, goods[i].codec);
		ck_assert_str_eq(url.host, goods[i].host);
		ck_assert_uint_eq(url.port, goods[i].port);
	}
}
END_TEST

struct bad {
	const char *text;
	const char *says; /* behind: URL "text": */
};

#define SHAPE "expected transport[+codec]://host:port, found "
#define TRANSPORT "expected a transport of a-z 0-9 - _"
#define CODEC "expected a codec of a-z 0-9 - _ behind \"+\""
#define PORT "expected a port from 0 to 65535, found "
#define COLON "expected \":\" and a port behind the host, found "
#define IPV6 "expected an IPv6 address in brackets, found "
#define BRACKETS "expected brackets only around an address, found "
#define HOST "expected a host name, an address or *, found "

static const struct bad bads[] = {
	{ "", SHAPE "nothing" },
	{ "127.0.0.1:80", SHAPE "\"127.0.0.1:80\"" },
	{ "tcp:/h:80", SHAPE "\"tcp:/h:80\"" },
	{ "tcp:", SHAPE "\"tcp:\"" },

	{ "://h:80", TRANSPORT ", found nothing" },
	{ "+varint://h:80", TRANSPORT ", found nothing" },
	{ "TCP://h:80", TRANSPORT ", found \"TCP\"" },
	{ "tc p://h:80", TRANSPORT ", found \"tc p\"" },
	{ "tcp/x://h:80", TRANSPORT ", found \"tcp/x\"" },
	{ "sixteen--letters://h:80",
	    TRANSPORT ", at most 15 long, found \"sixteen--letters\"" },

	{ "tcp+://h:80", CODEC ", found nothing" },
	{ "tcp+Varint://h:80", CODEC ", found \"Varint\"" },
	{ "tcp+sixteen--letters://h:80",
	    CODEC ", at most 15 long, found \"sixteen--letters\"" },
	{ "tcp+tls+varint://h:80",
	    "expected one \"+codec\" at most, found \"+tls+varint\"" },
	{ "tcp++varint://h:80",
	    "expected one \"+codec\" at most, found \"++varint\"" },
	{ "tcp++://h:80", "expected one \"+codec\" at most, found \"++\"" },

	{ "tcp://", COLON "nothing" },
	{ "tcp://h", COLON "nothing" },
	{ "tcp://[::1]", COLON "nothing" },
	{ "tcp://[::1]80", COLON "\"80\"" },
	{ "tcp://[::1]x:80", COLON "\"x:80\"" },
	{ "tcp://h:", PORT "nothing" },
	{ "tcp://[::1]:", PORT "nothing" },
	{ "tcp://h:http", PORT "\"http\"" },
	{ "tcp://h:80x", PORT "\"80x\"" },
	{ "tcp://h: 80", PORT "\" 80\"" },
	{ "tcp://h:80 ", PORT "\"80 \"" },
	{ "tcp://h:+80", PORT "\"+80\"" },
	{ "tcp://h:-1", PORT "\"-1\"" },
	{ "tcp://h:0x50", PORT "\"0x50\"" },
	{ "tcp://h:65536", PORT "\"65536\"" },
	{ "tcp://h:4294967376", PORT "\"4294967376\"" },
	{ "tcp://h:18446744073709551696", PORT "\"18446744073709551696\"" },
	{ "tcp://[::1]:80:81", PORT "\"80:81\"" },

	{ "tcp://[::1:80",
	    "expected \"]\" behind the address, "
	    "found \"[::1:80\"" },
	{ "tcp://::1]:80", BRACKETS "\"::1]:80\"" },
	{ "tcp://h[]:80", BRACKETS "\"h[]:80\"" },
	{ "tcp://::1:80",
	    "expected host:port, or [address]:port with an IPv6 "
	    "address, found \"::1:80\"" },
	{ "tcp://[]:80", IPV6 "nothing" },
	{ "tcp://[h]:80", IPV6 "\"h\"" },
	{ "tcp://[127.0.0.1]:80", IPV6 "\"127.0.0.1\"" },
	{ "tcp://[[::1]]:80", IPV6 "\"[::1\"" },

	{ "tcp://user@h:80", HOST "\"user@h\"" },
	{ "tcp://h h:80", HOST "\"h h\"" },
	{ "tcp://**:80", HOST "\"**\"" },
	{ "tcp://*.h:80", HOST "\"*.h\"" },
	{ "tcp://h\n:80", HOST "\"h?\"" },
	{ "tcp://h\xc3\xa9:80", HOST "\"h\xc3\xa9\"" },

	{ "tcp://h:80/", "expected no path behind the port, found \"/\"" },
	{ "tcp://h:80/a?b",
	    "expected no path behind the port, "
	    "found \"/a?b\"" },
	{ "tcp:///tmp/socket", COLON "nothing" },
	{ "tcp://h:80#x", "expected nothing behind the place, found \"#x\"" },

	{ "tcp://h:80?", "expected the name of an option, found nothing" },
	{ "tcp://h:80?&a", "expected the name of an option, found \"&a\"" },
	{ "tcp://h:80?=1", "expected the name of an option, found \"=1\"" },
};

START_TEST(bad_url_is_refused_with_what_was_expected_and_found)
{
	struct weft_error err;
	struct wi_url url;
	char wanted[1024];
	char *at;
	size_t i;
	int rv;

	for (i = 0; i < CHECK_COUNT(bads); i++) {
		wi_url_parse("tcp://x:1", WI_URL_LISTEN, &url, &err);
		rv = wi_url_parse(bads[i].text, WI_URL_LISTEN, &url, &err);
		ck_assert_msg(rv == WEFT_EURL, "%s is taken", bads[i].text);
		ck_assert_int_eq(err.code, WEFT_EURL);
		snprintf(wanted, sizeof(wanted), "URL \"%s\": %s",
		    bads[i].text, bads[i].says);
		for (at = wanted; (at = strchr(at, '\n')) != NULL;)
			*at = '?';
		ck_assert_str_eq(err.text, wanted);
		/* The same without anybody to tell. */
		ck_assert_int_eq(
		    wi_url_parse(bads[i].text, WI_URL_LISTEN, &url, NULL),
		    WEFT_EURL);
	}
}
END_TEST

START_TEST(host_of_255_bytes_is_taken_and_of_256_refused)
{
	struct weft_error err;
	struct wi_url url;
	char host[WI_URL_HOST_MAX + 1];
	char text[400];
	int rv;

	memset(host, 'h', sizeof(host));
	host[255] = '\0';
	snprintf(text, sizeof(text), "tcp://%s:80", host);
	rv = wi_url_parse(text, WI_URL_LISTEN, &url, &err);
	ck_assert_int_eq(rv, WEFT_OK);
	ck_assert_str_eq(url.host, host);

	host[255] = 'h';
	host[256] = '\0';
	snprintf(text, sizeof(text), "tcp://%s:80", host);
	rv = wi_url_parse(text, WI_URL_LISTEN, &url, &err);
	ck_assert_int_eq(rv, WEFT_EURL);
	ck_assert_ptr_nonnull(strstr(
	    err.text, "expected a host of at most 255 bytes, found \"hhh"));

	memset(host, '1', sizeof(host) - 1);
	snprintf(text, sizeof(text), "tcp://[%s]:80", host);
	rv = wi_url_parse(text, WI_URL_LISTEN, &url, &err);
	ck_assert_int_eq(rv, WEFT_EURL);
	ck_assert_ptr_nonnull(strstr(err.text, IPV6 "\"111"));
}
END_TEST

static void
address(const char *text, struct sockaddr_storage *addr, socklen_t *len)
{
	struct weft_error err;
	struct wi_url url;
	int rv;

	rv = wi_url_parse(text, WI_URL_LISTEN, &url, &err);
	ck_assert_msg(rv == WEFT_OK, "%s: %s", text, err.text);
	memset(addr, 'x', sizeof(*addr));
	rv = wi_url_address(&url, addr, len, &err);
	ck_assert_msg(rv == WEFT_OK, "%s: %s", text, err.text);
}

START_TEST(numeric_host_becomes_an_ipv4_address)
{
	static const struct {
		const char *text;
		uint32_t host;
		uint16_t port;
	} v4[] = {
		{ "tcp://127.0.0.1:3041", 0x7f000001, 3041 },
		{ "tcp://10.1.2.3:65535", 0x0a010203, 65535 },
		{ "tcp://localhost:1", 0x7f000001, 1 },
		{ "tcp://LocalHost:1", 0x7f000001, 1 },
		{ "tcp://*:0", 0, 0 },
		{ "tcp://:80", 0, 80 },
	};
	struct sockaddr_storage addr;
	struct sockaddr_in in4;
	socklen_t len;
	size_t i;

	for (i = 0; i < CHECK_COUNT(v4); i++) {
		address(v4[i].text, &addr, &len);
		ck_assert_uint_eq(len, sizeof(in4));
		memcpy(&in4, &addr, sizeof(in4));
		ck_assert_int_eq(in4.sin_family, AF_INET);
		ck_assert_uint_eq(ntohl(in4.sin_addr.s_addr), v4[i].host);
		ck_assert_uint_eq(ntohs(in4.sin_port), v4[i].port);
	}
}
END_TEST

START_TEST(bracketed_host_becomes_an_ipv6_address)
{
	struct sockaddr_storage addr;
	struct sockaddr_in6 in6;
	socklen_t len;

	address("tcp://[::1]:3041", &addr, &len);
	ck_assert_uint_eq(len, sizeof(in6));
	memcpy(&in6, &addr, sizeof(in6));
	ck_assert_int_eq(in6.sin6_family, AF_INET6);
	ck_assert_mem_eq(&in6.sin6_addr, &in6addr_loopback, 16);
	ck_assert_uint_eq(ntohs(in6.sin6_port), 3041);
	ck_assert_uint_eq(in6.sin6_scope_id, 0);

	address("tcp://[::]:0", &addr, &len);
	memcpy(&in6, &addr, sizeof(in6));
	ck_assert_mem_eq(&in6.sin6_addr, &in6addr_any, 16);
}
END_TEST

START_TEST(name_that_would_need_dns_is_refused_by_name)
{
	static const char *const hosts[] = { "a.example", "127.1", "1.2.3.4.5",
		"256.0.0.1", "010.0.0.1" };
	struct sockaddr_storage addr;
	struct weft_error err;
	struct wi_url url;
	char text[64];
	socklen_t len;
	size_t i;
	int rv;

	for (i = 0; i < CHECK_COUNT(hosts); i++) {
		snprintf(text, sizeof(text), "tcp://%s:80", hosts[i]);
		rv = wi_url_parse(text, WI_URL_LISTEN, &url, &err);
		ck_assert_int_eq(rv, WEFT_OK);
		rv = wi_url_address(&url, &addr, &len, &err);
		ck_assert_int_eq(rv, WEFT_EURL);
		snprintf(text, sizeof(text), "found \"%s\"", hosts[i]);
		ck_assert_ptr_nonnull(strstr(err.text,
		    "host: expected a numeric address, localhost or *, "));
		ck_assert_ptr_nonnull(strstr(err.text, text));
	}
}
END_TEST

START_TEST(bound_address_is_written_as_the_url_that_reaches_it)
{
	static const struct {
		const char *text;
		const char *codec;
		const char *written;
	} urls[] = {
		{ "tcp://127.0.0.1:41213", "varint",
		    "tcp+varint://127.0.0.1:41213" },
		{ "tcp://127.0.0.1:41213", "", "tcp://127.0.0.1:41213" },
		{ "tcp://127.0.0.1:41213", "raw", "tcp://127.0.0.1:41213" },
		{ "tcp://*:1", "", "tcp://0.0.0.0:1" },
		{ "tcp://[0:0::1]:1", "varint", "tcp+varint://[::1]:1" },
		{ "tcp://[::]:65535", "raw", "tcp://[::]:65535" },
	};
	struct sockaddr_storage addr;
	socklen_t len;
	char out[128];
	size_t i;

	for (i = 0; i < CHECK_COUNT(urls); i++) {
		address(urls[i].text, &addr, &len);
		struct wi_url url = { .transport = "tcp" };

		snprintf(url.codec, sizeof(url.codec), "%s", urls[i].codec);
		wi_url_format(out, sizeof(out), &url, &addr);
		ck_assert_str_eq(out, urls[i].written);
	}
}
END_TEST

START_TEST(written_url_is_cut_at_size)
{
	struct sockaddr_storage addr;
	char *tight = malloc(10);
	socklen_t len;

	ck_assert_ptr_nonnull(tight);
	address("tcp://127.0.0.1:41213", &addr, &len);
	wi_url_format(
	    tight, 10, &(struct wi_url){ .transport = "tcp" }, &addr);
	ck_assert_str_eq(tight, "tcp://127");
	free(tight);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		url_is_cut_into_its_parts,
		bad_url_is_refused_with_what_was_expected_and_found,
		host_of_255_bytes_is_taken_and_of_256_refused,
		numeric_host_becomes_an_ipv4_address,
		bracketed_host_becomes_an_ipv6_address,
		name_that_would_need_dns_is_refused_by_name,
		bound_address_is_written_as_the_url_that_reaches_it,
		written_url_is_cut_at_size,
	};

	return check_main("url", tests, CHECK_COUNT(tests));
}
