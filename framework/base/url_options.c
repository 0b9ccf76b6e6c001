/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/url_options.c - what stands behind the "?" of a URL.
 *
 * WI_URL_OPTIONS (base/url.h) says all there is to know of each option; here
 * is only how values are read, and what is said of those that cannot be.
 *
 * thread: any (pure).
 */
#include "base/url_cut.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/meant.h"
#include "base/nets.h"
#include "base/percent.h"
#include "base/quantity.h"

#define OPTIONS_NAME_MAX 32

_Static_assert(WI_URL_NOPTIONS <= 64, "given has a bit for each option");

static const struct wi_url_option_info options_list[WI_URL_NOPTIONS] = {
#define OPTIONS_ROW(name, kind, where, fallback, min, max, text)              \
	{ #name, fallback, text, WI_URL_##kind, where, min, max },
	WI_URL_OPTIONS(OPTIONS_ROW)
#undef OPTIONS_ROW
};

const struct wi_url_option_info *
wi_url_option_info(unsigned index)
{
	return index < WI_URL_NOPTIONS ? &options_list[index] : NULL;
}

/* ---- values */

static bool
options_mode(const char *value, uint64_t *out)
{
	char *end;

	if (value[0] < '0' || value[0] > '7')
		return false;
	*out = strtoull(value, &end, 8); /* the most there is if it is more */
	return *end == '\0';
}

static bool
options_read(enum wi_url_kind kind, const char *value, uint64_t *out)
{
	switch (kind) {
	case WI_URL_COUNT:
		return wi_quantity_read(WI_QUANTITY_COUNT, value, out);
	case WI_URL_BYTES:
		return wi_quantity_read(WI_QUANTITY_BYTES, value, out);
	case WI_URL_TIME:
		return wi_quantity_read(WI_QUANTITY_TIME, value, out);
	case WI_URL_SWITCH:
	case WI_URL_SLOW:
	case WI_URL_MALFORMED:
	case WI_URL_DEFLATE:
	case WI_URL_VERSION:
		return wi_url_word(kind, value, out);
	case WI_URL_MODE:
		return options_mode(value, out);
	case WI_URL_NETS:
		*out = strlen(value);
		return wi_nets_good(value);
	case WI_URL_TEXT:
		*out = strlen(value);
		return true;
	}
	return false;
}

void
wi_url_fallbacks(struct wi_url *url)
{
	unsigned i;

	for (i = 0; i < WI_URL_NOPTIONS; i++)
		if (options_list[i].kind < WI_URL_NETS &&
		    options_list[i].fallback[0] != '\0')
			(void)options_read(options_list[i].kind,
			    options_list[i].fallback, &url->numbers[i]);
}

/* ---- what can stand where, in words */

/* "bytes, 1 to 1G" */
static void
options_range(const struct wi_url_option_info *info, const char *what,
    enum wi_quantity quantity, char *out, size_t size)
{
	char min[32], max[32];

	(void)snprintf(out, size, "%s, %s to %s", what,
	    wi_quantity_text(quantity, info->min, min, sizeof(min)),
	    wi_quantity_text(quantity, info->max, max, sizeof(max)));
}

void
wi_url_option_value(
    const struct wi_url_option_info *info, char *out, size_t size)
{
	switch (info->kind) {
	case WI_URL_COUNT:
		options_range(info, "a number", WI_QUANTITY_COUNT, out, size);
		return;
	case WI_URL_BYTES:
		options_range(info, "bytes", WI_QUANTITY_BYTES, out, size);
		return;
	case WI_URL_TIME:
		options_range(info, "a time", WI_QUANTITY_TIME, out, size);
		return;
	case WI_URL_SWITCH:
		(void)snprintf(out, size, "yes or no");
		return;
	case WI_URL_MODE:
		(void)snprintf(out, size, "octal, %" PRIo64 " to %04" PRIo64,
		    info->min, info->max);
		return;
	case WI_URL_SLOW:
		(void)snprintf(out, size,
		    "refuse, drop-newest, drop-oldest, conflate or close");
		return;
	case WI_URL_MALFORMED:
		(void)snprintf(out, size, "close or skip");
		return;
	case WI_URL_DEFLATE:
		(void)snprintf(out, size, "no, yes or takeover");
		return;
	case WI_URL_NETS:
		(void)snprintf(out, size,
		    "networks, addresses, unix, as 10.0.0.0/8,fd00::1");
		return;
	case WI_URL_VERSION:
		(void)snprintf(out, size, "1.2 or 1.3");
		return;
	case WI_URL_TEXT:
		(void)snprintf(out, size,
		    "text, %" PRIu64 " to %" PRIu64 " bytes", info->min,
		    info->max);
		return;
	}
}

void
wi_url_where(uint32_t where, char *out, size_t size)
{
	static const struct {
		uint32_t is;
		const char *name;
	} transports[] = { { WI_URL_TCP, "tcp" }, { WI_URL_UNIX, "unix" },
		{ WI_URL_UDP, "udp" }, { WI_URL_MULTICAST, "udp+multicast" },
		{ WI_URL_WS, "ws" }, { WI_URL_TLS, "tls" } };
	const char *use = "";
	char names[64] = "";
	size_t used = 0, i;

	for (i = 0; i < sizeof(transports) / sizeof(transports[0]); i++)
		if ((where & transports[i].is) != 0)
			used += (size_t)snprintf(names + used,
			    sizeof(names) - used, "%s%s",
			    used == 0 ? "" : ", ", transports[i].name);
	if ((where & WI_URL_BOTH) == WI_URL_LISTEN)
		use = " (listen)";
	else if ((where & WI_URL_BOTH) == WI_URL_CONNECT)
		use = " (connect)";
	(void)snprintf(out, size, "%s%s",
	    (where & WI_URL_ANY) == WI_URL_ANY ? "all" : names, use);
}

static bool
options_is_here(const struct wi_url_cut *cut, const struct wi_url *url,
    const struct wi_url_option_info *info)
{
	const uint32_t is = url->is |
	    (url->web == WI_URL_WEB_WS ? WI_URL_WS : 0u) |
	    (url->tls ? WI_URL_TLS : 0u);

	return (info->where & is) != 0 && (info->where & cut->use) != 0;
}

/* Names that mean something here: "max_message, idle, ...". */
static void
options_known(const struct wi_url_cut *cut, const struct wi_url *url,
    char *out, size_t size)
{
	size_t used = 0;
	unsigned i;

	out[0] = '\0';
	for (i = 0; i < WI_URL_NOPTIONS && used < size; i++)
		if (options_is_here(cut, url, &options_list[i]))
			used +=
			    (size_t)snprintf(out + used, size - used, "%s%s",
				used == 0 ? "" : ", ", options_list[i].name);
}

/* ---- what is said of options that cannot be */

static int
options_bad_value(const struct wi_url_cut *cut,
    const struct wi_url_option_info *info, struct wi_url_span written)
{
	char value[64], expected[160];
	const char *like = "";

	if (info->kind == WI_URL_BYTES)
		like = " (like 1500, 64k, 1M)";
	else if (info->kind == WI_URL_TIME)
		like = " (like 300ms, 10s, 2m, 1h)";
	wi_url_option_value(info, value, sizeof(value));
	(void)snprintf(
	    expected, sizeof(expected), "%s: %s%s", info->name, value, like);
	return wi_url_bad(cut, expected, written);
}

/* The option of this place that was meant, NULL if none is near. */
static const char *
options_meant(
    const struct wi_url_cut *cut, const struct wi_url *url, const char *name)
{
	struct wi_meant meant;
	unsigned i;

	wi_meant_begin(&meant, name);
	for (i = 0; i < WI_URL_NOPTIONS; i++)
		if (options_is_here(cut, url, &options_list[i]))
			wi_meant_try(&meant, options_list[i].name);
	return meant.best;
}

static int
options_unknown(const struct wi_url_cut *cut, const struct wi_url *url,
    struct wi_url_span found, const char *name)
{
	const char *meant = options_meant(cut, url, name);
	char known[400];

	options_known(cut, url, known, sizeof(known));
	return wi_fail(cut->err, WEFT_EURL,
	    "URL \"%.80s\": expected an option of %s, found \"%.*s\"%s%s%s",
	    cut->text, known, found.len > 40 ? 40 : (int)found.len, found.at,
	    meant != NULL ? ": did you mean " : "", meant != NULL ? meant : "",
	    meant != NULL ? "?" : "");
}

static int
options_misplaced(const struct wi_url_cut *cut, const struct wi_url *url,
    const struct wi_url_option_info *info)
{
	char known[400], where[80];

	options_known(cut, url, known, sizeof(known));
	wi_url_where(info->where, where, sizeof(where));
	return wi_fail(cut->err, WEFT_EURL,
	    "URL \"%.80s\": expected an option that a %s %s has (%s), found "
	    "\"%s\", which is for %s",
	    cut->text,
	    (cut->use & WI_URL_LISTEN) != 0 ? "listener of" : "connection by",
	    url->multicast ? "udp+multicast" : url->transport, known,
	    info->name, where);
}

/* ---- one option, and all */

static int
options_set(const struct wi_url_cut *cut, struct wi_url *url, unsigned index,
    struct wi_url_span written)
{
	const struct wi_url_option_info *info = &options_list[index];
	char value[WI_URL_TEXT_MAX];
	uint64_t number = 0;

	if (wi_url_given(url, (enum wi_url_option)index))
		return wi_url_bad(cut, "each option once",
		    (struct wi_url_span){ info->name, strlen(info->name) });
	if (!wi_percent_decode(
		written.at, written.len, value, sizeof(value)) ||
	    !options_read(info->kind, value, &number) || number < info->min ||
	    number > info->max)
		return options_bad_value(cut, info, written);
	url->numbers[index] = number;
	if (info->kind >= WI_URL_NETS)
		memcpy(wi_url_text(url, index), value, number + 1);
	url->given |= UINT64_C(1) << index;
	return WEFT_OK;
}

static int
options_one(const struct wi_url_cut *cut, struct wi_url *url,
    struct wi_url_span name, struct wi_url_span value)
{
	char word[OPTIONS_NAME_MAX + 2]; /* a longer one is cut, not equal */
	unsigned i;

	if (url->is == 0)
		return wi_url_bad(cut,
		    "a transport that has options (tcp, unix, udp, "
		    "udp+multicast, ws, http, tls, wss, https)",
		    (struct wi_url_span){
			url->transport, strlen(url->transport) });
	(void)snprintf(word, sizeof(word), "%.*s",
	    name.len > OPTIONS_NAME_MAX ? OPTIONS_NAME_MAX + 1 : (int)name.len,
	    name.at);
	for (i = 0; i < WI_URL_NOPTIONS; i++)
		if (strcmp(word, options_list[i].name) == 0)
			break;
	if (i == WI_URL_NOPTIONS)
		return options_unknown(cut, url, name, word);
	if (!options_is_here(cut, url, &options_list[i]))
		return options_misplaced(cut, url, &options_list[i]);
	return options_set(cut, url, i, value);
}

int
wi_url_options(
    const struct wi_url_cut *cut, const char *options, struct wi_url *url)
{
	struct wi_url_span name, value;
	const char *at;
	int rv;

	for (at = options;; at++) {
		name.at = at;
		name.len = strcspn(at, "=&");
		at += name.len;
		value.at = *at == '=' ? at + 1 : at;
		value.len = strcspn(value.at, "&");
		at = value.at + value.len;
		if (name.len == 0)
			return wi_url_bad(cut, "the name of an option",
			    (struct wi_url_span){ name.at, strlen(name.at) });
		if ((rv = options_one(cut, url, name, value)) != WEFT_OK)
			return rv;
		if (*at == '\0')
			return WEFT_OK;
	}
}
