/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_scan.h - where each word of a file stands.  Inside conf only.
 *
 * libconfuse judges what a file means; this says where that is written: its
 * lines are wrong behind a comment, and it has no columns.  Besides it finds
 * what libconfuse lets pass.
 *
 * thread: any; reads the environment.
 */
#ifndef WI_CONF_SCAN_H
#define WI_CONF_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "host/conf_source.h"

struct wi_conf_token {
	size_t at;  /* [bytes] in the text; of a string the quotes count */
	size_t len; /* [bytes] */
	int line;   /* 1 is the first */
	int column; /* [bytes] 1 is the first */
	char kind;  /* 'w': a word or a string; else what stands there:
	               = { } ( ) , and '+' for += */
};

/* owned by: the caller.  All zero at first. */
struct wi_conf_scan {
	char *text; /* the caller's */
	struct wi_conf_token *tokens;
	size_t n;
	size_t room; /* of tokens */
	size_t next; /* where wi_conf_scan_find() begins */
	bool nomem;
};

/*
 * wi_conf_scan() - cut a text into tokens.
 *
 *   text     in,out   ended by NUL; comments become blanks.
 *   place    in       its file.
 *   problems in,out   what libconfuse would not notice, added: a comment or a
 *                     string without an end, "+" and "*" outside of quotes,
 *                     ${NAME} of a variable that is not set.
 *   returns           false: the text has no sense beyond a problem.
 */
bool wi_conf_scan(struct wi_conf_scan *scan, char *text,
    const struct wi_conf_place *place, struct wi_conf_problems *problems);

/*
 * wi_conf_scan_find() - the next token that is this word, followed by one of
 * these kinds, from next on; next is moved behind it.
 *
 *   follows  in       "=+", or "{w".
 *   returns           NULL: there is none, and next stays.
 */
const struct wi_conf_token *wi_conf_scan_find(
    struct wi_conf_scan *scan, const char *word, const char *follows);

/* wi_conf_scan_open() - the innermost "{" that is not closed; NULL: none. */
const struct wi_conf_token *wi_conf_scan_open(const struct wi_conf_scan *scan);

/* wi_conf_scan_blank() - tokens from .. until become blanks, in text too. */
void wi_conf_scan_blank(struct wi_conf_scan *scan, size_t from, size_t until);

void wi_conf_scan_fini(struct wi_conf_scan *scan);

#endif
