/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/plugins/versioned.h - one plugin in two versions: what it is called is
 * the same, what its code answers is VERSIONED_TEXT.
 */
#ifndef TESTS_VERSIONED_H
#define TESTS_VERSIONED_H

#include "fixture.h"

static struct fixture versioned;

static const char *
answer(void)
{
	return VERSIONED_TEXT;
}

static int
load(struct weft_load *load, void **state)
{
	(void)load;
	versioned.answer = answer;
	*state = &versioned;
	return WEFT_OK;
}

WEFT_PLUGIN(.name = "versioned", .version = VERSIONED_TEXT, .load = load);

#endif
