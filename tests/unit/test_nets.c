/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_nets.c - base/nets: which lists are networks, and who is in
 * them.
 */
#include "base/nets.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "check_main.h"

/* "" is who has come by a Unix socket. */
static bool
have(const char *list, const char *ip)
{
	struct wi_address address = { .port = 4711, .family = AF_UNIX };

	if (strchr(ip, ':') != NULL)
		address.family = AF_INET6;
	else if (ip[0] != '\0')
		address.family = AF_INET;
	if (ip[0] != '\0')
		ck_assert_int_eq(inet_pton(address.family, ip, address.ip), 1);
	ck_assert_msg(wi_nets_good(list), "%s is refused", list);
	return wi_nets_have(list, &address);
}

static void
is_in(const char *list, const char *ip)
{
	ck_assert_msg(have(list, ip), "%s is not in %s", ip, list);
}

static void
is_out(const char *list, const char *ip)
{
	ck_assert_msg(!have(list, ip), "%s is in %s", ip, list);
}

START_TEST(an_address_is_a_network_of_one)
{
	is_in("192.0.2.1", "192.0.2.1");
	is_out("192.0.2.1", "192.0.2.2");
	is_out("192.0.2.1", "192.0.2.0");
	is_out("192.0.2.1", "::c000:201");
	is_in("fd00::1", "fd00::1");
	is_out("fd00::1", "fd00::2");
	is_out("fd00::1", "fd00::");
	is_in("0.0.0.0", "0.0.0.0");
	is_out("0.0.0.0", "::");
	is_out("::", "0.0.0.0");
}
END_TEST

/* Each length of a prefix: the last bit that counts and the first that does
 * not. */
START_TEST(as_many_bits_count_as_it_says)
{
	uint8_t ip[16];
	char text[INET6_ADDRSTRLEN], list[INET6_ADDRSTRLEN + 8];
	int family[] = { AF_INET, AF_INET6 };
	unsigned f, all, bits;

	for (f = 0; f < 2; f++)
		for (all = f == 0 ? 32 : 128, bits = 0; bits <= all; bits++) {
			memset(ip, 0, sizeof(ip));
			/* Not in front of ::ffff:0:0. */
			ip[0] = bits > 7 ? 0x21 : 0;
			ck_assert_ptr_nonnull(
			    inet_ntop(family[f], ip, text, sizeof(text)));
			(void)snprintf(
			    list, sizeof(list), "%s/%u", text, bits);
			is_in(list, text);
			if (bits < all) {
				ip[bits / 8] ^= (uint8_t)(0x80 >> bits % 8);
				ck_assert_ptr_nonnull(inet_ntop(
				    family[f], ip, text, sizeof(text)));
				is_in(list, text);
				ip[bits / 8] ^= (uint8_t)(0x80 >> bits % 8);
			}
			if (bits > 0) {
				ip[(bits - 1) / 8] ^=
				    (uint8_t)(0x80 >> (bits - 1) % 8);
				ck_assert_ptr_nonnull(inet_ntop(
				    family[f], ip, text, sizeof(text)));
				is_out(list, text);
			}
		}
}
END_TEST

START_TEST(one_of_the_list_is_enough)
{
	const char *list = "10.0.0.0/8,192.0.2.7,fd00::/8,unix";

	is_in(list, "10.255.255.255");
	is_out(list, "11.0.0.0");
	is_in(list, "192.0.2.7");
	is_out(list, "192.0.2.6");
	is_in(list, "fdff::1");
	is_out(list, "fe00::1");
	is_in(list, "");
	is_out("10.0.0.0/8,fd00::/8", "");
	is_in("unix", "");
	is_out("unix", "0.0.0.0");
	is_out("unix", "::");
	is_in("0.0.0.0/0", "1.2.3.4");
	is_out("0.0.0.0/0", "");
	is_out("::/0", "");
	is_in("::/0", "2001:db8::1");
}
END_TEST

/* They come so to a listener of [::]. */
START_TEST(an_ipv4_address_as_an_ipv6_one_is_the_ipv4_one)
{
	is_in("10.0.0.0/8", "::ffff:10.1.2.3");
	is_out("10.0.0.0/8", "::ffff:11.1.2.3");
	is_out("::/0", "::ffff:10.1.2.3");
	is_in("::ffff:10.0.0.0/104", "10.1.2.3");
	is_in("::ffff:10.0.0.0/104", "::ffff:10.1.2.3");
	is_out("::ffff:10.0.0.0/104", "11.1.2.3");
	is_in("::ffff:10.0.0.1", "10.0.0.1");
	is_in("::ffff:0:0/96", "1.2.3.4");
	is_out("::10.0.0.1", "10.0.0.1");
}
END_TEST

START_TEST(other_lists_are_refused)
{
	static const char *const bad[] = { "", ",", "10.0.0.1,", ",10.0.0.1",
		"10.0.0.1,,10.0.0.2", " 10.0.0.1", "10.0.0.1 ", "10.0.0",
		"10.0.0.256", "010.0.0.1", "10.0.0.0/", "10.0.0.0/33",
		"10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/ 8",
		"10.0.0.0/8/8", "10.0.0.1/8", "fd00::/129", "fd00::1/8",
		"fd00::/0128", "[fd00::1]", "fe80::1%1", "unix/8", "Unix",
		"unix,", "localhost", "*", "a.example", "::ffff:10.0.0.1/95",
		"1111:1111:1111:1111:1111:1111:111.111.111.111/12800000000" };
	size_t i;

	for (i = 0; i < CHECK_COUNT(bad); i++)
		ck_assert_msg(
		    !wi_nets_good(bad[i]), "\"%s\" is taken", bad[i]);
	ck_assert(
	    wi_nets_good("1111:1111:1111:1111:1111:1111:111.111.111.111/128"));
}
END_TEST

START_TEST(an_empty_list_has_nobody)
{
	struct wi_address address = { .family = AF_INET };

	ck_assert(!wi_nets_have("", &address));
	address.family = AF_UNIX;
	ck_assert(!wi_nets_have("", &address));
	address.family = AF_UNSPEC;
	ck_assert(!wi_nets_have("0.0.0.0/0,::/0,unix", &address));
}
END_TEST

START_TEST(who_can_be_in_it)
{
	ck_assert(wi_nets_meet("10.0.0.1,unix", true));
	ck_assert(wi_nets_meet("10.0.0.1,unix", false));
	ck_assert(!wi_nets_meet("10.0.0.1,fd00::1", true));
	ck_assert(wi_nets_meet("unix,fd00::1", false));
	ck_assert(!wi_nets_meet("unix", false));
	ck_assert(!wi_nets_meet("", true));
	ck_assert(!wi_nets_meet("", false));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { an_address_is_a_network_of_one,
		as_many_bits_count_as_it_says, one_of_the_list_is_enough,
		an_ipv4_address_as_an_ipv6_one_is_the_ipv4_one,
		other_lists_are_refused, an_empty_list_has_nobody,
		who_can_be_in_it };

	return check_main("nets", tests, CHECK_COUNT(tests));
}
