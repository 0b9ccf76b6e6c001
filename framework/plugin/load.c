/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin/load.c - a plugin's load() is run: its options, what it says if it
 * refuses, and the codecs that it brings.
 *
 * thread: the one that sets a node up, loads or reloads.
 * from:   plugin/registry.c, which has checked the plugin's table.
 * to:     codec/table.c.
 */
#include "plugin/load.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/option.h"
#include "base/percent.h"

/* ---- options ---------------------------------------------------------- */

static struct wi_load_option *
load_option(struct wi_load_options *options, const char *name)
{
	size_t i;

	for (i = 0; i < options->len; i++) {
		if (strcmp(options->list[i].name, name) == 0)
			return &options->list[i];
	}
	return NULL;
}

/* One "name=value" becomes the next of the list. */
static int
load_parse_one(struct wi_load_options *options, char *word, const char *file,
    struct weft_error *err)
{
	char *equals = strchr(word, '=');

	if (equals == NULL || equals == word)
		return wi_fail(err, WEFT_ELOAD,
		    "%s: expected options as name=value&name=value, found "
		    "\"%s\"",
		    file, word);
	*equals = '\0';
	if (!wi_percent_decode(equals + 1, strlen(equals + 1), equals + 1,
		strlen(equals + 1) + 1))
		return wi_fail(err, WEFT_ELOAD,
		    "%s: %s: expected two hexadecimal digits behind \"%%\", "
		    "found \"%s\"",
		    file, word, equals + 1);
	if (load_option(options, word) != NULL)
		return wi_fail(err, WEFT_ELOAD,
		    "%s: expected each option once, found \"%s\" twice", file,
		    word);
	if (options->len == WI_OPTIONS_MAX)
		return wi_fail(err, WEFT_ELOAD,
		    "%s: expected at most %u options, found \"%s\" besides",
		    file, WI_OPTIONS_MAX, word);
	options->list[options->len].name = word;
	options->list[options->len].value = equals + 1;
	options->list[options->len].asked = 0;
	options->len++;
	return WEFT_OK;
}

static int
load_parse(struct wi_load_options *options, const char *text, const char *file,
    struct weft_error *err)
{
	char *word, *next;
	int rc = WEFT_OK;

	options->len = 0;
	options->words = NULL;
	options->known[0] = '\0';
	if (text == NULL || *text == '\0')
		return WEFT_OK;
	options->words = strdup(text);
	if (options->words == NULL)
		return wi_fail(err, -ENOMEM, "%s: no memory", file);
	for (word = options->words; rc == WEFT_OK && word != NULL;
	     word = next) {
		next = strchr(word, '&');
		if (next != NULL)
			*next++ = '\0';
		rc = load_parse_one(options, word, file, err);
	}
	return rc;
}

/* ---- by the plugin's table -------------------------------------------- */

static int
load_check_option(const struct weft_plugin_option *table,
    struct wi_load_option *given, const char *file, struct weft_error *err)
{
	const struct weft_plugin_option *option =
	    wi_option_find(table, given->name);
	const char *meant = wi_option_meant(table, given->name);
	char words[200];

	if (option == NULL) {
		wi_option_names(table, words, sizeof(words));
		return wi_fail(err, WEFT_ELOAD,
		    "%s: expected %s%s, found the option \"%s\"%s%s%s", file,
		    words[0] == '\0' ? "no options" : "options of ", words,
		    given->name, meant != NULL ? ": did you mean " : "",
		    meant != NULL ? meant : "", meant != NULL ? "?" : "");
	}
	given->asked = 1;
	if (!wi_option_read(
		option, given->value, given->number, sizeof(given->number))) {
		wi_option_expected(option, words, sizeof(words));
		return wi_fail(err, WEFT_ELOAD,
		    "%s: %s: expected %s, found \"%s\"", file, given->name,
		    words, given->value);
	}
	if (option->kind != WEFT_OPTION_TEXT &&
	    option->kind != WEFT_OPTION_FILE)
		given->value = given->number;
	return WEFT_OK;
}

/* What was not written has its default. */
static void
load_missing(
    struct wi_load_options *options, const struct weft_plugin_option *option)
{
	struct wi_load_option *missing;

	if (option->missing == NULL || load_option(options, option->name))
		return;
	/* There is room: all that were given are of the table. */
	missing = &options->list[options->len++];
	missing->name = option->name;
	missing->value = option->missing;
	missing->asked = 1;
	if (option->kind != WEFT_OPTION_TEXT &&
	    option->kind != WEFT_OPTION_FILE &&
	    wi_option_read(option, option->missing, missing->number,
		sizeof(missing->number)))
		missing->value = missing->number;
}

static int
load_check_table(struct wi_load_options *options,
    const struct weft_plugin_option *table, const char *file,
    struct weft_error *err)
{
	size_t i;
	int rc = WEFT_OK;

	for (i = 0; table != NULL && rc == WEFT_OK && i < options->len; i++)
		rc = load_check_option(table, &options->list[i], file, err);
	for (; table != NULL && rc == WEFT_OK && table->name != NULL; table++)
		load_missing(options, table);
	return rc;
}

/* An option that the plugin never asked for is a slip of the user's. */
static int
load_check_asked(const struct wi_load_options *options, const char *file,
    struct weft_error *err)
{
	size_t i;

	for (i = 0; i < options->len; i++) {
		if (!options->list[i].asked)
			return wi_fail(err, WEFT_ELOAD,
			    "%s: expected %s%s, found the option \"%s\"", file,
			    options->known[0] == '\0' ? "no options" :
							"options of ",
			    options->known, options->list[i].name);
	}
	return WEFT_OK;
}

/* ---- run -------------------------------------------------------------- */

int
wi_load_begin(struct weft_load *load, struct wi_plugins *plugins,
    struct wi_plugin *plugin, struct wi_version *version,
    struct weft_error *err)
{
	int rc;

	memset(load, 0, sizeof(*load));
	load->plugins = plugins;
	load->plugin = plugin;
	load->version = version;
	rc = load_parse(
	    &load->options, version->options, wi_version_file(version), err);
	return rc < 0 ?
	    rc :
	    load_check_table(&load->options, version->table.options,
		wi_version_file(version), err);
}

void
wi_load_end(struct weft_load *load)
{
	free(load->options.words);
	free(load->strands);
	wi_arena_fini(&load->arena);
}

/* What a callback has answered. */
static int
load_answered(const struct weft_load *load, const char *callback, int rc,
    struct weft_error *err)
{
	const char *file = wi_version_file(load->version);
	bool said;

	if (rc == WEFT_OK)
		return WEFT_OK;
	if (rc > 0)
		return wi_fail(err, WEFT_ELOAD,
		    "%s: expected %s() to answer 0 or a negative code, "
		    "found %d",
		    file, callback, rc);
	said = load->text[0] != '\0' &&
	    (load->text_of == 0 || load->text_of == rc);
	return wi_fail(err, WEFT_ELOAD, "%s: %s() answered %d (%s)%s%s", file,
	    callback, rc, weft_errname(rc), said ? ": " : "",
	    said ? load->text : "");
}

/* What it takes over, and nothing said yet. */
static void
load_from(struct weft_load *load, const struct wi_saved *saved,
    const struct wi_saved_item *item)
{
	load->has_saved = item != NULL && item->said;
	load->saved = (struct weft_bytes){ NULL, 0 };
	if (load->has_saved)
		load->saved = wi_saved_bytes(saved, item);
	load->text[0] = '\0';
	load->text_of = 0;
}

int
wi_load_state(struct weft_load *load, const struct wi_saved *saved,
    struct weft_error *err)
{
	const struct weft_plugin *table = &load->version->table;
	const struct wi_arena_mark mark = wi_arena_mark(&load->arena);
	int rc = WEFT_OK;

	load_from(load, saved, saved == NULL ? NULL : &saved->items[0]);
	if (table->load != NULL)
		rc = load_answered(load, "load",
		    table->load(load, &load->version->state), err);
	wi_arena_release(&load->arena, mark);
	if (rc < 0)
		return rc;
	rc = load_check_asked(
	    &load->options, wi_version_file(load->version), err);
	if (rc < 0 && table->unload != NULL)
		table->unload(load->version->state);
	return rc;
}

int
wi_load_item(struct weft_load *load, const struct wi_saved *saved,
    struct wi_saved_item *item, struct weft_error *err)
{
	const struct weft_plugin *table = &load->version->table;
	const struct wi_arena_mark mark = wi_arena_mark(&load->arena);
	struct weft_node *node = load->plugins->node;
	void *state = load->version->state;
	int rc = WEFT_OK;

	load_from(load, saved, item);
	if (item->kind == WI_SAVED_STRAND && table->load_strand != NULL)
		rc = load_answered(load, "load_strand",
		    table->load_strand(load, state,
			(weft_strand){ node, item->id }, &item->now),
		    err);
	else if (item->kind == WI_SAVED_ENDPOINT &&
	    table->load_endpoint != NULL)
		rc = load_answered(load, "load_endpoint",
		    table->load_endpoint(
			load, state, (weft_endpoint){ item->id }, &item->now),
		    err);
	wi_arena_release(&load->arena, mark);
	return rc;
}

int
wi_load_run(struct wi_plugins *plugins, struct wi_plugin *plugin,
    enum wi_load_when when, struct weft_error *err)
{
	struct weft_load load;
	int rc;

	rc = wi_load_begin(&load, plugins, plugin, plugin->version, err);
	load.trial = when == WI_LOAD_TRIAL;
	if (rc == WEFT_OK && plugins->begin != NULL)
		rc = plugins->begin(plugins->node, plugin, err);
	if (rc == WEFT_OK)
		rc = wi_load_state(&load, NULL, err);
	if (rc < 0 && when == WI_LOAD_BEFORE && plugins->end != NULL)
		plugins->end(plugins->node, plugin);
	plugin->state = plugin->version->state;
	wi_load_end(&load);
	return rc;
}

/* ---- what load() can ask and say -------------------------------------- */

struct wi_plugin *
wi_load_plugin(const struct weft_load *load)
{
	return load->plugin;
}

struct weft_node *
weft_load_node(const struct weft_load *load)
{
	return load->plugins->node;
}

int
weft_load_is_reload(const struct weft_load *load)
{
	return load->reload;
}

int
weft_load_is_trial(const struct weft_load *load)
{
	return load->trial;
}

struct weft_bytes
weft_load_bytes(const struct weft_load *load)
{
	return load->saved;
}

/* What is wrong with it, for the error of the callback. */
static int
load_malformed(struct weft_load *load, const struct weft_malformed *why)
{
	(void)snprintf(load->text, sizeof(load->text),
	    "what was saved is no value of type %s, at %u%s%s: %s",
	    why->type == NULL ? "?" : why->type, why->offset,
	    why->member == NULL ? "" : ", ",
	    why->member == NULL ? "" : why->member,
	    weft_fault_text(why->fault));
	load->text_of = WEFT_EMALFORMED;
	return WEFT_EMALFORMED;
}

int
weft_load_typed(
    struct weft_load *load, const struct weft_type *type, void *value)
{
	struct weft_malformed why;
	uint8_t *memory = NULL;
	size_t need;
	int rv;

	if (!load->has_saved)
		return WEFT_ENOSAVED;
	rv = weft_unpack_need(type, load->saved, &need, &why);
	if (rv == WEFT_OK && need > 0) {
		memory = wi_arena_giant(&load->arena, need);
		if (memory == NULL)
			return -ENOMEM;
	}
	if (rv == WEFT_OK)
		rv = weft_unpack(type, load->saved, value, memory, need, &why);
	return rv == WEFT_EMALFORMED ? load_malformed(load, &why) : rv;
}

int
wi_load_made(struct weft_load *load, uint64_t strand, void *state)
{
	struct wi_load_strand *strands;

	strands =
	    realloc(load->strands, (load->nstrands + 1) * sizeof(*strands));
	if (strands == NULL)
		return -ENOMEM;
	load->strands = strands;
	strands[load->nstrands++] = (struct wi_load_strand){ strand, state };
	return WEFT_OK;
}

const char *
weft_load_option(const struct weft_load *load, const char *name)
{
	struct wi_load_options *options =
	    (struct wi_load_options *)(uintptr_t)&load->options;
	struct wi_load_option *option = load_option(options, name);
	size_t used = strlen(options->known);

	(void)snprintf(options->known + used, sizeof(options->known) - used,
	    "%s%s", used == 0 ? "" : ", ", name);
	if (option == NULL)
		return NULL;
	option->asked = 1;
	return option->value;
}

int
weft_load_fail(struct weft_load *load, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)wi_line_format(load->text, sizeof(load->text), format, args);
	va_end(args);
	load->text_of = 0;
	/* A plugin's slip must not turn a refusal into a yes. */
	return code < 0 ? code : WEFT_ELOAD;
}

int
weft_load_codec(struct weft_load *load, const struct weft_codec *codec)
{
	struct weft_error err;
	int rc;

	load->version->codecs = true;
	(void)pthread_rwlock_wrlock(&load->plugins->lock);
	rc = wi_codecs_add(&load->plugins->codecs, codec, load->plugin,
	    wi_version_file(load->version), &err);
	(void)pthread_rwlock_unlock(&load->plugins->lock);
	if (rc == WEFT_OK)
		return WEFT_OK;
	(void)snprintf(load->text, sizeof(load->text), "%s", err.text);
	load->text_of = rc;
	return rc;
}
