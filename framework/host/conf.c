/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf.c - settings are judged by the table of options and become the
 * configuration.
 *
 * thread: as host/conf.h.
 * owns:   the configuration, until it is read.
 * from:   conf_file, conf_given.  to: conf_plugin, conf_listener.
 */
#include "host/conf.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/conf_file.h"
#include "host/conf_read.h"
#include "host/conf_table.h"

static void *
conf_member(struct wi_conf *conf, const struct wi_conf_option *option)
{
	return (char *)conf + option->offset;
}

static bool
conf_is_text(const struct wi_conf_option *option)
{
	return option->kind == WI_CONF_PATH || option->kind == WI_CONF_TEXT;
}

static void
conf_defaults(struct wi_conf *conf)
{
	const struct wi_conf_option *option;
	uint64_t number;
	unsigned i;

	conf->node = (struct weft_options)WEFT_OPTIONS_INIT;
	for (i = 0; (option = wi_conf_option(i)) != NULL; i++)
		if (option->offset != WI_CONF_NOWHERE &&
		    !conf_is_text(option) &&
		    wi_conf_number(option, option->fallback, &number))
			*(uint32_t *)conf_member(conf, option) =
			    (uint32_t)number;
}

/* ---- one setting ------------------------------------------------------ */

void
wi_conf_unknown(struct wi_conf_problems *problems,
    const struct wi_conf_block *block, const struct wi_conf_setting *setting)
{
	const char *meant = wi_conf_meant(block->section, setting->name);
	const char *of = wi_conf_section_name(block->section);

	wi_conf_problem(problems, &setting->place,
	    "expected an option%s%s, found \"%s\"%s%s%s",
	    of[0] != '\0' ? " of " : "", of, setting->name,
	    meant != NULL ? ": did you mean " : "", meant != NULL ? meant : "",
	    meant != NULL ? "?" : "");
}

static void
conf_bad(struct wi_conf_problems *problems,
    const struct wi_conf_setting *setting, const struct wi_conf_option *option)
{
	char expected[160];

	wi_conf_expected(option, expected, sizeof(expected));
	wi_conf_problem(problems, &setting->place,
	    "%s: expected %s, found \"%s\"", setting->name, expected,
	    setting->value);
}

static bool
conf_has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

static void
conf_apply(struct wi_conf *conf, const struct wi_conf_block *block,
    const struct wi_conf_setting *setting, struct wi_conf_problems *problems)
{
	const struct wi_conf_option *option =
	    wi_conf_option_find(block->section, setting->name);
	const char *text = setting->value;
	uint64_t number;

	if (option == NULL) {
		wi_conf_unknown(problems, block, setting);
	} else if (conf_is_text(option)) {
		if (option->kind == WI_CONF_PATH && text[0] != '\0')
			text =
			    wi_conf_path(conf->source, &setting->place, text);
		if (strlen(text) < option->min || strlen(text) > option->max ||
		    conf_has_control(text))
			conf_bad(problems, setting, option);
		else
			*(const char **)conf_member(conf, option) = text;
	} else if (wi_conf_number(option, text, &number)) {
		*(uint32_t *)conf_member(conf, option) = (uint32_t)number;
	} else {
		conf_bad(problems, setting, option);
	}
}

/* ---- options that depend on each other -------------------------------- */

/* The first may be 0, or else at most the second. */
static const struct {
	enum wi_conf_section section;
	const char *low;
	const char *high;
} conf_pairs[] = {
	{ WI_CONF_TOP, "mailbox_low_messages", "mailbox_high_messages" },
	{ WI_CONF_TOP, "mailbox_low_bytes", "mailbox_high_bytes" },
	{ WI_CONF_TOP, "outbox_pause_bytes", "outbox_high_bytes" },
	{ WI_CONF_TOP, "workers", "max_workers" },
	{ WI_CONF_SUPERVISOR, "backoff", "backoff_max" },
};

/* Where an option was set last; NULL: nowhere. */
static const struct wi_conf_setting *
conf_where(const struct wi_conf_source *source, enum wi_conf_section section,
    const char *name)
{
	const struct wi_conf_setting *found = NULL, *setting;
	const struct wi_conf_block *block;

	for (block = source->blocks; block != NULL; block = block->next)
		if (block->section == section &&
		    (setting = wi_conf_setting(block, name)) != NULL)
			found = setting;
	return found;
}

static void
conf_check_pairs(struct wi_conf *conf, struct wi_conf_problems *problems)
{
	const struct wi_conf_setting *where;
	const struct wi_conf_option *low, *high;
	uint32_t low_is, high_is;
	char text[2][32];
	size_t i;

	for (i = 0; i < sizeof(conf_pairs) / sizeof(conf_pairs[0]); i++) {
		low = wi_conf_option_find(
		    conf_pairs[i].section, conf_pairs[i].low);
		high = wi_conf_option_find(
		    conf_pairs[i].section, conf_pairs[i].high);
		low_is = *(uint32_t *)conf_member(conf, low);
		high_is = *(uint32_t *)conf_member(conf, high);
		if (low_is <= high_is || high_is == 0)
			continue;
		where = conf_where(conf->source, low->section, low->name);
		if (where == NULL)
			where = conf_where(
			    conf->source, high->section, high->name);
		wi_conf_write(low, low_is, text[0], sizeof(text[0]));
		wi_conf_write(high, high_is, text[1], sizeof(text[1]));
		wi_conf_problem(problems, &where->place,
		    "%s: expected at most %s, which is %s, found %s",
		    low->name, high->name, text[1], text[0]);
	}
}

/* ---- all of it -------------------------------------------------------- */

static void
conf_judge(struct wi_conf *conf, struct wi_conf_problems *problems)
{
	const struct wi_conf_block *block;
	const struct wi_conf_setting *setting;
	const size_t before = problems->n;

	for (block = conf->source->blocks; block != NULL; block = block->next)
		if (block->section == WI_CONF_TOP ||
		    block->section == WI_CONF_SUPERVISOR)
			for (setting = block->settings; setting != NULL;
			     setting = setting->next)
				conf_apply(conf, block, setting, problems);
	if (problems->n == before)
		conf_check_pairs(conf, problems);
	wi_conf_once(conf, problems);
	wi_conf_plugins(conf, problems);
	wi_conf_listeners(conf, problems);
}

int
wi_conf_read(const char *path, const char *const *sets, struct wi_conf **confp,
    struct wi_conf_problems *problems)
{
	struct wi_conf *conf = calloc(1, sizeof(*conf));
	const size_t before = problems->n + problems->more;
	struct wi_conf_source *source;
	char real[PATH_MAX];

	*confp = conf;
	if (conf == NULL)
		return -ENOMEM;
	source = conf->source = calloc(1, sizeof(*source));
	if (source == NULL) {
		wi_conf_free(confp);
		return -ENOMEM;
	}
	conf_defaults(conf);
	if (realpath(path, real) != NULL)
		conf->path = wi_conf_text(source, "%s", real);
	else
		conf->path = wi_conf_text(source, "%s", path);
	wi_conf_file(source, path, problems);
	wi_conf_given(conf, sets, problems);
	if (!source->nomem)
		conf_judge(conf, problems);
	if (source->nomem) {
		wi_conf_free(confp);
		return -ENOMEM;
	}
	wi_conf_problems_sort(problems);
	return problems->n + problems->more == before ? WEFT_OK : -EINVAL;
}

void
wi_conf_free(struct wi_conf **confp)
{
	struct wi_conf *conf = *confp;

	*confp = NULL;
	if (conf == NULL)
		return;
	if (conf->source != NULL)
		wi_conf_source_fini(conf->source);
	free(conf->source);
	free(conf);
}

/* ---- where a value comes from ----------------------------------------- */

static bool
conf_is_block(
    const struct wi_conf_block *block, const char *section, const char *title)
{
	const struct wi_conf_block *titled =
	    block->section == WI_CONF_OPTIONS ? block->parent : block;

	if (strcmp(wi_conf_section_name(block->section), section) != 0)
		return false;
	return title == NULL ||
	    (titled != NULL && titled->title != NULL &&
		strcmp(titled->title, title) == 0);
}

/* What stands in a URL comes from where that is written. */
static const char *
conf_url_origin(
    const struct wi_conf *conf, const char *title, const char *name)
{
	const struct wi_conf_setting *url = NULL;
	const struct wi_conf_block *block;
	const size_t len = strlen(name);
	const char *at;

	for (block = conf->source->blocks; block != NULL; block = block->next)
		if (conf_is_block(block, "listener", title))
			url = wi_conf_setting(block, "url");
	for (at = url != NULL ? strchr(url->value, '?') : NULL; at != NULL;
	     at = strchr(at + 1, '&'))
		if (strncmp(at + 1, name, len) == 0 && at[1 + len] == '=')
			return url->origin;
	return "default";
}

const char *
wi_conf_origin(const struct wi_conf *conf, const char *section,
    const char *title, const char *name)
{
	const struct wi_conf_setting *setting, *found = NULL;
	const struct wi_conf_block *block;

	for (block = conf->source->blocks; block != NULL; block = block->next)
		if (conf_is_block(block, section, title) &&
		    (setting = wi_conf_setting(block, name)) != NULL)
			found = setting;
	if (found != NULL)
		return found->origin;
	return strcmp(section, "listener") == 0 ?
	    conf_url_origin(conf, title, name) :
	    "default";
}
