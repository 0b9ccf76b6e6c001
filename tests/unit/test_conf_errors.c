/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_conf_errors.c - host/conf: what is said of what is wrong,
 * word by word; the same files without the slip are good.
 */
#include <string.h>

#include "conf_case.h"

static struct conf_case one;

struct slip {
	const char *good; /* proves that the file gets as far as the slip */
	const char *bad;
	const char *said;
};

static void
each_slip(const struct slip *slips, size_t n)
{
	size_t i;

	conf_case_init(&one);
	for (i = 0; i < n; i++) {
		conf_case_says(&one, slips[i].good, "");
		conf_case_says(&one, slips[i].bad, slips[i].said);
	}
	conf_case_fini(&one);
}

START_TEST(names_that_are_not_known_are_refused)
{
	static const struct slip slips[] = {
		{ "workers = 4\n", "\n  wokers = 4\n",
		    "a.conf:2:3: expected an option, found \"wokers\": did "
		    "you mean workers?\n" },
		{ "workers = 4\n", "wrokers = 4\nusre = 4\n",
		    "a.conf:1:1: expected an option, found \"wrokers\": did "
		    "you mean workers?\n"
		    "a.conf:2:1: expected an option, found \"usre\": did you "
		    "mean user?\n" },
		{ "workers = 4\n", "frobnicate = 4\n",
		    "a.conf:1:1: expected an option, found \"frobnicate\"\n" },
		{ "supervisor { drain = 1s }\n", "supervisor { drian = 1s }\n",
		    "a.conf:1:14: expected an option of supervisor, found "
		    "\"drian\": did you mean drain?\n" },
		{ "plugin a { file = \"a\" }\n", "plugin a { fil = \"a\" }\n",
		    "a.conf:1:12: expected an option of plugin, found "
		    "\"fil\": did you mean file?\n" },
		{ "plugin a { options { x_1 = 1 } }\n",
		    "plugin a { options { X = 1 } }\n",
		    "a.conf:1:22: options: expected a name of a-z, 0-9 and _, "
		    "found \"X\"\n" },
		{ "plugin a { }\n", "plugn a { file = \"b\" options { } }\n",
		    "a.conf:1:1: expected a block plugin, listener or "
		    "supervisor, found \"plugn\": did you mean plugin?\n" },
		{ "supervisor { }\nworkers = 1\n",
		    "superviser {\n x { y = { } }\n}\nworkers = x\n",
		    "a.conf:1:1: expected a block plugin, listener or "
		    "supervisor, found \"superviser\": did you mean "
		    "supervisor?\n"
		    "a.conf:4:1: workers: expected a number, 0 to 1024, found "
		    "\"x\"\n" },
		{ "include('/dev/null')\n", "inclde('/dev/null')\n",
		    "a.conf:1:1: expected a block plugin, listener or "
		    "supervisor, found \"inclde\": did you mean include?\n" },
	};

	each_slip(slips, sizeof(slips) / sizeof(slips[0]));
}
END_TEST

START_TEST(values_that_cannot_be_are_refused)
{
	static const struct slip slips[] = {
		{ "workers = 1024\n", "workers = 1025\n",
		    "a.conf:1:1: workers: expected a number, 0 to 1024, found "
		    "\"1025\"\n" },
		{ "workers = 0\n", "workers = -1\n",
		    "a.conf:1:1: workers: expected a number, 0 to 1024, found "
		    "\"-1\"\n" },
		{ "max_message = 1G\n", "max_message = 2G\n",
		    "a.conf:1:1: max_message: expected bytes, 1 to 1G (like "
		    "1500, 64k, 1M), found \"2G\"\n" },
		{ "partial = 1ms\n", "partial = 0\n",
		    "a.conf:1:1: partial: expected a time, 1ms to 24h (like "
		    "300ms, 10s, 2m, 1h), found \"0\"\n" },
		{ "partial = \"24h\"\n", "partial = \"1 day\"\n",
		    "a.conf:1:1: partial: expected a time, 1ms to 24h (like "
		    "300ms, 10s, 2m, 1h), found \"1 day\"\n" },
		{ "load_any = off\n", "load_any = maybe\n",
		    "a.conf:1:1: load_any: expected yes or no, found "
		    "\"maybe\"\n" },
		{ "log = error\n", "log = fatal\n",
		    "a.conf:1:1: log: expected debug, info, warn, error or "
		    "off, found \"fatal\"\n" },
		{ "slow_reader = conflate\n", "slow_reader = drop\n",
		    "a.conf:1:1: slow_reader: expected refuse, drop-newest, "
		    "drop-oldest, conflate or close, found \"drop\"\n" },
		{ "malformed = close\n", "malformed = \"\"\n",
		    "a.conf:1:1: malformed: expected close or skip, found "
		    "\"\"\n" },
		{ "user = w\n", "user = ''\n",
		    "a.conf:1:1: user: expected a text of 1 to 63 bytes, "
		    "found \"\"\n" },
		{ "user = \"a b\"\n", "user = \"a\\nb\"\n",
		    "a.conf:1:1: user: expected a text of 1 to 63 bytes, "
		    "found \"a?b\"\n" },
		{ "mailbox_low_bytes = 32k\n", "mailbox_low_bytes = 65k\n",
		    "a.conf:1:1: mailbox_low_bytes: expected at most "
		    "mailbox_high_bytes, which is 64k, found 65k\n" },
		{ "workers = 3\nmax_workers = 3\n",
		    "workers = 4\nmax_workers = 3\n",
		    "a.conf:1:1: workers: expected at most max_workers, which "
		    "is 3, found 4\n" },
		{ "supervisor { backoff_max = 100ms }\n",
		    "supervisor { backoff_max = 99ms }\n",
		    "a.conf:1:14: backoff: expected at most backoff_max, "
		    "which is 99ms, found 100ms\n" },
	};

	each_slip(slips, sizeof(slips) / sizeof(slips[0]));
}
END_TEST

START_TEST(syntax_is_judged_with_its_place)
{
	static const struct slip slips[] = {
		{ "workers = 4\n", "# x\n\nworkers 4\n",
		    "a.conf:3:1: expected \"=\" behind \"workers\", found "
		    "something else\n" },
		{ "workers = 4\n", "workers { a = 4 }\n",
		    "a.conf:1:1: expected \"=\" behind \"workers\", found "
		    "something else\n" },
		{ "user = a\n", "/* x\n*/ user = a b\n",
		    "a.conf:2:13: expected NAME = VALUE, a block or the end, "
		    "found \"b\"\n" },
		{ "user = a\n", "user = a\n}\n",
		    "a.conf:2: expected no \"}\" outside of a block\n" },
		{ "user = a\n", "user += a\n",
		    "a.conf:1:1: expected \"=\" behind \"user\", found "
		    "\"+=\"\n" },
		{ "user = a\n", "user = \n",
		    "a.conf:1:1: user: expected a value behind \"=\", found "
		    "the end of the file\n" },
		{ "user = \"a\"\n", "workers = 4\nuser = \"a\n",
		    "a.conf:2:8: expected \" at the end of the text that "
		    "begins here, found the end of the file\n" },
		{ "user = a /* b */\n", "user = a /* b\n",
		    "a.conf:1:10: expected \"*/\" at the end of the comment, "
		    "found the end of the file\n" },
		{ "user = \"a+b\"\n", "user = a+\n",
		    "a.conf:1:9: expected a value with \"+\" to be in "
		    "quotes\n" },
		{ "user = \"*\"\n", "user = a*\n",
		    "a.conf:1:9: expected a value with \"*\" to be in "
		    "quotes\n" },
		{ "plugin a { }\n", "plugin { }\n",
		    "a.conf:1:1: expected a name behind \"plugin\", found "
		    "none\n" },
		{ "plugin a { }\n", "plugin a b { }\n",
		    "a.conf:1:1: expected \"{\" behind \"plugin\" and its "
		    "name, found something else\n" },
		{ "user = \"\\101\"\n", "user = \"\\777\"\n",
		    "a.conf:1:8: invalid octal number '\\777'\n" },
	};

	each_slip(slips, sizeof(slips) / sizeof(slips[0]));
}
END_TEST

START_TEST(variables_that_are_not_set_need_a_default)
{
	static const struct slip slips[] = {
		{ "user = \"a${WEFT_SET}\"\n", "user = \"a${WEFT_NOT}\"\n",
		    "a.conf:1:10: expected the environment variable WEFT_NOT "
		    "to be set, or ${WEFT_NOT:-VALUE}, found neither\n" },
		{ "user = ${WEFT_NOT:-b}\n", "\nuser = ${WEFT_NOT}\n",
		    "a.conf:2:1: user: expected a text of 1 to 63 bytes, "
		    "found \"\"\n"
		    "a.conf:2:8: expected the environment variable WEFT_NOT "
		    "to be set, or ${WEFT_NOT:-VALUE}, found neither\n" },
		{ "user = '${WEFT_NOT}'\nworkers = 1\n",
		    "user = '${WEFT_NOT}'\nworkers = x\n",
		    "a.conf:2:1: workers: expected a number, 0 to 1024, found "
		    "\"x\"\n" },
	};

	setenv("WEFT_SET", "x", 1);
	unsetenv("WEFT_NOT");
	each_slip(slips, sizeof(slips) / sizeof(slips[0]));
}
END_TEST

START_TEST(a_block_without_an_end_is_an_error)
{
	static const struct slip slips[] = {
		{ "workers = 1\nplugin a {\n file = b\n}\n",
		    "workers = 1\nplugin a {\n file = b\n",
		    "a.conf:2:10: expected \"}\" for this \"{\" of plugin a, "
		    "found the end of the file\n" },
		{ "plugin a {\n options {\n x = 1\n }\n}\n",
		    "plugin a {\n options {\n x = 1\n}\n",
		    "a.conf:1:10: expected \"}\" for this \"{\" of plugin a, "
		    "found the end of the file\n" },
		{ "plugin a {\n}\nplugin b { file = c }\n",
		    "plugin a {\n\nplugin b { file = c }\n",
		    "a.conf:1:10: expected \"}\" for this \"{\" of plugin a, "
		    "found the end of the file\n"
		    "a.conf:3:1: expected no \"plugin\" in the block of "
		    "plugin a, which begins before it: is a \"}\" "
		    "missing?\n" },
	};

	each_slip(slips, sizeof(slips) / sizeof(slips[0]));
}
END_TEST

START_TEST(nothing_may_be_said_twice)
{
	static const struct slip slips[] = {
		{ "workers = 1\n", "workers = 1\n\nworkers = 1\n",
		    "a.conf:3:1: workers: expected once, found again; the "
		    "first is at a.conf:1\n" },
		{ "plugin a { }\nplugin b { }\n",
		    "plugin a { }\nplugin a { }\n",
		    "a.conf:2:1: plugin a: expected one block of that name, "
		    "found another; the first is at a.conf:1\n" },
		{ "supervisor { }\n",
		    "supervisor { drain = 1s }\n supervisor { }\n",
		    "a.conf:2:2: supervisor: expected one block of that name, "
		    "found another; the first is at a.conf:1\n" },
		{ "plugin a { options { x = 1 } }\n",
		    "plugin a { options { x = 1 }\n options { x = 2 } }\n",
		    "a.conf:2:2: options: expected one block of that name, "
		    "found another; the first is at a.conf:1\n" },
		{ "plugin a { options { x = 1 } }\n",
		    "plugin a { options { x = 1\n x = 2 } }\n",
		    "a.conf:2:2: x: expected once, found again; the first is "
		    "at a.conf:1\n" },
	};

	each_slip(slips, sizeof(slips) / sizeof(slips[0]));
}
END_TEST

#define PLUGIN "plugin chat { }\n"

START_TEST(listeners_need_a_url_and_a_plugin)
{
	static const struct slip slips[] = {
		{ PLUGIN "listener l { url = \"tcp://:1\" plugin = chat }\n",
		    PLUGIN "listener l { plugin = chat }\n",
		    "a.conf:2:1: listener l: expected url = \"...\", found "
		    "none\n" },
		{ PLUGIN "listener l { url = \"tcp://:1\" plugin = chat }\n",
		    PLUGIN "listener l { url = \"tcp://:1\" }\n",
		    "a.conf:2:1: listener l: expected plugin = \"NAME\", "
		    "found none\n" },
		{ PLUGIN "listener l { url = \"tcp://:1\" plugin = chat }\n",
		    PLUGIN "listener l { url = \"tcp://:1\" plugin = chatt "
			   "}\n",
		    "a.conf:2:31: plugin: expected the name of a plugin's "
		    "block, found \"chatt\": did you mean chat?\n" },
		{ PLUGIN "listener l { url = \"tcp://:1\" plugin = chat }\n",
		    PLUGIN "listener l { url = \"tcp://\" plugin = chat }\n",
		    "a.conf:2:14: url: URL \"tcp://\": expected \":\" and a "
		    "port behind the host, found nothing\n" },
		{ PLUGIN "listener l { url = \"tcp://:1\" plugin = chat }\n",
		    PLUGIN "listener l { url = \"tpc://:1\" plugin = chat }\n",
		    "a.conf:2:14: url: tpc://:1: expected a transport of tcp, "
		    "unix, udp, udp+multicast, ws, http, tls, wss, https, "
		    "found tpc\n" },
		{ PLUGIN "listener l { url = \"ws+text://:1\" plugin = chat "
			 "}\n",
		    PLUGIN "listener l { url = \"ws+line://:1\" plugin = chat "
			   "}\n",
		    "a.conf:2:14: url: ws+line://:1: expected no codec, or "
		    "text; found line\n" },
		{ PLUGIN "listener l { url = \"tls://:1\" plugin = chat cert "
			 "= c }\n",
		    PLUGIN "listener l { url = \"tls://:1\" plugin = chat }\n",
		    "a.conf:2:14: url: expected the option cert, with the "
		    "file of the certificate, found none\n" },
	};

	each_slip(slips, sizeof(slips) / sizeof(slips[0]));
}
END_TEST

#define LISTENER PLUGIN "listener l { plugin = chat url = \"tcp://:1?idle=1s\""

START_TEST(options_of_a_listener_are_judged_one_by_one)
{
	static const struct slip slips[] = {
		{ LISTENER " backlog = 5 }\n", LISTENER "\nbaclog = 5 }\n",
		    "a.conf:3:1: expected an option of listener, found "
		    "\"baclog\": did you mean backlog?\n" },
		{ LISTENER " backlog = 5\nnodelay = no }\n",
		    LISTENER "\nbacklog = 0\nnodelay = 5 }\n",
		    "a.conf:3:1: backlog: URL \"tcp://:1?idle=1s&backlog=0\": "
		    "expected backlog: a number, 1 to 1048576, found \"0\"\n"
		    "a.conf:4:1: nodelay: URL \"tcp://:1?idle=1s&nodelay=5\": "
		    "expected nodelay: yes or no, found \"5\"\n" },
		{ LISTENER " backlog = 5 }\n", LISTENER "\nidle = 5s }\n",
		    "a.conf:3:1: idle: URL \"tcp://:1?idle=1s&idle=5s\": "
		    "expected each option once, found \"idle\"\n" },
		{ PLUGIN "listener l { plugin = chat url = \"unix:///a\" mode "
			 "= 0600 }\n",
		    PLUGIN "listener l { plugin = chat url = \"unix:///a\" "
			   "mode = 999 }\n",
		    "a.conf:2:46: mode: URL \"unix:///a?mode=999\": expected "
		    "mode: octal, 0 to 0777, found \"999\"\n" },
	};

	each_slip(slips, sizeof(slips) / sizeof(slips[0]));
}
END_TEST

/* Two listeners, at a and b. */
#define TWO(a, b)                                                             \
	PLUGIN "listener x { plugin = chat url = \"" a "\" }\n"               \
	       "listener y { plugin = chat url = \"" b "\" }\n"
#define TAKEN                                                                 \
	"a.conf:3:28: url: expected an address that is free, found that of "  \
	"listener x\n"

START_TEST(two_listeners_cannot_have_one_address)
{
	static const struct slip slips[] = {
		{ TWO("tcp://h:1", "tcp://h:2"), TWO("tcp://h:1", "tcp://h:1"),
		    TAKEN },
		{ TWO("tcp://h:0", "tcp+line://h:0"),
		    TWO("tcp://h:1", "tcp+line://h:1"), TAKEN },
		{ TWO("tcp://h:1?reuseport=yes", "tcp://h:1?reuseport=yes"),
		    TWO("tcp://h:1?reuseport=yes", "tcp://h:1"), TAKEN },
		{ TWO("ws://h:1/a", "ws://h:1/b"),
		    TWO("ws://h:1/a", "ws+text://h:1/a"), TAKEN },
		{ TWO("tcp://h:1", "udp://h:1"), TWO("udp://h:1", "udp://h:1"),
		    TAKEN },
		{ TWO("unix:///a", "unix:///b"),
		    TWO("unix:///a", "unix+line:///a"), TAKEN },
		{ TWO("unix:///a", "unix://@a"),
		    TWO("unix://@/a", "unix://@/a"), TAKEN },
	};

	each_slip(slips, sizeof(slips) / sizeof(slips[0]));
}
END_TEST

START_TEST(files_that_cannot_be_included_are_refused)
{
	conf_case_init(&one);
	conf_case_file("b.conf", "workers = 1\n");
	conf_case_says(&one, "include(\"b.conf\")\n", "");
	conf_case_says(&one, "\ninclude(\"c.conf\")\n",
	    "a.conf:2:1: c.conf: expected a file that can be read, found: No "
	    "such file or directory\n");
	conf_case_says(&one, "include(\"b.conf\")\ninclude(\"./b.conf\")\n",
	    "a.conf:2:1: include: expected each file once, found ./b.conf "
	    "again\n");
	conf_case_file("b.conf", "include(\"a.conf\")\nworkers = x\n");
	conf_case_says(&one, "include(\"b.conf\")\n",
	    "b.conf:1:1: include: expected a file that does not include this "
	    "one, found a.conf, which does\n"
	    "b.conf:2:1: workers: expected a number, 0 to 1024, found "
	    "\"x\"\n");
	conf_case_says(&one, "include(\"a.conf\", \"b.conf\")\n",
	    "a.conf:1:1: include: expected one file, found 2\n");
	ck_assert_int_eq(unlink("a.conf"), 0);
	conf_case_says(&one, NULL,
	    "a.conf: expected a file that can be read, found: No such file or "
	    "directory\n");
	ck_assert_int_eq(system("mkdir a.conf"), 0);
	conf_case_says(&one, NULL,
	    "a.conf: expected a file that can be read, found: Is a "
	    "directory\n");
	conf_case_fini(&one);
}
END_TEST

START_TEST(bytes_that_are_no_text_are_refused)
{
	FILE *file;

	conf_case_init(&one);
	conf_case_says(&one, "workers = 1\n", "");
	file = fopen("a.conf", "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite("a\0b", 1, 3, file), 3);
	ck_assert_int_eq(fclose(file), 0);
	conf_case_says(
	    &one, NULL, "a.conf: expected a text, found a byte 0\n");
	ck_assert_int_eq(truncate("a.conf", (1 << 20) + 1), 0);
	conf_case_says(&one, NULL,
	    "a.conf: expected at most 1048576 bytes, found more\n");
	conf_case_fini(&one);
}
END_TEST

START_TEST(what_is_set_besides_the_file_is_judged_too)
{
	static const char *const sets[] = { "workers", "=3", "workers=x",
		"frob=1", "listener.l.idle=1s", "plugin.file=x", "a.b.c=1",
		NULL };

	conf_case_init(&one);
	setenv("WEFT_LOG", "loud", 1);
	conf_case_read(&one, "workers = 4\n", sets);
	ck_assert_str_eq(one.said,
	    "command line: expected NAME=VALUE, found \"workers\"\n"
	    "command line: expected NAME=VALUE, found \"=3\"\n"
	    "command line: expected NAME, supervisor.NAME, or "
	    "listener.BLOCK.NAME or plugin.BLOCK.NAME of a block that is "
	    "there, found \"listener.l.idle\"\n"
	    "command line: expected NAME, supervisor.NAME, or "
	    "listener.BLOCK.NAME or plugin.BLOCK.NAME of a block that is "
	    "there, found \"plugin.file\"\n"
	    "command line: expected NAME, supervisor.NAME, or "
	    "listener.BLOCK.NAME or plugin.BLOCK.NAME of a block that is "
	    "there, found \"a.b.c\"\n"
	    "command line: workers: expected a number, 0 to 1024, found "
	    "\"x\"\n"
	    "command line: expected an option, found \"frob\"\n"
	    "environment WEFT_LOG: log: expected debug, info, warn, error or "
	    "off, found \"loud\"\n");
	unsetenv("WEFT_LOG");
	conf_case_fini(&one);
}
END_TEST

START_TEST(all_problems_are_said_and_a_hundred_are_kept)
{
	char text[8192] = "";
	size_t i;

	conf_case_init(&one);
	for (i = 0; i < 250; i++)
		(void)snprintf(text + strlen(text),
		    sizeof(text) - strlen(text), "x%zu = 1\n", i);
	conf_case_read(&one, text, NULL);
	ck_assert_int_eq(one.rc, -22);
	ck_assert_uint_eq(one.problems.n, WI_CONF_PROBLEMS_MAX);
	ck_assert_uint_eq(one.problems.more, 150);
	ck_assert_ptr_nonnull(strstr(
	    one.said, "a.conf:100:1: expected an option, found \"x99\"\n"));
	conf_case_fini(&one);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { names_that_are_not_known_are_refused,
		values_that_cannot_be_are_refused,
		syntax_is_judged_with_its_place,
		variables_that_are_not_set_need_a_default,
		a_block_without_an_end_is_an_error, nothing_may_be_said_twice,
		listeners_need_a_url_and_a_plugin,
		options_of_a_listener_are_judged_one_by_one,
		two_listeners_cannot_have_one_address,
		files_that_cannot_be_included_are_refused,
		bytes_that_are_no_text_are_refused,
		what_is_set_besides_the_file_is_judged_too,
		all_problems_are_said_and_a_hundred_are_kept };

	return check_main("conf_errors", tests, CHECK_COUNT(tests));
}
