/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/admin_request - a line that was asked of the admin socket, taken apart.
 *
 * thread: any (pure).
 */
#include "host/admin_request.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "base/fail.h"
#include "codec/utf8.h"
#include "host/usage.h"

/* Where the reading of a line is. */
struct request_at {
	const char *line;
	size_t len;
	size_t at;
	char *out; /* where the next word goes: never beyond the line's own
	              length, as no word gets longer than it was written */
};

static int
request_bytes(const char *line, size_t len, struct weft_error *err)
{
	struct wi_utf8 utf8 = { 0 };
	size_t i;

	if (len >= WI_REQUEST_MAX)
		return wi_fail(err, -E2BIG,
		    "request: expected at most %u bytes, found more",
		    WI_REQUEST_MAX - 1);
	for (i = 0; i < len; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			return wi_fail(err, -EBADMSG,
			    "request: column %zu: expected text, found a "
			    "control byte (0x%02x)",
			    i + 1, (unsigned)(unsigned char)line[i]);
	if (!wi_utf8_next(&utf8, (const uint8_t *)line, len) ||
	    !wi_utf8_whole(&utf8))
		return wi_fail(err, -EBADMSG,
		    "request: expected UTF-8, found other bytes");
	return WEFT_OK;
}

/* Behind the quote that ends the string which begins at at; 0: there is
 * none. */
static size_t
request_string_end(const struct request_at *read)
{
	size_t i;

	for (i = read->at + 1; i < read->len; i++) {
		if (read->line[i] == '"')
			return i + 1;
		if (read->line[i] == '\\')
			i++;
	}
	return 0;
}

static int
request_string(struct request_at *read, struct weft_error *err)
{
	size_t end = request_string_end(read);
	json_t *json = NULL;

	if (end != 0 && (end == read->len || read->line[end] == ' '))
		json = json_loadb(read->line + read->at, end - read->at,
		    JSON_DECODE_ANY, NULL);
	if (!json_is_string(json)) {
		json_decref(json);
		return wi_fail(err, -EBADMSG,
		    "request: column %zu: expected a JSON string and a blank "
		    "or the end behind it",
		    read->at + 1);
	}
	strcpy(read->out, json_string_value(json));
	json_decref(json);
	read->at = end;
	return WEFT_OK;
}

static int
request_word(struct request_at *read, struct weft_error *err)
{
	size_t n = 0;

	if (read->line[read->at] == '"')
		return request_string(read, err);
	for (; read->at < read->len && read->line[read->at] != ' '; read->at++)
		if (read->line[read->at] == '"')
			return wi_fail(err, -EBADMSG,
			    "request: column %zu: expected no quote inside of "
			    "a word",
			    read->at + 1);
		else
			read->out[n++] = read->line[read->at];
	read->out[n] = '\0';
	return WEFT_OK;
}

/* The first word is not kept. */
static int
request_words(struct request_at *read, struct wi_admin_request *request,
    struct weft_error *err)
{
	bool greeted = false;
	int rv;

	for (;;) {
		while (read->at < read->len && read->line[read->at] == ' ')
			read->at++;
		if (read->at == read->len)
			break;
		rv = request_word(read, err);
		if (rv < 0)
			return rv;
		if (!greeted) {
			greeted = true;
			if (strcmp(read->out, WI_REQUEST_PROTOCOL) != 0)
				return wi_fail(err, -EPROTO,
				    "request: expected %s, found \"%.32s\"",
				    WI_REQUEST_PROTOCOL, read->out);
			continue;
		}
		if (request->nwords == WI_REQUEST_WORDS)
			return wi_fail(err, -E2BIG,
			    "request: expected at most %u words, found more",
			    WI_REQUEST_WORDS);
		request->words[request->nwords++] = read->out;
		read->out += strlen(read->out) + 1;
	}
	if (request->nwords > 0)
		return WEFT_OK;
	return wi_fail(err, greeted ? -EBADMSG : -EPROTO,
	    "request: expected %s and a verb, found \"%.32s\"",
	    WI_REQUEST_PROTOCOL, request->text);
}

int
wi_admin_request_parse(const char *line, size_t len,
    struct wi_admin_request *request, struct weft_error *err)
{
	struct request_at read = { .line = line, .len = len };
	int rv;

	if (read.len > 0 && line[read.len - 1] == '\r')
		read.len--;
	rv = request_bytes(line, read.len, err);
	if (rv < 0)
		return rv;
	request->nwords = 0;
	request->text[0] = '\0';
	read.out = request->text;
	return request_words(&read, request, err);
}

/* The value behind "name="; NULL: the word is another. */
static const char *
request_option(const char *word, const char *name, size_t len)
{
	return strncmp(word, name, len) == 0 && word[len] == '=' ?
	    word + len + 1 :
	    NULL;
}

const char *
wi_admin_request_value(
    const struct wi_admin_request *request, const char *name)
{
	const char *value;
	unsigned i;

	for (i = 1; i < request->nwords; i++) {
		value = request_option(request->words[i], name, strlen(name));
		if (value != NULL)
			return value;
	}
	return NULL;
}

static bool
request_knows(const char *word, const char *options)
{
	size_t len;

	for (; *options != '\0'; options += len + (options[len] == ' ')) {
		len = strcspn(options, " ");
		if (request_option(word, options, len) != NULL)
			return true;
	}
	return false;
}

int
wi_admin_request_check(const struct wi_admin_request *request, unsigned min,
    unsigned max, const char *options, const char *args[],
    struct weft_error *err)
{
	unsigned i, n = 0;

	for (i = 0; i < max; i++)
		args[i] = NULL;
	for (i = 1; i < request->nwords; i++) {
		if (request_knows(request->words[i], options))
			continue;
		if (n == max)
			return wi_fail(err, -EINVAL,
			    "%s: expected at most %u words%s%s, found \"%s\"",
			    request->words[0], max,
			    *options != '\0' ? " and options of " : "",
			    options, request->words[i]);
		args[n++] = request->words[i];
	}
	if (n < min)
		return wi_fail(err, -EINVAL, "%s: expected %u words, found %u",
		    request->words[0], min, n);
	return WEFT_OK;
}

int
wi_admin_request_number(const struct wi_admin_request *request,
    const char *name, uint64_t max, uint64_t missing, uint64_t *out,
    struct weft_error *err)
{
	const char *text = wi_admin_request_value(request, name);

	*out = missing;
	return text == NULL ? WEFT_OK :
			      wi_usage_number(name, text, 0, max, out, err);
}
