/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_man.c - weft.conf(5), in mdoc(7).
 *
 * thread: any (pure, but for out).
 * from:   conf_command.  to: conf_doc, its rows and words.
 */
#include <string.h>

#include "host/conf_doc.h"

#define MAN_COLUMNS 64
#define MAN_DATE "November 30, 2026" /* of the words below */

/* A word that is none of mdoc's requests and escapes. */
static size_t
man_word(FILE *out, const char *word, size_t len, bool begins)
{
	size_t i;

	if (begins && (*word == '.' || *word == '\''))
		(void)fprintf(out, "\\&");
	for (i = 0; i < len; i++) {
		if (word[i] == '\\')
			(void)fprintf(out, "\\e");
		else if (word[i] == '"')
			(void)fprintf(out, "\\(dq");
		else
			(void)fputc(word[i], out);
	}
	return len;
}

/* Words, a sentence a line and more lines for a long one. */
static void
man_text(FILE *out, const char *text)
{
	size_t column = 0, len;
	bool ends = false;

	for (; *text != '\0'; text += len) {
		text += strspn(text, " ");
		len = strcspn(text, " ");
		if (column > 0 && (ends || column + len > MAN_COLUMNS)) {
			(void)fputc('\n', out);
			column = 0;
		}
		if (column > 0)
			(void)fputc(' ', out);
		column += 1 + man_word(out, text, len, column == 0);
		ends = strncmp(text + len - 1, ".  ", 3) == 0;
	}
	(void)fputc('\n', out);
}

static void
man_rows(FILE *out, enum wi_conf_section section)
{
	struct wi_conf_row row;
	unsigned i;

	(void)fprintf(out, ".Bl -tag -width Ds\n");
	for (i = 0; wi_conf_row(section, i, &row); i++) {
		(void)fprintf(
		    out, ".It Ic %s No = Ar %s\n", row.name, row.kind);
		man_text(out, row.text);
		(void)fprintf(out, ".br\nExpected:\n");
		man_text(out, row.expected);
		if (row.outer)
			(void)fprintf(out,
			    ".br\nDefault: as outside of the "
			    "block.\n");
		else if (row.fallback[0] != '\0') {
			(void)fprintf(out, ".br\nDefault:\n");
			man_text(out, row.fallback);
		}
		if (row.where[0] != '\0') {
			(void)fprintf(out, ".br\nOf:\n");
			man_text(out, row.where);
		}
		(void)fprintf(out, ".br\n%s\n",
		    row.up_to ?
			"A reload changes it, up to what it was at the "
			"start." :
			row.live ? "A reload changes it." :
				   "A change takes a restart.");
	}
	(void)fprintf(out, ".El\n");
}

static void
man_example(FILE *out)
{
	(void)fprintf(out,
	    ".Sh EXAMPLES\n"
	    ".Bd -literal\n"
	    "workers = 4\n"
	    "log_file = \"/var/log/weft.log\"\n"
	    "\n"
	    "plugin chat {\n"
	    "\toptions { history = 50 }\n"
	    "}\n"
	    "listener lines {\n"
	    "\turl = \"tcp+line://0.0.0.0:7000\"\n"
	    "\tplugin = chat\n"
	    "\tidle = 30s\n"
	    "}\n"
	    ".Ed\n"
	    ".Sh SEE ALSO\n"
	    ".Xr weft 1\n");
}

void
wi_conf_man(FILE *out)
{
	static const struct {
		enum wi_conf_section section;
		const char *title;
	} parts[] = {
		{ WI_CONF_TOP, "OPTIONS" },
		{ WI_CONF_PLUGIN, "PLUGINS" },
		{ WI_CONF_LISTENER, "LISTENERS" },
		{ WI_CONF_SUPERVISOR, "SUPERVISOR" },
	};
	const char *text;
	unsigned i;

	(void)fprintf(out,
	    ".Dd " MAN_DATE "\n"
	    ".Dt WEFT.CONF 5\n"
	    ".Os\n"
	    ".Sh NAME\n"
	    ".Nm weft.conf\n"
	    ".Nd configuration of the host of Weft\n"
	    ".Sh DESCRIPTION\n"
	    "It is read by\n"
	    ".Ic weft serve ,\n"
	    "and judged by\n"
	    ".Ic weft check .\n");
	for (i = 0; (text = wi_conf_syntax(i)) != NULL; i++) {
		(void)fprintf(out, ".Pp\n");
		man_text(out, text);
	}
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		(void)fprintf(out, ".Sh %s\n", parts[i].title);
		man_text(out, wi_conf_section_text(parts[i].section));
		man_rows(out, parts[i].section);
	}
	man_example(out);
}
