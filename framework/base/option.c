/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/option.c - options of plugins.
 *
 * thread: any (pure).
 * from:   plugin/load, plugin/registry and plugin/peek; host/conf_options_of,
 *         which judges the options that stand in a file.
 */
#include "base/option.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/meant.h"
#include "base/quantity.h"

#define OPTION_NAME_CHARS "abcdefghijklmnopqrstuvwxyz0123456789_"
#define OPTION_NAME_MAX 31 /* [bytes] */

static const struct {
	const char *name;
	const char *expected;
	enum wi_quantity quantity;
} option_kinds[] = {
	[WEFT_OPTION_TEXT] = { "text", "a text", 0 },
	[WEFT_OPTION_BOOL] = { "bool", "yes or no", 0 },
	[WEFT_OPTION_NUMBER] = { "number", "a number", WI_QUANTITY_COUNT },
	[WEFT_OPTION_TIME] = { "time", "a time", WI_QUANTITY_TIME },
	[WEFT_OPTION_SIZE] = { "size", "bytes", WI_QUANTITY_BYTES },
	[WEFT_OPTION_FILE] = { "file", "a path", 0 },
};

#define OPTION_NKINDS (sizeof(option_kinds) / sizeof(option_kinds[0]))

const char *
wi_option_kind_name(enum weft_option_kind kind)
{
	return option_kinds[kind].name;
}

/* ---- values ----------------------------------------------------------- */

static bool
option_bool(const char *value, char *out)
{
	static const char *const words[] = { "no", "yes", "false", "true", "0",
		"1", "off", "on" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i], value) == 0) {
			memcpy(out, i % 2 == 0 ? "0" : "1", 2);
			return true;
		}
	return false;
}

static bool
option_number(const struct weft_plugin_option *option, const char *value,
    char *out, size_t size)
{
	const bool minus =
	    option->kind == WEFT_OPTION_NUMBER && value[0] == '-';
	enum wi_quantity quantity = option->kind == WEFT_OPTION_TIME ?
	    WI_QUANTITY_TIME :
	    WI_QUANTITY_BYTES;
	uint64_t amount;
	int64_t number;

	if (!wi_quantity_read(quantity, value + minus, &amount) ||
	    amount > INT64_MAX)
		return false;
	number = minus ? -(int64_t)amount : (int64_t)amount;
	if ((option->min != 0 || option->max != 0) &&
	    (number < option->min || number > option->max))
		return false;
	(void)snprintf(out, size, "%" PRId64, number);
	return true;
}

bool
wi_option_read(const struct weft_plugin_option *option, const char *value,
    char *out, size_t size)
{
	switch (option->kind) {
	case WEFT_OPTION_BOOL:
		return option_bool(value, out);
	case WEFT_OPTION_NUMBER:
	case WEFT_OPTION_TIME:
	case WEFT_OPTION_SIZE:
		return option_number(option, value, out, size);
	case WEFT_OPTION_TEXT:
	case WEFT_OPTION_FILE:
		(void)snprintf(out, size, "%s", value);
		return option->kind == WEFT_OPTION_TEXT || value[0] != '\0';
	}
	return false;
}

static const char *
option_amount(const struct weft_plugin_option *option, int64_t number,
    char *out, size_t size)
{
	if (number >= 0)
		return wi_quantity_text(option_kinds[option->kind].quantity,
		    (uint64_t)number, out, size);
	(void)snprintf(out, size, "%" PRId64, number);
	return out;
}

void
wi_option_expected(
    const struct weft_plugin_option *option, char *out, size_t size)
{
	const char *what = option_kinds[option->kind].expected;
	const char *like = option->kind == WEFT_OPTION_TIME ?
	    " (like 300ms, 10s, 2m, 1h)" :
	    option->kind == WEFT_OPTION_SIZE ? " (like 1500, 64k, 1M)" :
					       "";
	char min[32], max[32];

	if (option->min == 0 && option->max == 0)
		(void)snprintf(out, size, "%s%s", what, like);
	else
		(void)snprintf(out, size, "%s, %s to %s%s", what,
		    option_amount(option, option->min, min, sizeof(min)),
		    option_amount(option, option->max, max, sizeof(max)),
		    like);
}

/* ---- the table -------------------------------------------------------- */

const struct weft_plugin_option *
wi_option_find(const struct weft_plugin_option *options, const char *name)
{
	for (; options != NULL && options->name != NULL; options++)
		if (strcmp(options->name, name) == 0)
			return options;
	return NULL;
}

const char *
wi_option_meant(const struct weft_plugin_option *options, const char *name)
{
	struct wi_meant meant;

	wi_meant_begin(&meant, name);
	for (; options != NULL && options->name != NULL; options++)
		wi_meant_try(&meant, options->name);
	return meant.best;
}

void
wi_option_names(
    const struct weft_plugin_option *options, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (; options != NULL && options->name != NULL && used < size;
	     options++)
		used += (size_t)snprintf(out + used, size - used, "%s%s",
		    used == 0 ? "" : ", ", options->name);
}

/* What is wrong with a row; NULL: nothing. */
static const char *
option_wrong(const struct weft_plugin_option *options,
    const struct weft_plugin_option *option)
{
	char value[24];

	if (option->name[0] == '\0' ||
	    strlen(option->name) > OPTION_NAME_MAX ||
	    option->name[strspn(option->name, OPTION_NAME_CHARS)] != '\0')
		return "expected a name of 1 to 31 of [a-z0-9_]";
	if (wi_option_find(options, option->name) != option)
		return "expected each name once, found it again";
	if (option->kind < WEFT_OPTION_TEXT ||
	    (size_t)option->kind >= OPTION_NKINDS)
		return "expected a kind of enum weft_option_kind";
	if (option->min > option->max)
		return "expected min to be at most max";
	if (option->text == NULL)
		return "expected a text, found NULL";
	if (option->missing != NULL &&
	    !wi_option_read(option, option->missing, value, sizeof(value)))
		return "expected a default that may be written, found another";
	return NULL;
}

int
wi_options_check(const struct weft_plugin_option *options, const char *file,
    struct weft_error *err)
{
	const struct weft_plugin_option *option = options;
	const char *why;

	for (; option != NULL && option->name != NULL; option++) {
		if (option - options >= WI_OPTIONS_MAX)
			return wi_fail(err, WEFT_EABI,
			    "%s: expected at most %d options, found \"%.40s\" "
			    "besides",
			    file, WI_OPTIONS_MAX, option->name);
		why = option_wrong(options, option);
		if (why != NULL)
			return wi_fail(err, WEFT_EABI, "%s: option %.40s: %s",
			    file, option->name, why);
	}
	return WEFT_OK;
}
