/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/url_words - what is one of a few words: transports, values of options.
 *
 * thread: any (pure).
 */
#include <string.h>

#include <weft/codec.h>
#include <weft/slow.h>
#include <weft/type.h>

#include "base/url.h"
#include "base/url_cut.h"

/* The transports that we know, and what they are made of. */
static const struct {
	const char *name;
	uint32_t is;
	uint8_t web; /* enum wi_url_web */
	bool tls;
} words_transports[] = {
	{ "tcp", WI_URL_TCP, WI_URL_NO_WEB, false },
	{ "tls", WI_URL_TCP, WI_URL_NO_WEB, true },
	{ "unix", WI_URL_UNIX, WI_URL_NO_WEB, false },
	{ "udp", WI_URL_UDP, WI_URL_NO_WEB, false },
	{ "ws", WI_URL_TCP, WI_URL_WEB_WS, false },
	{ "wss", WI_URL_TCP, WI_URL_WEB_WS, true },
	{ "http", WI_URL_TCP, WI_URL_WEB_HTTP, false },
	{ "https", WI_URL_TCP, WI_URL_WEB_HTTP, true },
};

#define WORDS_TRANSPORTS                                                      \
	(sizeof(words_transports) / sizeof(words_transports[0]))

void
wi_url_transport(struct wi_url *url)
{
	size_t i;

	for (i = 0; i < WORDS_TRANSPORTS; i++)
		if (strcmp(url->transport, words_transports[i].name) == 0) {
			url->is = words_transports[i].is;
			url->web = words_transports[i].web;
			url->tls = words_transports[i].tls;
		}
}

static bool
words_switch(const char *value, uint64_t *out)
{
	static const char *const words[][4] = { { "no", "off", "false", "0" },
		{ "yes", "on", "true", "1" } };
	unsigned is, i;

	for (is = 0; is < 2; is++)
		for (i = 0; i < 4; i++)
			if (strcmp(value, words[is][i]) == 0) {
				*out = is;
				return true;
			}
	return false;
}

/* 0 is default, which cannot be written. */
static const char *
words_malformed(unsigned answer)
{
	static const char *const names[] = { [WEFT_MALFORMED_CLOSE] = "close",
		[WEFT_MALFORMED_SKIP] = "skip" };

	return answer < sizeof(names) / sizeof(names[0]) ? names[answer] :
							   NULL;
}

static const char *
words_version(unsigned version)
{
	static const char *const names[] = { [1] = "1.2", [2] = "1.3" };

	return version < sizeof(names) / sizeof(names[0]) ? names[version] :
							    NULL;
}

static bool
words_deflate(const char *value, uint64_t *out)
{
	if (strcmp(value, "takeover") != 0)
		return words_switch(value, out);
	*out = WEFT_DEFLATE_TAKEOVER;
	return true;
}

static bool
words_one(const char *(*name_of)(unsigned), const char *value, uint64_t *out)
{
	const char *name;
	unsigned i;

	for (i = 1; (name = name_of(i)) != NULL; i++)
		if (strcmp(value, name) == 0) {
			*out = i;
			return true;
		}
	return false;
}

bool
wi_url_word(enum wi_url_kind kind, const char *value, uint64_t *out)
{
	switch (kind) {
	case WI_URL_SWITCH:
		return words_switch(value, out);
	case WI_URL_SLOW:
		return words_one(weft_slow_name, value, out);
	case WI_URL_MALFORMED:
		return words_one(words_malformed, value, out);
	case WI_URL_DEFLATE:
		return words_deflate(value, out);
	case WI_URL_VERSION:
		return words_one(words_version, value, out);
	default:
		return false;
	}
}
