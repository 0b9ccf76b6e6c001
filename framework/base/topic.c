/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/topic.c - which topics and filters there may be.
 *
 * thread: any.
 */
#include "base/topic.h"

#include <errno.h>
#include <stdbool.h>

#include "base/fail.h"

#define TOPIC_SHOWN 160u /* [bytes] of it in the text of an error */
#define TOPIC_WORDS_OF(number) #number
#define TOPIC_WORDS(number) TOPIC_WORDS_OF(number)

struct topic_check {
	const char *kind;
	const char *text;
	size_t len;
	bool is_filter;
	unsigned levels;
	unsigned pluses;
	struct weft_error *err;
};

static int
topic_fail(const struct topic_check *check, size_t at, const char *expected,
    const char *found)
{
	size_t shown = check->len < TOPIC_SHOWN ? check->len : TOPIC_SHOWN;

	return wi_fail(check->err, -EINVAL,
	    "%s \"%.*s\": expected %s, found %s at byte %zu", check->kind,
	    (int)shown, check->text, expected, found, at + 1);
}

/* Is the byte there a level of its own? */
static bool
topic_is_level(const struct topic_check *check, size_t at)
{
	return (at == 0 || check->text[at - 1] == '/') &&
	    (at + 1 == check->len || check->text[at + 1] == '/');
}

static int
topic_check_wildcard(struct topic_check *check, size_t at)
{
	const char *found = check->text[at] == '+' ? "'+'" : "'#'";

	if (!check->is_filter)
		return topic_fail(check, at, "no wildcard", found);
	if (!topic_is_level(check, at))
		return topic_fail(
		    check, at, "a wildcard to be a whole level", found);
	if (check->text[at] == '#' && at + 1 < check->len)
		return topic_fail(
		    check, at, "'#' as the last level only", "it");
	if (check->text[at] == '+' && ++check->pluses > WI_TOPIC_PLUSES)
		return topic_fail(check, at,
		    "at most " TOPIC_WORDS(WI_TOPIC_PLUSES) " levels '+'",
		    "another");
	return WEFT_OK;
}

static int
topic_check_byte(struct topic_check *check, size_t at)
{
	switch (check->text[at]) {
	case '\0':
		return topic_fail(check, at, "no NUL", "one");
	case '/':
		if (++check->levels <= WI_TOPIC_LEVELS)
			return WEFT_OK;
		return topic_fail(check, at,
		    "at most " TOPIC_WORDS(WI_TOPIC_LEVELS) " levels",
		    "another '/'");
	case '+':
	case '#':
		return topic_check_wildcard(check, at);
	default:
		return WEFT_OK;
	}
}

static int
topic_check(struct topic_check *check)
{
	size_t at;
	int rv;

	if (check->len == 0 || check->len > WI_TOPIC_BYTES)
		return wi_fail(check->err, -EINVAL,
		    "%s: expected 1 to " TOPIC_WORDS(
			WI_TOPIC_BYTES) " bytes, found %zu",
		    check->kind, check->len);
	check->levels = 1;
	for (at = 0; at < check->len; at++) {
		rv = topic_check_byte(check, at);
		if (rv < 0)
			return rv;
	}
	return WEFT_OK;
}

int
wi_topic_check(const char *topic, size_t len, struct weft_error *err)
{
	struct topic_check check = {
		.kind = "topic", .text = topic, .len = len, .err = err
	};

	return topic_check(&check);
}

int
wi_topic_check_filter(const char *filter, size_t len, struct weft_error *err)
{
	struct topic_check check = { .kind = "filter",
		.text = filter,
		.len = len,
		.is_filter = true,
		.err = err };

	return topic_check(&check);
}
