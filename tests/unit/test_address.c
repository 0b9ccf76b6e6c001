/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_address.c - base/address: to and fro, equal by memcmp(), and
 * as text.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>

#include "base/address.h"
#include "check_main.h"

_Static_assert(sizeof(struct wi_address) == 24, "no byte that has no name");

/* All that is not set explicitly is rubbish, as in memory of any kind. */
static struct sockaddr_storage
socket_address(int family, const char *ip, uint16_t port, uint32_t scope)
{
	struct sockaddr_storage addr;
	struct sockaddr_in6 in6;
	struct sockaddr_in in4;

	memset(&addr, 0xa5, sizeof(addr));
	memset(&in4, 0xa5, sizeof(in4)); /* sin_zero is not zero then */
	memset(&in6, 0xa5, sizeof(in6));
	if (family == AF_INET) {
		in4.sin_family = AF_INET;
		in4.sin_port = htons(port);
		ck_assert_int_eq(inet_pton(AF_INET, ip, &in4.sin_addr), 1);
		memcpy(&addr, &in4, sizeof(in4));
	} else {
		in6.sin6_family = AF_INET6;
		in6.sin6_port = htons(port);
		in6.sin6_scope_id = scope;
		ck_assert_int_eq(inet_pton(AF_INET6, ip, &in6.sin6_addr), 1);
		memcpy(&addr, &in6, sizeof(in6));
	}
	return addr;
}

static struct wi_address
address(int family, const char *ip, uint16_t port, uint32_t scope)
{
	struct sockaddr_storage from = socket_address(family, ip, port, scope);
	struct wi_address to;

	memset(&to, 0x5a, sizeof(to));
	wi_address_from(&to, (const struct sockaddr *)&from);
	return to;
}

START_TEST(ipv4_address_is_kept_with_its_port)
{
	static const uint8_t ip[16] = { 192, 0, 2, 1 };
	struct wi_address is = address(AF_INET, "192.0.2.1", 65534, 0);

	ck_assert_mem_eq(is.ip, ip, sizeof(ip));
	ck_assert_uint_eq(is.port, 65534);
	ck_assert_uint_eq(is.family, AF_INET);
	ck_assert_uint_eq(is.scope, 0);
	ck_assert_uint_eq(is.reserved, 0);
}
END_TEST

START_TEST(ipv6_address_is_kept_with_its_scope_and_without_its_flow)
{
	static const uint8_t ip[16] = { 0xfe, 0x80, [15] = 1 };
	struct wi_address is = address(AF_INET6, "fe80::1", 80, 7);

	ck_assert_mem_eq(is.ip, ip, sizeof(ip));
	ck_assert_uint_eq(is.port, 80);
	ck_assert_uint_eq(is.family, AF_INET6);
	ck_assert_uint_eq(is.scope, 7);
	ck_assert_uint_eq(is.reserved, 0);
}
END_TEST

START_TEST(of_a_unix_address_only_the_family_is_kept)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "/x" };
	struct wi_address is, only = { .family = AF_UNIX };

	memset(&is, 0x5a, sizeof(is));
	wi_address_from(&is, (const struct sockaddr *)&un);
	ck_assert_mem_eq(&is, &only, sizeof(is));
}
END_TEST

START_TEST(another_family_is_none)
{
	struct sockaddr_storage addr;
	struct wi_address is, none = { 0 };

	memset(&addr, 0xa5, sizeof(addr));
	addr.ss_family = AF_PACKET;
	memset(&is, 0x5a, sizeof(is));
	wi_address_from(&is, (const struct sockaddr *)&addr);
	ck_assert_mem_eq(&is, &none, sizeof(is));
}
END_TEST

START_TEST(two_are_equal_when_all_their_bytes_are)
{
	static const struct {
		int family;
		const char *ip;
		uint16_t port;
		uint32_t scope;
	} all[] = { { AF_INET, "127.0.0.1", 80, 0 },
		{ AF_INET, "127.0.0.1", 81, 0 },
		{ AF_INET, "127.0.0.2", 80, 0 }, { AF_INET6, "::", 80, 0 },
		{ AF_INET6, "7f00:1::", 80, 0 }, /* the bytes of the first */
		{ AF_INET6, "fe80::1", 80, 1 }, { AF_INET6, "fe80::1", 80, 2 },
		{ AF_INET6, "fe80::1", 81, 1 } };
	struct wi_address a, b;
	size_t i, j;

	for (i = 0; i < CHECK_COUNT(all); i++)
		for (j = 0; j < CHECK_COUNT(all); j++) {
			a = address(all[i].family, all[i].ip, all[i].port,
			    all[i].scope);
			b = address(all[j].family, all[j].ip, all[j].port,
			    all[j].scope);
			ck_assert_int_eq(
			    memcmp(&a, &b, sizeof(a)) == 0, i == j);
		}
}
END_TEST

START_TEST(socket_address_comes_back)
{
	struct wi_address is4 = address(AF_INET, "192.0.2.1", 65534, 0);
	struct wi_address is6 = address(AF_INET6, "fe80::1", 80, 7), again;
	struct sockaddr_storage to, rest = { 0 };
	struct sockaddr_in6 in6;
	struct sockaddr_in in4;

	memset(&to, 0xa5, sizeof(to));
	ck_assert_uint_eq(wi_address_to(&is4, &to), sizeof(in4));
	memcpy(&in4, &to, sizeof(in4));
	ck_assert_int_eq(in4.sin_family, AF_INET);
	ck_assert_uint_eq(in4.sin_port, htons(65534));
	ck_assert_uint_eq(in4.sin_addr.s_addr, htonl(0xc0000201));
	ck_assert_mem_eq((char *)&to + sizeof(in4), (char *)&rest,
	    sizeof(to) - sizeof(in4));
	wi_address_from(&again, (const struct sockaddr *)&to);
	ck_assert_mem_eq(&again, &is4, sizeof(again));

	memset(&to, 0xa5, sizeof(to));
	ck_assert_uint_eq(wi_address_to(&is6, &to), sizeof(in6));
	memcpy(&in6, &to, sizeof(in6));
	ck_assert_int_eq(in6.sin6_family, AF_INET6);
	ck_assert_uint_eq(in6.sin6_scope_id, 7);
	ck_assert_uint_eq(in6.sin6_flowinfo, 0);
	wi_address_from(&again, (const struct sockaddr *)&to);
	ck_assert_mem_eq(&again, &is6, sizeof(again));
}
END_TEST

START_TEST(unix_and_none_are_no_socket_address)
{
	struct wi_address none = { 0 }, un = { .family = AF_UNIX };
	struct sockaddr_storage to;

	ck_assert_uint_eq(wi_address_to(&none, &to), 0);
	ck_assert_uint_eq(wi_address_to(&un, &to), 0);
}
END_TEST

/* The text of an address, whole and cut at every size. */
static void
expect_text(const struct wi_address *is, const char *text)
{
	size_t len = strlen(text), size, got;
	char *out;

	ck_assert_uint_lt(len, WI_ADDRESS_TEXT);
	for (size = 0; size <= WI_ADDRESS_TEXT; size++) {
		out = malloc(size > 0 ? size : 1); /* no byte more */
		ck_assert_ptr_nonnull(out);
		got = wi_address_text(is, out, size);
		if (size > len) {
			ck_assert_uint_eq(got, len);
			ck_assert_str_eq(out, text);
		} else if (size > 0) {
			ck_assert_uint_eq(got, size - 1);
			ck_assert_mem_eq(out, text, got);
			ck_assert_int_eq(out[got], '\0');
		} else {
			ck_assert_uint_eq(got, 0);
		}
		free(out);
	}
}

START_TEST(text_is_what_a_url_has_and_is_cut_at_size)
{
	static const struct wi_address none = { 0 };
	static const struct wi_address un = { .family = AF_UNIX };
	struct wi_address is;

	expect_text(&none, "none");
	expect_text(&un, "unix");
	is = address(AF_INET, "127.0.0.1", 80, 0);
	expect_text(&is, "127.0.0.1:80");
	is = address(AF_INET, "255.255.255.255", 65535, 0);
	expect_text(&is, "255.255.255.255:65535");
	is = address(AF_INET6, "::1", 0, 0);
	expect_text(&is, "[::1]:0");
	is = address(AF_INET6, "fe80::1", 80, 2);
	expect_text(&is, "[fe80::1%2]:80");
	is = address(AF_INET6, "::ffff:192.0.2.1", 1, 0);
	expect_text(&is, "[::ffff:192.0.2.1]:1");
	is = address(AF_INET6, "1111:2222:3333:4444:5555:6666:7777:8888",
	    65535, UINT32_MAX);
	expect_text(
	    &is, "[1111:2222:3333:4444:5555:6666:7777:8888%4294967295]:65535");
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		ipv4_address_is_kept_with_its_port,
		ipv6_address_is_kept_with_its_scope_and_without_its_flow,
		of_a_unix_address_only_the_family_is_kept,
		another_family_is_none,
		two_are_equal_when_all_their_bytes_are,
		socket_address_comes_back,
		unix_and_none_are_no_socket_address,
		text_is_what_a_url_has_and_is_cut_at_size,
	};

	return check_main("address", tests, CHECK_COUNT(tests));
}
