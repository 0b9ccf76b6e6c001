/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/http_head - the head of an HTTP/1.1 message in its parts.
 *
 * thread: any (pure).
 *
 * strict_note: llhttp 8.1 in strict mode refuses a bare CR, blanks in front of
 * a colon, two content-lengths, content-length beside transfer-encoding.  It
 * lets through, and we refuse: a bare LF behind the first line or as the last
 * one, a field without a name, a folded line, another version than 1.1 and
 * 1.0, RTSP and ICE, a request without host or with two, too many lines, a
 * coding of the body besides chunked (501), one at all in HTTP/1.0.
 */
#include "codec/http_head.h"

#include <llhttp.h>
#include <string.h>
#include <strings.h>

/* owned by: wi_http_head_parse(), on its stack. */
struct head_parse {
	llhttp_t llhttp; /* first */
	llhttp_settings_t settings;
	struct wi_http_head *head;
	bool full;
	bool done;
	bool coded; /* there is a transfer-encoding */
};

size_t
wi_http_head_end(const uint8_t *data, size_t len, uint32_t *looked)
{
	/* An end may have begun in what was looked at. */
	size_t at = *looked > 3 ? *looked - 3 : 0;
	const uint8_t *found;

	found =
	    len - at < 4 ? NULL : memmem(data + at, len - at, "\r\n\r\n", 4);
	*looked = (uint32_t)len;
	return found == NULL ? 0 : (size_t)(found - data) + 4;
}

static void
head_clear(struct wi_http_field *field)
{
	field->name.len = 0;
	field->value.at = "";
	field->value.len = 0;
}

static void
head_join(struct wi_http_text *text, const char *at, size_t len)
{
	if (text->len == 0)
		text->at = at;
	text->len += len;
}

static int
head_on_url(llhttp_t *llhttp, const char *at, size_t len)
{
	head_join(&((struct head_parse *)llhttp)->head->target, at, len);
	return 0;
}

static int
head_on_field(llhttp_t *llhttp, const char *at, size_t len)
{
	struct head_parse *parse = (struct head_parse *)llhttp;
	struct wi_http_head *head = parse->head;

	if (head->nfields == WI_HTTP_FIELDS_MAX) {
		parse->full = true;
		return -1;
	}
	head_join(&head->fields[head->nfields].name, at, len);
	return 0;
}

static int
head_on_value(llhttp_t *llhttp, const char *at, size_t len)
{
	struct wi_http_head *head = ((struct head_parse *)llhttp)->head;

	head_join(&head->fields[head->nfields].value, at, len);
	return 0;
}

static int
head_on_value_complete(llhttp_t *llhttp)
{
	struct wi_http_head *head = ((struct head_parse *)llhttp)->head;
	struct wi_http_text *value = &head->fields[head->nfields].value;

	while (value->len > 0 &&
	    (value->at[value->len - 1] == ' ' ||
		value->at[value->len - 1] == '\t'))
		value->len--;
	if (++head->nfields < WI_HTTP_FIELDS_MAX)
		head_clear(&head->fields[head->nfields]);
	return 0;
}

static int
head_on_complete(llhttp_t *llhttp)
{
	struct head_parse *parse = (struct head_parse *)llhttp;

	parse->done = true;
	parse->head->status = (unsigned)llhttp_get_status_code(llhttp);
	if ((llhttp->flags & F_CONTENT_LENGTH) != 0)
		parse->head->length = llhttp->content_length;
	parse->coded = (llhttp->flags & F_TRANSFER_ENCODING) != 0;
	parse->head->body = parse->coded || parse->head->length != 0;
	return -1; /* no further */
}

/* The lines, each ended by CR LF (llhttp sees to a bare CR, and to a bare LF
 * behind a field): NULL, or why they are none. */
static const char *
head_lines(const uint8_t *data, size_t len)
{
	const uint8_t *at = data, *end = data + len;

	if (*at == '\r' || *at == '\n')
		return "expected a first line (RFC 9112, 2.1), found an empty "
		       "one";
	while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		if (at[-1] != '\r')
			return "expected each line to end in CR LF (RFC 9112, "
			       "2.2), found a bare LF";
		if (++at == end)
			break;
		if (*at == ' ' || *at == '\t')
			return "expected each field on one line (RFC 9112, "
			       "5.2), found a folded one";
		if (*at == ':')
			return "expected a field's name (RFC 9112, 5), found "
			       "none";
	}
	return NULL;
}

static const char head_version[] = "expected HTTP/1.1, found another version";

/* What ends the first line; llhttp tells only the numbers, and takes those of
 * RTSP and ICE too. */
static bool
head_is_http(const uint8_t *data, size_t len)
{
	static const char version[] = "HTTP/1.";
	const uint8_t *end = memchr(data, '\r', len);

	return end != NULL && (size_t)(end - data) > strlen(version) &&
	    memcmp(end - strlen(version) - 1, version, strlen(version)) == 0;
}

/* A version that llhttp does not know. */
static bool
head_is_other(const uint8_t *data, size_t len)
{
	const uint8_t *end = memchr(data, '\r', len);
	const char *at = (const char *)end - strlen("HTTP/1.1");

	return end != NULL && (size_t)(end - data) > strlen("HTTP/1.1") &&
	    memcmp(at, "HTTP/", 5) == 0 && at[6] == '.' && at[5] >= '0' &&
	    at[5] <= '9' && at[7] >= '0' && at[7] <= '9' &&
	    (at[5] != '1' || at[7] > '1');
}

/* The word in front of the target: llhttp has told us only its number. */
static void
head_method(const uint8_t *data, size_t len, struct wi_http_head *head)
{
	const uint8_t *blank = memchr(data, ' ', len);

	head->method.at = (const char *)data;
	head->method.len = blank == NULL ? 0 : (size_t)(blank - data);
}

/* RFC 9112, section 6.1: what else is done to a body we do not know, and who
 * does not know of chunks has written none. */
static unsigned
head_judge_body(const struct head_parse *parse, const char **why)
{
	struct wi_http_head *head = parse->head;
	const struct wi_http_field *coding;
	struct wi_http_text list, token, last = { "", 0 };
	unsigned n, ncodings = 0;

	if (!parse->coded)
		return 0;
	*why = "expected no transfer-encoding in HTTP/1.0 (RFC 9112, 6.1), "
	       "found one";
	if (head->minor == 0)
		return 400;
	coding = wi_http_head_find(head, "transfer-encoding", &n);
	*why = "expected chunked as the last transfer-encoding (RFC 9112, "
	       "6.3), found another";
	list = coding->value;
	for (; wi_http_next_token(&list, &token); ncodings++)
		last = token;
	if (n != 1 || !wi_http_is_word(last, "chunked"))
		return 400;
	*why = "expected no transfer-encoding but chunked (RFC 9112, 6.1), "
	       "found another";
	if (ncodings != 1)
		return 501;
	head->chunked = true;
	return 0;
}

static unsigned
head_judge(const struct head_parse *parse, const uint8_t *data, size_t len,
    bool request, const char **why)
{
	const llhttp_t *llhttp = &parse->llhttp;
	struct wi_http_head *head = parse->head;
	unsigned nhosts;

	head->minor = llhttp->http_minor;
	if (llhttp->http_major != 1 || head->minor > 1 ||
	    (!request && head->minor == 0) ||
	    (request && !head_is_http(data, len))) {
		*why = head_version;
		return 505;
	}
	if (!request)
		return 0;
	(void)wi_http_head_find(head, "host", &nhosts);
	if (nhosts > 1 || (nhosts == 0 && head->minor == 1)) {
		*why = "expected one host field (RFC 9112, 3.2), found none "
		       "or several";
		return 400;
	}
	return head_judge_body(parse, why);
}

unsigned
wi_http_head_parse(const uint8_t *data, size_t len, bool request,
    struct wi_http_head *head, const char **why)
{
	struct head_parse parse = { .head = head };
	const char *malformed;

	memset(head, 0, offsetof(struct wi_http_head, fields));
	head_clear(&head->fields[0]);
	head->len = len;
	llhttp_settings_init(&parse.settings);
	parse.settings.on_url = head_on_url;
	parse.settings.on_header_field = head_on_field;
	parse.settings.on_header_value = head_on_value;
	parse.settings.on_header_value_complete = head_on_value_complete;
	parse.settings.on_headers_complete = head_on_complete;
	llhttp_init(&parse.llhttp, request ? HTTP_REQUEST : HTTP_RESPONSE,
	    &parse.settings);
	*why = "expected the head of an HTTP message (RFC 9112), found "
	       "something else";
	/* RFC 9112, section 2.2: an empty line in front is let by. */
	if (request && len > 2 && memcmp(data, "\r\n", 2) == 0) {
		data += 2;
		len -= 2;
	}
	malformed = head_lines(data, len);
	if (malformed != NULL) {
		*why = malformed;
		return 400;
	}
	(void)llhttp_execute(&parse.llhttp, (const char *)data, len);
	if (parse.full) {
		*why = "expected at most 100 fields, found more";
		return 431;
	}
	if (!parse.done && request && head_is_other(data, len)) {
		*why = head_version;
		return 505;
	}
	if (!parse.done)
		return 400;
	if (request)
		head_method(data, len, head);
	return head_judge(&parse, data, len, request, why);
}

const struct wi_http_field *
wi_http_head_find(
    const struct wi_http_head *head, const char *name, unsigned *n)
{
	const struct wi_http_field *found = NULL;
	unsigned i;

	*n = 0;
	for (i = 0; i < head->nfields; i++)
		if (wi_http_is_word(head->fields[i].name, name)) {
			if (found == NULL)
				found = &head->fields[i];
			(*n)++;
		}
	return found;
}

static bool
head_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool
wi_http_next_token(struct wi_http_text *list, struct wi_http_text *token)
{
	while (list->len > 0 && (head_blank(*list->at) || *list->at == ',')) {
		list->at++;
		list->len--;
	}
	token->at = list->at;
	token->len = 0;
	while (list->len > 0 && *list->at != ',') {
		list->at++;
		list->len--;
		token->len++;
	}
	while (token->len > 0 && head_blank(token->at[token->len - 1]))
		token->len--;
	return token->len > 0;
}

bool
wi_http_has_token(
    const struct wi_http_head *head, const char *name, const char *token)
{
	struct wi_http_text list, element;
	unsigned i;

	for (i = 0; i < head->nfields; i++) {
		if (!wi_http_is_word(head->fields[i].name, name))
			continue;
		list = head->fields[i].value;
		while (wi_http_next_token(&list, &element))
			if (wi_http_is_word(element, token))
				return true;
	}
	return false;
}

struct wi_http_text
wi_http_path(struct wi_http_text target)
{
	struct wi_http_text path = target;
	const char *at, *end = target.at + target.len;

	if (target.len > 0 && target.at[0] != '/') {
		at = memmem(target.at, target.len, "://", 3);
		at = at == NULL ? end : at + 3;
		while (at < end && *at != '/' && *at != '?')
			at++;
		path.at = at;
		path.len = (size_t)(end - at);
	}
	at = path.len == 0 ? NULL : memchr(path.at, '?', path.len);
	if (at != NULL)
		path.len = (size_t)(at - path.at);
	return path;
}

bool
wi_http_is_token(struct wi_http_text text)
{
	size_t i;

	for (i = 0; i < text.len; i++)
		if (text.at[i] <= ' ' || text.at[i] > '~' ||
		    strchr("\"(),/:;<=>?@[\\]{}", text.at[i]) != NULL)
			return false;
	return text.len > 0;
}

bool
wi_http_is(struct wi_http_text text, const char *other)
{
	return strlen(other) == text.len &&
	    memcmp(text.at, other, text.len) == 0;
}

bool
wi_http_is_word(struct wi_http_text text, const char *word)
{
	return strlen(word) == text.len &&
	    strncasecmp(text.at, word, text.len) == 0;
}
