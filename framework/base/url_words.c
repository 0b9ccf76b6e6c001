/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/url_words - values of options that are one of a few words.
 *
 * thread: any (pure).
 */
#include <string.h>

#include <weft/codec.h>
#include <weft/slow.h>
#include <weft/type.h>

#include "base/url.h"
#include "base/url_cut.h"

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
	default:
		return false;
	}
}
