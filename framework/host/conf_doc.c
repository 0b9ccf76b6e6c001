/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_doc.c - the manual of the configuration, for people and programs.
 *
 * thread: any (pure, but for out).
 * from:   conf_command.  to: conf_table, the URL's options.
 */
#include "host/conf_doc.h"

#include <string.h>

#include "base/url.h"

#define DOC_COLUMNS 76

/* ---- rows ------------------------------------------------------------- */

static const char *
doc_unit(enum wi_conf_kind kind)
{
	return kind == WI_CONF_TIME ? "ms" :
	    kind == WI_CONF_BYTES   ? "bytes" :
				      "";
}

/* Of an option that is the node's where it is not written. */
static const char *
doc_outer(const char *name)
{
	const struct wi_conf_option *option =
	    wi_conf_option_find(WI_CONF_TOP, name);

	if (option == NULL) /* outbox_high */
		option = wi_conf_option_find(WI_CONF_TOP, "outbox_high_bytes");
	return option->fallback;
}

static void
doc_row_url(const struct wi_url_option_info *info, struct wi_conf_row *row)
{
	const bool outer =
	    (info->where & WI_URL_NODE) != 0 && info->fallback[0] == '\0';

	row->name = info->name;
	row->kind = info->kind == WI_URL_COUNT ? "number" :
	    info->kind == WI_URL_BYTES         ? "size" :
	    info->kind == WI_URL_TIME          ? "time" :
	    info->kind == WI_URL_SWITCH        ? "bool" :
	    info->kind == WI_URL_TEXT          ? "text" :
						 "word";
	row->unit = info->kind == WI_URL_TIME ? "ms" :
	    info->kind == WI_URL_BYTES        ? "bytes" :
						"";
	row->outer = outer;
	row->fallback = outer ? doc_outer(info->name) : info->fallback;
	row->text = info->text;
	row->live = true;
	row->up_to = false;
	wi_url_option_value(info, row->expected, sizeof(row->expected));
	wi_url_where(info->where & ~(uint32_t)WI_URL_CONNECT, row->where_text,
	    sizeof(row->where_text));
	/* Here all of them listen. */
	if (strstr(row->where_text, " (") != NULL)
		*strstr(row->where_text, " (") = '\0';
	row->where = row->where_text;
}

bool
wi_conf_row(
    enum wi_conf_section section, unsigned index, struct wi_conf_row *row)
{
	const char *name = wi_conf_name(section, index);
	const struct wi_conf_option *option;
	unsigned i = 0;

	if (name == NULL)
		return false;
	memset(row, 0, sizeof(*row));
	option = wi_conf_option_find(section, name);
	if (option == NULL) {
		while (strcmp(wi_url_option_info(i)->name, name) != 0)
			i++;
		doc_row_url(wi_url_option_info(i), row);
		return true;
	}
	row->name = option->name;
	row->kind = wi_conf_kind_name(option->kind);
	row->unit = doc_unit(option->kind);
	row->fallback = option->fallback;
	row->text = option->text;
	row->where = "";
	row->live = option->live != WI_CONF_IS_RESTART;
	row->up_to = option->live == WI_CONF_IS_UP_TO;
	wi_conf_expected(option, row->expected, sizeof(row->expected));
	/* Examples are for who has got it wrong. */
	if (strstr(row->expected, " (like") != NULL)
		*strstr(row->expected, " (like") = '\0';
	return true;
}

/* ---- words ------------------------------------------------------------ */

const char *
wi_conf_section_text(enum wi_conf_section section)
{
	static const char *const texts[WI_CONF_NSECTIONS] = {
		[WI_CONF_TOP] = "What stands in no block is of the whole "
				"host.",
		[WI_CONF_PLUGIN] =
		    "plugin NAME { } names a plugin that is loaded.  NAME is "
		    "what listeners call it.  In it, options { NAME = VALUE "
		    "} are the plugin's own options (\"weft describe\" lists "
		    "them).",
		[WI_CONF_LISTENER] =
		    "listener NAME { } is an address that clients connect to. "
		    " NAME is for logs and commands.  Each option that a URL "
		    "has (\"weft urls\") can stand in it; those that are not "
		    "written are as outside of the block.  Files of cert, key "
		    "and client_ca are from the folder of the file.",
		[WI_CONF_SUPERVISOR] =
		    "supervisor { } says how the host is kept up.",
	};

	return texts[section];
}

const char *
wi_conf_syntax(unsigned index)
{
	static const char *const texts[] = {
		"A file is made of NAME = VALUE and of blocks in braces.  A "
		"value with blanks or one of \" ' # + * = { } ( ) , is "
		"written in quotes.  What stands behind # or //, or between "
		"/* and */, is a comment.  Each option can be written once.",
		"${NAME:-default} in double quotes, or alone, becomes the "
		"environment variable of that name, or the default.",
		"include(\"FILE\") reads another file, which is looked for "
		"beside the one that includes it.  Relative paths are from "
		"the folder of the file that they stand in.",
		"Times are 500ms, 30s, 2m, 1h; a number alone is of seconds.  "
		"Sizes are 1500, 64k, 1M, 1G, powers of 1024.",
		"Of the same option the later of these holds: its default, "
		"the file, the environment (WEFT_WORKERS), the command line "
		"(--set workers=4, --set supervisor.drain=5s, --set "
		"listener.NAME.idle=30s).",
	};

	return index < sizeof(texts) / sizeof(texts[0]) ? texts[index] : NULL;
}

/* "(a time, 1ms to 24h; takes a restart)" */
static void
doc_facts(const struct wi_conf_row *row, char *out, size_t size)
{
	(void)snprintf(out, size, "(%s; %s%s%s%s)", row->expected,
	    row->up_to ?
		"a reload changes it, up to what it was at the start" :
		row->live ? "a reload changes it" :
			    "takes a restart",
	    row->outer ? "; not written: as outside of the block" : "",
	    row->where[0] != '\0' ? "; of " : "", row->where);
}

/* Words of text, each line with the same begin. */
static void
doc_fill(FILE *out, const char *begin, const char *text)
{
	size_t column = 0, len;

	while (*text != '\0') {
		text += strspn(text, " ");
		len = strcspn(text, " ");
		if (column > 0 && column + 1 + len > DOC_COLUMNS) {
			(void)fprintf(out, "\n");
			column = 0;
		}
		column += (size_t)fprintf(
		    out, "%s%.*s", column == 0 ? begin : " ", (int)len, text);
		text += len;
	}
	(void)fprintf(out, "\n");
}

/* ---- a file of defaults ----------------------------------------------- */

static void
doc_default_rows(FILE *out, enum wi_conf_section section, const char *indent)
{
	struct wi_conf_row row;
	char begin[16], line[400];
	const char *quote;
	unsigned i;

	(void)snprintf(begin, sizeof(begin), "%s# ", indent);
	for (i = 0; wi_conf_row(section, i, &row); i++) {
		(void)fprintf(out, "\n");
		doc_fill(out, begin, row.text);
		doc_facts(&row, line, sizeof(line));
		doc_fill(out, begin, line);
		quote = row.fallback[0] == '\0' ? "\"" : "";
		(void)fprintf(out, "%s#%s = %s%s%s\n", indent, row.name, quote,
		    row.fallback, quote);
	}
}

void
wi_conf_default(FILE *out)
{
	static const struct {
		enum wi_conf_section section;
		const char *begin;
		const char *end;
	} parts[] = {
		{ WI_CONF_TOP, "", "" },
		{ WI_CONF_PLUGIN, "#plugin NAME {\n", "#}\n" },
		{ WI_CONF_LISTENER, "#listener NAME {\n", "#}\n" },
		{ WI_CONF_SUPERVISOR, "#supervisor {\n", "#}\n" },
	};
	const char *text;
	unsigned i;
	size_t part;

	(void)fprintf(
	    out, "# A configuration of Weft with all defaults.\n#\n");
	for (i = 0; (text = wi_conf_syntax(i)) != NULL; i++) {
		doc_fill(out, "# ", text);
		(void)fprintf(out, "#\n");
	}
	for (part = 0; part < sizeof(parts) / sizeof(parts[0]); part++) {
		(void)fprintf(out, "\n# ----\n");
		doc_fill(out, "# ", wi_conf_section_text(parts[part].section));
		(void)fprintf(out, "%s", parts[part].begin);
		doc_default_rows(out, parts[part].section,
		    parts[part].begin[0] != '\0' ? "\t" : "");
		(void)fprintf(out, "%s", parts[part].end);
	}
}

/* ---- for people ------------------------------------------------------- */

static void
doc_rows(FILE *out, enum wi_conf_section section)
{
	struct wi_conf_row row;
	char line[400];
	unsigned i;

	for (i = 0; wi_conf_row(section, i, &row); i++) {
		(void)fprintf(out, "\n    %s%s%s\n", row.name,
		    row.fallback[0] != '\0' ? " = " : "", row.fallback);
		doc_fill(out, "        ", row.text);
		doc_facts(&row, line, sizeof(line));
		doc_fill(out, "        ", line);
	}
	(void)fprintf(out, "\n");
}

void
wi_conf_doc(FILE *out)
{
	unsigned section, i;
	const char *text;

	for (i = 0; (text = wi_conf_syntax(i)) != NULL; i++) {
		doc_fill(out, "", text);
		(void)fprintf(out, "\n");
	}
	for (section = 0; section < WI_CONF_NSECTIONS; section++) {
		text = wi_conf_section_text((enum wi_conf_section)section);
		if (text == NULL)
			continue;
		doc_fill(out, "", text);
		doc_rows(out, (enum wi_conf_section)section);
	}
}

/* ---- for programs ----------------------------------------------------- */

json_t *
wi_conf_doc_json(void)
{
	json_t *list = json_array();
	struct wi_conf_row row;
	unsigned section, i;

	for (section = 0; section < WI_CONF_NSECTIONS; section++)
		for (i = 0; list != NULL &&
		     wi_conf_row((enum wi_conf_section)section, i, &row);
		     i++)
			if (json_array_append_new(list,
				json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, "
					  "s:s, s:s, s:b, s:b}",
				    "section",
				    wi_conf_section_name(
					(enum wi_conf_section)section),
				    "name", row.name, "kind", row.kind, "unit",
				    row.unit, "default", row.fallback,
				    "expected", row.expected, "where",
				    row.where, "text", row.text, "outer",
				    row.outer, "live", row.live)) < 0) {
				json_decref(list);
				list = NULL;
			}
	return list;
}
