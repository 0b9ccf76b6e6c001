/* SPDX-License-Identifier: Apache-2.0 */
/*
 * glob - does a text match a pattern, as Redis sees it.
 *
 * thread: any.
 *
 * Only the last '*' is ever tried again, so the time is at most the product of
 * both lengths, whatever a client asks for.
 */
#include "glob.h"

#include <stddef.h>
#include <stdint.h>

static int
glob_fold(uint8_t c, bool nocase)
{
	return nocase && c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/*
 * [...]: *atp is behind the '['; left behind the ']', or at the end if there
 * is none, which Redis takes for one.
 */
static bool
glob_class(const uint8_t **atp, const uint8_t *end, int c, bool nocase)
{
	const uint8_t *at = *atp;
	bool not = at < end && *at == '^', match = false;

	at += not ;
	while (at < end) {
		int low = glob_fold(*at, nocase), high = low;

		if (*at == '\\' && end - at >= 2) {
			at++;
			low = high = glob_fold(*at, nocase);
		} else if (*at == ']') {
			at++;
			break;
		} else if (end - at >= 3 && at[1] == '-') {
			high = glob_fold(at[2], nocase);
			at += 2;
		}
		if ((c >= low && c <= high) || (c >= high && c <= low))
			match = true;
		at++;
	}
	*atp = at;
	return match != not ;
}

/* One element of the pattern, not '*', against one byte. */
static bool
glob_one(const uint8_t **atp, const uint8_t *end, int c, bool nocase)
{
	const uint8_t *at = (*atp)++;

	switch (*at) {
	case '?':
		return true;
	case '[':
		return glob_class(atp, end, c, nocase);
	case '\\':
		if (end - at >= 2)
			at = (*atp)++;
		return glob_fold(*at, nocase) == c;
	default:
		return glob_fold(*at, nocase) == c;
	}
}

bool
kv_glob(struct weft_bytes pattern, struct weft_bytes text, bool nocase)
{
	const uint8_t *p = pattern.data, *p_end = p + pattern.len;
	const uint8_t *t = text.data, *t_end = t + text.len;
	const uint8_t *star = NULL, *retry = NULL;

	while (t < t_end) {
		if (p < p_end && *p == '*') {
			star = ++p;
			retry = t;
		} else if (p < p_end &&
		    glob_one(&p, p_end, glob_fold(*t, nocase), nocase)) {
			t++;
		} else if (star != NULL) {
			p = star;
			t = ++retry;
		} else {
			return false;
		}
	}
	while (p < p_end && *p == '*')
		p++;
	return p == p_end;
}
