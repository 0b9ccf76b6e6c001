/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/ws_options - the options origin and protocols of ws://, as they are
 * written: one that could never be met is an error.
 *
 * thread: any (pure).
 */
#include <string.h>

#include "codec/ws.h"

#define OPTIONS_TOKEN                                                         \
	"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP" \
	"QRSTUVWXYZ"

/* The next of a list; false: it is empty, or the list has ended (*at NULL). */
static bool
options_next(const char **at, struct wi_http_text *element)
{
	const char *comma;

	if (*at == NULL)
		return false;
	comma = strchr(*at, ',');
	element->at = *at;
	element->len = comma == NULL ? strlen(*at) : (size_t)(comma - *at);
	*at = comma == NULL ? NULL : comma + 1;
	return true;
}

/* scheme://host[:port], as browsers send it (RFC 6454, section 7). */
static bool
options_is_origin(struct wi_http_text origin)
{
	const char *host = memmem(origin.at, origin.len, "://", 3);

	if (origin.len == 1 && origin.at[0] == '*')
		return true;
	if (origin.len == 4 && memcmp(origin.at, "null", 4) == 0)
		return true;
	if (host == NULL || host == origin.at ||
	    host + 3 == origin.at + origin.len)
		return false;
	host += 3;
	return memchr(host, '/', (size_t)(origin.at + origin.len - host)) ==
	    NULL &&
	    memchr(origin.at, ' ', origin.len) == NULL;
}

static bool
options_is_token(struct wi_http_text token)
{
	size_t i;

	for (i = 0; i < token.len; i++)
		if (strchr(OPTIONS_TOKEN, token.at[i]) == NULL)
			return false;
	return token.len > 0;
}

/* RFC 6455, section 4.1: tokens, each once. */
static bool
options_are_protocols(const char *protocols)
{
	const char *at = protocols, *other;
	struct wi_http_text mine, theirs;

	while (options_next(&at, &mine)) {
		if (!options_is_token(mine))
			return false;
		other = at;
		while (options_next(&other, &theirs))
			if (theirs.len == mine.len &&
			    memcmp(theirs.at, mine.at, mine.len) == 0)
				return false;
	}
	return true;
}

const char *
wi_ws_options(const char *origins, const char *protocols)
{
	const char *at = origins[0] == '\0' ? NULL : origins;
	struct wi_http_text origin;

	while (options_next(&at, &origin))
		if (!options_is_origin(origin))
			return "origin: expected *, or scheme://host[:port] "
			       "separated by commas, without a path";
	if (protocols[0] != '\0' && !options_are_protocols(protocols))
		return "protocols: expected words separated by commas, each "
		       "once (RFC 6455, 4.1)";
	return NULL;
}
