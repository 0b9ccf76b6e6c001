/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/ws_extension - permessage-deflate is agreed on (RFC 7692, sections 5
 * and 7; RFC 6455, section 9.1).
 *
 * thread: any (pure).
 *
 * alone_note: what we send never refers to a message before it, and we say so
 * in each answer and offer.  What a peer sends may, if the option deflate says
 * takeover: then its window is kept.
 */
#include "codec/ws_extension.h"

#include <stdio.h>
#include <string.h>

#include <weft/codec.h>

#define EXTENSION_NAME "permessage-deflate"
#define EXTENSION_BITS_MIN 8u
#define EXTENSION_BITS_MAX 15u

/* What stands behind the name: an offer, or an answer. */
struct terms {
	bool is_ours; /* it is permessage-deflate */
	bool wrong;   /* a parameter that is none, or twice, or its value */
	bool server_alone;
	bool client_alone;
	bool server_limits; /* server_max_window_bits is there */
	bool client_limits;
	uint8_t server_bits;
	uint8_t client_bits; /* 0: it has no value */
};

/* ---- the grammar */

static void
extension_blanks(struct wi_http_text *list)
{
	while (list->len > 0 && (*list->at == ' ' || *list->at == '\t')) {
		list->at++;
		list->len--;
	}
}

/* A token, and the blanks behind it; false: there is none. */
static bool
extension_token(struct wi_http_text *list, struct wi_http_text *token)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";
	char c;

	token->at = list->at;
	while (list->len > 0) {
		c = *list->at;
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			(c >= 'A' && c <= 'Z') ||
			(c != '\0' && strchr(marks, c) != NULL)))
			break;
		list->at++;
		list->len--;
	}
	token->len = (size_t)(list->at - token->at);
	extension_blanks(list);
	return token->len > 0;
}

/* That character, and the blanks behind it. */
static bool
extension_is(struct wi_http_text *list, char c)
{
	if (list->len == 0 || *list->at != c)
		return false;
	list->at++;
	list->len--;
	extension_blanks(list);
	return true;
}

/* A value, in quotes or not: in them stands a token too (RFC 6455, section
 * 9.1).  One with a backslash is none that we know, so it is only stepped
 * over. */
static bool
extension_value(struct wi_http_text *list, struct wi_http_text *value)
{
	const char *end;

	if (list->len == 0 || *list->at != '"')
		return extension_token(list, value);
	value->at = list->at + 1;
	end = list->at + list->len;
	for (list->at++; list->at < end && *list->at != '"'; list->at++)
		if (*list->at == '\\' && ++list->at == end)
			break;
	value->len = (size_t)(list->at - value->at);
	list->len = (size_t)(end - list->at);
	return value->len > 0 && extension_is(list, '"');
}

/* ---- the parameters */

/* Section 7.1.2: 8 to 15, without a zero in front; 0: it is not. */
static uint8_t
extension_bits(struct wi_http_text value)
{
	uint8_t bits = 0;

	if (value.len == 1 && value.at[0] >= '8' && value.at[0] <= '9')
		bits = (uint8_t)(value.at[0] - '0');
	else if (value.len == 2 && value.at[0] == '1' && value.at[1] >= '0' &&
	    value.at[1] <= '5')
		bits = (uint8_t)(10 + value.at[1] - '0');
	return bits;
}

/* value: at NULL: there is none.  Each once (section 7). */
static bool
extension_param(
    struct terms *terms, struct wi_http_text name, struct wi_http_text value)
{
	bool *seen = NULL;
	bool is_right = value.at == NULL;

	if (wi_http_is(name, "server_no_context_takeover")) {
		seen = &terms->server_alone;
	} else if (wi_http_is(name, "client_no_context_takeover")) {
		seen = &terms->client_alone;
	} else if (wi_http_is(name, "server_max_window_bits")) {
		seen = &terms->server_limits;
		terms->server_bits = extension_bits(value);
		is_right = terms->server_bits != 0;
	} else if (wi_http_is(name, "client_max_window_bits")) {
		seen = &terms->client_limits;
		terms->client_bits = extension_bits(value);
		is_right = value.at == NULL || terms->client_bits != 0;
	}
	if (seen == NULL || *seen || !is_right)
		return false;
	*seen = true;
	return true;
}

/* The next extension of a list; false: it does not follow the grammar. */
static bool
extension_next(struct wi_http_text *list, struct terms *terms)
{
	struct wi_http_text name, param, value;

	memset(terms, 0, sizeof(*terms));
	if (!extension_token(list, &name))
		return false;
	terms->is_ours = wi_http_is(name, EXTENSION_NAME);
	while (extension_is(list, ';')) {
		value = (struct wi_http_text){ NULL, 0 };
		if (!extension_token(list, &param) ||
		    (extension_is(list, '=') &&
			!extension_value(list, &value)))
			return false;
		if (!extension_param(terms, param, value))
			terms->wrong = true;
	}
	return list->len == 0 || *list->at == ',';
}

/* Empty elements may stand in a list (RFC 9110, section 5.6.1.2). */
static void
extension_commas(struct wi_http_text *list)
{
	extension_blanks(list);
	while (extension_is(list, ','))
		continue;
}

/* ---- a server's answer */

/* Section 7.1: what we make of an offer that is right. */
static void
extension_take(const struct terms *offer, const struct weft_codec_place *place,
    struct wi_ws_extension *agreed)
{
	static const uint8_t widths[WI_DEFLATE_SETS] = {
		[WI_DEFLATE_NONE] = EXTENSION_BITS_MIN,
		[WI_DEFLATE_9] = 9,
		[WI_DEFLATE_12] = 12,
		[WI_DEFLATE_15] = 15,
	};
	unsigned theirs =
	    offer->client_bits != 0 ? offer->client_bits : EXTENSION_BITS_MAX;

	agreed->is = true;
	agreed->set = (uint8_t)wi_deflate_fits(
	    offer->server_limits ? offer->server_bits : EXTENSION_BITS_MAX);
	/* The same or smaller (section 7.1.2.1). */
	agreed->say_server_bits =
	    offer->server_limits ? widths[agreed->set] : 0;
	agreed->bits = EXTENSION_BITS_MAX;
	agreed->say_client_bits = 0;
	agreed->takeover = place->deflate == WEFT_DEFLATE_TAKEOVER &&
	    !offer->client_alone &&
	    (offer->client_limits ||
		place->deflate_bits >= EXTENSION_BITS_MAX);
	if (!agreed->takeover || !offer->client_limits)
		return;
	agreed->bits =
	    (uint8_t)(theirs < place->deflate_bits ? theirs :
						     place->deflate_bits);
	agreed->say_client_bits = agreed->bits;
}

bool
wi_ws_extension_choose(const struct wi_http_head *head,
    const struct weft_codec_place *place, struct wi_ws_extension *agreed)
{
	struct wi_http_text list;
	struct terms offer;
	unsigned i;

	memset(agreed, 0, sizeof(*agreed));
	if (place->deflate == WEFT_DEFLATE_NO)
		return true;
	for (i = 0; i < head->nfields; i++) {
		if (!wi_http_is_word(
			head->fields[i].name, "sec-websocket-extensions"))
			continue;
		list = head->fields[i].value;
		for (extension_commas(&list); list.len > 0;
		     extension_commas(&list)) {
			if (!extension_next(&list, &offer))
				return false;
			if (offer.is_ours && !offer.wrong && !agreed->is)
				extension_take(&offer, place, agreed);
		}
	}
	return true;
}

size_t
wi_ws_extension_answer(
    const struct wi_ws_extension *agreed, char *out, size_t size)
{
	char server[32] = "", client[32] = "";

	if (agreed->say_server_bits != 0)
		(void)snprintf(server, sizeof(server),
		    "; server_max_window_bits=%u", agreed->say_server_bits);
	if (agreed->say_client_bits != 0)
		(void)snprintf(client, sizeof(client),
		    "; client_max_window_bits=%u", agreed->say_client_bits);
	return (size_t)snprintf(out, size,
	    "Sec-WebSocket-Extensions: " EXTENSION_NAME
	    "; server_no_context_takeover%s%s%s\r\n",
	    agreed->takeover ? "" : "; client_no_context_takeover", server,
	    client);
}

/* ---- a client's offer */

size_t
wi_ws_extension_offer(
    const struct weft_codec_place *place, char *out, size_t size)
{
	char server[32] = "";

	if (place->deflate == WEFT_DEFLATE_NO) {
		out[0] = '\0';
		return 0;
	}
	if (place->deflate != WEFT_DEFLATE_TAKEOVER)
		(void)snprintf(
		    server, sizeof(server), "; server_no_context_takeover");
	else if (place->deflate_bits < EXTENSION_BITS_MAX)
		(void)snprintf(server, sizeof(server),
		    "; server_max_window_bits=%u",
		    (unsigned)place->deflate_bits);
	return (size_t)snprintf(out, size,
	    "Sec-WebSocket-Extensions: " EXTENSION_NAME
	    "; client_no_context_takeover; client_max_window_bits%s\r\n",
	    server);
}

/* Section 7.1, of each parameter: what an answer to that offer may be. */
static const char *
extension_judge(
    const struct terms *answer, const struct weft_codec_place *place)
{
	const bool takeover = place->deflate == WEFT_DEFLATE_TAKEOVER;

	if (!answer->is_ours || place->deflate == WEFT_DEFLATE_NO)
		return "expected no extension that was not offered, found one";
	if (answer->wrong)
		return "expected parameters of RFC 7692, 7.1, each once, "
		       "found something else";
	if (answer->client_limits && answer->client_bits == 0)
		return "expected client_max_window_bits with a value (RFC "
		       "7692, 7.1.2.2), found none";
	if (!takeover && !answer->server_alone)
		return "expected server_no_context_takeover as was asked for "
		       "(RFC 7692, 7.1.1.1), found none";
	if (takeover && place->deflate_bits < EXTENSION_BITS_MAX &&
	    (!answer->server_limits ||
		answer->server_bits > place->deflate_bits))
		return "expected server_max_window_bits as was asked for (RFC "
		       "7692, 7.1.2.1), found none or more";
	return NULL;
}

const char *
wi_ws_extension_agree(const struct wi_http_head *head,
    const struct weft_codec_place *place, struct wi_ws_extension *agreed)
{
	struct wi_http_text list;
	struct terms answer;
	const char *why;
	unsigned i;

	memset(agreed, 0, sizeof(*agreed));
	for (i = 0; i < head->nfields; i++) {
		if (!wi_http_is_word(
			head->fields[i].name, "sec-websocket-extensions"))
			continue;
		list = head->fields[i].value;
		for (extension_commas(&list); list.len > 0;
		     extension_commas(&list)) {
			if (!extension_next(&list, &answer))
				return "expected extensions as in RFC 6455, "
				       "9.1, found something else";
			why = agreed->is ?
			    "expected one extension, found another behind "
			    "it" :
			    extension_judge(&answer, place);
			if (why != NULL)
				return why;
			agreed->is = true;
			agreed->set = (uint8_t)wi_deflate_fits(
			    answer.client_limits ? answer.client_bits :
						   EXTENSION_BITS_MAX);
			agreed->takeover = !answer.server_alone;
			agreed->bits = answer.server_limits ?
			    answer.server_bits :
			    EXTENSION_BITS_MAX;
		}
	}
	return NULL;
}
