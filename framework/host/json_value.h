/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/json_value.h - values of declared types as JSON, and the other way.
 *
 *	u8 .. u32, i16 .. i64   an integer
 *	u64                     an integer; above 2^63-1 a string of digits
 *	f64                     a number; "nan", "inf", "-inf"
 *	str                     a string; {"hex":"ff"} if it is no UTF-8
 *	bytes                   {"hex":"00ff"}
 *	fixed, array, list      an array
 *	nested                  an object of its members, in their order
 *
 * Read besides: strings of digits for i64 and u64, {"hex":...} for every str,
 * a string for bytes.  A member that is left out has its default.
 *
 *   json_value.c  a value becomes JSON
 *   value_json.c  JSON becomes a value
 *
 * thread: main.
 */
#ifndef WI_JSON_VALUE_H
#define WI_JSON_VALUE_H

#include <jansson.h>
#include <stddef.h>

#include <weft/error.h>
#include <weft/type.h>

#include "base/arena.h"

/*
 * wi_json_value() - an object of the members of a value.
 *
 *   digits   in,out   how many a number needs to be read as what it is: never
 *                     made smaller; for wi_json_text().  15 at first.
 *   returns           NULL: no memory.
 *   owner             the caller, until json_decref().
 */
json_t *wi_json_value(
    const struct weft_type *type, const void *value, unsigned *digits);

/*
 * wi_json_default() - what a member is when it is left out.
 *
 *   missing  out      NULL where that is 0, "" or nothing.
 *   returns           WEFT_OK or -ENOMEM.
 */
WEFT_CHECK int wi_json_default(
    const struct weft_member *member, json_t **missing, unsigned *digits);

/*
 * wi_json_text() - one line, without blanks and newline.
 *
 *   json     in       may be NULL.
 *   returns           NULL: no memory, or json is.
 *   owner             the caller, until free().
 */
char *wi_json_text(const json_t *json, unsigned digits);

/* wi_kind_name() - "u32"; a constant. */
const char *wi_kind_name(uint32_t kind);

/*
 * wi_json_parse() - a line of JSON.
 *
 *   returns           WEFT_OK, or -EBADMSG with "column 7: expected JSON,
 *                     found: ...".
 */
WEFT_CHECK int wi_json_parse(
    const char *line, size_t len, json_t **json, struct weft_error *err);

/* wi_json_found() - what stands there, in a few words, for errors. */
void wi_json_found(const json_t *json, char *out, size_t size);

/*
 * wi_value_json() - make a value.
 *
 *   json     in       must live as long as the value.
 *   value    out      a struct of that type; undefined on error.
 *   arena    in,out   has what its members point to.
 *   returns           WEFT_OK; -EBADMSG with "order.items[2].count: expected
 *                     ..., found ..."; -ENOMEM.
 */
WEFT_CHECK int wi_value_json(const struct weft_type *type, json_t *json,
    void *value, struct wi_arena *arena, struct weft_error *err);

#endif
