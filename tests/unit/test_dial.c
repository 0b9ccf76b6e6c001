/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_dial.c - io/dial over tcp: names, addresses, time.
 */
#include "check_main.h"
#include "dial_run.h"

#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void
expect_text(const struct dial_run *run, const char *format, unsigned port,
    unsigned again)
{
	char text[256];
	size_t len = 0;

	/* Each '#' is a port. */
	for (; *format != '\0'; format++) {
		if (*format != '#') {
			text[len++] = *format;
			continue;
		}
		len += (size_t)snprintf(
		    text + len, sizeof(text) - len, "%u", port);
		port = again;
	}
	text[len] = '\0';
	ck_assert_str_eq(run->result.text, text);
}

static void
expect_remote(const struct dial_run *run, const char *host, uint16_t port)
{
	char expected[WI_ADDRESS_TEXT + 16], found[WI_ADDRESS_TEXT];

	snprintf(expected, sizeof(expected),
	    strchr(host, ':') == NULL ? "%s:%u" : "[%s]:%u", host, port);
	wi_address_text(&run->result.remote, found, sizeof(found));
	ck_assert_str_eq(found, expected);
}

/* It is connected, to whom it says and from where it says. */
static void
expect_connected(const struct dial_run *run)
{
	struct sockaddr_storage addr = { 0 };
	socklen_t len = sizeof(addr);
	struct wi_address address;

	ck_assert_int_eq(
	    getpeername(run->result.fd, (struct sockaddr *)&addr, &len), 0);
	wi_address_from(&address, (struct sockaddr *)&addr);
	ck_assert_mem_eq(&address, &run->result.remote, sizeof(address));
	len = sizeof(addr);
	ck_assert_int_eq(
	    getsockname(run->result.fd, (struct sockaddr *)&addr, &len), 0);
	wi_address_from(&address, (struct sockaddr *)&addr);
	ck_assert_mem_eq(&address, &run->result.local, sizeof(address));
}

START_TEST(listener_at_an_address_is_reached)
{
	static const char *const hosts[] = { "127.0.0.1", "::1" };

	for (size_t i = 0; i < CHECK_COUNT(hosts); i++) {
		struct dial_run run;
		struct wi_url url;
		int listener;

		run_init(&run);
		listener = listener_at(hosts[i], 0);
		url = url_of(WI_URL_TCP, hosts[i], port_of(listener));
		ck_assert_int_eq(run_dial(&run, &url, 0), WEFT_OK);
		expect_remote(&run, hosts[i], url.port);
		expect_connected(&run);
		close(listener);
		run_fini(&run);
	}
}
END_TEST

START_TEST(port_where_nobody_listens_is_told)
{
	struct dial_run run;
	struct wi_url url;

	run_init(&run);
	url = url_of(WI_URL_TCP, "127.0.0.1", dead_port(&run));
	ck_assert_int_eq(run_dial(&run, &url, 0), -ECONNREFUSED);
	expect_text(&run,
	    "127.0.0.1:#: expected somebody to listen there, found: "
	    "Connection refused",
	    url.port, 0);
	run_fini(&run);
}
END_TEST

static void
try_name(const char *name, const char *listens_at)
{
	struct dial_run run;
	struct wi_url url;
	int listener;

	run_init(&run);
	listener = listener_at(listens_at, 0);
	url = url_of(WI_URL_TCP, name, port_of(listener));
	ck_assert_int_eq(run_dial(&run, &url, 0), WEFT_OK);
	expect_connected(&run);
	close(listener);
	run_fini(&run);
}

START_TEST(localhost_is_this_machine_by_either_address)
{
	try_name("localhost", "127.0.0.1");
	try_name("localhost", "::1");
}
END_TEST

/* A name that the resolver knows on every machine (inet_aton(3)). */
START_TEST(name_is_looked_up)
{
	try_name("127.1", "127.0.0.1");
}
END_TEST

START_TEST(name_that_does_not_exist_is_told)
{
	struct wi_url url = url_of(WI_URL_TCP, "no-such-host.invalid", 80);
	struct dial_run run;

	run_init(&run);
	ck_assert_int_eq(run_dial(&run, &url, 0), WEFT_EUNRESOLVED);
	expect_in(run.result.text,
	    "no-such-host.invalid:80: expected a host name that has an "
	    "address, found: ");
	run_fini(&run);
}
END_TEST

START_TEST(name_that_cannot_be_one_is_told_from_the_loop)
{
	struct wi_url url = url_of(WI_URL_TCP, "", 80);
	struct dial_run run;

	memset(url.host, 'a', sizeof(url.host) - 1); /* a label has 63 */
	run_init(&run);
	ck_assert_int_eq(run_dial(&run, &url, 0), WEFT_EUNRESOLVED);
	expect_in(run.result.text, "aaa: expected a host name");
	run_fini(&run);
}
END_TEST

START_TEST(name_without_an_address_is_told)
{
	struct wi_url url = url_of(WI_URL_TCP, "none.test", 80);
	const char *const none[] = { NULL };
	struct dial_run run;

	run_init(&run);
	resolver_answer = none;
	ck_assert_int_eq(run_dial(&run, &url, 0), WEFT_EUNRESOLVED);
	run_fini(&run);
}
END_TEST

START_TEST(other_family_is_tried_at_once_when_the_first_is_refused)
{
	struct dial_run run;
	struct wi_url url;
	int listener;

	run_init(&run);
	listener = listener_at("::1", 0);
	url = url_of(WI_URL_TCP, "two.test", port_of(listener));
	resolver_answer = NAMES("127.0.0.1", "::1");
	ck_assert_int_eq(run_dial(&run, &url, 0), WEFT_OK);
	expect_remote(&run, "::1", url.port);
	expect_connected(&run);
	close(listener);
	run_fini(&run);
}
END_TEST

/* Twenty staggers would be five seconds. */
START_TEST(refused_addresses_cost_no_time)
{
	static const char *many[22];
	struct dial_run run;
	struct wi_url url;
	int listener;

	run_init(&run);
	for (int i = 0; i < 20; i++)
		many[i] = "127.0.0.2";
	many[20] = "127.0.0.1";
	listener = listener_at("127.0.0.1", 0);
	url = url_of(WI_URL_TCP, "many.test", port_of(listener));
	resolver_answer = many;
	ck_assert_int_eq(run_dial(&run, &url, 0), WEFT_OK);
	ck_assert_uint_lt(run.took_ms, 5000);
	close(listener);
	run_fini(&run);
}
END_TEST

START_TEST(address_that_does_not_answer_costs_a_quarter_of_a_second)
{
	struct silence silence;
	struct dial_run run;
	struct wi_url url;
	int listener;

	run_init(&run);
	silence_open(&silence, "127.0.0.1", 0);
	url = url_of(WI_URL_TCP, "two.test", port_of(silence.listener));
	listener = listener_at("127.0.0.2", url.port);
	resolver_answer = NAMES("127.0.0.1", "127.0.0.2");
	ck_assert_int_eq(run_dial(&run, &url, 0), WEFT_OK);
	expect_remote(&run, "127.0.0.2", url.port);
	ck_assert_uint_ge(run.took_ms, 250);
	ck_assert_uint_lt(run.took_ms, 20000); /* the kernel asks for 127 s */
	close(listener);
	silence_close(&silence);
	run_fini(&run); /* the loser's descriptor is closed */
}
END_TEST

/* The first is asked again by the kernel a second later; it then answers, and
 * wins from the two others that are under way by then. */
START_TEST(slow_address_may_still_win)
{
	struct silence silence, others[2];
	struct dial_run run;
	struct wi_url url;
	int fd;

	run_init(&run);
	silence_open(&silence, "127.0.0.1", 0);
	url = url_of(WI_URL_TCP, "three.test", port_of(silence.listener));
	silence_open(&others[0], "127.0.0.2", url.port);
	silence_open(&others[1], "127.0.0.3", url.port);
	resolver_answer = NAMES("127.0.0.1", "127.0.0.2", "127.0.0.3");
	run_start(&run, &url, 30000);
	/* Once it has been asked, there is room. */
	while (run.ntold == 0) {
		ck_assert(
		    uv_run(&run.loop, UV_RUN_ONCE) != 0 || run.ntold != 0);
		fd = accept4(silence.listener, NULL, NULL, 0);
		if (fd >= 0)
			close(fd);
	}
	ck_assert_int_eq(run.result.code, WEFT_OK);
	expect_remote(&run, "127.0.0.1", url.port);
	silence_close(&silence);
	silence_close(&others[0]);
	silence_close(&others[1]);
	run_fini(&run);
}
END_TEST

START_TEST(when_all_are_refused_the_last_is_named)
{
	struct dial_run run;
	struct wi_url url;

	run_init(&run);
	url = url_of(WI_URL_TCP, "three.test", dead_port(&run));
	resolver_answer = NAMES("127.0.0.2", "127.0.0.3", "127.0.0.4");
	ck_assert_int_eq(run_dial(&run, &url, 0), -ECONNREFUSED);
	expect_text(&run,
	    "three.test:#: expected one of 3 addresses to answer, last: "
	    "127.0.0.4:#: Connection refused",
	    url.port, url.port);
	run_fini(&run);
	run_init(&run);
	url.port = dead_port(&run);
	resolver_answer = NAMES("127.0.0.2");
	ck_assert_int_eq(run_dial(&run, &url, 0), -ECONNREFUSED);
	expect_text(&run,
	    "three.test:#: expected somebody to listen there, found: "
	    "127.0.0.2:#: Connection refused",
	    url.port, url.port);
	run_fini(&run);
}
END_TEST

START_TEST(silence_ends_with_the_handshake_time)
{
	struct silence silence;
	struct dial_run run;
	struct wi_url url;

	run_init(&run);
	silence_open(&silence, "127.0.0.1", 0);
	url = url_of(WI_URL_TCP, "127.0.0.1", port_of(silence.listener));
	ck_assert_int_eq(run_dial(&run, &url, 150), -ETIMEDOUT);
	expect_text(&run,
	    "127.0.0.1:#: expected an answer within 150 ms, found none",
	    url.port, 0);
	ck_assert_uint_ge(run.took_ms, 150);
	ck_assert_uint_lt(run.took_ms, 20000);
	silence_close(&silence);
	run_fini(&run);
}
END_TEST

START_TEST(silence_after_a_refusal_names_both)
{
	struct silence silence;
	struct dial_run run;
	struct wi_url url;
	uint32_t ms = 100;
	char format[128];

	silence_open(&silence, "127.0.0.1", 0);
	url = url_of(WI_URL_TCP, "two.test", port_of(silence.listener));
	resolver_answer = NAMES("127.0.0.2", "127.0.0.1");
	/* On a busy machine the time may be over before the first address has
	 * been asked; there is a time in which it has. */
	for (;; ms *= 2) {
		run_init(&run);
		ck_assert_int_eq(run_dial(&run, &url, ms), -ETIMEDOUT);
		if (strstr(run.result.text, ", last: ") != NULL)
			break;
		run_fini(&run);
	}
	snprintf(format, sizeof(format),
	    "two.test:#: expected an answer within %u ms, found none, last: "
	    "127.0.0.2:#: Connection refused",
	    ms);
	expect_text(&run, format, url.port, url.port);
	run_fini(&run);
	silence_close(&silence);
}
END_TEST

START_TEST(resolver_that_does_not_answer_ends_with_the_handshake_time)
{
	struct wi_url url = url_of(WI_URL_TCP, "slow.test", 80);
	struct dial_run run;

	run_init(&run);
	resolver_answer = NAMES("127.0.0.1");
	resolver_waits = true;
	run_start(&run, &url, 50);
	while (run.ntold == 0)
		ck_assert_int_ne(uv_run(&run.loop, UV_RUN_ONCE), 0);
	ck_assert_int_eq(run.result.code, -ETIMEDOUT);
	ck_assert_str_eq(run.result.text,
	    "slow.test:80: expected the resolver to answer within 50 ms, "
	    "found none");
	ck_assert_int_eq(sem_post(&resolver_go), 0);
	run_fini(&run);
	ck_assert_uint_eq(run.ntold, 1);
}
END_TEST

START_TEST(source_is_where_it_comes_from)
{
	struct dial_run run;
	struct wi_url url;
	char local[WI_ADDRESS_TEXT];
	int listener;

	run_init(&run);
	listener = listener_at("127.0.0.1", 0);
	url = url_of(WI_URL_TCP, "two.test", port_of(listener));
	url_give_text(&url, source, "127.0.0.9");
	resolver_answer = NAMES("::1", "127.0.0.1"); /* one does not fit */
	ck_assert_int_eq(run_dial(&run, &url, 0), WEFT_OK);
	expect_connected(&run);
	wi_address_text(&run.result.local, local, sizeof(local));
	expect_in(local, "127.0.0.9:");
	close(listener);
	run_fini(&run);
}
END_TEST

START_TEST(source_that_does_not_fit_is_told)
{
	struct dial_run run;
	struct wi_url url;

	run_init(&run);
	url = url_of(WI_URL_TCP, "127.0.0.1", dead_port(&run));
	url_give_text(&url, source, "::1");
	ck_assert_int_eq(run_dial(&run, &url, 0), -EAFNOSUPPORT);
	expect_text(&run,
	    "127.0.0.1:#: option source: expected an IPv4 address as the one "
	    "to connect to, found \"::1\"",
	    url.port, 0);
	run_fini(&run);
	/* What an address has answered says more. */
	run_init(&run);
	url.port = dead_port(&run);
	url.port = dead_port(&run);
	strcpy(url.host, "two.test");
	resolver_answer = NAMES("::1", "127.0.0.1");
	ck_assert_int_eq(run_dial(&run, &url, 0), -ECONNREFUSED);
	expect_in(run.result.text, "last: [::1]:");
	run_fini(&run);
}
END_TEST

struct again {
	struct dial_run run;
	struct wi_url url;
	uv_poll_t poll;
};

static void
on_dialled_again(void *arg, const struct wi_dialled *result)
{
	struct again *again = arg;

	wi_assert_io();
	ck_assert_int_eq(result->code, WEFT_OK);
	/* The descriptor is nobody else's: it may be polled at once. */
	ck_assert_int_eq(
	    uv_poll_init_socket(&again->run.loop, &again->poll, result->fd),
	    0);
	uv_close((uv_handle_t *)&again->poll, NULL);
	close(result->fd);
	run_start(&again->run, &again->url, 0);
}

START_TEST(callback_may_take_the_descriptor_and_dial_again)
{
	struct again again;
	int listener;

	run_init(&again.run);
	wi_assert_io();
	listener = listener_at("127.0.0.1", 0);
	again.url = url_of(WI_URL_TCP, "127.0.0.1", port_of(listener));
	ck_assert_int_eq(wi_dial_start(&again.run.dial, &again.run.loop,
			     &again.url, 0, on_dialled_again, &again),
	    WEFT_OK);
	ck_assert_int_eq(uv_run(&again.run.loop, UV_RUN_DEFAULT), 0);
	ck_assert_uint_eq(again.run.ntold, 1);
	ck_assert_int_eq(again.run.result.code, WEFT_OK);
	close(listener);
	run_fini(&again.run);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		listener_at_an_address_is_reached,
		port_where_nobody_listens_is_told,
		localhost_is_this_machine_by_either_address,
		name_is_looked_up,
		name_that_does_not_exist_is_told,
		name_that_cannot_be_one_is_told_from_the_loop,
		name_without_an_address_is_told,
		other_family_is_tried_at_once_when_the_first_is_refused,
		refused_addresses_cost_no_time,
		address_that_does_not_answer_costs_a_quarter_of_a_second,
		slow_address_may_still_win,
		when_all_are_refused_the_last_is_named,
		silence_ends_with_the_handshake_time,
		silence_after_a_refusal_names_both,
		resolver_that_does_not_answer_ends_with_the_handshake_time,
		source_is_where_it_comes_from,
		source_that_does_not_fit_is_told,
		callback_may_take_the_descriptor_and_dial_again,
	};

	return check_main("dial", tests, CHECK_COUNT(tests));
}
