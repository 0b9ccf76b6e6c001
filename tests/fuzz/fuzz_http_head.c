/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/fuzz_http_head.c - what a hostile peer can do to codec/http_head.
 *
 * An input is: a byte that says whether it is a request, one that says in what
 * steps it comes, and a head.  Checked besides what the sanitizers see:
 * - its end is found where it is, however it comes;
 * - what is refused is refused for a reason;
 * - what is not is lines, each ended by CR LF, whose parts are those that the
 *   head says: nothing is left over that somebody else might see in it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/http_head.h"

#define FAIL(...)                                                             \
	do {                                                                  \
		fprintf(stderr, __VA_ARGS__);                                 \
		fprintf(stderr, "\n");                                        \
		abort();                                                      \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy that ends where its block ends. */
static uint8_t *
fuzz_exact(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len + !len);

	if (copy == NULL)
		abort();
	memcpy(copy, data, len);
	return copy;
}

/* Where the head ends, 0: nowhere. */
static size_t
naive_end(const uint8_t *data, size_t len)
{
	size_t i;

	for (i = 4; i <= len; i++)
		if (memcmp(data + i - 4, "\r\n\r\n", 4) == 0)
			return i;
	return 0;
}

static size_t
fuzz_end(const uint8_t *data, size_t len, size_t step)
{
	size_t end = naive_end(data, len), at, found = 0;
	uint32_t looked = 0;

	for (at = 0; at < len && found == 0;) {
		uint8_t *copy;

		at = len - at < step ? len : at + step;
		copy = fuzz_exact(data, at);
		found = wi_http_head_end(copy, at, &looked);
		free(copy);
		if (found != 0 && at - found >= step)
			FAIL("the end at %zu is found only at %zu", found, at);
	}
	if (found != end)
		FAIL("found the end at %zu, it is at %zu", found, end);
	return end;
}

static int
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* RFC 9110, section 5.6.2. */
static int
is_token(const char *at, size_t len)
{
	for (; len > 0; at++, len--)
		if (*at <= ' ' || *at > '~' ||
		    strchr("\"(),/:;<=>?@[\\]{}", *at) != NULL)
			return 0;
	return 1;
}

static int
same(struct wi_http_text text, const char *at, size_t len)
{
	return text.at == at && text.len == len;
}

/* The line [at, end) must be this field, to the byte. */
static void
fuzz_is_field(
    const struct wi_http_field *field, const char *at, const char *end)
{
	const char *colon = memchr(at, ':', (size_t)(end - at));
	const char *next = end + 2, *value, *c;

	if (colon == NULL || colon == at ||
	    !same(field->name, at, (size_t)(colon - at)) ||
	    !is_token(at, (size_t)(colon - at)))
		FAIL("a name of %zu bytes is not the line's", field->name.len);
	for (value = colon + 1; value < end && is_blank(*value); value++)
		continue;
	while (end > value && is_blank(end[-1]))
		end--;
	if (field->value.len != (size_t)(end - value) ||
	    (end > value && field->value.at != value) ||
	    field->value.at < colon || field->value.at > next)
		FAIL("a value of %zu bytes is not the line's",
		    field->value.len);
	for (c = value; c < end; c++)
		if ((*c >= 0 && *c < ' ' && *c != '\t') || *c == 0x7f)
			FAIL("a control character in a value");
}

/* The first line of a request (RFC 9112, section 3), to the byte, but for more
 * than one blank between its words, which a recipient may take. */
static void
fuzz_is_line(const struct wi_http_head *head, const char *at, const char *end)
{
	const char *target = at + head->method.len;
	struct wi_http_text path;

	if (head->method.at != at || head->method.len == 0 ||
	    !is_token(at, head->method.len) || *target != ' ')
		FAIL("a method of %zu bytes", head->method.len);
	while (target < end && *target == ' ')
		target++;
	if (head->target.len == 0 || head->target.at != target)
		FAIL("a target of %zu bytes", head->target.len);
	for (at = target; at < target + head->target.len; at++)
		if ((*at >= 0 && *at <= ' ') || *at == 0x7f)
			FAIL("a blank in a target");
	while (at < end && *at == ' ')
		at++;
	if (at == target + head->target.len || end - at != 8 ||
	    memcmp(at, head->minor == 1 ? "HTTP/1.1" : "HTTP/1.0", 8) != 0)
		FAIL("another protocol than HTTP/1.1, or 1.0");
	path = wi_http_path(head->target);
	if (path.at < head->target.at ||
	    path.at + path.len > head->target.at + head->target.len)
		FAIL("a path that is not in the target");
}

static void
fuzz_is_head(
    const struct wi_http_head *head, const char *at, size_t len, int request)
{
	const char *end = at + len, *line;
	unsigned n = 0, hosts;

	if (request && memcmp(at, "\r\n", 2) == 0)
		at += 2;
	for (line = at; at < end; line = at += 2, n++) {
		while (at < end && *at != '\r' && *at != '\n')
			at++;
		if (end - at < 2 || memcmp(at, "\r\n", 2) != 0)
			FAIL("a line that does not end in CR LF");
		if (at == line)
			break;
		if (n == 0 && request)
			fuzz_is_line(head, line, at);
		else if (n > 0 && n <= head->nfields)
			fuzz_is_field(&head->fields[n - 1], line, at);
	}
	if (end - at != 2 || n != head->nfields + 1 ||
	    head->nfields > WI_HTTP_FIELDS_MAX)
		FAIL("%u fields, in %u lines, %zu bytes from the end",
		    head->nfields, n, (size_t)(end - at));
	(void)wi_http_head_find(head, "host", &hosts);
	if (request && (hosts > 1 || (hosts == 0 && head->minor == 1)))
		FAIL("%u hosts", hosts);
}

/* Each list ends, and has only words in it. */
static void
fuzz_lists(const struct wi_http_head *head)
{
	struct wi_http_text list, token;
	unsigned i;
	size_t n;

	for (i = 0; i < head->nfields; i++) {
		list = head->fields[i].value;
		for (n = 0; wi_http_next_token(&list, &token); n++)
			if (token.len == 0 || is_blank(token.at[0]) ||
			    is_blank(token.at[token.len - 1]) ||
			    memchr(token.at, ',', token.len) != NULL ||
			    n > head->fields[i].value.len)
				FAIL("%zu bytes are no element of a list",
				    token.len);
		if (list.len != 0)
			FAIL("%zu bytes of a list are left", list.len);
	}
	(void)wi_http_has_token(head, "connection", "upgrade");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wi_http_head head;
	const char *why = NULL;
	unsigned status;
	uint8_t *copy;
	size_t len;
	int request;

	if (size < 2)
		return 0;
	request = data[0] % 2 == 0;
	len = fuzz_end(data + 2, size - 2, 1 + (size_t)data[1] * 4);
	if (len == 0)
		return 0;
	copy = fuzz_exact(data + 2, len);
	memset(&head, 0xa5, sizeof(head));
	status = wi_http_head_parse(copy, len, request, &head, &why);
	if (status == 0) {
		fuzz_is_head(&head, (const char *)copy, len, request);
		fuzz_lists(&head);
	} else if ((status != 400 && status != 431 && status != 501 &&
		       status != 505) ||
	    why == NULL) {
		FAIL("status %u is not one that it answers", status);
	}
	free(copy);
	return 0;
}
