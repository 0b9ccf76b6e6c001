/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/http_path.h - paths, the routes that they fit, and queries.
 *
 * thread: any (pure).
 */
#ifndef WI_HTTP_PATH_H
#define WI_HTTP_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "codec/http_head.h"

/*
 * wi_http_decode() - "a%20b" becomes "a b" (RFC 3986, section 2.1).  What is
 * no such escape stays as it is.
 *
 *   out      out      room for text.len bytes.
 *   plus     in       "+" is a blank, as forms send it (WHATWG URL, 5.1).
 *   returns           bytes written.
 */
size_t wi_http_decode(char *out, struct wi_http_text text, bool plus);

/*
 * wi_http_route_fits() - does a path fit the pattern "/rooms/{id}"?
 *
 *   name     in       of a part of the pattern in braces; NULL: none.
 *   value    out      what stands there in the path, not decoded; at is NULL
 *                     if there is no such name, or it does not fit.
 *
 * Its segments are compared decoded.
 */
bool wi_http_route_fits(const char *pattern, struct wi_http_text path,
    const char *name, struct wi_http_text *value);

/* wi_http_route_wrong() - why it is no pattern: words for an error, NULL: it
 * is one. */
const char *wi_http_route_wrong(const char *pattern);

/* wi_http_query_find() - the value of a name in "a=1&b=2", neither decoded;
 * false: it is not there. */
bool wi_http_query_find(
    struct wi_http_text query, const char *name, struct wi_http_text *value);

#endif
