/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin/load.c - a plugin's load() is run: its options, what it says if it
 * refuses, and the codecs that it brings.
 *
 * thread: the one that sets a node up.
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

struct load_option {
	const char *name;  /* in load_options.words */
	const char *value; /* in load_options.words, or number; may be "" */
	int asked;         /* the plugin has looked at it, or its table */
	char number[24];   /* as its kind is given to the plugin */
};

/* The options of one loading. */
struct load_options {
	struct load_option list[WI_OPTIONS_MAX];
	size_t len;      /* of list */
	char *words;     /* "burn_us\0" "200\0" "every\0" "10\0" */
	char known[200]; /* "burn_us, every": what the plugin asked for */
};

/* One loading of a plugin.  owned by: wi_load_run(), on its stack. */
struct weft_load {
	struct wi_plugins *plugins;
	struct wi_plugin *plugin;
	struct load_options *options;
	int text_of;    /* the code that text is about; 0: any */
	char text[508]; /* what weft_load_fail() was told, or what was wrong
	                   with a codec */
};

/* ---- options ---------------------------------------------------------- */

static struct load_option *
load_option(struct load_options *options, const char *name)
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
load_parse_one(struct load_options *options, char *word, const char *file,
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
load_parse(struct load_options *options, const char *text, const char *file,
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
    struct load_option *given, const char *file, struct weft_error *err)
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
    struct load_options *options, const struct weft_plugin_option *option)
{
	struct load_option *missing;

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
load_check_table(struct load_options *options,
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
load_check_asked(const struct load_options *options, const char *file,
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

static int
load_run(struct weft_load *load, struct wi_plugin *plugin, const char *file,
    struct weft_error *err)
{
	bool said;
	int rc;

	if (plugin->api->load == NULL)
		return WEFT_OK;
	rc = plugin->api->load(load, &plugin->state);
	if (rc == WEFT_OK)
		return WEFT_OK;
	if (rc > 0)
		return wi_fail(err, WEFT_ELOAD,
		    "%s: expected load() to answer 0 or a negative code, "
		    "found %d",
		    file, rc);
	said = load->text[0] != '\0' &&
	    (load->text_of == 0 || load->text_of == rc);
	return wi_fail(err, WEFT_ELOAD, "%s: load() answered %d (%s)%s%s",
	    file, rc, weft_errname(rc), said ? ": " : "",
	    said ? load->text : "");
}

int
wi_load_run(struct wi_plugins *plugins, struct wi_plugin *plugin,
    const char *options, struct weft_error *err)
{
	struct load_options parsed;
	struct weft_load load = {
		.plugins = plugins, .plugin = plugin, .options = &parsed
	};
	const char *file = wi_plugin_file(plugin);
	bool loaded;
	int rc;

	rc = load_parse(&parsed, options, file, err);
	if (rc == WEFT_OK)
		rc =
		    load_check_table(&parsed, plugin->api->options, file, err);
	if (rc == WEFT_OK && plugins->begin != NULL)
		rc = plugins->begin(plugins->node, plugin, err);
	if (rc == WEFT_OK)
		rc = load_run(&load, plugin, file, err);
	loaded = rc == WEFT_OK;
	if (rc == WEFT_OK)
		rc = load_check_asked(&parsed, file, err);
	if (rc < 0 && plugins->end != NULL)
		plugins->end(plugins->node, plugin);
	if (rc < 0 && loaded && plugin->api->unload != NULL)
		plugin->api->unload(plugin->state);
	free(parsed.words);
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

const char *
weft_load_option(const struct weft_load *load, const char *name)
{
	struct load_options *options = load->options;
	struct load_option *option = load_option(options, name);
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

	rc = wi_codecs_add(&load->plugins->codecs, codec, load->plugin,
	    wi_plugin_file(load->plugin), &err);
	if (rc == WEFT_OK)
		return WEFT_OK;
	(void)snprintf(load->text, sizeof(load->text), "%s", err.text);
	load->text_of = rc;
	return rc;
}
