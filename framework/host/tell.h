/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/tell.h - what a host has answered (host/ask.h), for people.
 *
 * thread: main.
 */
#ifndef WI_TELL_H
#define WI_TELL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* How a list is to be told. */
struct wi_telling {
	const char *sort; /* "in", "out", "age", or NULL */
	uint64_t limit;   /* entries at most */
};

/* wi_tell_status(), wi_tell_endpoints(), wi_tell_explain(), wi_tell_lines() -
 * the lines of that verb's answer; the last one: of all others. */
void wi_tell_status(
    const json_t *lines, const struct wi_telling *how, FILE *out);
void wi_tell_endpoints(
    const json_t *lines, const struct wi_telling *how, FILE *out);
void wi_tell_explain(
    const json_t *lines, const struct wi_telling *how, FILE *out);
void wi_tell_lines(
    const json_t *lines, const struct wi_telling *how, FILE *out);

/* wi_tell_sort() - the lines of endpoints as they are to be told; a new array.
 * NULL: no memory. */
json_t *wi_tell_sort(const json_t *lines, const struct wi_telling *how);

/* wi_tell_text(), wi_tell_number() - a member; "" or 0 if there is none.
 * wi_tell_is() - is the line one of that kind? */
const char *wi_tell_text(const json_t *line, const char *name);
uint64_t wi_tell_number(const json_t *line, const char *name);
bool wi_tell_is(const json_t *line, const char *what);

#endif
