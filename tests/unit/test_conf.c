/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_conf.c - host/conf: what a good configuration becomes, which
 * value holds, and where it came from.
 */
#include "host/conf.h"

#include <errno.h>

#include <weft/weft.h>

#include "conf_case.h"

static struct conf_case one;

static const char whole[] =
    "# all of it\n"
    "workers = 4\n"
    "max_message = 2M   // bytes\n"
    "log = \"warn\"\n"
    "log_file = \"logs/weft.log\"\n"
    "admin = \"/run/weft/admin.sock\"\n"
    "user = \"weft\"\n"
    "group = weft\n"
    "crash_dir = crashes\n"
    "load_any = yes\n"
    "idle = 90s\n"
    "slow_reader = drop-oldest\n"
    "malformed = skip\n"
    "plugin chat {\n"
    "	file = \"${NOT_SET:-lib}/chat.so\"\n"
    "	options {\n"
    "		history = 50\n"
    "		motto = \"a & b = 100%\"\n"
    "	}\n"
    "}\n"
    "plugin echo { }\n"
    "/* a block\n"
    "   comment */\n"
    "listener lines {\n"
    "	url = \"tcp+line://127.0.0.1:7000?nodelay=no\"\n"
    "	plugin = chat\n"
    "	idle = 30s\n"
    "	backlog = 5\n"
    "}\n"
    "listener safe {\n"
    "	url = \"tls+line://127.0.0.1:7001\"\n"
    "	plugin = echo\n"
    "	cert = \"a.pem,/b c.pem\"\n"
    "}\n"
    "supervisor { restart_max = 3 backoff_max = 2s }\n";

START_TEST(a_good_file_becomes_a_structure)
{
	char path[300];

	conf_case_init(&one);
	conf_case_says(&one, whole, "");
	ck_assert_uint_eq(one.conf->node.workers, 4);
	ck_assert_uint_eq(one.conf->node.max_message, 2u << 20);
	ck_assert_uint_eq(one.conf->node.log_level, WEFT_LOG_WARN);
	ck_assert_uint_eq(one.conf->node.idle_ms, 90000);
	ck_assert_uint_eq(one.conf->node.slow_reader, WEFT_SLOW_DROP_OLDEST);
	ck_assert_uint_eq(one.conf->node.malformed, WEFT_MALFORMED_SKIP);
	ck_assert_uint_eq(one.conf->node.size, sizeof(struct weft_options));
	ck_assert_uint_eq(one.conf->node.signals, 0);
	ck_assert_ptr_null(one.conf->node.log);
	(void)snprintf(path, sizeof(path), "%s/a.conf", one.folder);
	ck_assert_str_eq(one.conf->path, path);
	(void)snprintf(path, sizeof(path), "%s/logs/weft.log", one.folder);
	ck_assert_str_eq(one.conf->log_file, path);
	ck_assert_str_eq(one.conf->admin, "/run/weft/admin.sock");
	ck_assert_str_eq(one.conf->user, "weft");
	ck_assert_str_eq(one.conf->group, "weft");
	(void)snprintf(path, sizeof(path), "%s/crashes", one.folder);
	ck_assert_str_eq(one.conf->crash_dir, path);
	ck_assert_uint_eq(one.conf->load_any, 1);
	ck_assert_uint_eq(one.conf->supervisor.restart_max, 3);
	ck_assert_uint_eq(one.conf->supervisor.backoff_max_ms, 2000);
	ck_assert_uint_eq(one.conf->supervisor.restart_window_ms, 60000);
	conf_case_fini(&one);
}
END_TEST

START_TEST(plugins_have_a_file_or_a_name_and_options)
{
	char path[300];

	conf_case_init(&one);
	conf_case_says(&one, whole, "");
	ck_assert_uint_eq(one.conf->nplugins, 2);
	ck_assert_str_eq(one.conf->plugins[0].title, "chat");
	(void)snprintf(path, sizeof(path), "%s/lib/chat.so", one.folder);
	ck_assert_str_eq(one.conf->plugins[0].what, path);
	ck_assert_str_eq(one.conf->plugins[0].options,
	    "history=50&motto=a%20%26%20b%20%3D%20100%25");
	ck_assert_str_eq(one.conf->plugins[1].title, "echo");
	ck_assert_str_eq(one.conf->plugins[1].what, "echo");
	ck_assert_ptr_null(one.conf->plugins[1].options);
	conf_case_fini(&one);
}
END_TEST

START_TEST(options_of_a_listener_become_part_of_its_url)
{
	char url[700];

	conf_case_init(&one);
	conf_case_says(&one, whole, "");
	ck_assert_uint_eq(one.conf->nlisteners, 2);
	ck_assert_str_eq(one.conf->listeners[0].title, "lines");
	ck_assert_str_eq(one.conf->listeners[0].plugin, "chat");
	ck_assert_str_eq(one.conf->listeners[0].url,
	    "tcp+line://127.0.0.1:7000?nodelay=no&idle=30s&backlog=5");
	(void)snprintf(url, sizeof(url),
	    "tls+line://127.0.0.1:7001?cert=%s/a.pem,/b%%20c.pem", one.folder);
	ck_assert_str_eq(one.conf->listeners[1].url, url);
	conf_case_fini(&one);
}
END_TEST

START_TEST(of_several_values_the_nearest_to_the_user_holds)
{
	static const char *const sets[] = { "workers=7", "max_workers=9",
		"workers=8", "supervisor.drain=3s", "listener.a.b.idle=5s",
		"plugin.echo.file=other", NULL };

	conf_case_init(&one);
	setenv("WEFT_WORKERS", "5", 1);
	setenv("WEFT_MAX_MESSAGE", "64k", 1);
	setenv("WEFT_IDLE", "", 1); /* none */
	conf_case_read(&one,
	    "workers = 4\nmax_message = 1k\nlinger = 1s\nidle=2s\n"
	    "plugin echo { }\n"
	    "listener a.b { url = \"tcp://:0\" plugin = echo idle = 2s }\n",
	    sets);
	ck_assert_str_eq(one.said, "");
	ck_assert_uint_eq(one.conf->node.workers, 8);
	ck_assert_uint_eq(one.conf->node.max_workers, 9);
	ck_assert_uint_eq(one.conf->node.max_message, 65536);
	ck_assert_uint_eq(one.conf->node.linger_ms, 1000);
	ck_assert_uint_eq(one.conf->node.idle_ms, 2000);
	ck_assert_uint_eq(one.conf->node.drain_ms, 10000);
	ck_assert_uint_eq(one.conf->supervisor.drain_ms, 3000);
	ck_assert_str_eq(one.conf->listeners[0].url, "tcp://:0?idle=5s");
	ck_assert_str_eq(one.conf->plugins[0].what, "other");
	ck_assert_str_eq(
	    wi_conf_origin(one.conf, "", NULL, "workers"), "command line");
	ck_assert_str_eq(wi_conf_origin(one.conf, "", NULL, "max_message"),
	    "environment WEFT_MAX_MESSAGE");
	ck_assert_str_eq(
	    wi_conf_origin(one.conf, "", NULL, "linger"), "a.conf:3");
	ck_assert_str_eq(
	    wi_conf_origin(one.conf, "", NULL, "drain"), "default");
	ck_assert_str_eq(wi_conf_origin(one.conf, "supervisor", NULL, "drain"),
	    "command line");
	ck_assert_str_eq(
	    wi_conf_origin(one.conf, "listener", "a.b", "url"), "a.conf:6");
	unsetenv("WEFT_WORKERS");
	unsetenv("WEFT_MAX_MESSAGE");
	conf_case_fini(&one);
}
END_TEST

START_TEST(an_included_file_is_part_of_it)
{
	char path[300];

	conf_case_init(&one);
	ck_assert_int_eq(system("mkdir -p sub/deeper"), 0);
	conf_case_file("sub/b.conf",
	    "workers = 3\ninclude(\"deeper/c.conf\")\nlog_file = \"l\"\n"
	    "plugin b { options { x = \"1\" } }\n");
	conf_case_file("sub/deeper/c.conf", "plugin c { file = \"c.so\" }\n");
	conf_case_says(&one,
	    "include(\"sub/b.conf\")\n"
	    "listener l { url = \"tcp://:0\" plugin = c }\n",
	    "");
	ck_assert_uint_eq(one.conf->node.workers, 3);
	ck_assert_uint_eq(one.conf->nplugins, 2);
	(void)snprintf(path, sizeof(path), "%s/sub/l", one.folder);
	ck_assert_str_eq(one.conf->log_file, path);
	(void)snprintf(path, sizeof(path), "%s/sub/deeper/c.so", one.folder);
	ck_assert_str_eq(one.conf->plugins[1].what, path);
	ck_assert_str_eq(
	    wi_conf_origin(one.conf, "", NULL, "workers"), "sub/b.conf:1");
	ck_assert_str_eq(
	    wi_conf_origin(one.conf, "options", "b", "x"), "sub/b.conf:4");
	conf_case_fini(&one);
}
END_TEST

START_TEST(an_option_in_a_url_comes_from_there)
{
	conf_case_init(&one);
	conf_case_says(&one, whole, "");
	ck_assert_str_eq(wi_conf_origin(one.conf, "listener", "lines", "idle"),
	    "a.conf:27");
	ck_assert_str_eq(
	    wi_conf_origin(one.conf, "listener", "lines", "nodelay"),
	    "a.conf:25");
	ck_assert_str_eq(
	    wi_conf_origin(one.conf, "listener", "safe", "nodelay"),
	    "default");
	conf_case_fini(&one);
}
END_TEST

static void
origins_say(const char *lines, const char *section, const char *title,
    const char *name, const char *expected)
{
	struct wi_conf_written found;
	bool is = wi_conf_origins_find(lines, section, title, name, &found);

	ck_assert_str_eq(is ? found.where : "none", expected);
}

START_TEST(where_all_comes_from_outlives_the_file)
{
	struct wi_conf_written first;
	const char *rest;
	char lines[4096], few[64];

	conf_case_init(&one);
	conf_case_says(&one, whole, "");
	wi_conf_origins(one.conf, lines, sizeof(lines));
	wi_conf_origins(one.conf, few, sizeof(few));
	conf_case_fini(&one);
	origins_say(lines, "", "", "idle", "a.conf:11");
	origins_say(lines, "", "", "linger", "none");
	origins_say(lines, "listener", "lines", "idle", "a.conf:27");
	origins_say(lines, "listener", "lines", "nodelay", "a.conf:25");
	origins_say(lines, "listener", "safe", "idle", "none");
	origins_say(lines, "listener", "line", "idle", "none");
	origins_say(lines, "plugin", "chat", "file", "a.conf:15");
	origins_say(lines, "plugin", "chat", "motto", "a.conf:18");
	rest = lines;
	ck_assert(wi_conf_origins_next(&rest, "plugin", "chat", &first));
	ck_assert_str_eq(first.name, "file");
	ck_assert(wi_conf_origins_next(&rest, "plugin", "chat", &first));
	ck_assert_str_eq(first.name, "history");
	ck_assert(wi_conf_origins_next(&rest, "plugin", "chat", &first));
	ck_assert(!wi_conf_origins_next(&rest, "plugin", "chat", &first));
	/* Whole lines, where there is room for them. */
	ck_assert_str_eq(few + strlen(few) - 1, "\n");
	ck_assert(strncmp(few, lines, strcspn(few, "\n")) == 0);
}
END_TEST

START_TEST(files_of_a_plugins_options_are_from_the_folder)
{
	char options[600];

	conf_case_init(&one);
	conf_case_says(&one,
	    "plugin www { file = files\n"
	    "	options { root = htdocs index = \"a b.html\" } }\n",
	    "");
	ck_assert_str_eq(
	    one.conf->plugins[0].options, "root=htdocs&index=a%20b.html");
	ck_assert_int_eq(
	    wi_conf_try_plugin(one.conf, 0, &one.problems), WEFT_OK);
	ck_assert_str_eq(
	    one.conf->plugins[0].options, "root=htdocs&index=a%20b.html");
	ck_assert_int_eq(
	    wi_conf_check_plugin(one.conf, 0, &one.problems), WEFT_OK);
	(void)snprintf(options, sizeof(options),
	    "root=%s/htdocs&index=a%%20b.html", one.folder);
	ck_assert_str_eq(one.conf->plugins[0].options, options);
	conf_case_says(&one,
	    "plugin www { file = files\n"
	    "	options { root = htdocs max_age = soon } }\n",
	    "");
	ck_assert_int_eq(
	    wi_conf_check_plugin(one.conf, 0, &one.problems), -EINVAL);
	ck_assert_int_eq(
	    wi_conf_try_plugin(one.conf, 0, &one.problems), -EINVAL);
	ck_assert_uint_eq(one.problems.n, 2);
	ck_assert_str_eq(one.problems.list[0].text, one.problems.list[1].text);
	ck_assert_str_eq(one.problems.list[1].place, "a.conf");
	ck_assert_int_eq(one.problems.list[1].line, 2);
	ck_assert_int_eq(one.problems.list[1].column, 26);
	conf_case_fini(&one);
}
END_TEST

START_TEST(an_empty_file_is_all_defaults)
{
	conf_case_init(&one);
	conf_case_says(&one, "", "");
	ck_assert_uint_eq(one.conf->nplugins, 0);
	ck_assert_uint_eq(one.conf->nlisteners, 0);
	ck_assert_ptr_null(one.conf->admin);
	conf_case_fini(&one);
}
END_TEST

START_TEST(it_is_read_again_as_if_for_the_first_time)
{
	int i;

	conf_case_init(&one);
	for (i = 0; i < 3; i++) {
		conf_case_says(&one, "workes = 1\n",
		    "a.conf:1:1: expected an option, found \"workes\": did "
		    "you mean workers?\n");
		conf_case_says(&one, whole, "");
	}
	conf_case_fini(&one);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { a_good_file_becomes_a_structure,
		plugins_have_a_file_or_a_name_and_options,
		options_of_a_listener_become_part_of_its_url,
		of_several_values_the_nearest_to_the_user_holds,
		an_included_file_is_part_of_it,
		an_option_in_a_url_comes_from_there,
		where_all_comes_from_outlives_the_file,
		files_of_a_plugins_options_are_from_the_folder,
		an_empty_file_is_all_defaults,
		it_is_read_again_as_if_for_the_first_time };

	return check_main("conf", tests, CHECK_COUNT(tests));
}
