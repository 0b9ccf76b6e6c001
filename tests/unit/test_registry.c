/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin/registry: which plugins are taken, what is said about the others, and
 * that nothing of either is left.  No node runs: its pointer is handed on.
 */
#include "plugin/plugin.h"

#include <dlfcn.h>
#include <inttypes.h>

#include "check_main.h"
#include "plugin_place.h"

/* The fixture's file can be mapped and linked, and has the symbol or not. */
static void
expect_linkable(const char *fixture, const char *symbol)
{
	char path[PATH_MAX];
	void *dl;

	files_fixture(path, fixture);
	dl = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	ck_assert_msg(dl != NULL, "%s", dlerror());
	ck_assert_msg(dlsym(dl, symbol) != NULL, "%s: no %s", path, symbol);
	(void)dlclose(dl);
}

/* ---- taken ------------------------------------------------------------ */

START_TEST(a_good_plugin_is_loaded_named_and_logged)
{
	struct place place;
	struct wi_plugin *plugin;
	struct fixture *fixture;
	char line[PATH_MAX];

	place_init(&place);
	plugin = expect_load(&place, "good", "");
	ck_assert_str_eq(plugin->api->name, "good");
	ck_assert_str_eq(plugin->api->version, "1.2.3");
	fixture = plugin->state;
	ck_assert_str_eq(fixture->answer(), "good");
	ck_assert_str_eq(fixture->word, "(none)");
	ck_assert_ptr_eq(fixture->node, (struct weft_node *)&place_node);
	ck_assert_ptr_eq(wi_plugins_find(&place.plugins, "good"), plugin);
	ck_assert_ptr_null(wi_plugins_find(&place.plugins, "goo"));
	files_path(line, "PLUGIN-LOADED good 1.2.3 %s %016" PRIx64 "\n",
	    plugin->version->path, plugin->version->opened.hash);
	ck_assert_str_eq(place.said, line);
	place.said[0] = '\0';
	files_path(line, "PLUGIN-UNLOADED good %s\n", plugin->version->path);
	place_fini(&place);
	ck_assert_str_eq(place.said, line);
}
END_TEST

START_TEST(load_unload_and_the_code_itself_come_and_go_in_order)
{
	struct place place;

	place_init(&place);
	(void)expect_load(&place, "traced", "");
	expect_trace(&place, "cl");
	wi_plugins_fini(&place.plugins);
	expect_trace(&place, "ud");
	place_fini(&place);
}
END_TEST

START_TEST(a_plugin_is_found_by_its_name)
{
	struct place place;
	struct wi_plugin *plugin;
	struct weft_error err;
	const char *dir = getenv("WEFT_TEST_PLUGINS");
	const struct fixture *fixture;

	place_init(&place);
	ck_assert_ptr_nonnull(dir);
	ck_assert_int_eq(setenv("WEFT_PLUGIN_PATH", dir, 1), 0);
	ck_assert_msg(wi_plugins_load(&place.plugins, "good?word=by-name",
			  &plugin, &err) == WEFT_OK,
	    "%s", err.text);
	fixture = plugin->state;
	ck_assert_str_eq(fixture->word, "by-name");
	ck_assert_int_eq(
	    wi_plugins_load(&place.plugins, "goof?word=1", &plugin, &err),
	    WEFT_ENOPLUGIN);
	ck_assert_says(&err, "goof: no such plugin; looked at ");
	ck_assert_says(&err, dir);
	place_fini(&place);
}
END_TEST

START_TEST(a_file_that_was_replaced_gives_the_new_code)
{
	char one[PATH_MAX], two[PATH_MAX], path[PATH_MAX];
	struct wi_plugin *old, *new;
	struct fixture *fixture;
	struct place place, next;

	place_init(&place);
	place_init(&next);
	files_fixture(one, "version_one");
	files_fixture(two, "version_two");
	files_path(path, "%s/x.so", place.dir);
	files_copy(one, path);
	ck_assert_int_eq(
	    wi_plugins_load(&place.plugins, path, &old, NULL), WEFT_OK);
	files_copy(two, path); /* in place, over the code that runs */
	ck_assert_int_eq(
	    wi_plugins_load(&next.plugins, path, &new, NULL), WEFT_OK);
	ck_assert_str_eq(old->api->version, "one");
	ck_assert_str_eq(new->api->version, "two");
	fixture = old->state;
	ck_assert_str_eq(fixture->answer(), "one");
	fixture = new->state;
	ck_assert_str_eq(fixture->answer(), "two");
	ck_assert_int_eq(unlink(path), 0);
	place_fini(&place);
	ck_assert_str_eq(fixture->answer(), "two");
	place_fini(&next);
}
END_TEST

START_TEST(code_that_cannot_be_unmapped_is_said)
{
	struct place place;
	struct wi_plugin *plugin;
	char lines[2 * PATH_MAX];

	place_init(&place);
	plugin = expect_load(&place, "resident", "");
	place.said[0] = '\0';
	(void)snprintf(lines, sizeof(lines),
	    "PLUGIN-RESIDENT resident %s: its code cannot be unmapped and "
	    "stays\nPLUGIN-UNLOADED resident %s\n",
	    plugin->version->path, plugin->version->path);
	place_fini(&place);
	ck_assert_str_eq(place.said, lines);
}
END_TEST

/* ---- refused ---------------------------------------------------------- */

START_TEST(another_abi_is_refused_with_both_numbers)
{
	struct place place;
	char text[128];

	place_init(&place);
	expect_linkable("abi_major", "weft_plugin");
	(void)snprintf(text, sizeof(text),
	    "expected plugin ABI %d.x (x <= %d), found %d.0", WEFT_ABI_MAJOR,
	    WEFT_ABI_MINOR, WEFT_ABI_MAJOR + 1);
	expect_refused(&place, "abi_major", "", WEFT_EABI, text);
	expect_linkable("abi_minor", "weft_plugin");
	(void)snprintf(text, sizeof(text),
	    "expected plugin ABI %d.x (x <= %d), found %d.%d", WEFT_ABI_MAJOR,
	    WEFT_ABI_MINOR, WEFT_ABI_MAJOR, WEFT_ABI_MINOR + 1);
	expect_refused(&place, "abi_minor", "", WEFT_EABI, text);
	expect_linkable("abi_size", "weft_plugin");
	(void)snprintf(text, sizeof(text),
	    "expected weft_plugin of ABI %d.%d to have size %zu, found %zu",
	    WEFT_ABI_MAJOR, WEFT_ABI_MINOR, sizeof(struct weft_plugin),
	    sizeof(struct weft_plugin) - sizeof(void *));
	expect_refused(&place, "abi_size", "", WEFT_EABI, text);
	place_fini(&place);
}
END_TEST

START_TEST(a_name_that_is_none_is_refused)
{
	struct place place;

	place_init(&place);
	expect_linkable("bad_name", "weft_plugin");
	expect_refused(&place, "bad_name", "", WEFT_EABI,
	    "expected weft_plugin.name to be 1 to 31 of [a-z0-9_-], found "
	    "\"Bad Name\"");
	expect_linkable("no_name", "weft_plugin");
	expect_refused(&place, "no_name", "", WEFT_EABI,
	    "expected weft_plugin.name to be set, found NULL");
	place_fini(&place);
}
END_TEST

START_TEST(a_shared_object_that_is_no_plugin_is_refused)
{
	struct place place;
	char path[PATH_MAX];
	void *dl;

	place_init(&place);
	files_fixture(path, "no_symbol");
	dl = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	ck_assert_msg(dl != NULL, "%s", dlerror());
	(void)dlclose(dl);
	expect_refused(&place, "no_symbol", "", WEFT_ELOAD,
	    "expected the symbol weft_plugin, found none: a plugin ends in "
	    "WEFT_PLUGIN(...)");
	place_fini(&place);
}
END_TEST

START_TEST(a_missing_function_is_named)
{
	struct place place;

	place_init(&place);
	/* What is said can only be said by who looked for it. */
	expect_refused(&place, "undefined", "", WEFT_ELOAD,
	    "the dynamic linker refuses it: undefined symbol: "
	    "weft_test_no_such_function");
	place_fini(&place);
}
END_TEST

START_TEST(a_plugin_that_refuses_is_heard_and_its_code_goes)
{
	struct place place;

	place_init(&place);
	expect_refused(&place, "refuses", "", WEFT_ELOAD,
	    "load() answered -22 (EINVAL): no database at port 5432");
	expect_trace(&place, "cld"); /* no unload */
	expect_refused(&place, "refuses", "?how=silent", WEFT_ELOAD,
	    "load() answered -10009 (WEFT_ESTATE)");
	expect_refused(&place, "refuses", "?how=slip", WEFT_ELOAD,
	    "load() answered -10008 (WEFT_ELOAD): said no with a 0");
	expect_refused(&place, "refuses", "?how=else", WEFT_ELOAD,
	    "expected load() to answer 0 or a negative code, found 7");
	place_fini(&place);
}
END_TEST

START_TEST(a_second_plugin_of_a_name_is_refused_and_the_first_stays)
{
	char path[PATH_MAX], text[2 * PATH_MAX];
	struct wi_plugin *first;
	struct fixture *fixture;
	struct place place;

	place_init(&place);
	first = expect_load(&place, "version_one", "");
	files_fixture(path, "version_one");
	(void)snprintf(text, sizeof(text),
	    "expected a name that is free, found \"versioned\", which %s has",
	    path);
	place.said[0] = '\0';
	expect_refused(&place, "version_two", "", -EEXIST, text);
	expect_refused(&place, "version_one", "", -EEXIST, text);
	ck_assert_ptr_eq(wi_plugins_find(&place.plugins, "versioned"), first);
	fixture = first->state;
	ck_assert_str_eq(fixture->answer(), "one");
	place_fini(&place);
}
END_TEST

/* ---- part of the program ---------------------------------------------- */

static char added_trace[16];

static int
added_load(struct weft_load *load, void **state)
{
	const char *letter = weft_load_option(load, "letter");

	*state = strdup(letter == NULL ? "?" : letter);
	return *state == NULL ? -ENOMEM : WEFT_OK;
}

static void
added_unload(void *state)
{
	strcat(added_trace, state);
	free(state);
}

#define ADDED(plugin_name)                                                    \
	{                                                                     \
		.abi_major = WEFT_ABI_MAJOR, .abi_minor = WEFT_ABI_MINOR,     \
		.size = sizeof(struct weft_plugin), .name = (plugin_name),    \
		.load = added_load, .unload = added_unload                    \
	}

START_TEST(plugins_of_the_program_are_unloaded_newest_first)
{
	static const struct weft_plugin a = ADDED("a"), b = ADDED("b"),
					c = ADDED("c");
	struct wi_plugin *plugin;
	struct place place;

	place_init(&place);
	ck_assert_int_eq(
	    wi_plugins_add(&place.plugins, &a, "letter=1", &plugin, NULL),
	    WEFT_OK);
	ck_assert_ptr_null(plugin->version->path);
	ck_assert_int_eq(
	    wi_plugins_add(&place.plugins, &b, "letter=2", &plugin, NULL),
	    WEFT_OK);
	ck_assert_int_eq(
	    wi_plugins_add(&place.plugins, &c, NULL, &plugin, NULL), WEFT_OK);
	ck_assert_int_eq(
	    wi_plugins_add(&place.plugins, &b, "letter=4", &plugin, NULL),
	    -EEXIST);
	ck_assert_ptr_null(plugin);
	ck_assert_str_eq(place.said,
	    "PLUGIN-LOADED a - (part of the program) 0000000000000000\n"
	    "PLUGIN-LOADED b - (part of the program) 0000000000000000\n"
	    "PLUGIN-LOADED c - (part of the program) 0000000000000000\n");
	place_fini(&place);
	ck_assert_str_eq(added_trace, "?21");
}
END_TEST

/* ---- nothing is left -------------------------------------------------- */

static void
load_and_drop(struct place *place, const char *fixture, int code)
{
	struct wi_plugin *plugin;
	char path[PATH_MAX];

	files_fixture(path, fixture);
	ck_assert_int_eq(
	    wi_plugins_load(&place->plugins, path, &plugin, NULL), code);
	wi_plugins_fini(&place->plugins);
	ck_assert_ptr_null(place->plugins.first);
}

START_TEST(a_thousand_loads_leave_no_descriptor_mapping_or_file)
{
	static const struct {
		const char *fixture;
		int times, code;
	} cases[] = {
		{ "good", 1000, WEFT_OK },
		{ "abi_major", 100, WEFT_EABI },
		{ "no_symbol", 100, WEFT_ELOAD },
		{ "undefined", 100, WEFT_ELOAD },
		{ "refuses", 100, WEFT_ELOAD },
		{ "bad_name", 100, WEFT_EABI },
	};
	unsigned fds, maps;
	struct place place;
	size_t i;
	int n;

	place_init(&place);
	ck_assert_int_eq(unsetenv(FIXTURE_TRACE), 0);
	for (i = 0; i < CHECK_COUNT(cases); i++) {
		/* The first one may make the linker and malloc grow. */
		load_and_drop(&place, cases[i].fixture, cases[i].code);
		fds = files_count("/proc/self/fd");
		maps = files_lines("/proc/self/maps");
		for (n = 0; n < cases[i].times; n++)
			load_and_drop(&place, cases[i].fixture, cases[i].code);
		ck_assert_uint_eq(files_count("/proc/self/fd"), fds);
		/* A leak is one or more a time.  The address sanitizer's own
		 * allocator takes a few (9 in 1,000, 3 in the next 4,000), so
		 * the bound is half of what the smallest leak would be. */
		ck_assert_uint_lt(files_lines("/proc/self/maps"),
		    maps + (unsigned)cases[i].times / 2);
		ck_assert_uint_eq(files_count(place.dir), 0);
	}
	place_fini(&place);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		a_good_plugin_is_loaded_named_and_logged,
		load_unload_and_the_code_itself_come_and_go_in_order,
		a_plugin_is_found_by_its_name,
		a_file_that_was_replaced_gives_the_new_code,
		code_that_cannot_be_unmapped_is_said,
		another_abi_is_refused_with_both_numbers,
		a_name_that_is_none_is_refused,
		a_shared_object_that_is_no_plugin_is_refused,
		a_missing_function_is_named,
		a_plugin_that_refuses_is_heard_and_its_code_goes,
		a_second_plugin_of_a_name_is_refused_and_the_first_stays,
		plugins_of_the_program_are_unloaded_newest_first,
		a_thousand_loads_leave_no_descriptor_mapping_or_file,
	};

	return check_main("registry", tests, CHECK_COUNT(tests));
}
