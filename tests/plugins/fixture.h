/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/plugins/fixture.h - what fixtures and their tests agree on.
 *
 * A fixture is a plugin with one thing about it.  Their tests run no node, so
 * what they want of a plugin's code they get through its state.
 */
#ifndef TESTS_FIXTURE_H
#define TESTS_FIXTURE_H

#include <weft/weft.h>

/* The state of some fixtures. */
struct fixture {
	const char *(*answer)(void); /* runs code of the plugin */
	struct weft_node *node;      /* what weft_load_node() said */
	char word[32];               /* the option of that name */
};

/* The name of a file to which the fixture "traced" appends a letter for all
 * that happens to it: c(onstructor), l(oad), u(nload), d(estructor). */
#define FIXTURE_TRACE "WEFT_TEST_TRACE"

#endif
