/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_dial_address.c - io/dial_address: the order of addresses;
 * and io/dial over what has but one (unix, udp), or no socket.
 */
#include <arpa/inet.h>
#include <sys/resource.h>

#include "check_main.h"
#include "dial_run.h"
#include "io/dial_address.h"

/* The order of a list of addresses, as text: "1 2 3". */
static const char *
order_of(const char *const *list, uint32_t n)
{
	static char text[256];
	struct addrinfo infos[8] = { { 0 } };
	struct sockaddr_storage addrs[8];
	struct wi_address out[8];
	char one[WI_ADDRESS_TEXT];
	uint32_t count, i;

	for (i = 0; list[i] != NULL; i++) {
		struct wi_url url = url_of(WI_URL_TCP, list[i], 9);
		socklen_t len;

		if (strcmp(list[i], "other") == 0)
			addrs[i].ss_family = AF_UNIX;
		else
			ck_assert_int_eq(
			    wi_url_address(&url, &addrs[i], &len, NULL), 0);
		infos[i].ai_family = addrs[i].ss_family;
		infos[i].ai_addr = (struct sockaddr *)&addrs[i];
		if (i > 0)
			infos[i - 1].ai_next = &infos[i];
	}
	count = wi_dial_order(i > 0 ? infos : NULL, 80, out, n);
	ck_assert_uint_le(count, n);
	text[0] = '\0';
	for (i = 0; i < count; i++) {
		wi_address_text(&out[i], one, sizeof(one));
		strcat(strcat(text, i > 0 ? " " : ""), one);
	}
	return text;
}

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

START_TEST(families_take_turns_and_the_resolvers_first_is_first)
{
	ck_assert_str_eq(
	    order_of(LIST("::1", "::2", "1.0.0.1", "::3", "1.0.0.2"), 8),
	    "[::1]:80 1.0.0.1:80 [::2]:80 1.0.0.2:80 [::3]:80");
	ck_assert_str_eq(order_of(LIST("1.0.0.1", "1.0.0.2", "::1"), 8),
	    "1.0.0.1:80 [::1]:80 1.0.0.2:80");
	ck_assert_str_eq(
	    order_of(LIST("1.0.0.1", "1.0.0.2"), 8), "1.0.0.1:80 1.0.0.2:80");
	ck_assert_str_eq(order_of(LIST("::1"), 8), "[::1]:80");
}
END_TEST

START_TEST(other_families_and_what_has_no_room_are_left_out)
{
	ck_assert_str_eq(
	    order_of(LIST("other", "1.0.0.1", "other", "::1", "1.0.0.2"), 2),
	    "1.0.0.1:80 [::1]:80");
	ck_assert_str_eq(order_of(LIST("other"), 8), "");
	ck_assert_str_eq(order_of(&(const char *const){ NULL }, 8), "");
}
END_TEST

START_TEST(unix_path_and_abstract_name_are_reached)
{
	struct wi_socket_file file;
	struct dial_run run;
	struct wi_url url;
	char name[64];
	int listener;

	snprintf(name, sizeof(name), "@weft-dial-%d", getpid());
	for (int i = 0; i < 2; i++) {
		run_init(&run);
		folder_new();
		url = i == 0 ? url_in_folder("a.sock") :
			       url_of(WI_URL_UNIX, name, 0);
		ck_assert_int_eq(
		    wi_socket_listen("x", &url, &listener, &file, NULL), 0);
		ck_assert_int_eq(run_dial(&run, &url, 0), WEFT_OK);
		ck_assert_uint_eq(run.result.remote.family, AF_UNIX);
		ck_assert_uint_eq(run.result.local.family, AF_UNIX);
		wait_readable(listener);
		close(listener);
		folder_end(&url);
		run_fini(&run);
	}
}
END_TEST

START_TEST(unix_path_without_a_listener_is_told)
{
	struct wi_socket_file file;
	char expected[256];
	struct dial_run run;
	struct wi_url url;
	int listener;

	folder_new();
	url = url_in_folder("a.sock");
	run_init(&run);
	ck_assert_int_eq(run_dial(&run, &url, 0), -ENOENT);
	snprintf(expected, sizeof(expected),
	    "%s: expected somebody to listen there, found: No such file or "
	    "directory",
	    url.path);
	ck_assert_str_eq(run.result.text, expected);
	run_fini(&run);
	ck_assert_int_eq(
	    wi_socket_listen("x", &url, &listener, &file, NULL), 0);
	close(listener);
	run_init(&run);
	ck_assert_int_eq(run_dial(&run, &url, 0), -ECONNREFUSED);
	run_fini(&run);
	folder_end(&url);
}
END_TEST

/* A listener with so many clients that connect() says EAGAIN. */
static int
full_listener(struct wi_url *url, int *clients)
{
	struct wi_socket_file file;
	int listener, n;

	url_give(url, WI_URL_backlog, 1);
	ck_assert_int_eq(
	    wi_socket_listen("x", url, &listener, &file, NULL), 0);
	for (n = 0; n < 8 && (clients[n] = connect_to(url)) >= 0; n++)
		continue;
	ck_assert_int_lt(n, 8);
	ck_assert_int_eq(clients[n], -EAGAIN);
	return listener;
}

static void
close_clients(const int *clients)
{
	for (; *clients >= 0; clients++)
		close(*clients);
}

START_TEST(unix_listener_without_room_is_asked_until_it_has_some)
{
	int clients[8], listener;
	struct dial_run run;
	struct wi_url url;

	run_init(&run);
	folder_new();
	url = url_in_folder("a.sock");
	listener = full_listener(&url, clients);
	run_start(&run, &url, 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_ne(uv_run(&run.loop, UV_RUN_ONCE), 0);
	ck_assert_uint_eq(run.ntold, 0);
	close(accept4(listener, NULL, NULL, 0));
	ck_assert_int_eq(uv_run(&run.loop, UV_RUN_DEFAULT), 0);
	ck_assert_uint_eq(run.ntold, 1);
	ck_assert_int_eq(run.result.code, WEFT_OK);
	close_clients(clients);
	close(listener);
	folder_end(&url);
	run_fini(&run);
}
END_TEST

START_TEST(unix_listener_without_room_ends_with_the_handshake_time)
{
	int clients[8], listener;
	struct dial_run run;
	struct wi_url url;

	run_init(&run);
	folder_new();
	url = url_in_folder("a.sock");
	listener = full_listener(&url, clients);
	ck_assert_int_eq(run_dial(&run, &url, 60), -ETIMEDOUT);
	expect_in(run.result.text, url.path);
	expect_in(run.result.text,
	    ": expected room among the clients that wait there within 60 ms, "
	    "found none");
	close_clients(clients);
	close(listener);
	folder_end(&url);
	run_fini(&run);
}
END_TEST

static int
udp_listener(uint32_t is, const char *host, const char *interface)
{
	struct wi_url url = url_of(is, host, 0);
	int fd;

	if (interface != NULL)
		url_give_text(&url, interface, interface);
	ck_assert_int_eq(wi_socket_datagram("x", &url, &fd, NULL), WEFT_OK);
	return fd;
}

/* As a call: 0 or a negated errno. */
static int
peer_of(int fd)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);

	return getpeername(fd, (struct sockaddr *)&addr, &len) < 0 ? -errno :
								     0;
}

START_TEST(udp_is_connected)
{
	struct dial_run run;
	struct wi_url url;
	int listener;

	run_init(&run);
	listener = udp_listener(WI_URL_UDP, "127.0.0.1", NULL);
	url = url_of(WI_URL_UDP, "localhost", port_of(listener));
	url_give_text(&url, source, "127.0.0.9");
	ck_assert_int_eq(run_dial(&run, &url, 0), WEFT_OK);
	ck_assert_int_eq(peer_of(run.result.fd), 0);
	ck_assert_uint_eq(run.result.remote.port, url.port);
	ck_assert_uint_eq(run.result.local.ip[3], 9);
	ck_assert_int_eq(send(run.result.fd, "x", 1, 0), 1);
	wait_readable(listener);
	close(listener);
	run_fini(&run);
}
END_TEST

START_TEST(udp_that_may_broadcast_is_connected_to_one)
{
	struct dial_run run;
	struct wi_url url;
	int listener;

	run_init(&run);
	listener = udp_listener(WI_URL_UDP, "127.0.0.1", NULL);
	url = url_of(WI_URL_UDP, "127.0.0.1", port_of(listener));
	url_give(&url, WI_URL_broadcast, 1);
	ck_assert_int_eq(run_dial(&run, &url, 0), WEFT_OK);
	ck_assert_int_eq(peer_of(run.result.fd), 0);
	close(listener);
	run_fini(&run);
}
END_TEST

START_TEST(udp_to_a_broadcast_address_is_not_connected)
{
	static const char *const hosts[] = { "127.255.255.255",
		"255.255.255.255" };

	for (size_t i = 0; i < CHECK_COUNT(hosts); i++) {
		struct dial_run run;
		struct wi_url url = url_of(WI_URL_UDP, hosts[i], 9);

		run_init(&run);
		ck_assert_int_eq(run_dial(&run, &url, 0), -EACCES);
		expect_in(run.result.text, "needs broadcast=yes");
		run_fini(&run);
		run_init(&run);
		url_give(&url, WI_URL_broadcast, 1);
		ck_assert_int_eq(run_dial(&run, &url, 0), WEFT_OK);
		ck_assert_int_eq(peer_of(run.result.fd), -ENOTCONN);
		ck_assert_uint_ne(run.result.local.port, 0);
		ck_assert_uint_eq(run.result.remote.port, 9);
		run_fini(&run);
	}
}
END_TEST

START_TEST(group_is_not_connected_and_hears_answers)
{
	struct sockaddr_storage to;
	struct dial_run run;
	struct wi_url url;
	int listener;

	run_init(&run);
	listener = udp_listener(WI_URL_MULTICAST, "239.7.5.4", "lo");
	url = url_of(WI_URL_MULTICAST, "239.7.5.4", port_of(listener));
	url_give_text(&url, interface, "lo");
	ck_assert_int_eq(run_dial(&run, &url, 0), WEFT_OK);
	ck_assert_int_eq(peer_of(run.result.fd), -ENOTCONN);
	ck_assert_uint_ne(run.result.local.port, 0);
	ck_assert_int_eq(
	    sendto(run.result.fd, "x", 1, 0, (struct sockaddr *)&to,
		wi_address_to(&run.result.remote, &to)),
	    1);
	wait_readable(listener);
	close(listener);
	run_fini(&run);
}
END_TEST

START_TEST(connection_to_itself_is_none)
{
	struct dial_run run;
	struct wi_url url;
	char source[64];

	run_init(&run);
	url = url_of(WI_URL_TCP, "127.0.0.1", dead_port(&run));
	close(run.dead); /* its own port is what it comes from */
	run.dead = -1;
	snprintf(source, sizeof(source), "127.0.0.1:%u", url.port);
	url_give_text(&url, source, source);
	ck_assert_int_eq(run_dial(&run, &url, 0), -ECONNREFUSED);
	run_fini(&run);
}
END_TEST

START_TEST(without_descriptors_it_fails)
{
	struct rlimit limit, none;
	struct dial_run run;
	struct wi_url url;

	run_init(&run);
	url = url_of(WI_URL_TCP, "127.0.0.1", dead_port(&run));
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = (rlim_t)lowest_free();
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	ck_assert_int_eq(run_dial(&run, &url, 0), -EMFILE);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	expect_in(run.result.text, ": no socket: ");
	run_fini(&run);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		families_take_turns_and_the_resolvers_first_is_first,
		other_families_and_what_has_no_room_are_left_out,
		unix_path_and_abstract_name_are_reached,
		unix_path_without_a_listener_is_told,
		unix_listener_without_room_is_asked_until_it_has_some,
		unix_listener_without_room_ends_with_the_handshake_time,
		udp_is_connected,
		udp_that_may_broadcast_is_connected_to_one,
		udp_to_a_broadcast_address_is_not_connected,
		group_is_not_connected_and_hears_answers,
		connection_to_itself_is_none,
		without_descriptors_it_fails,
	};

	return check_main("dial_address", tests, CHECK_COUNT(tests));
}
