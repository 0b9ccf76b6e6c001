/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_socket.c - io/socket: tcp listeners, and sockets to connect
 * with.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>

#include "check_main.h"
#include "socket_url.h"

static int
listen_ok(const struct wi_url *url)
{
	struct wi_socket_file file = { 1, 1 };
	struct weft_error err;
	int fd = -2;

	ck_assert_msg(
	    wi_socket_listen("tcp://test", url, &fd, &file, &err) == WEFT_OK,
	    "%s", err.text);
	ck_assert_uint_eq(file.inode, 0);
	expect_nonblocking_cloexec(fd);
	return fd;
}

/* The code; err names the URL and says all of parts (ended by NULL). */
static int
listen_bad(const struct wi_url *url, const char *const *parts)
{
	struct wi_socket_file file = { 1, 1 };
	struct weft_error err;
	int fd = -2, rv;

	rv = wi_socket_listen("tcp://test", url, &fd, &file, &err);
	ck_assert_int_lt(rv, 0);
	ck_assert_int_eq(fd, -1);
	ck_assert_int_eq(err.code, rv);
	ck_assert_uint_eq(file.inode, 0);
	ck_assert_ptr_eq(strstr(err.text, "tcp://test: "), err.text);
	for (; *parts != NULL; parts++)
		expect_in(err.text, *parts);
	/* Who wants no words gets the same code. */
	ck_assert_int_eq(
	    wi_socket_listen("tcp://test", url, &fd, &file, NULL), rv);
	return rv;
}

#define PARTS(...) ((const char *const[]){ __VA_ARGS__, NULL })

START_TEST(tcp_clients_inherit_the_options)
{
	struct wi_url url = url_of(WI_URL_TCP, "127.0.0.1", 0);
	int client, fd, listener;

	url_give(&url, WI_URL_keepalive, 59001);
	url_give(&url, WI_URL_rcvbuf, 16384);
	url_give(&url, WI_URL_sndbuf, 32768);
	listener = listen_ok(&url);
	fd = accepted_of(listener, "127.0.0.1", &client);
	ck_assert_int_eq(option_of(fd, IPPROTO_TCP, TCP_NODELAY), 1);
	ck_assert_int_eq(option_of(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
	ck_assert_int_eq(option_of(fd, IPPROTO_TCP, TCP_KEEPIDLE), 60);
	ck_assert_int_eq(option_of(fd, IPPROTO_TCP, TCP_KEEPINTVL), 20);
	ck_assert_int_eq(option_of(fd, IPPROTO_TCP, TCP_KEEPCNT), 3);
	/* The kernel doubles them (socket(7)). */
	ck_assert_int_eq(option_of(fd, SOL_SOCKET, SO_RCVBUF), 2 * 16384);
	ck_assert_int_eq(option_of(fd, SOL_SOCKET, SO_SNDBUF), 2 * 32768);
	close(client);
	close(fd);
	close(listener);
}
END_TEST

START_TEST(nodelay_may_be_off_and_keepalive_is_off_unless_asked_for)
{
	struct wi_url url = url_of(WI_URL_TCP, "127.0.0.1", 0);
	int client, fd, listener;

	url_give(&url, WI_URL_nodelay, 0);
	listener = listen_ok(&url);
	fd = accepted_of(listener, "127.0.0.1", &client);
	ck_assert_int_eq(option_of(fd, IPPROTO_TCP, TCP_NODELAY), 0);
	ck_assert_int_eq(option_of(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
	close(client);
	close(fd);
	close(listener);
}
END_TEST

START_TEST(shortest_and_longest_keepalive_are_taken)
{
	struct wi_url url = url_of(WI_URL_TCP, "127.0.0.1", 0);
	int fd;

	url_give(&url, WI_URL_keepalive, 1);
	fd = listen_ok(&url);
	ck_assert_int_eq(option_of(fd, IPPROTO_TCP, TCP_KEEPIDLE), 1);
	ck_assert_int_eq(option_of(fd, IPPROTO_TCP, TCP_KEEPINTVL), 1);
	close(fd);
	url_give(&url, WI_URL_keepalive, 32767000);
	fd = listen_ok(&url);
	ck_assert_int_eq(option_of(fd, IPPROTO_TCP, TCP_KEEPIDLE), 32767);
	close(fd);
}
END_TEST

START_TEST(a_buffer_that_the_kernel_cuts_is_fine)
{
	struct wi_url url = url_of(WI_URL_TCP, "127.0.0.1", 0);
	int fd;

	url_give(&url, WI_URL_rcvbuf, 1u << 30);
	url_give(&url, WI_URL_sndbuf, 1);
	fd = listen_ok(&url);
	ck_assert_int_gt(option_of(fd, SOL_SOCKET, SO_RCVBUF), 0);
	ck_assert_int_gt(option_of(fd, SOL_SOCKET, SO_SNDBUF), 0);
	close(fd);
}
END_TEST

START_TEST(backlog_reaches_the_kernel)
{
	struct wi_url url = url_of(WI_URL_TCP, "127.0.0.1", 0);
	socklen_t len = sizeof(struct tcp_info);
	struct tcp_info info;
	int fd;

	url_give(&url, WI_URL_backlog, 7);
	fd = listen_ok(&url);
	ck_assert_int_eq(
	    getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
	ck_assert_uint_eq(info.tcpi_sacked, 7); /* of a listener: its limit */
	close(fd);
}
END_TEST

START_TEST(port_that_is_taken_is_an_error)
{
	struct wi_url url = url_of(WI_URL_TCP, "127.0.0.1", 0);
	int fd;

	fd = listen_ok(&url);
	url.port = port_of(fd);
	ck_assert_int_eq(
	    listen_bad(&url,
		PARTS("expected a free address", "Address already in use")),
	    -EADDRINUSE);
	close(fd);
	close(listen_ok(&url)); /* it was only that */
}
END_TEST

START_TEST(port_that_was_used_a_moment_ago_is_free)
{
	struct wi_url url = url_of(WI_URL_TCP, "127.0.0.1", 0);
	int client, fd, listener;

	listener = listen_ok(&url);
	url.port = port_of(listener);
	fd = accepted_of(listener, "127.0.0.1", &client);
	close(listener);
	/* Who closes first is left in TIME_WAIT. */
	close(fd);
	wait_readable(client);
	close(client);
	close(listen_ok(&url));
}
END_TEST

START_TEST(reuseport_shares_a_port)
{
	struct wi_url url = url_of(WI_URL_TCP, "127.0.0.1", 0);
	int fd, other;

	url_give(&url, WI_URL_reuseport, 1);
	fd = listen_ok(&url);
	url.port = port_of(fd);
	other = listen_ok(&url);
	url_give(&url, WI_URL_reuseport, 0);
	ck_assert_int_eq(listen_bad(&url, PARTS("in use")), -EADDRINUSE);
	close(other);
	close(fd);
}
END_TEST

START_TEST(ipv6_listener_is_not_about_ipv4)
{
	struct wi_url url = url_of(WI_URL_TCP, "::", 0);
	int client, fd, fd6, listener;

	listener = listen_ok(&url);
	fd6 = accepted_of(listener, "::1", &client);
	ck_assert_int_eq(
	    client_of("127.0.0.1", port_of(listener)), -ECONNREFUSED);
	close(client);
	close(fd6);
	url = url_of(WI_URL_TCP, "0.0.0.0", port_of(listener));
	fd = listen_ok(&url);
	close(fd);
	close(listener);
}
END_TEST

START_TEST(bind_device_keeps_to_an_interface)
{
	struct wi_url url = url_of(WI_URL_TCP, "0.0.0.0", 0);
	char name[16] = "";
	socklen_t len = sizeof(name);
	int fd;

	url_give_text(&url, bind_device, "lo");
	fd = listen_ok(&url);
	ck_assert_int_eq(
	    getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &len), 0);
	ck_assert_str_eq(name, "lo");
	close(fd);
	url_give_text(&url, bind_device, "nosuch0");
	ck_assert_int_eq(listen_bad(&url,
			     PARTS("option bind_device",
				 "expected an interface", "nosuch0")),
	    -ENODEV);
}
END_TEST

START_TEST(host_that_is_no_address_of_ours_is_an_error)
{
	struct wi_url url = url_of(WI_URL_TCP, "a.example", 0);

	ck_assert_int_eq(
	    listen_bad(&url, PARTS("expected a numeric", "a.example")),
	    WEFT_EURL);
	url = url_of(WI_URL_TCP, "203.0.113.9", 0); /* RFC 5737 */
	ck_assert_int_eq(
	    listen_bad(&url, PARTS("expected a free address of this machine")),
	    -EADDRNOTAVAIL);
}
END_TEST

static int
connect_socket(const struct wi_url *url, const char *host, uint16_t port,
    struct weft_error *err, int *fdp)
{
	struct wi_url to_url = url_of(WI_URL_TCP, host, port);
	struct sockaddr_storage to;
	socklen_t to_len;

	ck_assert_int_eq(wi_url_address(&to_url, &to, &to_len, NULL), 0);
	*fdp = -2;
	return wi_socket_for_connect("tcp://test", url, &to, fdp, err);
}

/* A local address as text: "127.0.0.2:8000", "::1:8000". */
static void
local_of(int fd, char *out, size_t size)
{
	struct sockaddr_in6 in6 = { 0 };
	struct sockaddr_in in4;
	socklen_t len = sizeof(in6);
	char host[INET6_ADDRSTRLEN];

	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&in6, &len), 0);
	memcpy(&in4, &in6, sizeof(in4));
	inet_ntop(in6.sin6_family,
	    in6.sin6_family == AF_INET ? (void *)&in4.sin_addr :
					 (void *)&in6.sin6_addr,
	    host, sizeof(host));
	snprintf(out, size, "%s:%u", host, ntohs(in6.sin6_port));
}

START_TEST(socket_to_connect_with_has_the_options)
{
	struct wi_url url = url_of(WI_URL_TCP, "127.0.0.1", 80);
	int fd;

	url_give(&url, WI_URL_keepalive, 30000);
	url_give(&url, WI_URL_sndbuf, 65536);
	url_give_text(&url, bind_device, "lo");
	ck_assert_int_eq(
	    connect_socket(&url, "127.0.0.1", 80, NULL, &fd), WEFT_OK);
	expect_nonblocking_cloexec(fd);
	ck_assert_int_eq(option_of(fd, IPPROTO_TCP, TCP_NODELAY), 1);
	ck_assert_int_eq(option_of(fd, IPPROTO_TCP, TCP_KEEPIDLE), 30);
	ck_assert_int_eq(option_of(fd, SOL_SOCKET, SO_SNDBUF), 2 * 65536);
	close(fd);
}
END_TEST

START_TEST(source_is_where_a_connection_comes_from)
{
	static const struct {
		const char *to;
		const char *source;
		bool with_port;
		const char *local;
	} cases[] = {
		{ "127.0.0.1", "127.0.0.9", false, "127.0.0.9" },
		{ "127.0.0.1", "127.0.0.9", true, "127.0.0.9" },
		{ "::1", "::1", false, "::1" },
		{ "::1", "[::1]", false, "::1" },
		{ "::1", "[::1]", true, "::1" },
	};
	struct sockaddr_storage from;
	char source[64], local[64], expected[64];
	struct wi_url url;
	socklen_t len;
	int client, fd, listener, spare;

	for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
		url = url_of(WI_URL_TCP, cases[i].to, 0);
		listener = listen_ok(&url);
		spare = listen_ok(&url); /* its port is free when closed */
		snprintf(source, sizeof(source), "%s:%u", cases[i].source,
		    port_of(spare));
		snprintf(expected, sizeof(expected), "%s:%u", cases[i].local,
		    port_of(spare));
		close(spare);
		url_give_text(&url, source,
		    cases[i].with_port ? source : cases[i].source);
		ck_assert_int_eq(connect_socket(&url, cases[i].to,
				     port_of(listener), NULL, &client),
		    WEFT_OK);
		len = sizeof(from);
		ck_assert_int_eq(
		    getsockname(listener, (struct sockaddr *)&from, &len), 0);
		if (connect(client, (struct sockaddr *)&from, len) < 0)
			ck_assert_int_eq(errno, EINPROGRESS);
		wait_readable(listener);
		fd = accept4(listener, NULL, NULL, 0);
		ck_assert_int_ge(fd, 0);
		local_of(client, local, sizeof(local));
		if (!cases[i].with_port)
			*strrchr(local, ':') = *strrchr(expected, ':') = '\0';
		ck_assert_str_eq(local, expected);
		close(fd);
		close(client);
		close(listener);
	}
}
END_TEST

START_TEST(source_that_makes_no_sense_is_an_error)
{
	static const struct {
		const char *to;
		const char *source;
		int code;
		const char *part;
	} cases[] = {
		{ "127.0.0.1", "", WEFT_EURL, "expected address[:port]" },
		{ "127.0.0.1", "*", WEFT_EURL, "expected address[:port]" },
		{ "127.0.0.1", "eth0", WEFT_EURL, "found \"eth0\"" },
		{ "127.0.0.1", "127.0.0.1:", WEFT_EURL, "address[:port]" },
		{ "127.0.0.1", "127.0.0.1:+8", WEFT_EURL, "address[:port]" },
		{ "127.0.0.1", "127.0.0.1:8x", WEFT_EURL, "address[:port]" },
		{ "127.0.0.1", "127.0.0.1:65536", WEFT_EURL, "65536" },
		{ "127.0.0.1", "127.0.0.1:4294967297", WEFT_EURL, "429" },
		{ "::1", "[::1", WEFT_EURL, "found \"[::1\"" },
		{ "::1", "[]:80", WEFT_EURL, "found \"[]:80\"" },
		{ "::1", "[::1]80", WEFT_EURL, "found \"[::1]80\"" },
		{ "::1", "127.0.0.1", -EAFNOSUPPORT, "expected an IPv6" },
		{ "127.0.0.1", "::1", -EAFNOSUPPORT, "expected an IPv4" },
		{ "127.0.0.1", "203.0.113.9", -EADDRNOTAVAIL,
		    "expected a free address of this machine" },
	};
	struct weft_error err;
	int fd;

	for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
		struct wi_url url = url_of(WI_URL_TCP, cases[i].to, 80);

		url_give_text(&url, source, cases[i].source);
		ck_assert_int_eq(
		    connect_socket(&url, cases[i].to, 80, &err, &fd),
		    cases[i].code);
		ck_assert_int_eq(fd, -1);
		expect_in(err.text, "tcp://test: option source: ");
		expect_in(err.text, cases[i].part);
	}
}
END_TEST

START_TEST(no_descriptor_is_left_behind_by_errors)
{
	struct wi_url url = url_of(WI_URL_TCP, "203.0.113.9", 0);
	struct wi_socket_file file;
	int before, fd;

	before = dup(0);
	ck_assert_int_ge(before, 0);
	close(before);
	ck_assert_int_eq(
	    wi_socket_listen("x", &url, &fd, &file, NULL), -EADDRNOTAVAIL);
	ck_assert_int_eq(
	    wi_socket_datagram("x", &url, &fd, NULL), -EADDRNOTAVAIL);
	url_give_text(&url, source, "203.0.113.9");
	ck_assert_int_eq(
	    connect_socket(&url, "127.0.0.1", 80, NULL, &fd), -EADDRNOTAVAIL);
	fd = dup(0);
	ck_assert_int_eq(fd, before);
	close(fd);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		tcp_clients_inherit_the_options,
		nodelay_may_be_off_and_keepalive_is_off_unless_asked_for,
		shortest_and_longest_keepalive_are_taken,
		a_buffer_that_the_kernel_cuts_is_fine,
		backlog_reaches_the_kernel,
		port_that_is_taken_is_an_error,
		port_that_was_used_a_moment_ago_is_free,
		reuseport_shares_a_port,
		ipv6_listener_is_not_about_ipv4,
		bind_device_keeps_to_an_interface,
		host_that_is_no_address_of_ours_is_an_error,
		socket_to_connect_with_has_the_options,
		source_is_where_a_connection_comes_from,
		source_that_makes_no_sense_is_an_error,
		no_descriptor_is_left_behind_by_errors,
	};

	return check_main("socket", tests, CHECK_COUNT(tests));
}
