/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_conf_diff.c - host/conf_diff: what a reload would do.
 */
#include "host/conf_diff.h"

#include <string.h>

#include "conf_case.h"

static struct conf_case before, after;

#define BASE                                                                  \
	"workers = 2\nlog = info\n"                                           \
	"plugin a { file = \"a.so\" options { x = 1 } }\n"                    \
	"plugin b { }\n"                                                      \
	"listener one { url = \"tcp://h:1?idle=1s\" plugin = a }\n"           \
	"listener two { url = \"tcp+line://h:2\" plugin = b backlog = 5 }\n"  \
	"listener any { url = \"tcp://h:0\" plugin = b }\n"

/* From BASE to text these lines, and as many objects. */
static void
from_base(const char *text, const char *lines)
{
	struct wi_conf_diff diff;
	char said[4096];
	json_t *json;
	FILE *out;
	size_t n = 0;
	const char *at;

	conf_case_says(&before, BASE, "");
	conf_case_says(&after, text, "");
	ck_assert_int_eq(
	    wi_conf_diff(before.conf, after.conf, &diff), WEFT_OK);
	out = fmemopen(said, sizeof(said), "w");
	ck_assert_ptr_nonnull(out);
	wi_conf_diff_text(&diff, out);
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_str_eq(said, lines);
	for (at = said; diff.n > 0 && *at != '\0'; at++)
		n += *at == '\n';
	ck_assert_uint_eq(n, diff.n);
	json = wi_conf_diff_json(&diff);
	ck_assert_uint_eq(json_array_size(json), diff.n);
	json_decref(json);
	wi_conf_diff_fini(&diff);
}

static void
begin(void)
{
	conf_case_init(&before);
	after = before;
	after.conf = NULL;
}

static void
end(void)
{
	conf_case_forget(&after);
	conf_case_fini(&before);
}

START_TEST(nothing_changes)
{
	begin();
	from_base(BASE, "nothing changes\n");
	from_base("# moved\n\n" BASE, "nothing changes\n");
	end();
}
END_TEST

START_TEST(options_say_whether_they_take_a_restart)
{
	begin();
	from_base(BASE "max_message = 2M\nadmin = \"/a\"\n"
		       "supervisor { backoff_max = 1m }\n",
	    "max_message: 1M -> 2M\n"
	    "admin: nothing -> /a (takes a restart)\n"
	    "supervisor: backoff_max: 5s -> 1m\n");
	end();
}
END_TEST

START_TEST(plugins_are_new_gone_or_changed)
{
	char lines[1024];

	begin();
	(void)snprintf(lines, sizeof(lines),
	    "plugin c: load %s/c.so\n"
	    "plugin a: file: %s/a.so -> %s/z.so\n"
	    "plugin b: options: nothing -> y=2\n",
	    before.folder, before.folder, before.folder);
	from_base("workers = 2\nlog = info\n"
		  "plugin c { file = \"c.so\" }\n"
		  "plugin a { file = \"z.so\" options { x = 1 } }\n"
		  "plugin b { options { y = 2 } }\n"
		  "listener one { url = \"tcp://h:1?idle=1s\" plugin = a }\n"
		  "listener two { url = \"tcp+line://h:2\" plugin = b backlog "
		  "= 5 }\n"
		  "listener any { url = \"tcp://h:0\" plugin = b }\n",
	    lines);
	end();
}
END_TEST

START_TEST(listeners_open_close_or_change)
{
	char lines[1024];

	begin();
	(void)snprintf(lines, sizeof(lines),
	    "listener new: open unix:///s\n"
	    "listener any2: open tcp://h:0\n"
	    "listener uno: name: one -> uno\n"
	    "listener uno: plugin: a -> b\n"
	    "listener uno: idle: 1s -> 2s\n"
	    "listener uno: backlog: nothing -> 9 (takes a new socket)\n"
	    "listener two: close tcp+line://h:2?backlog=5\n"
	    "listener any: close tcp://h:0\n"
	    "plugin a: unload %s/a.so (takes a restart)\n",
	    before.folder);
	from_base("workers = 2\nlog = info\nplugin b { }\n"
		  "listener uno { url = \"tcp://h:1?idle=2s\" plugin = b "
		  "backlog = 9 }\n"
		  "listener new { url = \"unix:///s\" plugin = b }\n"
		  "listener any2 { url = \"tcp://h:0\" plugin = b }\n",
	    lines);
	end();
}
END_TEST

START_TEST(a_program_gets_the_same_as_json)
{
	struct wi_conf_diff diff;
	const json_t *one;
	json_t *json;

	begin();
	conf_case_says(&before, "idle = 1s\n", "");
	conf_case_says(&after, "idle = 2s\n", "");
	ck_assert_int_eq(
	    wi_conf_diff(before.conf, after.conf, &diff), WEFT_OK);
	json = wi_conf_diff_json(&diff);
	one = json_array_get(json, 0);
	ck_assert_str_eq(
	    json_string_value(json_object_get(one, "change")), "option");
	ck_assert_str_eq(
	    json_string_value(json_object_get(one, "name")), "idle");
	ck_assert_str_eq(
	    json_string_value(json_object_get(one, "before")), "1s");
	ck_assert_str_eq(
	    json_string_value(json_object_get(one, "after")), "2s");
	ck_assert(json_is_true(json_object_get(one, "live")));
	ck_assert(json_is_null(json_object_get(one, "title")));
	json_decref(json);
	wi_conf_diff_fini(&diff);
	end();
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { nothing_changes,
		options_say_whether_they_take_a_restart,
		plugins_are_new_gone_or_changed,
		listeners_open_close_or_change,
		a_program_gets_the_same_as_json };

	return check_main("conf_diff", tests, CHECK_COUNT(tests));
}
