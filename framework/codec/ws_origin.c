/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/ws_origin - which pages may connect.
 *
 * thread: I/O.
 *
 * origin_note: a browser lets any page connect anywhere, with the user's
 * cookies, and says in Origin which page it is (section 10.2).  So unless the
 * option origin says otherwise, a request that has one must come from the host
 * that it asks: https://a.example:8443 from Host a.example:8443.  Programs
 * send none, and are let in.
 */
#include "codec/ws.h"

#include <string.h>
#include <strings.h>

/* The host and port of "https://a.example:8443". */
static bool
origin_is_same(struct wi_http_text origin, struct wi_http_text host)
{
	const char *slashes = memmem(origin.at, origin.len, "://", 3);
	size_t scheme;

	if (slashes == NULL)
		return false;
	scheme = (size_t)(slashes - origin.at) + 3;
	origin.at += scheme;
	origin.len -= scheme;
	return origin.len == host.len &&
	    strncasecmp(origin.at, host.at, host.len) == 0;
}

/* See origin_note. */
bool
wi_ws_lets_in(const struct wi_http_head *head, const char *origins)
{
	struct wi_http_text list = { origins, strlen(origins) }, element;
	const struct wi_http_field *origin, *host;
	unsigned n;

	origin = wi_http_head_find(head, "origin", &n);
	if (origin == NULL)
		return true;
	/* Which one would it be? */
	if (n != 1)
		return false;
	host = wi_http_head_find(head, "host", &n);
	if (list.len == 0)
		return origin_is_same(origin->value, host->value);
	while (wi_http_next_token(&list, &element))
		if ((element.len == 1 && element.at[0] == '*') ||
		    (element.len == origin->value.len &&
			strncasecmp(
			    element.at, origin->value.at, element.len) == 0))
			return true;
	return false;
}
