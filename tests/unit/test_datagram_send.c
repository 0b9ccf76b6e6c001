/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_datagram_send.c - several datagrams that leave as one
 * (UDP_SEGMENT), and those that cannot leave.
 */
#include <errno.h>

#include "datagram_rig.h"

/* ---- joining */

static void
joined_over(const char *host, uint32_t size, uint32_t count, uint32_t last)
{
	uint32_t i, len, n, at;

	rigs_open(host);
	wi_datagrams_begin(&here.out);
	for (i = 0; i < count; i++) {
		len = i + 1 < count ? size : last;
		ck_assert(add(&here, &there, i > 0, bytes + i * 7, len));
	}
	ck_assert_uint_eq(here.out.n, 1);
	ck_assert_uint_eq(here.out.counts[0], count);
	ck_assert_uint_eq(here.out.bytes[0], (count - 1) * size + last);
	send_all(&here);
	for (at = 0; at < count; at += n) {
		n = count - at < WI_DATAGRAMS ? count - at : WI_DATAGRAMS;
		rig_receive(&there, n, BIG, 0);
		for (i = 0; i < n; i++)
			expect_got(&there, i, bytes + (at + i) * 7,
			    at + i + 1 < count ? size : last);
	}
	expect_nothing(&there);
	rigs_close();
}

START_TEST(equal_ones_and_a_shorter_last_leave_as_one)
{
	joined_over("127.0.0.1", 100, 10, 30);
}
END_TEST

START_TEST(equal_ones_leave_as_one_over_ipv6)
{
	joined_over("::1", WI_SEGMENT_MAX, 5, WI_SEGMENT_MAX);
}
END_TEST

START_TEST(as_many_as_the_kernel_cuts_leave_as_one)
{
	joined_over("127.0.0.1", 1, WI_SEGMENTS, 1);
}
END_TEST

START_TEST(as_many_bytes_as_the_kernel_cuts_leave_as_one)
{
	joined_over("127.0.0.1", 1000, WI_SEGMENTS_BYTES / 1000, 1000);
}
END_TEST

/* One behind another: joined or not. */
static void
expect_entries(uint32_t n, bool joins, uint32_t one, uint32_t two)
{
	rigs_open("127.0.0.1");
	wi_datagrams_begin(&here.out);
	ck_assert(add(&here, &there, false, bytes, one));
	ck_assert(add(&here, &there, joins, bytes + 1, two));
	ck_assert_uint_eq(here.out.n, n);
	send_all(&here);
	rig_receive(&there, 2, BIG, 0);
	expect_got(&there, 0, bytes, one);
	expect_got(&there, 1, bytes + 1, two);
	rigs_close();
}

START_TEST(what_the_kernel_could_not_cut_is_not_joined)
{
	expect_entries(1, true, 10, 10);
	expect_entries(1, true, 10, 9);
	expect_entries(2, false, 10, 10); /* to somebody else */
	expect_entries(2, true, 10, 11);
	expect_entries(2, true, 10, 0); /* an empty one would be lost */
	expect_entries(2, true, 0, 0);
	expect_entries(2, true, 0, 10);
	expect_entries(2, true, WI_SEGMENT_MAX + 1, WI_SEGMENT_MAX + 1);
}
END_TEST

START_TEST(nothing_is_joined_behind_a_shorter_one)
{
	rigs_open("127.0.0.1");
	wi_datagrams_begin(&here.out);
	ck_assert(add(&here, &there, false, bytes, 10));
	ck_assert(add(&here, &there, true, bytes, 9));
	ck_assert(add(&here, &there, true, bytes, 9));
	ck_assert(add(&here, &there, true, bytes, 9));
	ck_assert_uint_eq(here.out.n, 2);
	send_all(&here);
	rig_receive(&there, 4, BIG, 0);
	expect_got(&there, 0, bytes, 10);
	expect_got(&there, 3, bytes, 9);
	rigs_close();
}
END_TEST

START_TEST(a_full_list_says_so_and_stays_as_it_was)
{
	uint32_t i;

	rigs_open("127.0.0.1");
	wi_datagrams_begin(&here.out);
	for (i = 0; i < WI_DATAGRAMS; i++)
		ck_assert(add(&here, &there, false, bytes + i, 5));
	ck_assert(!add(&here, &there, false, bytes, 5));
	ck_assert_uint_eq(here.out.n, WI_DATAGRAMS);
	ck_assert(add(&here, &there, true, bytes + 99, 5)); /* joins */
	send_all(&here);
	rig_receive(&there, WI_DATAGRAMS, BIG, 0);
	expect_got(&there, 31, bytes + 31, 5);
	rig_receive(&there, 1, BIG, 0);
	expect_got(&there, 0, bytes + 99, 5);
	/* Pieces run out, too. */
	wi_datagrams_begin(&here.out);
	for (i = 0; i < WI_DATAGRAMS_IOV; i++)
		ck_assert(add(&here, &there, i % WI_SEGMENTS != 0, bytes, 5));
	ck_assert(!add(&here, &there, true, bytes, 5));
	ck_assert_uint_eq(here.out.n, WI_DATAGRAMS_IOV / WI_SEGMENTS);
	rigs_close();
}
END_TEST

START_TEST(a_kernel_without_segments_gets_them_one_by_one)
{
	rigs_open("127.0.0.1");
	here.out.plain = WI_DATAGRAMS_EVER;
	wi_datagrams_probe(&there.out, there.fd);
	ck_assert_uint_eq(there.out.plain, 0);
	wi_datagrams_probe(&there.out, STDIN_FILENO); /* knows no UDP at all */
	ck_assert_uint_eq(there.out.plain, WI_DATAGRAMS_EVER);
	wi_datagrams_begin(&here.out);
	ck_assert_uint_eq(here.out.plain, WI_DATAGRAMS_EVER);
	ck_assert(add(&here, &there, false, bytes, 5));
	ck_assert(add(&here, &there, true, bytes + 5, 5));
	ck_assert_uint_eq(here.out.n, 2);
	send_all(&here);
	rig_receive(&there, 2, BIG, 0);
	expect_got(&there, 1, bytes + 5, 5);
	rigs_close();
}
END_TEST

/* ---- refused */

/* Between two good ones, one that cannot leave. */
static void
refused_is(int code, const struct wi_address *to,
    const struct wi_address *from, uint32_t len)
{
	rigs_open("127.0.0.1");
	wi_datagrams_begin(&here.out);
	ck_assert(add(&here, &there, false, "one", 3));
	ck_assert(wi_datagrams_add(&here.out, to != NULL ? to : &there.bound,
	    from, false, bytes, len));
	ck_assert(add(&here, &there, false, "two", 3));
	ck_assert_int_eq(wi_datagrams_send(here.fd, &here.out, 0), 1);
	ck_assert_int_eq(wi_datagrams_send(here.fd, &here.out, 1), code);
	ck_assert_int_eq(wi_datagrams_send(here.fd, &here.out, 2), 1);
	ck_assert_uint_eq(here.out.plain, 0);
	rig_receive(&there, 2, BIG, 0);
	expect_got(&there, 0, "one", 3);
	expect_got(&there, 1, "two", 3);
	expect_nothing(&there);
	rigs_close();
}

START_TEST(one_that_is_refused_is_named_and_stops_nobody)
{
	struct wi_address broadcast, nowhere;

	broadcast = address_of(AF_INET, "127.255.255.255", 9);
	nowhere = address_of(AF_INET, "127.0.0.1", 0);
	refused_is(-EMSGSIZE, NULL, NULL, 65508);
	refused_is(-EACCES, &broadcast, NULL, 1);
	refused_is(-EINVAL, &nowhere, NULL, 1);
}
END_TEST

START_TEST(an_address_that_is_not_ours_any_more_is_refused)
{
	struct wi_address stranger;
	int rv;

	rigs_open("127.0.0.1");
	stranger = address_of(AF_INET, "192.0.2.1", 0); /* RFC 5737 */
	wi_datagrams_begin(&here.out);
	ck_assert(wi_datagrams_add(
	    &here.out, &there.bound, &stranger, false, bytes, 1));
	rv = wi_datagrams_send(here.fd, &here.out, 0);
	ck_assert(rv == -ENETUNREACH || rv == -EINVAL); /* by kernel */
	expect_nothing(&there);
	rigs_close();
}
END_TEST

/* The cause may be UDP_SEGMENT or not: begun again without, it comes out. */
START_TEST(a_refused_entry_of_several_is_begun_again_without_segments)
{
	struct wi_address nowhere;
	uint32_t i;

	rigs_open("127.0.0.1");
	nowhere = address_of(AF_INET, "127.0.0.1", 0);
	wi_datagrams_begin(&here.out);
	for (i = 0; i < 3; i++)
		ck_assert(wi_datagrams_add(
		    &here.out, &nowhere, NULL, i > 0, bytes, 10));
	ck_assert_uint_eq(here.out.n, 1);
	ck_assert_int_eq(wi_datagrams_send(here.fd, &here.out, 0), -EINVAL);
	ck_assert_uint_eq(here.out.plain, WI_DATAGRAMS_PLAIN);
	/* For a while only: it was one peer's fault. */
	for (i = 1; i < WI_DATAGRAMS_PLAIN; i++) {
		wi_datagrams_begin(&here.out);
		ck_assert(add(&here, &there, false, bytes, 10));
		ck_assert(add(&here, &there, true, bytes, 10));
		ck_assert_uint_eq(here.out.n, 2);
	}
	wi_datagrams_begin(&here.out);
	ck_assert(add(&here, &there, false, bytes, 10));
	ck_assert(add(&here, &there, true, bytes, 10));
	ck_assert_uint_eq(here.out.n, 1);
	send_all(&here);
	rig_receive(&there, 2, BIG, 0);
	rigs_close();
}
END_TEST

/* A pair of Unix sockets: of UDP the loopback takes everything. */
START_TEST(a_full_socket_says_later_and_how_many_have_left)
{
	uint32_t i, first = 0;
	int pair[2], rv;
	char byte;

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
	memset(&here.out, 0, sizeof(here.out));
	do {
		wi_datagrams_begin(&here.out);
		for (i = 0; i < WI_DATAGRAMS; i++)
			ck_assert(wi_datagrams_add(
			    &here.out, NULL, NULL, false, bytes, 1000));
		rv = wi_datagrams_send(pair[0], &here.out, 0);
		first += rv > 0 ? (uint32_t)rv : 0;
	} while (rv == WI_DATAGRAMS);
	if (rv > 0)
		rv = wi_datagrams_send(pair[0], &here.out, (uint32_t)rv);
	ck_assert_int_eq(rv, -EAGAIN);
	/* So many have, and one place more is one more. */
	ck_assert_int_eq(recv(pair[1], &byte, 1, MSG_DONTWAIT), 1);
	ck_assert_int_eq(
	    wi_datagrams_send(pair[0], &here.out, WI_DATAGRAMS - 1), 1);
	for (i = 0; i < first; i++)
		ck_assert_int_eq(recv(pair[1], &byte, 1, MSG_DONTWAIT), 1);
	ck_assert_int_eq(recv(pair[1], &byte, 1, MSG_DONTWAIT), -1);
	ck_assert_int_eq(close(pair[0]), 0);
	ck_assert_int_eq(close(pair[1]), 0);
}
END_TEST

/* What a peer's host says of an earlier one (ICMP) comes with a later send,
 * any number of times; the list stays as it was made. */
START_TEST(nobody_there_is_said_with_a_later_one_and_can_be_tried_again)
{
	struct sockaddr_storage addr;
	unsigned i, refused = 0;
	socklen_t addr_len;
	int rv;

	rigs_open("127.0.0.1");
	addr_len = wi_address_to(&there.bound, &addr);
	ck_assert_int_eq(
	    connect(here.fd, (struct sockaddr *)&addr, addr_len), 0);
	ck_assert_int_eq(close(there.fd), 0);
	wi_datagrams_begin(&here.out);
	for (i = 0; i < 3; i++)
		ck_assert(
		    wi_datagrams_add(&here.out, NULL, NULL, i > 0, bytes, 10));
	ck_assert_uint_eq(here.out.n, 1);
	for (i = 0; i < 100; i++) {
		rv = wi_datagrams_send(here.fd, &here.out, 0);
		ck_assert(rv == 1 || rv == -ECONNREFUSED);
		refused += rv < 0;
	}
	ck_assert_uint_gt(refused, 0);
	ck_assert_uint_le(
	    here.out.headers[0].msg_hdr.msg_controllen, WI_DATAGRAM_CONTROL);
	rv = wi_datagrams_receive(here.fd, &here.in, 0, &here.bound, here.got);
	ck_assert_int_le(rv, 0);
	ck_assert_int_eq(close(here.fd), 0);
}
END_TEST

START_TEST(a_connected_socket_needs_no_address)
{
	struct sockaddr_storage addr;
	socklen_t addr_len;

	rigs_open("::1");
	addr_len = wi_address_to(&there.bound, &addr);
	ck_assert_int_eq(
	    connect(here.fd, (struct sockaddr *)&addr, addr_len), 0);
	wi_datagrams_begin(&here.out);
	ck_assert(wi_datagrams_add(&here.out, NULL, NULL, false, "abc", 3));
	ck_assert(wi_datagrams_add(&here.out, NULL, NULL, true, "def", 3));
	ck_assert_uint_eq(here.out.n, 1);
	send_all(&here);
	rig_receive(&there, 2, BIG, 0);
	expect_got(&there, 0, "abc", 3);
	expect_got(&there, 1, "def", 3);
	rigs_close();
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		equal_ones_and_a_shorter_last_leave_as_one,
		equal_ones_leave_as_one_over_ipv6,
		as_many_as_the_kernel_cuts_leave_as_one,
		as_many_bytes_as_the_kernel_cuts_leave_as_one,
		what_the_kernel_could_not_cut_is_not_joined,
		nothing_is_joined_behind_a_shorter_one,
		a_full_list_says_so_and_stays_as_it_was,
		a_kernel_without_segments_gets_them_one_by_one,
		one_that_is_refused_is_named_and_stops_nobody,
		an_address_that_is_not_ours_any_more_is_refused,
		a_refused_entry_of_several_is_begun_again_without_segments,
		a_full_socket_says_later_and_how_many_have_left,
		nobody_there_is_said_with_a_later_one_and_can_be_tried_again,
		a_connected_socket_needs_no_address,
	};

	return check_main("datagram_send", tests, CHECK_COUNT(tests));
}
