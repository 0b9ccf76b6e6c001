/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/admin_answer.h - what is answered on the admin socket: lines of JSON,
 * each an object whose "is" says what it is; the last one is the outcome.
 *
 *	{"is":"outcome","ok":true}
 *	{"is":"outcome","ok":false,"code":"WEFT_ENOLISTENER","error":"..."}
 *
 * thread: who holds it.
 */
#ifndef WI_ADMIN_ANSWER_H
#define WI_ADMIN_ANSWER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>

/* owned by: its client; while a job runs, by the job. */
struct wi_answer {
	char *bytes;
	size_t at; /* bytes before it have left */
	size_t len;
	size_t room;
	bool whole;  /* its outcome is in it */
	bool failed; /* no memory: what is missing is not told */
};

/* wi_answer_line() - one more line.  json: is let go of; NULL is no memory. */
void wi_answer_line(struct wi_answer *answer, json_t *json);

/* wi_answer_outcome() - the last line.  code: WEFT_OK, or why not; err has the
 * words, or is NULL. */
void wi_answer_outcome(
    struct wi_answer *answer, int code, const struct weft_error *err);

/* wi_answer_text() - a text, whatever bytes are in it; what is no UTF-8 is
 * told with '?' for its bytes.  NULL: no memory. */
json_t *wi_answer_text(const char *text);

/* wi_answer_id() - 64 bits, as hexadecimal digits in a string. */
json_t *wi_answer_id(uint64_t id);

void wi_answer_fini(struct wi_answer *answer);

#endif
