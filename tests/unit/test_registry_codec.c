/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin/registry and plugin/load: codecs that come with a plugin, by the
 * symbol weft_codec and by weft_load_codec(), and go with it if it is refused.
 */
#include "plugin/plugin.h"

#include <dlfcn.h>
#include <errno.h>

#include "check_main.h"
#include "plugin_place.h"

/* The fixture can be linked and has the symbol. */
static void
expect_codec(const char *fixture)
{
	char path[PATH_MAX];
	void *dl;

	files_fixture(path, fixture);
	dl = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	ck_assert_msg(dl != NULL, "%s", dlerror());
	ck_assert_msg(dlsym(dl, "weft_codec") != NULL, "%s", path);
	(void)dlclose(dl);
}

static bool
has(const struct place *place, const char *name)
{
	return wi_codecs_find(&place->plugins.codecs, name) != NULL;
}

START_TEST(a_plugin_brings_one_codec_by_its_symbol_and_one_by_load)
{
	const struct weft_codec *codec;
	struct place place;

	place_init(&place);
	ck_assert(!has(&place, "slip") && !has(&place, "len8_a-z"));
	(void)expect_load(&place, "slip", "");
	ck_assert(has(&place, "slip") && has(&place, "len8_a-z"));
	codec = wi_codecs_find(&place.plugins.codecs, "slip");
	ck_assert_uint_eq(codec->encode_max(10), 21);
	/* Another plugin has none, and that is all right. */
	(void)expect_load(&place, "good", "");
	place_fini(&place);
}
END_TEST

START_TEST(an_older_shorter_codec_is_taken_as_it_was_then)
{
	const struct weft_codec *codec;
	struct place place;

	place_init(&place);
	(void)expect_load(&place, "codec_old", "");
	codec = wi_codecs_find(&place.plugins.codecs, "old");
	ck_assert_ptr_nonnull(codec);
	ck_assert_uint_eq(codec->head_max, 1);
	ck_assert(codec->encode_max == NULL && codec->encode == NULL);
	ck_assert_uint_eq(codec->message_max, 0);
	place_fini(&place);
}
END_TEST

START_TEST(a_name_that_is_taken_refuses_the_plugin)
{
	char path[PATH_MAX], text[2 * PATH_MAX];
	struct place place;

	place_init(&place);
	expect_codec("codec_builtin");
	expect_trace(&place, "cd");
	expect_refused(&place, "codec_builtin", "", -EEXIST,
	    "codec varint: expected a name that is free, found a codec that "
	    "is built in");
	expect_trace(&place, "cd"); /* neither load nor unload */

	/* Alone it is fine; second it is not, and the first one's stays. */
	expect_codec("codec_taken");
	(void)expect_load(&place, "slip", "");
	place.said[0] = '\0';
	files_fixture(path, "slip");
	(void)snprintf(text, sizeof(text),
	    "codec slip: expected a name that is free, found the codec that "
	    "%s brought",
	    path);
	expect_refused(&place, "codec_taken", "", -EEXIST, text);
	ck_assert(has(&place, "slip"));
	place_fini(&place);

	place_init(&place);
	(void)expect_load(&place, "codec_taken", "");
	ck_assert(has(&place, "slip"));
	place.said[0] = '\0';
	files_fixture(path, "codec_taken");
	(void)snprintf(text, sizeof(text),
	    "codec slip: expected a name that is free, found the codec that "
	    "%s brought",
	    path);
	expect_refused(&place, "slip", "", -EEXIST, text);
	ck_assert(has(&place, "slip") && !has(&place, "len8_a-z"));
	place_fini(&place);
}
END_TEST

START_TEST(a_codec_that_is_not_valid_refuses_the_plugin)
{
	struct place place;

	place_init(&place);
	expect_codec("codec_bad");
	expect_refused(&place, "codec_bad", "", WEFT_EABI,
	    "codec bad: expected decode() to be set, found NULL");
	place_fini(&place);
}
END_TEST

START_TEST(the_codecs_of_a_plugin_that_refuses_are_taken_out_again)
{
	static const struct {
		const char *how, *text;
	} cases[] = {
		{ "?how=refuses", "load() answered -5 (EIO): it has no time" },
		{ "?how=bad",
		    "load() answered -22 (EINVAL): codec bad: expected "
		    "decode() to be set, found NULL" },
		{ "?how=null",
		    "load() answered -22 (EINVAL): codec: expected a codec, "
		    "found NULL" },
		{ "?how=own-words",
		    "load() answered -22 (EINVAL): not today" },
		/* Not the words about a codec: it refuses for something
		 * else. */
		{ "?how=other-code", "load() answered -1 (EPERM)" },
		{ "?else=1",
		    "expected options of how, found the option "
		    "\"else\"" },
	};
	struct place place;
	size_t i;

	place_init(&place);
	for (i = 0; i < CHECK_COUNT(cases); i++) {
		expect_refused(
		    &place, "slip", cases[i].how, WEFT_ELOAD, cases[i].text);
		ck_assert(!has(&place, "slip") && !has(&place, "len8_a-z"));
		ck_assert_ptr_null(place.plugins.codecs.first);
	}
	/* So that it can come again. */
	(void)expect_load(&place, "slip", "");
	ck_assert(has(&place, "slip") && has(&place, "len8_a-z"));
	place_fini(&place);
}
END_TEST

START_TEST(a_second_codec_of_the_same_name_by_one_plugin_is_refused)
{
	char path[PATH_MAX], text[2 * PATH_MAX];
	struct place place;

	place_init(&place);
	files_fixture(path, "slip");
	(void)snprintf(text, sizeof(text),
	    "load() answered -17 (EEXIST): codec len8_a-z: expected a name "
	    "that is free, found the codec that %s brought",
	    path);
	expect_refused(&place, "slip", "?how=twice", WEFT_ELOAD, text);
	place_fini(&place);
}
END_TEST

START_TEST(a_plugin_may_do_without_a_codec_that_was_refused)
{
	struct place place;

	place_init(&place);
	(void)expect_load(&place, "slip", "?how=does-without");
	ck_assert(has(&place, "slip") && has(&place, "len8_a-z"));
	ck_assert(!has(&place, "bad"));
	place_fini(&place);
}
END_TEST

/* ---- plugins of the program, one of which loads another ---------------- */

static int
added_decode(void *state, uint8_t *data, size_t len, size_t max_message,
    struct weft_cut *cut)
{
	(void)state;
	(void)data;
	cut->len = cut->used = len < max_message ? len : max_message;
	return WEFT_CUT_MESSAGE;
}

static struct place *added_place;

static int
inner_load(struct weft_load *load, void **state)
{
	static const struct weft_codec codec =
	    WEFT_CODEC_INIT(.name = "inner", .decode = added_decode);

	(void)state;
	return weft_load_codec(load, &codec);
}

static const struct weft_plugin inner =
    WEFT_PLUGIN_INIT(.name = "inner", .load = inner_load);

static int
outer_load(struct weft_load *load, void **state)
{
	static const struct weft_codec codec =
	    WEFT_CODEC_INIT(.name = "outer", .decode = added_decode);
	struct wi_plugin *plugin;

	(void)state;
	ck_assert_int_eq(weft_load_codec(load, &codec), WEFT_OK);
	/* Nobody can listen with it before this plugin is in use. */
	ck_assert(!has(added_place, "outer"));
	ck_assert_int_eq(
	    wi_plugins_add(&added_place->plugins, &inner, NULL, &plugin, NULL),
	    WEFT_OK);
	return weft_load_option(load, "no") == NULL ? WEFT_OK : -EIO;
}

static const struct weft_plugin outer =
    WEFT_PLUGIN_INIT(.name = "outer", .load = outer_load);

START_TEST(a_plugin_that_refuses_takes_its_own_codecs_and_no_others)
{
	struct wi_plugin *plugin;
	struct place place;

	place_init(&place);
	added_place = &place;
	ck_assert_int_eq(
	    wi_plugins_add(&place.plugins, &outer, "no=1", &plugin, NULL),
	    WEFT_ELOAD);
	ck_assert(!has(&place, "outer") && has(&place, "inner"));
	place_fini(&place);

	place_init(&place);
	ck_assert_int_eq(
	    wi_plugins_add(&place.plugins, &outer, NULL, &plugin, NULL),
	    WEFT_OK);
	ck_assert(has(&place, "outer") && has(&place, "inner"));
	place_fini(&place);
}
END_TEST

/* ---- the end ---------------------------------------------------------- */

static const char *ended_trace; /* the file in which "traced" writes */
static char ended_letters[16];  /* what was in it at our unload() */

static void
ended_unload(void *state)
{
	FILE *file = fopen(ended_trace, "r");

	(void)state;
	ck_assert_ptr_nonnull(file);
	ended_letters[fread(ended_letters, 1, 15, file)] = '\0';
	(void)fclose(file);
}

START_TEST(all_are_unloaded_before_the_code_of_the_first_one_goes)
{
	static const struct weft_plugin ended =
	    WEFT_PLUGIN_INIT(.name = "ended", .unload = ended_unload);
	struct wi_plugin *plugin;
	struct place place;

	place_init(&place);
	ended_trace = place.trace;
	ck_assert_int_eq(
	    wi_plugins_add(&place.plugins, &ended, NULL, &plugin, NULL),
	    WEFT_OK);
	(void)expect_load(&place, "traced", ""); /* later: unloaded first */
	wi_plugins_fini(&place.plugins);
	ck_assert_str_eq(ended_letters, "clu");
	expect_trace(&place, "clud");
	place_fini(&place);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		a_plugin_brings_one_codec_by_its_symbol_and_one_by_load,
		an_older_shorter_codec_is_taken_as_it_was_then,
		a_name_that_is_taken_refuses_the_plugin,
		a_codec_that_is_not_valid_refuses_the_plugin,
		the_codecs_of_a_plugin_that_refuses_are_taken_out_again,
		a_second_codec_of_the_same_name_by_one_plugin_is_refused,
		a_plugin_may_do_without_a_codec_that_was_refused,
		a_plugin_that_refuses_takes_its_own_codecs_and_no_others,
		all_are_unloaded_before_the_code_of_the_first_one_goes,
	};

	return check_main("registry_codec", tests, CHECK_COUNT(tests));
}
