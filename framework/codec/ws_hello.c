/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/ws_hello - the opening handshake (RFC 6455, section 4).
 *
 * thread: I/O.
 */
#include "codec/ws.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include <weft/error.h>

#include "base/random.h"
#include "codec/http_head.h"

#define HELLO_KEY 24u /* [bytes] of sec-websocket-key: 16 in base64 */
#define HELLO_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define HELLO_PROTOCOL_MAX 64u /* [bytes] */

static const char hello_status[] = "HTTP/1.1 101 Switching Protocols\r\n";

/* What a server says to a wrong request. */
struct refusal {
	unsigned status;
	const char *text; /* the status line, and fields that go with it */
};

static const struct refusal refusals[] = {
	{ 400, "400 Bad Request\r\n" },
	{ 403, "403 Forbidden\r\n" },
	{ 404, "404 Not Found\r\n" },
	{ 405, "405 Method Not Allowed\r\nAllow: GET\r\n" },
	{ 426,
	    "426 Upgrade Required\r\nUpgrade: websocket\r\n"
	    "Sec-WebSocket-Version: 13\r\n" },
	{ 431, "431 Request Header Fields Too Large\r\n" },
	{ 501, "501 Not Implemented\r\n" },
	{ 505, "505 HTTP Version Not Supported\r\n" },
};

/* The head of a request, as it is judged. */
struct hello {
	struct wi_http_head head;
	const char *why;
	char accept[WI_WS_ACCEPT + 1];
	struct wi_http_text protocol; /* len 0: none */
	const struct weft_codec_place *place;
	struct wi_ws_extension extension;
};

static int
hello_end(struct wi_ws *ws, struct weft_cut *cut, const char *why)
{
	ws->phase = WI_WS_ENDED;
	cut->error = WEFT_EMALFORMED;
	cut->why = why;
	return WEFT_CUT_END;
}

static int
hello_refuse(
    struct wi_ws *ws, struct weft_cut *cut, unsigned status, const char *why)
{
	const struct refusal *refusal = refusals;

	while (refusal->status != status)
		refusal++;
	cut->answer = ws->answer;
	cut->answer_len =
	    (size_t)snprintf((char *)ws->answer, sizeof(ws->answer),
		"HTTP/1.1 %sConnection: close\r\nContent-Length: 0\r\n\r\n",
		refusal->text);
	return hello_end(ws, cut, why);
}

/* Section 4.2.2, step 5.4. */
static void
hello_accept(const char key[HELLO_KEY], char accept[WI_WS_ACCEPT + 1])
{
	uint8_t joined[HELLO_KEY + sizeof(HELLO_GUID)];
	uint8_t digest[SHA_DIGEST_LENGTH];

	memcpy(joined, key, HELLO_KEY);
	memcpy(joined + HELLO_KEY, HELLO_GUID, sizeof(HELLO_GUID));
	(void)SHA1(joined, HELLO_KEY + strlen(HELLO_GUID), digest);
	(void)EVP_EncodeBlock((uint8_t *)accept, digest, sizeof(digest));
}

/* "expected ..., found \"...\"": what was found is cut. */
static const char *
hello_found(struct wi_ws *ws, const char *expected, struct wi_http_text found)
{
	char *words = (char *)ws->answer + WI_WS_WORDS_AT;

	(void)snprintf(words, sizeof(ws->answer) - WI_WS_WORDS_AT,
	    "expected %s, found \"%.*s\"", expected,
	    found.len > 40 ? 40 : (int)found.len, found.at);
	return words;
}

/* ---- server */

/* 16 bytes in base64. */
static bool
hello_is_key(struct wi_http_text key)
{
	uint8_t decoded[HELLO_KEY];

	return key.len == HELLO_KEY &&
	    memchr(key.at, '=', HELLO_KEY - 2) == NULL &&
	    memcmp(key.at + HELLO_KEY - 2, "==", 2) == 0 &&
	    EVP_DecodeBlock(decoded, (const uint8_t *)key.at, HELLO_KEY) == 18;
}

/* Is the path the one that is listened on? */
static bool
hello_is_here(struct wi_http_text target, const char *path)
{
	struct wi_http_text found = wi_http_path(target);

	/* "http://a.example": RFC 9110, section 4.2.3. */
	if (found.len == 0 && memmem(target.at, target.len, "://", 3) != NULL)
		found = (struct wi_http_text){ "/", 1 };
	return found.len > 0 && (path[0] == '\0' || wi_http_is(found, path));
}

/* The place of that path, else the one of any path; NULL: none. */
static const struct weft_codec_place *
hello_place(struct wi_http_text target, const struct weft_codec_place *place)
{
	const struct weft_codec_place *any = NULL;

	for (; place != NULL; place = place->next) {
		if (place->plain != 0 || !hello_is_here(target, place->target))
			continue;
		if (place->target[0] != '\0')
			return place;
		any = place;
	}
	return any;
}

/* The first of the client's that is one of ours (section 4.2.2, step 5). */
struct wi_http_text
wi_ws_choose(const struct wi_http_head *head, const char *protocols)
{
	struct wi_http_text ours, theirs, mine, wanted;
	unsigned i;

	for (i = 0; i < head->nfields; i++) {
		if (!wi_http_is_word(
			head->fields[i].name, "sec-websocket-protocol"))
			continue;
		theirs = head->fields[i].value;
		while (wi_http_next_token(&theirs, &wanted)) {
			ours = (struct wi_http_text){ protocols,
				strlen(protocols) };
			while (wi_http_next_token(&ours, &mine))
				if (mine.len == wanted.len &&
				    mine.len <= HELLO_PROTOCOL_MAX &&
				    memcmp(mine.at, wanted.at, mine.len) == 0)
					return mine;
		}
	}
	return (struct wi_http_text){ protocols, 0 };
}

/* Section 4.2.1; the status that answers it, 0: it is one. */
static unsigned
hello_judge(struct wi_ws *ws, struct hello *hello)
{
	const struct wi_http_head *head = &hello->head;
	const struct weft_codec_place *place;
	const struct wi_http_field *key, *version, *origin;
	unsigned n;

	hello->why = hello_found(ws, "GET (RFC 6455, 4.1)", head->method);
	if (!wi_http_is(head->method, "GET"))
		return 405;
	hello->why = "expected no body, found one";
	if (head->body)
		return 400;
	hello->why =
	    hello_found(ws, "a path that is listened on", head->target);
	place = hello_place(head->target, ws->place);
	if (place == NULL)
		return 404;
	hello->place = place;
	hello->why = "expected upgrade: websocket and connection: upgrade "
		     "(RFC 6455, 4.2.1), found a plain request";
	if (!wi_http_has_token(head, "upgrade", "websocket") ||
	    !wi_http_has_token(head, "connection", "upgrade"))
		return 426;
	version = wi_http_head_find(head, "sec-websocket-version", &n);
	hello->why = hello_found(ws, "sec-websocket-version 13",
	    version == NULL ? (struct wi_http_text){ "", 0 } : version->value);
	if (version == NULL || n != 1 || !wi_http_is(version->value, "13"))
		return 426;
	key = wi_http_head_find(head, "sec-websocket-key", &n);
	hello->why =
	    hello_found(ws, "one sec-websocket-key, 16 bytes in base64",
		key == NULL ? (struct wi_http_text){ "", 0 } : key->value);
	if (key == NULL || n != 1 || !hello_is_key(key->value))
		return 400;
	origin = wi_http_head_find(head, "origin", &n);
	if (origin != NULL)
		hello->why = hello_found(
		    ws, "one origin that may connect", origin->value);
	if (!wi_ws_lets_in(head, place->origins))
		return 403;
	hello->why =
	    "expected extensions as in RFC 6455, 9.1, found something "
	    "else";
	if (!wi_ws_extension_choose(head, place, &hello->extension))
		return 400;
	hello_accept(key->value.at, hello->accept);
	hello->protocol = wi_ws_choose(head, place->protocols);
	return 0;
}

/* Who gets what is no handshake for any of the other places; NULL: nobody. */
static const struct weft_codec_place *
hello_plain(
    const struct wi_http_head *head, const struct weft_codec_place *places)
{
	const struct weft_codec_place *plain = places;

	while (plain != NULL && plain->plain == 0)
		plain = plain->next;
	if (plain != NULL && wi_http_has_token(head, "upgrade", "websocket") &&
	    hello_place(head->target, places) != NULL)
		return NULL;
	return plain;
}

static void
hello_agreed(struct wi_ws *ws, const struct wi_ws_extension *extension)
{
	ws->set = extension->set;
	ws->bits = extension->bits;
	ws->takeover = extension->takeover;
}

/* The answer is longer than its place where an extension is agreed on: then it
 * goes in two parts. */
static bool
hello_first_part(
    struct wi_ws *ws, const struct hello *hello, struct weft_cut *cut)
{
	char *out = (char *)ws->answer;
	size_t n;

	if (!hello->extension.is || ws->said)
		return false;
	ws->said = true;
	ws->looked = 0; /* the head is looked at once more */
	n = (size_t)snprintf(out, sizeof(ws->answer), "%s", hello_status);
	n += wi_ws_extension_answer(
	    &hello->extension, out + n, sizeof(ws->answer) - n);
	cut->answer = ws->answer;
	cut->answer_len = n;
	return true;
}

static int
hello_welcome(
    struct wi_ws *ws, const struct hello *hello, struct weft_cut *cut)
{
	bool has = hello->protocol.len > 0;

	if (hello_first_part(ws, hello, cut))
		return WEFT_CUT_SKIP;
	cut->answer = ws->answer;
	cut->answer_len = (size_t)snprintf((char *)ws->answer,
	    sizeof(ws->answer),
	    "%sUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n"
	    "%s%.*s%s\r\n",
	    ws->said ? "" : hello_status, hello->accept,
	    has ? "Sec-WebSocket-Protocol: " : "", (int)hello->protocol.len,
	    has ? hello->protocol.at : "", has ? "\r\n" : "");
	cut->place = hello->place;
	hello_agreed(ws, &hello->extension);
	ws->phase = WI_WS_OPEN;
	return WEFT_CUT_OPEN;
}

static int
hello_of_client(
    struct wi_ws *ws, const uint8_t *data, size_t len, struct weft_cut *cut)
{
	const struct weft_codec_place *plain;
	struct hello hello;
	unsigned status;

	status = wi_http_head_parse(data, len, true, &hello.head, &hello.why);
	plain = status == 0 ? hello_plain(&hello.head, ws->place) : NULL;
	if (plain != NULL) {
		ws->phase = WI_WS_ENDED; /* another codec goes on */
		cut->place = plain;
		return WEFT_CUT_OPEN;
	}
	if (status == 0 && hello.head.minor != 1) {
		hello.why = "expected HTTP/1.1 (RFC 6455, 4.1), found 1.0";
		status = 505;
	}
	if (status == 0)
		status = hello_judge(ws, &hello);
	if (status != 0)
		return hello_refuse(ws, cut, status, hello.why);
	return hello_welcome(ws, &hello, cut);
}

/* ---- client */

int
wi_ws_begin_server(void *state, const struct weft_codec_place *place,
    uint8_t *out, size_t size, size_t *len)
{
	struct wi_ws *ws = state;

	(void)out;
	(void)size;
	(void)len;
	ws->place = place;
	return WEFT_OK;
}

/* Section 4.1.  What the answer must be is kept where answers are made. */
int
wi_ws_begin_client(void *state, const struct weft_codec_place *place,
    uint8_t *out, size_t size, size_t *len)
{
	struct wi_ws *ws = state;
	bool has = place->protocols[0] != '\0';
	const char *at;
	uint32_t random[4];
	char key[HELLO_KEY + 1], offer[192];
	int n;

	/* Anything else would be more than a target. */
	for (at = place->target; *at != '\0'; at++)
		if (*at <= ' ' || *at > '~')
			return WEFT_EURL;
	ws->place = place;
	ws->client = true;
	for (n = 0; n < 4; n++)
		random[n] = wi_random();
	(void)EVP_EncodeBlock(
	    (uint8_t *)key, (const uint8_t *)random, sizeof(random));
	hello_accept(key, (char *)ws->answer);
	(void)wi_ws_extension_offer(place, offer, sizeof(offer));
	n = snprintf((char *)out, size,
	    "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Key: %s\r\n"
	    "Sec-WebSocket-Version: 13\r\n%s%s%s%s\r\n",
	    place->target[0] == '\0' ? "/" : place->target, place->authority,
	    key, offer, has ? "Sec-WebSocket-Protocol: " : "",
	    place->protocols, has ? "\r\n" : "");
	if (n < 0 || (size_t)n >= size)
		return WEFT_ETOOBIG;
	*len = (size_t)n;
	return WEFT_OK;
}

/* The one that the server chose must have been asked for. */
static bool
hello_was_asked(const struct wi_http_head *head, const char *protocols)
{
	struct wi_http_text asked = { protocols, strlen(protocols) }, element;
	const struct wi_http_field *chosen;
	unsigned n;

	chosen = wi_http_head_find(head, "sec-websocket-protocol", &n);
	if (chosen == NULL)
		return true;
	while (n == 1 && wi_http_next_token(&asked, &element))
		if (element.len == chosen->value.len &&
		    memcmp(element.at, chosen->value.at, element.len) == 0)
			return true;
	return false;
}

/* Section 4.1, "Once the client's opening handshake has been sent". */
static int
hello_of_server(
    struct wi_ws *ws, const uint8_t *data, size_t len, struct weft_cut *cut)
{
	struct wi_ws_extension extension;
	const struct wi_http_field *accept;
	struct wi_http_head head;
	char status[16];
	const char *why;
	unsigned n;

	if (wi_http_head_parse(data, len, false, &head, &why) != 0)
		return hello_end(ws, cut, why);
	if (head.status != 101) {
		(void)snprintf(status, sizeof(status), "%u", head.status);
		return hello_end(ws, cut,
		    hello_found(ws, "the status 101",
			(struct wi_http_text){ status, strlen(status) }));
	}
	if (!wi_http_has_token(&head, "upgrade", "websocket") ||
	    !wi_http_has_token(&head, "connection", "upgrade"))
		return hello_end(ws, cut,
		    "expected upgrade: websocket and connection: upgrade, "
		    "found them not");
	accept = wi_http_head_find(&head, "sec-websocket-accept", &n);
	if (accept == NULL || n != 1 || accept->value.len != WI_WS_ACCEPT ||
	    memcmp(accept->value.at, ws->answer, WI_WS_ACCEPT) != 0)
		return hello_end(ws, cut,
		    "expected the sec-websocket-accept of our key, found "
		    "another or none");
	why = wi_ws_extension_agree(&head, ws->place, &extension);
	if (why != NULL)
		return hello_end(ws, cut, why);
	if (!hello_was_asked(&head, ws->place->protocols))
		return hello_end(ws, cut,
		    "expected a subprotocol that was asked for, found "
		    "another");
	hello_agreed(ws, &extension);
	ws->phase = WI_WS_OPEN;
	return WEFT_CUT_OPEN;
}

/* ---- both */

int
wi_ws_hello(
    struct wi_ws *ws, const uint8_t *data, size_t len, struct weft_cut *cut)
{
	size_t head = wi_http_head_end(data, len, &ws->looked);
	int rv;

	if (head == 0 && len <= WI_HTTP_HEAD_MAX)
		return WEFT_CUT_MORE;
	if (head == 0 || head > WI_HTTP_HEAD_MAX) {
		static const char why[] =
		    "expected a head of at most 8192 bytes, found a longer "
		    "one";

		return ws->client ? hello_end(ws, cut, why) :
				    hello_refuse(ws, cut, 431, why);
	}
	rv = ws->client ? hello_of_server(ws, data, head, cut) :
			  hello_of_client(ws, data, head, cut);
	if (rv == WEFT_CUT_SKIP ||
	    (rv == WEFT_CUT_OPEN && cut->place != NULL && cut->place->plain))
		return rv;
	cut->len = head;
	cut->used = head;
	return rv;
}
