/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/http_path - paths, the routes that they fit, and queries.
 *
 * thread: any (pure).
 */
#include "codec/http_path.h"

#include <string.h>

static int
path_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that stands at the front of text, which has one, and step behind
 * it. */
static char
path_byte(struct wi_http_text *text, bool plus)
{
	const char *at = text->at;
	size_t n = 1;
	char c = *at;

	if (c == '%' && text->len >= 3 && path_digit(at[1]) >= 0 &&
	    path_digit(at[2]) >= 0) {
		c = (char)(path_digit(at[1]) << 4 | path_digit(at[2]));
		n = 3;
	} else if (plus && c == '+') {
		c = ' ';
	}
	text->at += n;
	text->len -= n;
	return c;
}

size_t
wi_http_decode(char *out, struct wi_http_text text, bool plus)
{
	size_t n = 0;

	while (text.len > 0)
		out[n++] = path_byte(&text, plus);
	return n;
}

/* The same once it is decoded? */
static bool
path_same(struct wi_http_text text, const char *other, size_t len, bool plus)
{
	while (text.len > 0 && len > 0) {
		if (path_byte(&text, plus) != *other)
			return false;
		other++;
		len--;
	}
	return text.len == 0 && len == 0;
}

/* What stands between a "/" and the next one, and step behind it; false: there
 * is no "/". */
static bool
path_segment(struct wi_http_text *left, struct wi_http_text *segment)
{
	const char *slash;

	if (left->len == 0 || left->at[0] != '/')
		return false;
	segment->at = left->at + 1;
	segment->len = left->len - 1;
	slash = memchr(segment->at, '/', segment->len);
	if (slash != NULL)
		segment->len = (size_t)(slash - segment->at);
	left->at += 1 + segment->len;
	left->len -= 1 + segment->len;
	return true;
}

static bool
path_is_rest(struct wi_http_text part)
{
	return part.len > 5 && part.at[0] == '{' &&
	    memcmp(part.at + part.len - 4, "...}", 4) == 0;
}

static bool
path_is_name(struct wi_http_text part)
{
	return part.len > 2 && part.at[0] == '{' &&
	    part.at[part.len - 1] == '}';
}

/* Is a part in braces the one of that name? */
static bool
path_is_named(struct wi_http_text part, const char *name)
{
	size_t len = part.len - (path_is_rest(part) ? 5 : 2);

	return name != NULL && strlen(name) == len &&
	    memcmp(part.at + 1, name, len) == 0;
}

bool
wi_http_route_fits(const char *pattern, struct wi_http_text path,
    const char *name, struct wi_http_text *value)
{
	struct wi_http_text left = { pattern, strlen(pattern) }, part, segment;
	struct wi_http_text found = { NULL, 0 };

	*value = found;
	while (path_segment(&left, &part)) {
		if (!path_segment(&path, &segment))
			return false;
		if (path_is_rest(part)) {
			segment.len += path.len;
			path.len = 0;
		} else if (!path_is_name(part)) {
			if (!path_same(segment, part.at, part.len, false))
				return false;
			continue;
		} else if (segment.len == 0) {
			return false;
		}
		if (path_is_named(part, name))
			found = segment;
	}
	if (path.len > 0)
		return false;
	*value = found;
	return true;
}

const char *
wi_http_route_wrong(const char *pattern)
{
	struct wi_http_text left = { pattern, strlen(pattern) }, part;
	size_t i;

	if (pattern[0] != '/')
		return "expected a path that begins with \"/\"";
	if (strpbrk(pattern, "?# %") != NULL)
		return "expected a path without \"?\", \"#\", \"%\" and "
		       "blanks";
	while (path_segment(&left, &part)) {
		if (path_is_rest(part) && left.len > 0)
			return "expected nothing behind \"{name...}\"";
		if (path_is_name(part))
			continue;
		for (i = 0; i < part.len; i++)
			if (part.at[i] == '{' || part.at[i] == '}')
				return "expected a name in braces to be a "
				       "whole segment";
	}
	return NULL;
}

bool
wi_http_query_find(
    struct wi_http_text query, const char *name, struct wi_http_text *value)
{
	const char *end, *equals;
	struct wi_http_text one;

	while (query.len > 0) {
		end = memchr(query.at, '&', query.len);
		one.at = query.at;
		one.len = end == NULL ? query.len : (size_t)(end - query.at);
		query.at += one.len + (end != NULL);
		query.len -= one.len + (end != NULL);
		equals = one.len == 0 ? NULL : memchr(one.at, '=', one.len);
		value->at = equals == NULL ? one.at + one.len : equals + 1;
		value->len = (size_t)(one.at + one.len - value->at);
		if (equals != NULL)
			one.len = (size_t)(equals - one.at);
		if (path_same(one, name, strlen(name), true))
			return true;
	}
	return false;
}
