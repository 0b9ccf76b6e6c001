/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing is wrong with it.  Knows the options "word" and "other". */
#include "fixture.h"

#include <stdio.h>

static struct fixture good;

static const char *
answer(void)
{
	return "good";
}

static int
load(struct weft_load *load, void **state)
{
	const char *word = weft_load_option(load, "word");

	(void)weft_load_option(load, "other");
	(void)snprintf(good.word, sizeof(good.word), "%s",
	    word == NULL ? "(none)" : word);
	good.answer = answer;
	good.node = weft_load_node(load);
	*state = &good;
	return WEFT_OK;
}

WEFT_PLUGIN(.name = "good", .version = "1.2.3", .load = load);
