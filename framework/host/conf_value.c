/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_value.c - values: what is written, what it means, what may be.
 *
 * thread: any (pure).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <weft/weft.h>

#include "base/quantity.h"
#include "host/conf_table.h"
#include "host/seccomp.h"

/* A value that is one of a few words. */
struct value_word {
	const char *name;
	uint64_t number;
};

/* The first word of a number is the one that is written. */
static const struct value_word value_bools[] = { { "yes", 1 }, { "no", 0 },
	{ "true", 1 }, { "false", 0 }, { "on", 1 }, { "off", 0 }, { "1", 1 },
	{ "0", 0 }, { NULL, 0 } };

static const struct value_word value_levels[] = { { "debug", WEFT_LOG_DEBUG },
	{ "info", WEFT_LOG_INFO }, { "warn", WEFT_LOG_WARN },
	{ "error", WEFT_LOG_ERROR }, { "off", WEFT_LOG_OFF }, { NULL, 0 } };

static const struct value_word value_slow[] = { { "refuse", WEFT_SLOW_REFUSE },
	{ "drop-newest", WEFT_SLOW_DROP_NEWEST },
	{ "drop-oldest", WEFT_SLOW_DROP_OLDEST },
	{ "conflate", WEFT_SLOW_CONFLATE }, { "close", WEFT_SLOW_CLOSE },
	{ NULL, 0 } };

static const struct value_word value_malformed[] = {
	{ "close", WEFT_MALFORMED_CLOSE }, { "skip", WEFT_MALFORMED_SKIP },
	{ NULL, 0 }
};

static const struct value_word value_seccomp[] = { { "off", WI_SECCOMP_OFF },
#ifdef HAVE_SECCOMP
	{ "log", WI_SECCOMP_LOG }, { "enforce", WI_SECCOMP_ENFORCE },
#endif
	{ NULL, 0 } };

#ifdef HAVE_SECCOMP
#define VALUE_SECCOMP "off, log or enforce"
#else
#define VALUE_SECCOMP "off, as this weft is built without libseccomp"
#endif

static const struct {
	const char *name;               /* for programs */
	const char *expected;           /* for people; NULL: with the range */
	const struct value_word *words; /* NULL: it is none of a few */
	enum wi_quantity quantity;
} value_kinds[] = {
	[WI_CONF_COUNT] = { "number", "a number", NULL, WI_QUANTITY_COUNT },
	[WI_CONF_BYTES] = { "size", "bytes", NULL, WI_QUANTITY_BYTES },
	[WI_CONF_TIME] = { "time", "a time", NULL, WI_QUANTITY_TIME },
	[WI_CONF_BOOL] = { "bool", "yes or no", value_bools, 0 },
	[WI_CONF_LEVEL] = { "word", "debug, info, warn, error or off",
	    value_levels, 0 },
	[WI_CONF_SLOW] = { "word",
	    "refuse, drop-newest, drop-oldest, conflate or close", value_slow,
	    0 },
	[WI_CONF_MALFORMED] = { "word", "close or skip", value_malformed, 0 },
	[WI_CONF_SECCOMP] = { "word", VALUE_SECCOMP, value_seccomp, 0 },
	[WI_CONF_PATH] = { "path", "a path", NULL, 0 },
	[WI_CONF_TEXT] = { "text", "a text", NULL, 0 },
};

static bool
value_word(const struct value_word *words, const char *value, uint64_t *number)
{
	for (; words->name != NULL; words++)
		if (strcmp(words->name, value) == 0) {
			*number = words->number;
			return true;
		}
	return false;
}

bool
wi_conf_number(
    const struct wi_conf_option *option, const char *value, uint64_t *number)
{
	const struct value_word *words = value_kinds[option->kind].words;

	if (words != NULL ?
		!value_word(words, value, number) :
		!wi_quantity_read(
		    value_kinds[option->kind].quantity, value, number))
		return false;
	return *number >= option->min && *number <= option->max;
}

void
wi_conf_expected(const struct wi_conf_option *option, char *out, size_t size)
{
	const char *what = value_kinds[option->kind].expected;
	char min[32], max[32];

	switch (option->kind) {
	case WI_CONF_COUNT:
	case WI_CONF_BYTES:
	case WI_CONF_TIME:
		(void)snprintf(out, size, "%s, %s to %s%s", what,
		    wi_quantity_text(value_kinds[option->kind].quantity,
			option->min, min, sizeof(min)),
		    wi_quantity_text(value_kinds[option->kind].quantity,
			option->max, max, sizeof(max)),
		    option->kind == WI_CONF_BYTES ?
			" (like 1500, 64k, 1M)" :
			option->kind == WI_CONF_TIME ?
			" (like 300ms, 10s, 2m, 1h)" :
			"");
		return;
	case WI_CONF_PATH:
	case WI_CONF_TEXT:
		(void)snprintf(out, size,
		    "%s of %" PRIu64 " to %" PRIu64 " bytes", what,
		    option->min, option->max);
		return;
	default:
		(void)snprintf(out, size, "%s", what);
	}
}

const char *
wi_conf_kind_name(enum wi_conf_kind kind)
{
	return value_kinds[kind].name;
}

void
wi_conf_write(const struct wi_conf_option *option, uint64_t number, char *out,
    size_t size)
{
	const struct value_word *word = value_kinds[option->kind].words;

	if (word == NULL) {
		(void)wi_quantity_text(
		    value_kinds[option->kind].quantity, number, out, size);
		return;
	}
	while (word->name != NULL && word->number != number)
		word++;
	(void)snprintf(out, size, "%s", word->name != NULL ? word->name : "?");
}
