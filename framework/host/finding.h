/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/finding.h - what a check has found: a list, printed at its end.
 *
 * thread: main.
 */
#ifndef WI_FINDING_H
#define WI_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include <weft/export.h>

enum wi_level {
	WI_LEVEL_ERROR,   /* it will not do */
	WI_LEVEL_WARNING, /* it may do harm one day */
	WI_LEVEL_NOTE,    /* it would help to have it otherwise */
	WI_NLEVELS
};

#define WI_FINDINGS_MAX 200 /* kept; the others are counted */

struct wi_finding {
	enum wi_level level;
	char *what; /* what it is about: "stack", "symbol foo" */
	char *text; /* "expected ..., found ..." */
};

/* owned by: who called wi_findings_add() on an all-zero one. */
struct wi_findings {
	struct wi_finding *list;
	size_t count; /* in list */
	size_t room;
	size_t levels[WI_NLEVELS]; /* of each, also those that are not kept */
	bool nomem;                /* one was lost: the check has failed */
};

/*
 * wi_findings_add() - one more.
 *
 *   what     in       copied.
 *   format   in       "expected ..., found ...", as printf.  Control bytes
 *                     come out as '?'.
 */
void wi_findings_add(struct wi_findings *findings, enum wi_level level,
    const char *what, const char *format, ...) WEFT_PRINTF(4, 5);

/*
 * wi_findings_print() - on stdout, errors first: "SUBJECT: error: WHAT: TEXT",
 * and one line that counts them; or a line of JSON.
 *
 *   subject  in       what was checked.
 *   returns           0, or -ENOMEM, -EIO.
 */
WEFT_CHECK int wi_findings_print(
    const struct wi_findings *findings, const char *subject, bool json);

/* wi_findings_free() - all zero afterwards. */
void wi_findings_free(struct wi_findings *findings);

#endif
