/* SPDX-License-Identifier: Apache-2.0 */
/*
 * condition - etags, dates and ranges of a request (RFC 9110, sections 13 and
 * 14).
 *
 * many_note: of a range that is several, or none that we know, the whole file
 * is sent, as section 14.2 allows.
 */
#include "files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char condition_months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

void
files_date(time_t when, char out[FILES_DATE_MAX])
{
	static const char days[] = "SunMonTueWedThuFriSat";
	struct tm tm;

	(void)gmtime_r(&when, &tm);
	(void)snprintf(out, FILES_DATE_MAX,
	    "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT", days + 3 * tm.tm_wday,
	    (unsigned)tm.tm_mday % 100, condition_months + 3 * tm.tm_mon,
	    (unsigned)(tm.tm_year + 1900) % 10000, (unsigned)tm.tm_hour % 100,
	    (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
}

/* Of the form that is written today (section 5.6.7); -1: it is none. */
static time_t
condition_date(const char *text)
{
	struct tm tm = { 0 };
	char month[4];
	const char *at;

	if (sscanf(text, "%*3s, %2d %3s %4d %2d:%2d:%2d GMT", &tm.tm_mday,
		month, &tm.tm_year, &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6)
		return -1;
	at = strstr(condition_months, month);
	if (at == NULL || (at - condition_months) % 3 != 0)
		return -1;
	tm.tm_mon = (int)(at - condition_months) / 3;
	tm.tm_year -= 1900;
	return timegm(&tm);
}

/* A field of the request as a string; false: there is none. */
static bool
condition_field(
    struct weft_call *call, const char *name, char *out, size_t size)
{
	struct weft_bytes value;

	if (weft_call_http_field(call, name, &value) != WEFT_OK ||
	    value.len >= size)
		return false;
	memcpy(out, value.data, value.len);
	out[value.len] = '\0';
	return true;
}

/* Is the etag one of a list, or is it "*" (section 13.1.2)?  Weak ones are as
 * good here. */
static bool
condition_has(const char *list, const char *etag)
{
	size_t len = strlen(etag);
	const char *at = list;

	if (strcmp(list, "*") == 0)
		return true;
	while ((at = strstr(at, etag)) != NULL) {
		if ((at == list || strchr(" ,\t/", at[-1]) != NULL) &&
		    (at[len] == '\0' || strchr(" ,\t", at[len]) != NULL))
			return true;
		at += len;
	}
	return false;
}

/* The client has it already (section 13.2.2). */
static bool
condition_is_fresh(struct weft_call *call, const struct files_found *found)
{
	char text[1024];

	if (condition_field(call, "if-none-match", text, sizeof(text)))
		return condition_has(text, found->etag);
	return condition_field(
		   call, "if-modified-since", text, sizeof(text)) &&
	    condition_date(text) >= found->modified;
}

/* May a range of it be sent (section 13.1.5)? */
static bool
condition_is_same(struct weft_call *call, const struct files_found *found)
{
	char text[128];

	if (!condition_field(call, "if-range", text, sizeof(text)))
		return true;
	return strcmp(text, found->etag) == 0 ||
	    strcmp(text, found->date) == 0;
}

/* Digits up to end; false: none, or too many. */
static bool
condition_number(const char **at, uint64_t *number)
{
	unsigned digits = 0;

	*number = 0;
	for (; **at >= '0' && **at <= '9' && digits < 18; digits++)
		*number = *number * 10 + (uint64_t)(*(*at)++ - '0');
	return digits > 0 && (**at < '0' || **at > '9');
}

/* "bytes=1-2", "bytes=1-", "bytes=-2" (section 14.1.2): false: many_note. */
static bool
condition_range(const char *text, uint64_t size, struct files_part *part)
{
	uint64_t first, last = UINT64_MAX;

	if (strncmp(text, "bytes=", 6) != 0)
		return false;
	text += 6;
	if (*text == '-') {
		text++;
		if (!condition_number(&text, &last) || *text != '\0')
			return false;
		first = last < size ? size - last : 0;
		last = last == 0 ? 0 : size;
		if (last == 0)
			first = size; /* none of it */
	} else {
		if (!condition_number(&text, &first) || *text++ != '-' ||
		    (*text != '\0' && !condition_number(&text, &last)) ||
		    *text != '\0' || last < first)
			return false;
	}
	part->status = first >= size ? 416 : 206;
	if (part->status == 416)
		return true;
	if (last >= size)
		last = size - 1;
	part->first = first;
	part->length = last - first + 1;
	return true;
}

struct files_part
files_part(struct weft_call *call, const struct files_found *found)
{
	struct files_part part = { .status = 200, .length = found->size };
	char text[128];

	if (condition_is_fresh(call, found)) {
		part.status = 304;
		part.length = 0;
	} else if (condition_field(call, "range", text, sizeof(text)) &&
	    condition_is_same(call, found) &&
	    condition_range(text, found->size, &part) && part.status == 416) {
		part.length = 0;
	}
	return part;
}
