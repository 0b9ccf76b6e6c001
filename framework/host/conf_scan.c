/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_scan.c - where each word of a file stands.
 *
 * thread: any; reads the environment.
 * from:   conf_file, a text.  to: conf_file, places.
 *
 * lexer_note: what is a word and what is not is as libconfuse 3.3 has it,
 * found by trying: a word is made of all but blanks and " ' # + * = { } ( ) ,
 * and "//" begins a comment only where a word could begin.  A "+" or "*" that
 * belongs to no "+=" or comment is dropped by it silently, so we complain.
 */
#include "host/conf_scan.h"

#include <stdlib.h>
#include <string.h>

#define SCAN_BLANK " \t\r\n"
#define SCAN_NO_WORD SCAN_BLANK "\"'#+*={}(),"

struct scan {
	struct wi_conf_scan *out;
	const struct wi_conf_place *file;
	struct wi_conf_problems *problems;
	char *text;
	size_t at;
	size_t line_at; /* where the line begins */
	int line;
};

static struct wi_conf_place
scan_place(const struct scan *scan)
{
	struct wi_conf_place place = *scan->file;

	place.line = scan->line;
	place.column = (int)(scan->at - scan->line_at) + 1;
	return place;
}

/* Go on by one byte, and count lines. */
static void
scan_step(struct scan *scan)
{
	if (scan->text[scan->at] == '\n') {
		scan->line++;
		scan->line_at = scan->at + 1;
	}
	scan->at++;
}

static void
scan_token(struct scan *scan, char kind, const struct wi_conf_place *begin,
    size_t from)
{
	struct wi_conf_scan *out = scan->out;
	struct wi_conf_token *tokens;

	if (out->n == out->room) {
		tokens = realloc(
		    out->tokens, (out->room * 2 + 64) * sizeof(*out->tokens));
		if (tokens == NULL) {
			out->nomem = true;
			return;
		}
		out->tokens = tokens;
		out->room = out->room * 2 + 64;
	}
	out->tokens[out->n++] = (struct wi_conf_token){ .at = from,
		.len = scan->at - from,
		.line = begin->line,
		.column = begin->column,
		.kind = kind };
}

/* To the end of the line, which stays. */
static void
scan_comment_line(struct scan *scan)
{
	while (scan->text[scan->at] != '\0' && scan->text[scan->at] != '\n')
		scan->text[scan->at++] = ' ';
}

static bool
scan_comment_block(struct scan *scan)
{
	const struct wi_conf_place begin = scan_place(scan);
	const char *end = strstr(scan->text + scan->at + 2, "*/");

	if (end == NULL) {
		wi_conf_problem(scan->problems, &begin,
		    "expected \"*/\" at the end of the comment, found the end "
		    "of the file");
		return false;
	}
	while (scan->text + scan->at < end + 2) {
		if (scan->text[scan->at] != '\n')
			scan->text[scan->at] = ' ';
		scan_step(scan);
	}
	return true;
}

/* ${NAME} without a default: libconfuse makes "" of it where there is no such
 * variable. */
static void
scan_variable(const struct scan *scan)
{
	const char *name = scan->text + scan->at + 2;
	const size_t len = strcspn(name, "}\n");
	const struct wi_conf_place place = scan_place(scan);
	char variable[128];

	if (name[len] != '}' || len == 0 || len >= sizeof(variable) ||
	    memmem(name, len, ":-", 2) != NULL)
		return;
	memcpy(variable, name, len);
	variable[len] = '\0';
	if (getenv(variable) == NULL)
		wi_conf_problem(scan->problems, &place,
		    "expected the environment variable %s to be set, or "
		    "${%s:-VALUE}, found neither",
		    variable, variable);
}

static bool
scan_string(struct scan *scan)
{
	const struct wi_conf_place begin = scan_place(scan);
	const size_t from = scan->at;
	const char quote = scan->text[from];

	for (scan_step(scan); scan->text[scan->at] != quote; scan_step(scan)) {
		if (quote == '"' &&
		    strncmp(scan->text + scan->at, "${", 2) == 0)
			scan_variable(scan);
		if (scan->text[scan->at] == '\\' &&
		    scan->text[scan->at + 1] != '\0')
			scan_step(scan);
		if (scan->text[scan->at] == '\0') {
			wi_conf_problem(scan->problems, &begin,
			    "expected %c at the end of the text that begins "
			    "here, found the end of the file",
			    quote);
			return false;
		}
	}
	scan_step(scan);
	scan_token(scan, 'w', &begin, from);
	return true;
}

/* ${NAME:-default}, or a word. */
static void
scan_word(struct scan *scan)
{
	const struct wi_conf_place begin = scan_place(scan);
	const size_t from = scan->at;
	const char *word = scan->text + from, *end;

	if (strncmp(word, "${", 2) == 0)
		scan_variable(scan);
	end = strncmp(word, "${", 2) == 0 ? strchr(word, '}') : NULL;
	scan->at += end != NULL ? (size_t)(end - word) + 1 :
				  strcspn(word, SCAN_NO_WORD);
	scan_token(scan, 'w', &begin, from);
}

/* One of the characters that stand for themselves. */
static void
scan_sign(struct scan *scan)
{
	const struct wi_conf_place begin = scan_place(scan);
	const char sign = scan->text[scan->at];
	const size_t from = scan->at;

	if (sign == '+' && scan->text[from + 1] == '=')
		scan->at++;
	else if (sign == '+' || sign == '*')
		wi_conf_problem(scan->problems, &begin,
		    "expected a value with \"%c\" to be in quotes", sign);
	scan->at++;
	if (sign != '*' && (sign != '+' || scan->at == from + 2))
		scan_token(scan, sign, &begin, from);
}

static bool
scan_one(struct scan *scan)
{
	const char *at = scan->text + scan->at;

	if (strchr(SCAN_BLANK, *at) != NULL)
		scan_step(scan);
	else if (*at == '#' || strncmp(at, "//", 2) == 0)
		scan_comment_line(scan);
	else if (strncmp(at, "/*", 2) == 0)
		return scan_comment_block(scan);
	else if (*at == '"' || *at == '\'')
		return scan_string(scan);
	else if (strchr(SCAN_NO_WORD, *at) != NULL)
		scan_sign(scan);
	else
		scan_word(scan);
	return true;
}

bool
wi_conf_scan(struct wi_conf_scan *scan, char *text,
    const struct wi_conf_place *place, struct wi_conf_problems *problems)
{
	struct scan walk = { .out = scan,
		.file = place,
		.problems = problems,
		.text = text,
		.line = 1 };

	scan->text = text;
	while (text[walk.at] != '\0')
		if (!scan_one(&walk))
			return false;
	return true;
}

/* ---- looking for a place ---------------------------------------------- */

/* Quotes around it do not count. */
static bool
scan_is(const struct wi_conf_scan *scan, const struct wi_conf_token *token,
    const char *word)
{
	const char *at = scan->text + token->at;
	size_t len = token->len;

	if (token->kind != 'w')
		return false;
	if (*at == '"' || *at == '\'') {
		at++;
		len -= 2;
	}
	return strlen(word) == len && memcmp(at, word, len) == 0;
}

const struct wi_conf_token *
wi_conf_scan_find(
    struct wi_conf_scan *scan, const char *word, const char *follows)
{
	size_t i;

	for (i = scan->next; i + 1 < scan->n; i++)
		if (scan_is(scan, &scan->tokens[i], word) &&
		    strchr(follows, scan->tokens[i + 1].kind) != NULL) {
			scan->next = i + 1;
			return &scan->tokens[i];
		}
	return NULL;
}

const struct wi_conf_token *
wi_conf_scan_open(const struct wi_conf_scan *scan)
{
	size_t i = scan->n, closed = 0;

	while (i-- > 0) {
		if (scan->tokens[i].kind == '}')
			closed++;
		else if (scan->tokens[i].kind == '{' && closed-- == 0)
			return &scan->tokens[i];
	}
	return NULL;
}

void
wi_conf_scan_blank(struct wi_conf_scan *scan, size_t from, size_t until)
{
	char *at = scan->text + scan->tokens[from].at;
	const char *end = scan->text + scan->tokens[until - 1].at +
	    scan->tokens[until - 1].len;

	for (; at < end; at++)
		if (*at != '\n')
			*at = ' ';
	memmove(&scan->tokens[from], &scan->tokens[until],
	    (scan->n - until) * sizeof(*scan->tokens));
	scan->n -= until - from;
}

void
wi_conf_scan_fini(struct wi_conf_scan *scan)
{
	free(scan->tokens);
	memset(scan, 0, sizeof(*scan));
}
