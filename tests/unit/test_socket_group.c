/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_socket_group.c - io/socket_group, and the sockets of
 * io/socket that datagrams come to.
 */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>

#include "check_main.h"
#include "socket_url.h"

#define GROUP4 "239.7.5.3"
#define GROUP6 "ff02::7:5:3"

static int
datagram_ok(const struct wi_url *url)
{
	struct weft_error err;
	int fd = -2;

	ck_assert_msg(
	    wi_socket_datagram("udp://test", url, &fd, &err) == WEFT_OK, "%s",
	    err.text);
	expect_nonblocking_cloexec(fd);
	return fd;
}

static int
datagram_bad(const struct wi_url *url, const char *part)
{
	struct weft_error err;
	int fd = -2, rv;

	rv = wi_socket_datagram("udp://test", url, &fd, &err);
	ck_assert_int_lt(rv, 0);
	ck_assert_int_eq(fd, -1);
	ck_assert_int_eq(err.code, rv);
	expect_in(err.text, "udp://test: ");
	expect_in(err.text, part);
	return rv;
}

static struct sockaddr_storage
address_of(const char *host, uint16_t port)
{
	struct wi_url url = url_of(WI_URL_UDP, host, port);
	struct sockaddr_storage addr;
	socklen_t len;

	ck_assert_int_eq(wi_url_address(&url, &addr, &len, NULL), 0);
	return addr;
}

static int
sender_of(const struct wi_url *url, const struct sockaddr_storage *to)
{
	struct weft_error err;
	int fd;

	ck_assert_msg(
	    wi_socket_for_connect("udp://test", url, to, &fd, &err) == WEFT_OK,
	    "%s", err.text);
	expect_nonblocking_cloexec(fd);
	return fd;
}

/* 0, or a negated errno. */
static int
send_to(int fd, const struct sockaddr_storage *to, const char *text)
{
	socklen_t len = to->ss_family == AF_INET ? sizeof(struct sockaddr_in) :
						   sizeof(struct sockaddr_in6);

	return sendto(fd, text, strlen(text), 0, (const struct sockaddr *)to,
		   len) < 0 ?
	    -errno :
	    0;
}

/* The next datagram is text, and came to this address of ours; "" = any. */
static void
expect_datagram(int fd, const char *text, const char *to)
{
	char data[64], host[INET6_ADDRSTRLEN] = "";
	_Alignas(struct cmsghdr) char control[128];
	struct iovec iov = { data, sizeof(data) - 1 };
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	struct in6_pktinfo info6;
	struct in_pktinfo info;
	struct cmsghdr *at;
	ssize_t n;

	wait_readable(fd);
	n = recvmsg(fd, &msg, 0);
	ck_assert_int_ge(n, 0);
	data[n] = '\0';
	ck_assert_str_eq(data, text);
	for (at = CMSG_FIRSTHDR(&msg); at != NULL; at = CMSG_NXTHDR(&msg, at))
		if (at->cmsg_type == IP_PKTINFO) {
			memcpy(&info, CMSG_DATA(at), sizeof(info));
			inet_ntop(AF_INET, &info.ipi_addr, host, sizeof(host));
		} else if (at->cmsg_type == IPV6_PKTINFO) {
			memcpy(&info6, CMSG_DATA(at), sizeof(info6));
			inet_ntop(
			    AF_INET6, &info6.ipi6_addr, host, sizeof(host));
		}
	ck_assert_str_ne(host, "");
	if (to[0] != '\0')
		ck_assert_str_eq(host, to);
}

START_TEST(udp_tells_where_each_datagram_came_to)
{
	static const char *const cases[][3] = {
		{ "0.0.0.0", "127.0.0.1", "127.0.0.7" },
		{ "::", "::1", "::1" },
	};

	for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
		struct wi_url url = url_of(WI_URL_UDP, cases[i][0], 0);
		struct sockaddr_storage to;
		int fd, sender;

		fd = datagram_ok(&url);
		for (int j = 1; j < 3; j++) {
			to = address_of(cases[i][j], port_of(fd));
			sender = sender_of(&url, &to);
			ck_assert_int_eq(send_to(sender, &to, "x"), 0);
			expect_datagram(fd, "x", cases[i][j]);
			close(sender);
		}
		close(fd);
	}
}
END_TEST

START_TEST(udp_port_is_shared_only_when_asked_for)
{
	struct wi_url url = url_of(WI_URL_UDP, "127.0.0.1", 0);
	int fd, other;

	fd = datagram_ok(&url);
	url.port = port_of(fd);
	ck_assert_int_eq(
	    datagram_bad(&url, "expected a free address"), -EADDRINUSE);
	url_give(&url, WI_URL_reuseport, 1);
	ck_assert_int_eq(
	    datagram_bad(&url, "Address already in use"), -EADDRINUSE);
	close(fd);
	fd = datagram_ok(&url);
	other = datagram_ok(&url);
	close(other);
	close(fd);
}
END_TEST

START_TEST(udp_takes_its_buffers_and_device)
{
	struct wi_url url = url_of(WI_URL_UDP, "127.0.0.1", 0);
	int fd;

	url_give(&url, WI_URL_rcvbuf, 16384);
	url_give(&url, WI_URL_sndbuf, 32768);
	url_give_text(&url, bind_device, "lo");
	fd = datagram_ok(&url);
	ck_assert_int_eq(option_of(fd, SOL_SOCKET, SO_RCVBUF), 2 * 16384);
	ck_assert_int_eq(option_of(fd, SOL_SOCKET, SO_SNDBUF), 2 * 32768);
	close(fd);
	url_give_text(&url, bind_device, "nosuch0");
	ck_assert_int_eq(datagram_bad(&url, "option bind_device"), -ENODEV);
}
END_TEST

START_TEST(broadcast_is_sent_only_when_allowed)
{
	struct wi_url url = url_of(WI_URL_UDP, "0.0.0.0", 0);
	struct sockaddr_storage to;
	int fd, sender;

	fd = datagram_ok(&url);
	to = address_of("127.255.255.255", port_of(fd));
	sender = sender_of(&url, &to);
	ck_assert_int_eq(send_to(sender, &to, "no"), -EACCES);
	close(sender);
	url_give(&url, WI_URL_broadcast, 1);
	sender = sender_of(&url, &to);
	ck_assert_int_eq(send_to(sender, &to, "yes"), 0);
	expect_datagram(fd, "yes", "127.255.255.255");
	close(sender);
	close(fd);
}
END_TEST

START_TEST(listeners_of_a_group_share_a_port_and_all_hear)
{
	static const char *const interfaces[] = { "lo", "127.0.0.1" };

	for (size_t i = 0; i < CHECK_COUNT(interfaces); i++) {
		struct wi_url url = url_of(WI_URL_MULTICAST, GROUP4, 0);
		struct sockaddr_storage to, here;
		int fd, other, sender;

		url_give_text(&url, interface, interfaces[i]);
		fd = datagram_ok(&url);
		url.port = port_of(fd);
		other = datagram_ok(&url);
		to = address_of(GROUP4, url.port);
		here = address_of("127.0.0.1", url.port);
		sender = sender_of(&url, &to);
		ck_assert_uint_ne(port_of(sender), 0);
		/* Not for the group, so not for these. */
		ck_assert_int_eq(send_to(sender, &here, "no"), 0);
		ck_assert_int_eq(send_to(sender, &to, "yes"), 0);
		expect_datagram(fd, "yes", GROUP4);
		expect_datagram(other, "yes", GROUP4);
		close(sender);
		close(other);
		close(fd);
	}
}
END_TEST

START_TEST(group_may_be_kept_to_one_listener)
{
	struct wi_url url = url_of(WI_URL_MULTICAST, GROUP4, 0);
	int fd;

	url_give_text(&url, interface, "lo");
	url_give(&url, WI_URL_reuseport, 0);
	fd = datagram_ok(&url);
	url.port = port_of(fd);
	ck_assert_int_eq(datagram_bad(&url, "in use"), -EADDRINUSE);
	close(fd);
}
END_TEST

START_TEST(answer_comes_to_who_sent_to_the_group)
{
	struct wi_url url = url_of(WI_URL_MULTICAST, GROUP4, 0);
	struct sockaddr_storage to;
	int fd, sender;

	url_give_text(&url, interface, "lo");
	fd = datagram_ok(&url);
	to = address_of(GROUP4, port_of(fd));
	sender = sender_of(&url, &to);
	to = address_of("127.0.0.1", port_of(sender));
	ck_assert_int_eq(send_to(fd, &to, "answer"), 0);
	expect_datagram(sender, "answer", "127.0.0.1");
	close(sender);
	close(fd);
}
END_TEST

START_TEST(loop_ttl_and_interface_reach_the_kernel)
{
	struct wi_url url = url_of(WI_URL_MULTICAST, GROUP4, 0);
	struct sockaddr_storage to = address_of(GROUP4, 9);
	int fds[2];

	url_give_text(&url, interface, "lo");
	fds[0] = datagram_ok(&url);
	fds[1] = sender_of(&url, &to);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(
		    option_of(fds[i], IPPROTO_IP, IP_MULTICAST_LOOP), 1);
		ck_assert_int_eq(
		    option_of(fds[i], IPPROTO_IP, IP_MULTICAST_TTL), 1);
		close(fds[i]);
	}
	url_give(&url, WI_URL_loop, 0);
	url_give(&url, WI_URL_ttl, 255);
	fds[0] = datagram_ok(&url);
	fds[1] = sender_of(&url, &to);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(
		    option_of(fds[i], IPPROTO_IP, IP_MULTICAST_LOOP), 0);
		ck_assert_int_eq(
		    option_of(fds[i], IPPROTO_IP, IP_MULTICAST_TTL), 255);
		close(fds[i]);
	}
	url = url_of(WI_URL_MULTICAST, GROUP6, 0);
	to = address_of(GROUP6, 9);
	url_give_text(&url, interface, "::1");
	url_give(&url, WI_URL_loop, 0);
	url_give(&url, WI_URL_ttl, 255);
	fds[0] = datagram_ok(&url);
	fds[1] = sender_of(&url, &to);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(
		    option_of(fds[i], IPPROTO_IPV6, IPV6_MULTICAST_LOOP), 0);
		ck_assert_int_eq(
		    option_of(fds[i], IPPROTO_IPV6, IPV6_MULTICAST_HOPS), 255);
		ck_assert_int_eq(
		    option_of(fds[i], IPPROTO_IPV6, IPV6_MULTICAST_IF),
		    (int)if_nametoindex("lo"));
		close(fds[i]);
	}
}
END_TEST

/* The kernel has no route to IPv6 groups by lo: another interface is needed to
 * hear anything.  false: this machine has none. */
static bool
find_interface(char *name, char *address)
{
	struct ifaddrs *all, *at;
	struct sockaddr_in6 in6;
	bool found = false;

	ck_assert_int_eq(getifaddrs(&all), 0);
	for (at = all; at != NULL && !found; at = at->ifa_next) {
		if (at->ifa_addr == NULL ||
		    at->ifa_addr->sa_family != AF_INET6 ||
		    !(at->ifa_flags & IFF_UP) ||
		    !(at->ifa_flags & IFF_MULTICAST) ||
		    (at->ifa_flags & IFF_LOOPBACK))
			continue;
		memcpy(&in6, at->ifa_addr, sizeof(in6));
		if (!IN6_IS_ADDR_LINKLOCAL(&in6.sin6_addr))
			continue;
		inet_ntop(AF_INET6, &in6.sin6_addr, address, INET6_ADDRSTRLEN);
		strcat(strcat(address, "%"), at->ifa_name);
		strcpy(name, at->ifa_name);
		found = true;
	}
	freeifaddrs(all);
	return found;
}

START_TEST(listeners_of_an_ipv6_group_share_a_port_and_all_hear)
{
	char texts[2][INET6_ADDRSTRLEN + 17];

	if (!find_interface(texts[0], texts[1])) {
		strcpy(texts[0], "lo");
		strcpy(texts[1], "::1");
	}
	for (int i = 0; i < 2; i++) {
		struct wi_url url = url_of(WI_URL_MULTICAST, GROUP6, 0);
		struct sockaddr_storage to;
		int fd, other, sender;

		url_give_text(&url, interface, texts[i]);
		fd = datagram_ok(&url);
		url.port = port_of(fd);
		other = datagram_ok(&url);
		to = address_of(GROUP6, url.port);
		sender = sender_of(&url, &to);
		if (strcmp(texts[0], "lo") != 0) {
			ck_assert_int_eq(send_to(sender, &to, "yes"), 0);
			expect_datagram(fd, "yes", GROUP6);
			expect_datagram(other, "yes", GROUP6);
		}
		close(sender);
		close(other);
		close(fd);
	}
}
END_TEST

START_TEST(what_others_have_joined_is_not_heard)
{
	struct wi_url url = url_of(WI_URL_MULTICAST, GROUP4, 0);
	int fd;

	url_give_text(&url, interface, "lo");
	fd = datagram_ok(&url);
	ck_assert_int_eq(option_of(fd, IPPROTO_IP, IP_MULTICAST_ALL), 0);
	close(fd);
	url = url_of(WI_URL_MULTICAST, GROUP6, 0);
	url_give_text(&url, interface, "lo");
	fd = datagram_ok(&url);
	ck_assert_int_eq(option_of(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL), 0);
	close(fd);
}
END_TEST

START_TEST(interface_that_is_not_there_is_an_error_with_a_list)
{
	static const char *const names[] = { "nosuch0", "203.0.113.9",
		"fd00:7:5:3::9", "::1%nosuch0", "lo0" };
	struct wi_url url = url_of(WI_URL_MULTICAST, GROUP4, 0);
	char found[64];

	for (size_t i = 0; i < CHECK_COUNT(names); i++) {
		url_give_text(&url, interface, names[i]);
		snprintf(found, sizeof(found), "found \"%s\"", names[i]);
		ck_assert_int_eq(datagram_bad(&url, found), WEFT_EURL);
		ck_assert_int_eq(datagram_bad(&url, "(lo"), WEFT_EURL);
	}
}
END_TEST

START_TEST(group_of_one_link_needs_its_interface)
{
	struct wi_url url = url_of(WI_URL_MULTICAST, GROUP6, 0);
	int fd;

	ck_assert_int_eq(datagram_bad(&url, "option interface"), WEFT_EURL);
	ck_assert_int_eq(datagram_bad(&url, "on one link"), WEFT_EURL);
	url_give_text(&url, interface, "lo");
	fd = datagram_ok(&url);
	close(fd);
}
END_TEST

START_TEST(address_that_is_no_group_cannot_be_joined)
{
	struct wi_url url = url_of(WI_URL_MULTICAST, "127.0.0.1", 0);

	url_give_text(&url, interface, "lo");
	ck_assert_int_eq(
	    datagram_bad(&url, "cannot join: expected a group on lo"),
	    -EINVAL);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		udp_tells_where_each_datagram_came_to,
		udp_port_is_shared_only_when_asked_for,
		udp_takes_its_buffers_and_device,
		broadcast_is_sent_only_when_allowed,
		listeners_of_a_group_share_a_port_and_all_hear,
		group_may_be_kept_to_one_listener,
		answer_comes_to_who_sent_to_the_group,
		loop_ttl_and_interface_reach_the_kernel,
		listeners_of_an_ipv6_group_share_a_port_and_all_hear,
		what_others_have_joined_is_not_heard,
		interface_that_is_not_there_is_an_error_with_a_list,
		group_of_one_link_needs_its_interface,
		address_that_is_no_group_cannot_be_joined,
	};

	return check_main("socket_group", tests, CHECK_COUNT(tests));
}
