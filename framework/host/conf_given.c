/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_given.c - what is set besides the file: by the environment and the
 * command line; and that nothing is set twice.
 *
 * thread: as host/conf.h; reads the environment.
 * from:   conf.  to: conf_source, more settings.
 */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/conf_read.h"
#include "host/conf_table.h"

#define GIVEN_LINE "command line"

/* A place that is in no file; its paths are from where we are. */
static struct wi_conf_place
given_place(struct wi_conf *conf, const char *file)
{
	struct wi_conf_place place = { .file = file };
	char folder[PATH_MAX];

	if (getcwd(folder, sizeof(folder)) != NULL)
		place.folder = wi_conf_text(conf->source, "%s", folder);
	return place;
}

static struct wi_conf_block *
given_block(struct wi_conf *conf, enum wi_conf_section section,
    const char *title, size_t title_len, const struct wi_conf_place *place)
{
	struct wi_conf_block *block;

	for (block = conf->source->blocks; block != NULL; block = block->next)
		if (block->section == section &&
		    (title_len == 0 ||
			(strlen(block->title) == title_len &&
			    memcmp(block->title, title, title_len) == 0)))
			return block;
	/* Blocks without a title need not be written. */
	return title_len == 0 ?
	    wi_conf_block(conf->source, section, NULL, place) :
	    NULL;
}

/* ---- the environment -------------------------------------------------- */

static void
given_variable(struct wi_conf *conf, const char *name)
{
	struct wi_conf_place place;
	struct wi_conf_block *top;
	char variable[64] = "WEFT_";
	const char *value;
	size_t i;

	for (i = 0; name[i] != '\0'; i++)
		variable[5 + i] = (char)toupper((unsigned char)name[i]);
	value = getenv(variable);
	if (value == NULL || value[0] == '\0')
		return;
	place = given_place(
	    conf, wi_conf_text(conf->source, "environment %s", variable));
	top = given_block(conf, WI_CONF_TOP, NULL, 0, &place);
	if (top != NULL)
		wi_conf_set(conf->source, top, name, value, &place);
}

/* ---- the command line ------------------------------------------------- */

/* The block that "listener.lines.idle" is about; *name is "idle" then. */
static struct wi_conf_block *
given_of(
    struct wi_conf *conf, const char **name, const struct wi_conf_place *place)
{
	const char *dot = strchr(*name, '.'), *title;
	const char *equals = strchr(*name, '=');
	enum wi_conf_section section;

	if (dot == NULL || dot > equals)
		return given_block(conf, WI_CONF_TOP, NULL, 0, place);
	section = strncmp(*name, "supervisor.", 11) == 0 ? WI_CONF_SUPERVISOR :
	    strncmp(*name, "listener.", 9) == 0          ? WI_CONF_LISTENER :
	    strncmp(*name, "plugin.", 7) == 0            ? WI_CONF_PLUGIN :
							   WI_CONF_NSECTIONS;
	*name = dot + 1;
	if (section == WI_CONF_SUPERVISOR)
		return given_block(conf, section, NULL, 0, place);
	title = *name;
	dot = memrchr(title, '.', (size_t)(equals - title));
	if (section == WI_CONF_NSECTIONS || dot == NULL || dot == title)
		return NULL;
	*name = dot + 1;
	return given_block(conf, section, title, (size_t)(dot - title), place);
}

static void
given_set(struct wi_conf *conf, const char *set,
    const struct wi_conf_place *place, struct wi_conf_problems *problems)
{
	const char *equals = strchr(set, '='), *name = set;
	struct wi_conf_block *block;

	if (equals == NULL || equals == set) {
		wi_conf_problem(
		    problems, place, "expected NAME=VALUE, found \"%s\"", set);
		return;
	}
	block = given_of(conf, &name, place);
	if (block == NULL)
		wi_conf_problem(problems, place,
		    "expected NAME, supervisor.NAME, or listener.BLOCK.NAME "
		    "or plugin.BLOCK.NAME of a block that is there, found "
		    "\"%.*s\"",
		    (int)(equals - set), set);
	else
		wi_conf_set(conf->source, block,
		    wi_conf_text(
			conf->source, "%.*s", (int)(equals - name), name),
		    equals + 1, place);
}

void
wi_conf_given(struct wi_conf *conf, const char *const *sets,
    struct wi_conf_problems *problems)
{
	const struct wi_conf_place place = given_place(conf, GIVEN_LINE);
	const char *name;
	unsigned i;

	for (i = 0; (name = wi_conf_name(WI_CONF_TOP, i)) != NULL; i++)
		given_variable(conf, name);
	for (; sets != NULL && *sets != NULL; sets++)
		given_set(conf, *sets, &place, problems);
}

/* ---- nothing twice ---------------------------------------------------- */

static void
given_once(
    const struct wi_conf_block *block, struct wi_conf_problems *problems)
{
	const struct wi_conf_setting *setting, *first;

	for (setting = block->settings; setting != NULL;
	     setting = setting->next) {
		for (first = block->settings;
		     strcmp(first->name, setting->name) != 0;)
			first = first->next;
		if (first != setting && first->place.line != 0 &&
		    setting->place.line != 0)
			wi_conf_problem(problems, &setting->place,
			    "%s: expected once, found again; the first is at "
			    "%s",
			    setting->name, first->origin);
	}
}

static bool
given_same(const struct wi_conf_block *a, const struct wi_conf_block *b)
{
	if (a->section != b->section)
		return false;
	if (a->section == WI_CONF_OPTIONS)
		return a->parent == b->parent;
	return a->title == NULL || strcmp(a->title, b->title) == 0;
}

void
wi_conf_once(const struct wi_conf *conf, struct wi_conf_problems *problems)
{
	const struct wi_conf_block *block, *first;

	for (block = conf->source->blocks; block != NULL;
	     block = block->next) {
		given_once(block, problems);
		for (first = conf->source->blocks; !given_same(first, block);)
			first = first->next;
		if (first == block)
			continue;
		wi_conf_problem(problems, &block->place,
		    "%s%s%s: expected one block of that name, found another; "
		    "the first is at %s:%d",
		    wi_conf_section_name(block->section),
		    block->title != NULL ? " " : "",
		    block->title != NULL ? block->title : "",
		    first->place.file, first->place.line);
	}
}
