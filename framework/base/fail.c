/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/fail.c - fill a struct weft_error, and keep what users see in one line.
 *
 * thread: any.
 */
#include "base/fail.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"

static size_t line_cut(char *out, size_t size);
static void line_clean(char *out, size_t len);

int
wi_fail(struct weft_error *err, int code, const char *format, ...)
{
	char text[sizeof(err->text)];
	va_list args;
	size_t len;

	wi_assert(code < 0);
	if (err == NULL)
		return code;

	/* Not into err->text: it may be one of the arguments. */
	va_start(args, format);
	len = wi_line_format(text, sizeof(text), format, args);
	va_end(args);
	memcpy(err->text, text, len + 1);
	err->code = code;
	return code;
}

void
wi_fail_clear(struct weft_error *err)
{
	if (err == NULL)
		return;
	err->code = WEFT_OK;
	err->text[0] = '\0';
}

size_t
wi_line_format(char *out, size_t size, const char *format, va_list args)
{
	size_t len;
	int wanted;

	wi_assert(size >= sizeof("..."));
	wanted = vsnprintf(out, size, format, args);
	if (wanted < 0)
		len = 0;
	else if ((size_t)wanted < size)
		len = (size_t)wanted;
	else
		len = line_cut(out, size);
	out[len] = '\0';
	line_clean(out, len);
	return len;
}

/* Put "..." at the end of a full line, and not inside a UTF-8 character. */
static size_t
line_cut(char *out, size_t size)
{
	size_t at;

	at = size - sizeof("...");
	while (at > 0 && ((unsigned char)out[at] & 0xc0) == 0x80)
		at--;
	memcpy(out + at, "...", sizeof("..."));
	return at + sizeof("...") - 1;
}

static void
line_clean(char *out, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if ((unsigned char)out[i] < 0x20 || out[i] == 0x7f)
			out[i] = '?';
	}
}
