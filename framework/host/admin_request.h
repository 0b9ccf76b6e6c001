/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/admin_request.h - a line that was asked of the admin socket, taken
 * apart.
 *
 *	weft/1 VERB WORD... NAME=VALUE...
 *
 * Words are set apart by blanks; one that has blanks or quotes in it is
 * written as a JSON string: "two words", "limit=10".  The line is UTF-8
 * without control bytes, ends with LF or CRLF, and has WI_REQUEST_MAX bytes at
 * most.
 *
 * thread: any (pure).
 */
#ifndef WI_ADMIN_REQUEST_H
#define WI_ADMIN_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>

#define WI_REQUEST_MAX 4096u /* [bytes] of a line with its end */
#define WI_REQUEST_WORDS 16u
#define WI_REQUEST_PROTOCOL "weft/1"

struct wi_admin_request {
	unsigned nwords;
	const char *words[WI_REQUEST_WORDS]; /* into text; [0]: the verb */
	char text[WI_REQUEST_MAX];
};

/*
 * wi_admin_request_parse() - take a line apart.
 *
 *   line     in       any bytes, without the LF.
 *   request  out      undefined on error.
 *   returns           WEFT_OK, or an error below.
 *   errors            -EPROTO   it begins with another word than
 *                               WI_REQUEST_PROTOCOL.
 *                     -EBADMSG  it is no such line; err says where.
 *                     -E2BIG    it is too long, or has too many words.
 */
WEFT_CHECK int wi_admin_request_parse(const char *line, size_t len,
    struct wi_admin_request *request, struct weft_error *err);

/* wi_admin_request_value() - of an option: of the word "limit=10" that of
 * "limit" is "10"; NULL: it was not given. */
const char *wi_admin_request_value(
    const struct wi_admin_request *request, const char *name);

/*
 * wi_admin_request_check() - only what a verb knows.
 *
 *   min, max in       words behind the verb that are no options.
 *   options  in       names, with a blank between: "limit sort".
 *   args     out      of max entries: these words; NULL where there is none.
 *   returns           WEFT_OK, or -EINVAL: one too many, too few, unknown.
 */
WEFT_CHECK int wi_admin_request_check(const struct wi_admin_request *request,
    unsigned min, unsigned max, const char *options, const char *args[],
    struct weft_error *err);

/* wi_admin_request_number() - an option's value.
 *   missing  in       if it was not given.
 *   returns           WEFT_OK, or -EINVAL: it is no number up to max. */
WEFT_CHECK int wi_admin_request_number(const struct wi_admin_request *request,
    const char *name, uint64_t max, uint64_t missing, uint64_t *out,
    struct weft_error *err);

#endif
