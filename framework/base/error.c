/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/error.c - codes and reasons in words.
 *
 * Ours come from the lists in the public headers, those of the operating
 * system from the C library.  All are constants, so any thread may ask.
 *
 * thread: any.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* strerrordesc_np(), strerrorname_np() */
#endif

#include <weft/error.h>

#include <string.h>

#include <weft/endpoint.h>

/* Linux keeps errno values below this, in system calls as well. */
#define ERROR_ERRNO_END 4096

static const char *error_errno_text(int code);
static const char *error_errno_name(int code);

const char *
weft_strerror(int code)
{
	switch (code) {
	case WEFT_OK:
		return "no error";
#define ERROR_CASE_TEXT(name, value, text)                                    \
	case WEFT_##name:                                                     \
		return text;
		WEFT_ERRORS(ERROR_CASE_TEXT)
#undef ERROR_CASE_TEXT
	default:
		return error_errno_text(code);
	}
}

const char *
weft_errname(int code)
{
	switch (code) {
	case WEFT_OK:
		return "WEFT_OK";
#define ERROR_CASE_NAME(name, value, text)                                    \
	case WEFT_##name:                                                     \
		return "WEFT_" #name;
		WEFT_ERRORS(ERROR_CASE_NAME)
#undef ERROR_CASE_NAME
	default:
		return error_errno_name(code);
	}
}

const char *
weft_reason_name(enum weft_reason why)
{
	switch (why) {
#define ERROR_CASE_REASON(name, word, side, text)                             \
	case WEFT_REASON_##name:                                              \
		return word;
		WEFT_REASONS(ERROR_CASE_REASON)
#undef ERROR_CASE_REASON
	}
	return "unknown";
}

enum weft_side
weft_reason_side(enum weft_reason why)
{
	switch (why) {
#define ERROR_CASE_SIDE(name, word, side, text)                               \
	case WEFT_REASON_##name:                                              \
		return WEFT_SIDE_##side;
		WEFT_REASONS(ERROR_CASE_SIDE)
#undef ERROR_CASE_SIDE
	}
	return WEFT_SIDE_NODE;
}

static const char *
error_errno_text(int code)
{
	const char *text;

	text = NULL;
	if (code < 0 && code > -ERROR_ERRNO_END)
		text = strerrordesc_np(-code);
	return text != NULL ? text : "unknown error";
}

static const char *
error_errno_name(int code)
{
	const char *name;

	name = NULL;
	if (code < 0 && code > -ERROR_ERRNO_END)
		name = strerrorname_np(-code);
	return name != NULL ? name : "unknown";
}
