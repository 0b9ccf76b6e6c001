/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/http_head.h - the head of an HTTP/1.1 message in its parts (RFC 9112,
 * sections 2 to 5): llhttp in its strict mode, and what that lets through and
 * we do not.
 *
 * thread: any (pure).
 */
#ifndef WI_HTTP_HEAD_H
#define WI_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WI_HTTP_HEAD_MAX 8192u  /* [bytes] a head, at most */
#define WI_HTTP_FIELDS_MAX 100u /* lines of it, at most */

/* Bytes of the head, not ended by NUL. */
struct wi_http_text {
	const char *at;
	size_t len;
};

struct wi_http_field {
	struct wi_http_text name;
	struct wi_http_text value; /* without blanks around it */
};

struct wi_http_head {
	struct wi_http_text method; /* of a request */
	struct wi_http_text target;
	unsigned status; /* of a response: 101 */
	unsigned minor;  /* of HTTP/1.1: 1; or 0 */
	unsigned nfields;
	bool body;       /* content-length that is not 0, or chunked */
	bool chunked;    /* transfer-encoding: chunked, and nothing else */
	uint64_t length; /* content-length; 0: none */
	size_t len; /* [bytes] of the head, up to and with its last line */
	struct wi_http_field fields[WI_HTTP_FIELDS_MAX];
};

/* wi_http_head_end() - [bytes] up to and with the empty line, 0: there is none
 * yet.  looked: [bytes] that were looked at before, updated. */
size_t wi_http_head_end(const uint8_t *data, size_t len, uint32_t *looked);

/*
 * wi_http_head_parse() - a whole head.
 *
 *   data, len   in    up to and with the empty line; must stay.
 *   request     in    or a response.
 *   head        out   undefined on error.
 *   why         out   on error: what was expected, in words.
 *   returns           0, or the status code that answers it: 400, 431, 501,
 *                     505.
 *
 * Of a request that may be one of HTTP/1.0.
 */
unsigned wi_http_head_parse(const uint8_t *data, size_t len, bool request,
    struct wi_http_head *head, const char **why);

/* wi_http_head_find() - the field of that name (in small letters), NULL if
 * there is none; *n: how many there are. */
const struct wi_http_field *wi_http_head_find(
    const struct wi_http_head *head, const char *name, unsigned *n);

/* wi_http_has_token() - is the word (any case) one of a comma-separated list,
 * in any of the fields of that name (RFC 9110, section 5.6.1)? */
bool wi_http_has_token(
    const struct wi_http_head *head, const char *name, const char *token);

/* wi_http_next_token() - the next element of such a list, and step behind it;
 * false: there is none. */
bool wi_http_next_token(struct wi_http_text *list, struct wi_http_text *token);

/* wi_http_path() - the path of a target; len 0: it has none.  Of one in
 * absolute form (RFC 9112, section 3.2.2) what stands behind its host. */
struct wi_http_text wi_http_path(struct wi_http_text target);

/* wi_http_is_token() - as names are (RFC 9110, section 5.6.2). */
bool wi_http_is_token(struct wi_http_text text);

/* wi_http_is() - the same text; wi_http_is_word(): in any case. */
bool wi_http_is(struct wi_http_text text, const char *other);
bool wi_http_is_word(struct wi_http_text text, const char *word);

#endif
