/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/plugin_place.h - a registry for a test, with what it has said,
 * and the two things to do with a fixture: load it, or see it refused.
 */
#ifndef TESTS_PLUGIN_PLACE_H
#define TESTS_PLUGIN_PLACE_H

#include "../plugins/fixture.h"
#include "plugin/plugin.h"
#include "plugin_files.h"

/* One registry, its log, and a directory of the test's own. */
struct place {
	struct wi_plugins plugins;
	struct wi_log log;
	char said[4096]; /* "ID text\n" of every line */
	char dir[PATH_MAX];
	char trace[PATH_MAX];
};

static char place_node; /* its address is the node's */

static inline void
place_on_log(
    void *arg, enum weft_log_level level, const char *id, const char *text)
{
	struct place *place = arg;
	size_t len = strlen(place->said);

	(void)level;
	(void)snprintf(
	    place->said + len, sizeof(place->said) - len, "%s %s\n", id, text);
}

static inline void
place_init(struct place *place)
{
	memset(place, 0, sizeof(*place));
	files_enter(place->dir);
	wi_log_init(&place->log, place_on_log, place, WEFT_LOG_DEBUG);
	wi_plugins_init(
	    &place->plugins, (struct weft_node *)&place_node, &place->log);
	files_path(place->trace, "%s/trace", place->dir);
	ck_assert_int_eq(setenv(FIXTURE_TRACE, place->trace, 1), 0);
}

static inline void
place_fini(struct place *place)
{
	wi_plugins_fini(&place->plugins);
	ck_assert_ptr_null(place->plugins.first);
	wi_plugins_forget(&place->plugins);
	(void)unlink(place->trace);
	files_leave(place->dir);
}

/* What fixtures have written down; forgets it. */
static inline void
expect_trace(const struct place *place, const char *expected)
{
	char found[64];
	uint8_t *bytes;
	size_t len;

	bytes = files_read(place->trace, &len);
	(void)snprintf(found, sizeof(found), "%.*s", (int)len, (char *)bytes);
	free(bytes);
	ck_assert_str_eq(found, expected);
	ck_assert_int_eq(unlink(place->trace), 0);
}

/* Load the fixture with options ("" for none), which must work. */
static inline struct wi_plugin *
expect_load(struct place *place, const char *fixture, const char *options)
{
	char path[PATH_MAX], what[PATH_MAX];
	struct wi_plugin *plugin;
	struct weft_error err;
	int rc;

	files_fixture(path, fixture);
	files_path(what, "%s%s", path, options);
	rc = wi_plugins_load(&place->plugins, what, &plugin, &err);
	ck_assert_msg(rc == WEFT_OK, "%s", err.text);
	ck_assert_ptr_nonnull(plugin);
	ck_assert_str_eq(plugin->version->path, path);
	return plugin;
}

/* Load the fixture, which must be refused with that code and text behind its
 * file's name, and must leave nothing. */
static inline void
expect_refused(struct place *place, const char *fixture, const char *options,
    int code, const char *text)
{
	const struct wi_plugin *first = place->plugins.first;
	char path[PATH_MAX], what[PATH_MAX];
	struct wi_plugin *plugin;
	struct weft_error err;

	files_fixture(path, fixture);
	files_path(what, "%s%s", path, options);
	ck_assert_int_eq(
	    wi_plugins_load(&place->plugins, what, &plugin, &err), code);
	ck_assert_int_eq(err.code, code);
	files_path(what, "%s: %s", path, text);
	ck_assert_str_eq(err.text, what);
	ck_assert_ptr_null(plugin);
	ck_assert_ptr_eq(place->plugins.first, first);
	ck_assert_str_eq(place->said, "");
}

#endif
