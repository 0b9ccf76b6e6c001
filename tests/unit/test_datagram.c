/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_datagram.c - many datagrams in one call, over sockets of the
 * loopback: what arrives is what was sent, from and to the right addresses.
 */
#include "datagram_rig.h"

/* ---- sizes */

static void
sizes_over(const char *host, uint32_t longest)
{
	const uint32_t sizes[] = { 0, 1, 1472, 65507, longest, 0, 3 };
	uint32_t i, n = sizeof(sizes) / sizeof(sizes[0]);

	rigs_open(host);
	expect_nothing(&there);
	wi_datagrams_begin(&here.out);
	for (i = 0; i < n; i++)
		ck_assert(add(&here, &there, i > 0, bytes + i, sizes[i]));
	send_all(&here);
	rig_receive(&there, n, BIG, 0);
	for (i = 0; i < n; i++) {
		expect_got(&there, i, bytes + i, sizes[i]);
		expect_address(&there.got[i].remote, &here.bound);
		expect_address(&there.got[i].local, &there.bound);
	}
	expect_nothing(&there);
	rigs_close();
}

START_TEST(every_size_arrives_as_it_was_sent_over_ipv4)
{
	sizes_over("127.0.0.1", WI_DATAGRAM_MAX);
}
END_TEST

START_TEST(every_size_arrives_as_it_was_sent_over_ipv6)
{
	sizes_over("::1", 65527);
}
END_TEST

START_TEST(what_is_longer_than_its_room_is_said_to_be_cut)
{
	rigs_open("127.0.0.1");
	wi_datagrams_begin(&here.out);
	ck_assert(add(&here, &there, false, bytes, 100));
	ck_assert(add(&here, &there, false, bytes, 101));
	ck_assert(add(&here, &there, false, bytes, 65507));
	ck_assert(add(&here, &there, false, bytes, 99));
	send_all(&here);
	rig_receive(&there, 4, 60, 40);
	expect_got(&there, 0, bytes, 100);
	ck_assert(there.got[1].cut);
	ck_assert_uint_eq(there.got[1].len, 100);
	ck_assert(there.got[2].cut);
	ck_assert_uint_eq(there.got[2].len, 100);
	ck_assert_uint_eq(places[2][100], 0xee); /* nothing behind its room */
	expect_got(&there, 3, bytes, 99);
	rigs_close();
}
END_TEST

START_TEST(the_second_piece_takes_what_the_first_does_not)
{
	static uint8_t rest[2][BIG];
	uint32_t i;

	rigs_open("127.0.0.1");
	wi_datagrams_begin(&here.out);
	ck_assert(add(&here, &there, false, bytes, 2048));
	ck_assert(add(&here, &there, false, bytes, 60000));
	send_all(&here);
	rig_places(&there, 2, 2048, 0);
	for (i = 0; i < 2; i++)
		there.in.iov[i][1] = (struct iovec){ rest[i], BIG };
	wait_readable(there.fd);
	ck_assert_int_eq(wi_datagrams_receive(
			     there.fd, &there.in, 2, &there.bound, there.got),
	    2);
	expect_got(&there, 0, bytes, 2048);
	ck_assert_uint_eq(rest[0][0], 0);
	ck_assert_uint_eq(there.got[1].len, 60000);
	ck_assert_int_eq(memcmp(places[1], bytes, 2048), 0);
	ck_assert_int_eq(memcmp(rest[1], bytes + 2048, 60000 - 2048), 0);
	rigs_close();
}
END_TEST

START_TEST(a_call_takes_no_more_than_it_was_asked_to)
{
	uint32_t i;

	rigs_open("127.0.0.1");
	for (i = 0; i < 3; i++) {
		wi_datagrams_begin(&here.out);
		ck_assert(add(&here, &there, false, bytes + i, 10));
		send_all(&here);
	}
	rig_places(&there, 2, BIG, 0);
	wait_readable(there.fd);
	ck_assert_int_eq(wi_datagrams_receive(
			     there.fd, &there.in, 2, &there.bound, there.got),
	    2);
	expect_got(&there, 1, bytes + 1, 10);
	rig_receive(&there, 1, BIG, 0);
	expect_got(&there, 0, bytes + 2, 10);
	rigs_close();
}
END_TEST

/* ---- addresses */

static void
called_at(int family, const char *any, const char *host, const char *other)
{
	struct wi_address to, from;

	rig_open(&there, any);
	rig_open(&here, any);
	/* A question to one of its addresses, from one of ours ... */
	to = address_of(family, host, there.bound.port);
	from = address_of(family, other, here.bound.port);
	wi_datagrams_begin(&here.out);
	ck_assert(wi_datagrams_add(&here.out, &to, &from, false, "q", 1));
	send_all(&here);
	rig_receive(&there, 1, BIG, 0);
	expect_got(&there, 0, "q", 1);
	expect_address(&there.got[0].local, &to);
	expect_address(&there.got[0].remote, &from);
	/* ... is answered from there. */
	wi_datagrams_begin(&there.out);
	ck_assert(wi_datagrams_add(&there.out, &there.got[0].remote,
	    &there.got[0].local, false, "a", 1));
	send_all(&there);
	rig_receive(&here, 1, BIG, 0);
	expect_got(&here, 0, "a", 1);
	expect_address(&here.got[0].remote, &to);
	expect_address(&here.got[0].local, &from);
	rigs_close();
}

START_TEST(an_answer_leaves_from_the_ipv4_address_that_was_called)
{
	called_at(AF_INET, "*", "127.0.0.9", "127.0.0.7");
}
END_TEST

START_TEST(an_answer_leaves_from_the_ipv6_address_that_was_called)
{
	called_at(AF_INET6, "::", "::1", "::1");
}
END_TEST

START_TEST(segments_leave_from_the_address_too)
{
	struct wi_address to, from;
	uint32_t i;

	rigs_open("*");
	to = address_of(AF_INET, "127.0.0.1", there.bound.port);
	from = address_of(AF_INET, "127.0.0.9", here.bound.port);
	wi_datagrams_begin(&here.out);
	for (i = 0; i < 3; i++)
		ck_assert(wi_datagrams_add(
		    &here.out, &to, &from, i > 0, bytes + i, 40));
	ck_assert_uint_eq(here.out.n, 1);
	send_all(&here);
	rig_receive(&there, 3, BIG, 0);
	for (i = 0; i < 3; i++) {
		expect_got(&there, i, bytes + i, 40);
		expect_address(&there.got[i].remote, &from);
	}
	rigs_close();
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		every_size_arrives_as_it_was_sent_over_ipv4,
		every_size_arrives_as_it_was_sent_over_ipv6,
		what_is_longer_than_its_room_is_said_to_be_cut,
		the_second_piece_takes_what_the_first_does_not,
		a_call_takes_no_more_than_it_was_asked_to,
		an_answer_leaves_from_the_ipv4_address_that_was_called,
		an_answer_leaves_from_the_ipv6_address_that_was_called,
		segments_leave_from_the_address_too,
	};

	return check_main("datagram", tests, CHECK_COUNT(tests));
}
