/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash/text.c - text that grows in memory that is there.
 *
 * thread: any, and signal handlers.
 */
#include "crash/text.h"

#include <sys/socket.h>

#include "base/address.h"

void
wi_crash_text_init(struct wi_crash_text *text, char *at, size_t size)
{
	text->at = at;
	text->size = size;
	text->len = 0;
	text->cut = false;
}

static void
text_char(struct wi_crash_text *text, char c)
{
	if (text->len < text->size)
		text->at[text->len++] = c;
	else
		text->cut = true;
}

static bool
text_is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f;
}

void
wi_crash_put(struct wi_crash_text *text, const char *string)
{
	if (string == NULL)
		string = "-";
	while (*string != '\0')
		text_char(text, *string++);
}

void
wi_crash_put_word(struct wi_crash_text *text, const char *string)
{
	if (string == NULL)
		string = "-";
	for (; *string != '\0'; string++)
		text_char(text,
		    text_is_plain((unsigned char)*string) ? *string : '?');
}

static void
text_number(
    struct wi_crash_text *text, uint64_t value, unsigned base, unsigned digits)
{
	char reversed[20];
	unsigned n = 0;

	while (value > 0 || n < digits || n == 0) {
		reversed[n++] = "0123456789abcdef"[value % base];
		value /= base;
		if (n == sizeof(reversed))
			break;
	}
	while (n > 0)
		text_char(text, reversed[--n]);
}

void
wi_crash_put_dec(struct wi_crash_text *text, uint64_t value, unsigned digits)
{
	text_number(text, value, 10, digits);
}

void
wi_crash_put_hex(struct wi_crash_text *text, uint64_t value, unsigned digits)
{
	text_number(text, value, 16, digits);
}

void
wi_crash_put_dump(struct wi_crash_text *text, const void *data, size_t len)
{
	const unsigned char *bytes = data;
	size_t line, i;

	for (line = 0; line < len; line += 16) {
		wi_crash_put(text, "  ");
		wi_crash_put_hex(text, line, 4);
		wi_crash_put(text, " ");
		for (i = line; i < line + 16; i++) {
			wi_crash_put(text, i < len ? " " : "   ");
			if (i < len)
				wi_crash_put_hex(text, bytes[i], 2);
		}
		wi_crash_put(text, "  |");
		for (i = line; i < line + 16 && i < len; i++)
			text_char(text,
			    text_is_plain(bytes[i]) ? (char)bytes[i] : '.');
		wi_crash_put(text, "|\n");
	}
}

/* The date of a day since 1970, without the C library's lock on its time
 * zones: years that begin in March have their leap day last. */
static void
text_date(uint64_t day, unsigned *year, unsigned *month, unsigned *mday)
{
	uint64_t era, of_era, of_year, shifted;

	day += 719468; /* since 0000-03-01 */
	era = day / 146097;
	of_era = day % 146097;
	of_year =
	    (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	of_era -= 365 * of_year + of_year / 4 - of_year / 100;
	shifted = (5 * of_era + 2) / 153;
	*mday = (unsigned)(of_era - (153 * shifted + 2) / 5 + 1);
	*month = (unsigned)(shifted < 10 ? shifted + 3 : shifted - 9);
	*year = (unsigned)(of_year + era * 400 + (*month <= 2));
}

void
wi_crash_put_time(
    struct wi_crash_text *text, uint64_t seconds, bool separators)
{
	const char *dash = separators ? "-" : "";
	const char *colon = separators ? ":" : "";
	unsigned year, month, mday;

	text_date(seconds / 86400, &year, &month, &mday);
	seconds %= 86400;
	wi_crash_put_dec(text, year, 4);
	wi_crash_put(text, dash);
	wi_crash_put_dec(text, month, 2);
	wi_crash_put(text, dash);
	wi_crash_put_dec(text, mday, 2);
	wi_crash_put(text, "T");
	wi_crash_put_dec(text, seconds / 3600, 2);
	wi_crash_put(text, colon);
	wi_crash_put_dec(text, seconds / 60 % 60, 2);
	wi_crash_put(text, colon);
	wi_crash_put_dec(text, seconds % 60, 2);
	wi_crash_put(text, "Z");
}

static void
text_ip6(struct wi_crash_text *text, const struct wi_address *address)
{
	unsigned i;

	wi_crash_put(text, "[");
	for (i = 0; i < 16; i += 2) {
		wi_crash_put(text, i == 0 ? "" : ":");
		wi_crash_put_hex(text,
		    (uint64_t)address->ip[i] << 8 | address->ip[i + 1], 1);
	}
	wi_crash_put(text, "]");
}

void
wi_crash_put_address(
    struct wi_crash_text *text, const struct wi_address *address)
{
	unsigned i;

	if (address->family == AF_INET) {
		for (i = 0; i < 4; i++) {
			wi_crash_put(text, i == 0 ? "" : ".");
			wi_crash_put_dec(text, address->ip[i], 1);
		}
	} else if (address->family == AF_INET6) {
		text_ip6(text, address);
	} else {
		wi_crash_put(
		    text, address->family == AF_UNIX ? "unix" : "none");
		return;
	}
	wi_crash_put(text, ":");
	wi_crash_put_dec(text, address->port, 1);
}
