/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_proxy.c - codec/proxy: what it takes, whole and up to each
 * byte, and each rule of proxy-protocol.txt that it refuses for.
 */
#include "codec/proxy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/error.h>

#include "check_main.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define HEAD(command, what, len) SIGNATURE command what len
#define IPV4 "\xc0\x00\x02\x01\xcb\x00\x71\x07\xdc\x04\x01\xbb"
#define IPV6                                                                  \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"                          \
	"\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\xff\xff\x00\x50"
#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

/* From a block that ends where the bytes end. */
static int
read_exact(
    const uint8_t *data, size_t len, struct wi_proxy *proxy, const char **why)
{
	uint8_t *copy = malloc(len + !len);
	int rv;

	memcpy(copy, data, len);
	memset(proxy, 'x', sizeof(*proxy));
	*why = NULL;
	rv = wi_proxy_read(copy, len, proxy, why);
	free(copy);
	return rv;
}

/* It is whole at its last byte and at no other, whatever follows; remote and
 * local as texts, NULL: it says nothing. */
static void
taken(const uint8_t *data, size_t len, const char *remote, const char *local)
{
	static const char behind[] = "PROXY TCP4\r\n\0";
	char text[WI_ADDRESS_TEXT];
	struct wi_proxy proxy;
	const char *why;
	uint8_t *more;
	size_t i;

	for (i = 0; i < len; i++)
		ck_assert_msg(read_exact(data, i, &proxy, &why) == 0,
		    "%zu of %zu bytes: %s", i, len, why);
	more = malloc(len + sizeof(behind));
	memcpy(more, data, len);
	memcpy(more + len, behind, sizeof(behind));
	for (i = 0; i <= sizeof(behind); i++) {
		ck_assert_msg(
		    read_exact(more, len + i, &proxy, &why) == (int)len,
		    "%zu bytes behind %zu: %s", i, len, why);
		ck_assert(proxy.known == (remote != NULL));
		(void)wi_address_text(&proxy.remote, text, sizeof(text));
		ck_assert_str_eq(text, remote != NULL ? remote : "none");
		(void)wi_address_text(&proxy.local, text, sizeof(text));
		ck_assert_str_eq(text, local != NULL ? local : "none");
	}
	free(more);
}

/* The byte at len - 1 is the first that is wrong, and words say so; also when
 * more follows. */
static void
refused(const uint8_t *data, size_t len, const char *words)
{
	uint8_t more[WI_PROXY_MAX];
	struct wi_proxy proxy;
	const char *why;
	size_t i;

	for (i = 0; i < len; i++)
		ck_assert_msg(read_exact(data, i, &proxy, &why) == 0,
		    "%zu of %zu bytes: %s", i, len, why);
	memset(more, '\n', sizeof(more));
	memcpy(more, data, len);
	for (i = len; i <= sizeof(more); i = i == len ? sizeof(more) : i + 1) {
		ck_assert_int_eq(
		    read_exact(more, i, &proxy, &why), WEFT_EMALFORMED);
		ck_assert_ptr_nonnull(why);
		ck_assert_msg(strncmp(why, "expected ", 9) == 0 &&
			strstr(why, ", found ") != NULL &&
			strstr(why, words) != NULL,
		    "%s: without \"%s\"", why, words);
	}
}

#define TAKEN(text, remote, local) taken(BYTES(text), remote, local)
#define REFUSED(text, words) refused(BYTES(text), words)
#define LINE_REFUSED(text) REFUSED("PROXY " text "\r\n", "two addresses")

START_TEST(a_line_says_who_it_is)
{
	TAKEN("PROXY TCP4 192.0.2.1 203.0.113.7 56324 443\r\n",
	    "192.0.2.1:56324", "203.0.113.7:443");
	TAKEN("PROXY TCP4 255.255.255.255 0.0.0.0 65535 0\r\n",
	    "255.255.255.255:65535", "0.0.0.0:0");
	TAKEN("PROXY TCP6 2001:db8::1 fd00::2 1 65535\r\n", "[2001:db8::1]:1",
	    "[fd00::2]:65535");
	TAKEN("PROXY TCP6 FFFF:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	      "ffff:ffff:ffff:ffff:ffff:ffff:ffff:FFFF 65535 65535\r\n",
	    "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
	    "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
}
END_TEST

START_TEST(a_line_may_say_nothing)
{
	TAKEN("PROXY UNKNOWN\r\n", NULL, NULL);
	TAKEN("PROXY UNKNOWN \r\n", NULL, NULL);
	TAKEN("PROXY UNKNOWN 1.2.3.4 what ever\r\n", NULL, NULL);
	TAKEN("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
	      "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
	    NULL, NULL);
}
END_TEST

START_TEST(another_line_is_refused)
{
	LINE_REFUSED("TCP4 192.0.2.1 203.0.113.7 56324");
	LINE_REFUSED("TCP4 192.0.2.1 203.0.113.7 56324 443 1");
	LINE_REFUSED("TCP4 192.0.2.1 203.0.113.7 56324 443 ");
	LINE_REFUSED("TCP4  192.0.2.1 203.0.113.7 56324 443");
	LINE_REFUSED("TCP4 192.0.2.1  203.0.113.7 56324 443");
	LINE_REFUSED("TCP4 192.0.2.1 203.0.113.7 56324 ");
	LINE_REFUSED("TCP4 192.0.2.1 203.0.113.7  443");
	LINE_REFUSED("TCP4 192.0.2.01 203.0.113.7 56324 443");
	LINE_REFUSED("TCP4 192.0.2 203.0.113.7 56324 443");
	LINE_REFUSED("TCP4 192.0.2.256 203.0.113.7 56324 443");
	LINE_REFUSED("TCP4 a.example 203.0.113.7 56324 443");
	LINE_REFUSED("TCP4 192.0.2.1 203.0.113.7 056324 443");
	LINE_REFUSED("TCP4 192.0.2.1 203.0.113.7 00 443");
	LINE_REFUSED("TCP4 192.0.2.1 203.0.113.7 65536 443");
	LINE_REFUSED("TCP4 192.0.2.1 203.0.113.7 99999 443");
	LINE_REFUSED("TCP4 192.0.2.1 203.0.113.7 +1 443");
	LINE_REFUSED("TCP4 192.0.2.1 203.0.113.7 -1 443");
	LINE_REFUSED("TCP4 192.0.2.1 203.0.113.7 1 0x1");
	LINE_REFUSED("TCP4 2001:db8::1 203.0.113.7 1 2");
	LINE_REFUSED("TCP4 192.0.2.1 fd00::2 1 2");
	LINE_REFUSED("TCP6 192.0.2.1 203.0.113.7 1 2");
	LINE_REFUSED("TCP6 2001:db8::1::2 fd00::2 1 2");
	LINE_REFUSED("TCP6 2001:db8 fd00::2 1 2");
	LINE_REFUSED("TCP6 fe80::1%lo fd00::2 1 2");
	LINE_REFUSED("TCP6 2001:db8::12345 fd00::2 1 2");
	LINE_REFUSED("TCP4 ");
	REFUSED("PROXY TCP4\r\n", "another word");
	REFUSED("PROXY TCP5 192.0.2.1 203.0.113.7 1 2\r\n", "another word");
	REFUSED("PROXY tcp4 192.0.2.1 203.0.113.7 1 2\r\n", "another word");
	REFUSED("PROXY UDP4 192.0.2.1 203.0.113.7 1 2\r\n", "another word");
	REFUSED("PROXY  TCP4 192.0.2.1 203.0.113.7 1 2\r\n", "another word");
	REFUSED("PROXY UNKNOWNX\r\n", "another word");
	REFUSED("PROXY UNKNOW\r\n", "another word");
	REFUSED("PROXY \r\n", "another word");
}
END_TEST

START_TEST(a_line_ends_in_cr_lf)
{
	REFUSED("PROXY UNKNOWN\n", "CR LF");
	REFUSED("PROXY UNKNOWN\rx", "CR LF");
	REFUSED("PROXY UNKNOWN\r\r", "CR LF");
	REFUSED("PROXY UNKNOWN \0", "ASCII");
	REFUSED("PROXY UNKNOWN \t", "ASCII");
	REFUSED("PROXY UNKNOWN \x7f", "ASCII");
	REFUSED("PROXY UNKNOWN \xc3", "ASCII");
	REFUSED("PROXY TCP4 192.0.2.1\0", "ASCII");
}
END_TEST

START_TEST(a_line_is_107_bytes_at_most)
{
	char line[128];

	memset(line, 'x', sizeof(line));
	memcpy(line, "PROXY UNKNOWN ", 14);
	memcpy(line + 105, "\r\n", 2);
	taken((const uint8_t *)line, 107, NULL, NULL);
	line[105] = 'x';
	refused((const uint8_t *)line, 106, "107");
	memcpy(line + 106, "\r\n", 2);
	refused((const uint8_t *)line, 106, "107");
}
END_TEST

START_TEST(bytes_say_who_it_is)
{
	uint8_t paths[16 + 216];

	TAKEN(HEAD("\x21", "\x11", "\0\x0c") IPV4, "192.0.2.1:56324",
	    "203.0.113.7:443");
	TAKEN(HEAD("\x21", "\x12", "\0\x0c") IPV4, "192.0.2.1:56324",
	    "203.0.113.7:443");
	TAKEN(HEAD("\x21", "\x21", "\0\x24") IPV6, "[2001:db8::1]:65535",
	    "[fd00::2]:80");
	TAKEN(HEAD("\x21", "\x22", "\0\x24") IPV6, "[2001:db8::1]:65535",
	    "[fd00::2]:80");
	memset(paths, '/', sizeof(paths));
	memcpy(paths, HEAD("\x21", "\x31", "\0\xd8"), 16);
	taken(paths, sizeof(paths), "unix", "unix");
	paths[13] = 0x32;
	taken(paths, sizeof(paths), "unix", "unix");
}
END_TEST

START_TEST(bytes_may_say_nothing)
{
	/* LOCAL: what follows is ignored, the family too. */
	TAKEN(HEAD("\x20", "\x00", "\0\0"), NULL, NULL);
	TAKEN(HEAD("\x20", "\x11", "\0\x0c") IPV4, NULL, NULL);
	TAKEN(HEAD("\x20", "\x11", "\0\0"), NULL, NULL);
	TAKEN(HEAD("\x20", "\xff", "\0\x01") "x", NULL, NULL);
	/* PROXY, and a family or a protocol that is not told. */
	TAKEN(HEAD("\x21", "\x00", "\0\0"), NULL, NULL);
	TAKEN(HEAD("\x21", "\x00", "\0\x0c") IPV4, NULL, NULL);
	TAKEN(HEAD("\x21", "\x01", "\0\x0c") IPV4, NULL, NULL);
	TAKEN(HEAD("\x21", "\x02", "\0\0"), NULL, NULL);
	TAKEN(HEAD("\x21", "\x10", "\0\0"), NULL, NULL);
	TAKEN(HEAD("\x21", "\x20", "\0\x0c") IPV4, NULL, NULL);
	TAKEN(HEAD("\x21", "\x30", "\0\0"), NULL, NULL);
}
END_TEST

START_TEST(what_follows_the_addresses_is_skipped)
{
	uint8_t most[WI_PROXY_MAX];

	TAKEN(HEAD("\x21", "\x11", "\0\x13") IPV4 "\x03\0\x04"
						  "abcd",
	    "192.0.2.1:56324", "203.0.113.7:443");
	/* Nothing that is a TLV. */
	TAKEN(HEAD("\x21", "\x11", "\0\x0d") IPV4 "x", "192.0.2.1:56324",
	    "203.0.113.7:443");
	memset(most, 0, sizeof(most));
	memcpy(most, HEAD("\x21", "\x11", "\x0f\xf0") IPV4, 28);
	taken(most, sizeof(most), "192.0.2.1:56324", "203.0.113.7:443");
}
END_TEST

START_TEST(other_bytes_are_refused)
{
	REFUSED(SIGNATURE "\x11", "version 2");
	REFUSED(SIGNATURE "\x31", "version 2");
	REFUSED(SIGNATURE "\x01", "version 2");
	REFUSED(SIGNATURE "\x22", "LOCAL or PROXY");
	REFUSED(SIGNATURE "\x2f", "LOCAL or PROXY");
	REFUSED(SIGNATURE "\x21\x41", "a family and a protocol");
	REFUSED(SIGNATURE "\x21\xf0", "a family and a protocol");
	REFUSED(SIGNATURE "\x21\x13", "a family and a protocol");
	REFUSED(SIGNATURE "\x21\x03", "a family and a protocol");
	REFUSED(HEAD("\x21", "\x11", "\0\x0b"), "found less");
	REFUSED(HEAD("\x21", "\x11", "\0\0"), "found less");
	REFUSED(HEAD("\x21", "\x22", "\0\x23"), "found less");
	REFUSED(HEAD("\x21", "\x31", "\0\xd7"), "found less");
	REFUSED(HEAD("\x21", "\x11", "\x0f\xf1"), "4096");
	REFUSED(HEAD("\x21", "\x00", "\xff\xff"), "4096");
	REFUSED(HEAD("\x20", "\x00", "\xff\xff"), "4096");
}
END_TEST

/* The first byte that is not the signature's, at each place. */
START_TEST(neither_of_the_two_is_refused)
{
	uint8_t start[12];
	unsigned i, which;

	for (which = 0; which < 2; which++)
		for (i = 0; i < (which == 0 ? 6 : 12); i++) {
			memcpy(start, which == 0 ? "PROXY      " : SIGNATURE,
			    sizeof(start));
			start[i] ^= 0x20;
			refused(start, i + 1, "signature");
		}
	REFUSED("G", "signature");
	REFUSED("\x16", "signature");
	REFUSED("\0", "signature");
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { a_line_says_who_it_is,
		a_line_may_say_nothing, another_line_is_refused,
		a_line_ends_in_cr_lf, a_line_is_107_bytes_at_most,
		bytes_say_who_it_is, bytes_may_say_nothing,
		what_follows_the_addresses_is_skipped, other_bytes_are_refused,
		neither_of_the_two_is_refused };

	return check_main("proxy", tests, CHECK_COUNT(tests));
}
