/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_parse.c - libconfuse: a text becomes settings.
 *
 * The only file that knows libconfuse.  It is asked for nothing but its
 * syntax: every option is a text to it, and what was read comes by callbacks,
 * in the order of the file: a block begins, an option has a value.
 *
 * thread: as host/conf.h.
 * from:   conf_file, a text.  to: conf_source.
 *
 * pass_note: libconfuse stops at the first name that it does not know.  So a
 * text is parsed until it has no such name left: each pass learns one, or
 * takes out a block that is unknown; the last pass is the one that counts.
 * So all problems are found at once, and options of plugins can have names
 * that nobody here knows.
 *
 * begin_note: libconfuse does not tell when a block begins.  Each has an
 * option with a default that is parsed, which it does at the beginning.
 */
#include "host/conf_parse.h"

#include <confuse.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/conf_table.h"

#define PARSE_LEARN_MAX 256 /* names */
#define PARSE_BEGIN "begin of a block"

/* A name that is not in the table. */
struct parse_name {
	struct parse_name *next;
	enum wi_conf_section section;
	const char *name;
};

/* One text. */
struct parse {
	struct wi_conf_source *source;
	struct wi_conf_scan *scan;
	const struct wi_conf_place *file;
	struct wi_conf_problems *problems;
	struct wi_conf_include **includes;
	struct parse_name *names;
	unsigned nnames;
	struct wi_conf_block *plugin; /* that began last */
	struct wi_conf_block *block;  /* likewise, of any kind */
	bool counts;                  /* this pass */
	bool again;                   /* something was learnt: one more pass */
	bool said;                    /* why passes stop before the end */
};

/* libconfuse gives its callbacks nothing of ours, and its lexer is one for the
 * whole process: one text at a time. */
static struct parse *parse_now;

/* ---- places ----------------------------------------------------------- */

static struct wi_conf_place
parse_place(const cfg_t *cfg, const struct wi_conf_token *token)
{
	struct wi_conf_place place = *parse_now->file;

	place.line = token != NULL ? token->line : cfg->line;
	place.column = token != NULL ? token->column : 0;
	return place;
}

static enum wi_conf_section
parse_section(const cfg_t *cfg)
{
	unsigned section;

	for (section = WI_CONF_PLUGIN; section < WI_CONF_NSECTIONS; section++)
		if (strcmp(cfg->name,
			wi_conf_section_name((enum wi_conf_section)section)) ==
		    0)
			return (enum wi_conf_section)section;
	return WI_CONF_TOP;
}

/* ---- callbacks of libconfuse ------------------------------------------ */

static int
parse_on_begin(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	struct parse *parse = parse_now;
	const enum wi_conf_section section = parse_section(cfg);
	struct wi_conf_place place =
	    parse_place(cfg, wi_conf_scan_find(parse->scan, cfg->name, "{w"));

	(void)opt;
	*(const char **)result = value;
	if (!parse->counts)
		return 0;
	parse->block =
	    wi_conf_block(parse->source, section, cfg->title, &place);
	if (parse->block == NULL)
		return -1;
	if (section == WI_CONF_PLUGIN)
		parse->plugin = parse->block;
	if (section == WI_CONF_OPTIONS)
		parse->block->parent = parse->plugin;
	return 0;
}

/* Which block an option belongs to: that of a plugin goes on behind its
 * options. */
static struct wi_conf_block *
parse_block(const struct parse *parse, enum wi_conf_section section)
{
	return section == WI_CONF_TOP ? parse->source->blocks :
	    section == WI_CONF_PLUGIN ? parse->plugin :
					parse->block;
}

static int
parse_on_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	struct parse *parse = parse_now;
	struct wi_conf_place place =
	    parse_place(cfg, wi_conf_scan_find(parse->scan, opt->name, "=+"));

	*(const char **)result = value;
	if (strcmp(value, WI_CONF_SENTINEL) == 0) {
		if (!parse->said)
			wi_conf_problem(parse->problems, &place,
			    "%s: expected a value behind \"=\", found the "
			    "end of the file",
			    opt->name);
		parse->said = true;
		return -1;
	}
	if (parse->counts && strcmp(opt->name, WI_CONF_SENTINEL) != 0)
		wi_conf_set(parse->source,
		    parse_block(parse, parse_section(cfg)), opt->name, value,
		    &place);
	return 0;
}

/* The file is read later: libconfuse would look for it in the working
 * directory, and count its lines to ours. */
static int
parse_on_include(cfg_t *cfg, cfg_opt_t *opt, int argc, const char **argv)
{
	struct parse *parse = parse_now;
	struct wi_conf_include **last = parse->includes, *include;
	struct wi_conf_place place =
	    parse_place(cfg, wi_conf_scan_find(parse->scan, opt->name, "("));

	if (!parse->counts)
		return 0;
	if (argc != 1) {
		wi_conf_problem(parse->problems, &place,
		    "include: expected one file, found %d", argc);
		return 0;
	}
	include = wi_conf_keep(parse->source, sizeof(*include));
	if (include == NULL)
		return -1;
	include->name = wi_conf_text(parse->source, "%s", argv[0]);
	include->place = place;
	while (*last != NULL)
		last = &(*last)->next;
	*last = include;
	return 0;
}

/* ---- what is not known ------------------------------------------------ */

static void
parse_learn(
    struct parse *parse, enum wi_conf_section section, const char *name)
{
	struct parse_name *one = wi_conf_keep(parse->source, sizeof(*one));

	if (one == NULL)
		return;
	one->section = section;
	one->name = wi_conf_text(parse->source, "%s", name);
	one->next = parse->names;
	parse->names = one;
	parse->nnames++;
	parse->again = true;
}

/* Behind the "}" or ")" that ends what begins at this token. */
static size_t
parse_end(const struct wi_conf_scan *scan, size_t i)
{
	size_t depth = 0;

	for (; i < scan->n; i++) {
		if (strchr("({", scan->tokens[i].kind) != NULL)
			depth++;
		else if (strchr(")}", scan->tokens[i].kind) != NULL &&
		    --depth == 0)
			return i + 1;
	}
	return scan->n;
}

/* A block that is not known is taken out, and said here. */
static void
parse_unknown_block(struct parse *parse, const cfg_t *cfg, const char *name)
{
	const enum wi_conf_section section = parse_section(cfg);
	const struct wi_conf_token *token =
	    wi_conf_scan_find(parse->scan, name, "{w(");
	struct wi_conf_place place = parse_place(cfg, token);
	const char *meant = wi_conf_meant_block(section, name);
	size_t from = (size_t)(token - parse->scan->tokens);

	if (section == WI_CONF_TOP)
		wi_conf_problem(parse->problems, &place,
		    "expected a block plugin, listener or supervisor, found "
		    "\"%s\"%s%s%s",
		    name, meant != NULL ? ": did you mean " : "",
		    meant != NULL ? meant : "", meant != NULL ? "?" : "");
	else
		wi_conf_problem(parse->problems, &place,
		    "expected no \"%s\" in the block of %s%s%s, which begins "
		    "before it: is a \"}\" missing?",
		    name, cfg->name, cfg->title != NULL ? " " : "",
		    cfg->title != NULL ? cfg->title : "");
	wi_conf_scan_blank(parse->scan, from, parse_end(parse->scan, from));
	parse->again = true;
}

/* The next token of that name, from where we are. */
static const struct wi_conf_token *
parse_peek(struct parse *parse, const char *name, const char *follows)
{
	const size_t next = parse->scan->next;
	const struct wi_conf_token *token =
	    wi_conf_scan_find(parse->scan, name, follows);

	parse->scan->next = next;
	return token;
}

/* true: the next pass knows what to do about it. */
static bool
parse_unknown(struct parse *parse, const cfg_t *cfg, const char *name)
{
	const struct wi_conf_token *set = parse_peek(parse, name, "=+");
	const struct wi_conf_token *block = parse_peek(parse, name, "{w(");

	if (set == NULL && block == NULL)
		return false;
	if (parse->nnames == PARSE_LEARN_MAX)
		return false;
	if (set != NULL && (block == NULL || set->at < block->at))
		parse_learn(parse, parse_section(cfg), name);
	else if (block[1].kind != 'w' ||
	    (block + 2 < parse->scan->tokens + parse->scan->n &&
		block[2].kind == '{'))
		parse_unknown_block(parse, cfg, name);
	else
		return false;
	return true;
}

/* ---- errors ----------------------------------------------------------- */

/* libconfuse's words, and ours around what it found. */
static const struct {
	const char *theirs;
	const char *before;
	const char *behind;
} parse_words[] = {
	{ "no such option '%s'",
	    "expected NAME = VALUE, a block or the end, found \"", "\"" },
	{ "unexpected token '%s'",
	    "expected NAME = VALUE, a block or the end, found \"", "\"" },
	{ "missing equal sign after option '%s'", "expected \"=\" behind \"",
	    "\", found something else" },
	{ "missing title for section '%s'", "expected a name behind \"",
	    "\", found none" },
	{ "missing opening brace for section '%s'", "expected \"{\" behind \"",
	    "\" and its name, found something else" },
	{ "attempt to append to non-list option '%s'",
	    "expected \"=\" behind \"", "\", found \"+=\"" },
	{ "syntax error in call of function '%s'",
	    "expected (\"FILE\") behind \"", "\", found something else" },
	{ "unexpected closing brace", "expected no \"}\" outside of a block",
	    "" },
};

/* At the end of a file in which a block is still open. */
static void
parse_say_open(struct parse *parse, const cfg_t *cfg)
{
	struct wi_conf_place place =
	    parse_place(cfg, wi_conf_scan_open(parse->scan));

	wi_conf_problem(parse->problems, &place,
	    "expected \"}\" for this \"{\" of %s%s%s, found the end of the "
	    "file",
	    cfg->name, cfg->title != NULL ? " " : "",
	    cfg->title != NULL ? cfg->title : "");
}

static void
parse_say(struct parse *parse, const cfg_t *cfg, const char *theirs,
    const char *found, const char *text)
{
	const struct wi_conf_token *at = parse_peek(parse, found, "w={}(),+");
	struct wi_conf_place place = parse_place(cfg, NULL);
	size_t i;

	if (at != NULL && at->line == place.line)
		place.column = at->column;
	for (i = 0; i < sizeof(parse_words) / sizeof(parse_words[0]); i++)
		if (strcmp(theirs, parse_words[i].theirs) == 0) {
			wi_conf_problem(parse->problems, &place, "%s%s%s",
			    parse_words[i].before, found,
			    parse_words[i].behind);
			return;
		}
	wi_conf_problem(parse->problems, &place, "%s", text);
}

static void parse_on_error(cfg_t *cfg, const char *theirs, va_list args)
    WEFT_PRINTF(2, 0);

static void
parse_on_error(cfg_t *cfg, const char *theirs, va_list args)
{
	struct parse *parse = parse_now;
	char text[400], found[200] = "";
	va_list again;

	va_copy(again, args);
	(void)vsnprintf(text, sizeof(text), theirs, args);
	if (strstr(theirs, "%s") != NULL)
		(void)snprintf(
		    found, sizeof(found), "%s", va_arg(again, const char *));
	va_end(again);
	if (parse->said || parse->again)
		return;
	if (strcmp(theirs, parse_words[0].theirs) != 0 ||
	    strcmp(found, WI_CONF_SENTINEL) == 0 ||
	    !parse_unknown(parse, cfg, found))
		parse->said = true;
	if (!parse->said)
		return;
	if (strcmp(found, WI_CONF_SENTINEL) == 0)
		parse_say_open(parse, cfg);
	else
		parse_say(parse, cfg, theirs, found, text);
}

/* ---- what libconfuse is told of the syntax ---------------------------- */

static void
parse_add(cfg_opt_t *opts, size_t *n, const char *name)
{
	opts[*n].name = name;
	opts[*n].type = CFGT_STR;
	opts[*n].flags = CFGF_NODEFAULT;
	opts[*n].parsecb = parse_on_value;
	(*n)++;
}

static void
parse_add_block(cfg_opt_t *opts, size_t *n, enum wi_conf_section section,
    cfg_opt_t *inside, int flags)
{
	opts[*n].name = wi_conf_section_name(section);
	opts[*n].type = CFGT_SEC;
	opts[*n].flags = CFGF_MULTI | flags;
	opts[*n].subopts = inside;
	(*n)++;
}

/* Names of a block: those of the table, and those that were learnt.  Room for
 * three more, and the end. */
static cfg_opt_t *
parse_names(const struct parse *parse, enum wi_conf_section section, size_t *n)
{
	static char begin[] = "x"; /* only read */
	const struct parse_name *one;
	const char *name;
	cfg_opt_t *opts;
	unsigned i;

	for (i = 0; wi_conf_name(section, i) != NULL; i++)
		;
	opts = calloc(i + parse->nnames + 6, sizeof(*opts));
	*n = 0;
	if (opts == NULL)
		return NULL;
	for (i = 0; (name = wi_conf_name(section, i)) != NULL; i++)
		parse_add(opts, n, name);
	for (one = parse->names; one != NULL; one = one->next)
		if (one->section == section)
			parse_add(opts, n, one->name);
	if (section != WI_CONF_TOP) {
		opts[*n].name = PARSE_BEGIN;
		opts[*n].type = CFGT_STR;
		opts[*n].parsecb = parse_on_begin;
		opts[*n].def.parsed = begin;
		(*n)++;
	}
	return opts;
}

static void
parse_nest(cfg_opt_t **opts, size_t *n)
{
	cfg_opt_t *top = opts[WI_CONF_TOP];

	parse_add_block(opts[WI_CONF_PLUGIN], &n[WI_CONF_PLUGIN],
	    WI_CONF_OPTIONS, opts[WI_CONF_OPTIONS], 0);
	parse_add_block(top, &n[WI_CONF_TOP], WI_CONF_PLUGIN,
	    opts[WI_CONF_PLUGIN], CFGF_TITLE);
	parse_add_block(top, &n[WI_CONF_TOP], WI_CONF_LISTENER,
	    opts[WI_CONF_LISTENER], CFGF_TITLE);
	parse_add_block(top, &n[WI_CONF_TOP], WI_CONF_SUPERVISOR,
	    opts[WI_CONF_SUPERVISOR], 0);
	parse_add(top, &n[WI_CONF_TOP], WI_CONF_SENTINEL);
	top[n[WI_CONF_TOP]].name = "include";
	top[n[WI_CONF_TOP]].type = CFGT_FUNC;
	top[n[WI_CONF_TOP]].func = parse_on_include;
}

/* One pass over the text; false: no memory. */
static bool
parse_pass(struct parse *parse, cfg_opt_t **opts)
{
	FILE *file;
	cfg_t *cfg;

	parse->again = false;
	parse->scan->next = 0;
	cfg = cfg_init(opts[WI_CONF_TOP], CFGF_NONE);
	file = fmemopen(parse->scan->text, strlen(parse->scan->text), "r");
	if (cfg == NULL || file == NULL) {
		cfg_free(cfg);
		return false;
	}
	(void)cfg_set_error_function(cfg, parse_on_error);
	(void)cfg_parse_fp(cfg, file);
	(void)fclose(file);
	cfg_free(cfg);
	return true;
}

static void
parse_once(struct parse *parse)
{
	cfg_opt_t *opts[WI_CONF_NSECTIONS];
	size_t n[WI_CONF_NSECTIONS], i;
	bool whole = true;

	for (i = 0; i < WI_CONF_NSECTIONS; i++) {
		opts[i] = parse_names(parse, (enum wi_conf_section)i, &n[i]);
		whole = whole && opts[i] != NULL;
	}
	if (whole) {
		parse_nest(opts, n);
		whole = parse_pass(parse, opts);
	}
	if (!whole)
		parse->source->nomem = true;
	for (i = 0; i < WI_CONF_NSECTIONS; i++)
		free(opts[i]);
}

void
wi_conf_parse(struct wi_conf_source *source, struct wi_conf_scan *scan,
    const struct wi_conf_place *file, struct wi_conf_problems *problems,
    struct wi_conf_include **includes)
{
	struct parse parse = { .source = source,
		.scan = scan,
		.file = file,
		.problems = problems,
		.includes = includes };

	parse_now = &parse;
	*includes = NULL;
	do {
		parse_once(&parse);
	} while (parse.again && !source->nomem);
	parse.counts = true;
	if (!source->nomem)
		parse_once(&parse);
	source->partial = source->partial || parse.said;
	parse_now = NULL;
}
