/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/value_json.c - JSON becomes a value of a declared type.
 *
 * thread: main.
 *
 * Texts stay where jansson has them; what else members point to lies in the
 * arena.  Types nest 3 deep at most, and the walk follows the type: how deep
 * the JSON is does not matter.
 */
#include "host/json_value.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "host/hex.h"
#include "type/walk.h"

#define PLACE_MAX 200 /* [bytes] of "order.items[2].count" in an error */

/* One value that is made.  owned by: wi_value_json(), on its stack. */
struct value {
	struct wi_arena *arena;
	struct weft_error *err;
};

/* Where in the value we are: the way there from the outermost type.  An
 * element has no name.  owned by: the function that goes a step deeper. */
struct place {
	const struct place *outer;
	const char *name;
	size_t index;
};

static int value_type(struct value *made, const struct place *place,
    const struct weft_type *type, json_t *json, uint8_t *to);
static void value_defaults(const struct weft_type *type, uint8_t *to);

/* ---- errors */

static size_t
value_place(const struct place *place, char *out)
{
	size_t len = place->outer == NULL ? 0 : value_place(place->outer, out);

	if (place->name == NULL)
		(void)snprintf(
		    out + len, PLACE_MAX - len, "[%zu]", place->index);
	else
		(void)snprintf(out + len, PLACE_MAX - len, "%s%.63s",
		    place->outer == NULL ? "" : ".", place->name);
	return strlen(out);
}

void
wi_json_found(const json_t *json, char *out, size_t size)
{
	char *text;

	if (json_is_object(json)) {
		(void)snprintf(out, size, "an object");
	} else if (json_is_array(json)) {
		(void)snprintf(
		    out, size, "an array of %zu", json_array_size(json));
	} else {
		text = wi_json_text(json, 17);
		(void)snprintf(out, size, "%.60s%s",
		    text == NULL ? "nothing" : text,
		    text != NULL && strlen(text) > 60 ? "..." : "");
		free(text);
	}
}

static int
value_wrong(const struct value *made, const struct place *place,
    const char *expected, json_t *json)
{
	char where[PLACE_MAX], found[80];

	(void)value_place(place, where);
	wi_json_found(json, found, sizeof(found));
	return wi_fail(made->err, -EBADMSG, "%s: expected %s, found %s", where,
	    expected, found);
}

static uint8_t *
value_take(struct value *made, size_t bytes)
{
	size_t size;
	uint8_t *at = wi_arena_room(made->arena, &size);

	if (at != NULL && bytes <= size) {
		wi_arena_keep(made->arena, bytes);
		return at;
	}
	at = wi_arena_giant(made->arena, bytes);
	if (at == NULL)
		wi_fail(made->err, -ENOMEM, "no memory for %zu bytes", bytes);
	return at;
}

/* ---- numbers */

/* To where a number of that many bytes lies. */
static void
value_store(uint32_t bytes, uint64_t number, uint8_t *to)
{
	const uint32_t u32 = (uint32_t)number;
	const uint16_t u16 = (uint16_t)number;

	if (bytes == 8)
		memcpy(to, &number, sizeof(number));
	else if (bytes == 4)
		memcpy(to, &u32, sizeof(u32));
	else if (bytes == 2)
		memcpy(to, &u16, sizeof(u16));
	else
		*to = (uint8_t)number;
}

/* Digits, and a sign where the kind has one; nothing else. */
static bool
value_digits(json_t *json, bool is_signed, uint64_t *number)
{
	const char *text = json_string_value(json), *digits = text;
	char *end;

	if (is_signed && *digits == '-')
		digits++;
	if (*digits == '\0' ||
	    strspn(digits, "0123456789") != strlen(digits) ||
	    strlen(text) != json_string_length(json))
		return false;
	errno = 0;
	*number = is_signed ? (uint64_t)strtoll(text, &end, 10) :
			      strtoull(text, &end, 10);
	return errno == 0;
}

static int
value_integer(struct value *made, const struct place *place, uint32_t kind,
    json_t *json, uint8_t *to)
{
	static const struct {
		int64_t min;
		uint64_t max;
	} ranges[] = { [WEFT_MEMBER_u8] = { 0, UINT8_MAX },
		[WEFT_MEMBER_i16] = { INT16_MIN, INT16_MAX },
		[WEFT_MEMBER_u16] = { 0, UINT16_MAX },
		[WEFT_MEMBER_i32] = { INT32_MIN, INT32_MAX },
		[WEFT_MEMBER_u32] = { 0, UINT32_MAX },
		[WEFT_MEMBER_i64] = { INT64_MIN, INT64_MAX },
		[WEFT_MEMBER_u64] = { 0, UINT64_MAX } };
	const int64_t min = ranges[kind].min;
	const uint64_t max = ranges[kind].max;
	json_int_t integer = json_integer_value(json);
	uint64_t number = (uint64_t)integer;
	char expected[96];
	bool good = json_is_integer(json) && integer >= min &&
	    (integer < 0 || number <= max);

	if (json_is_string(json) && kind >= WEFT_MEMBER_i64)
		good = value_digits(json, min < 0, &number);
	if (!good) {
		(void)snprintf(expected, sizeof(expected),
		    "an integer from %" PRId64 " to %" PRIu64, min, max);
		return value_wrong(made, place, expected, json);
	}
	value_store(wi_kind_wire(kind), number, to);
	return WEFT_OK;
}

static int
value_real(
    struct value *made, const struct place *place, json_t *json, uint8_t *to)
{
	const char *word = json_string_value(json);
	double real = 0;

	if (json_is_number(json))
		real = json_number_value(json);
	else if (word != NULL && strcmp(word, "nan") == 0)
		real = (double)NAN;
	else if (word != NULL && strcmp(word, "inf") == 0)
		real = (double)INFINITY;
	else if (word != NULL && strcmp(word, "-inf") == 0)
		real = -(double)INFINITY;
	else
		return value_wrong(made, place,
		    "a number, \"nan\", \"inf\" or \"-inf\"", json);
	memcpy(to, &real, sizeof(real));
	return WEFT_OK;
}

/* ---- str and bytes */

/* {"hex":"00ff"}: one more byte than that is taken, for a zero.  expected: if
 * it is none. */
static int
value_hex(struct value *made, const struct place *place, const char *expected,
    json_t *json, struct weft_bytes *bytes)
{
	json_t *hex = json_object_get(json, "hex");
	const struct place inner = { place, "hex", 0 };
	uint8_t *at;

	if (!json_is_object(json) || json_object_size(json) != 1 ||
	    hex == NULL)
		return value_wrong(made, place, expected, json);
	if (!json_is_string(hex))
		return value_wrong(
		    made, &inner, "a string of hexadecimal digits", hex);
	at = value_take(made, json_string_length(hex) / 2 + 1);
	if (at == NULL)
		return -ENOMEM;
	if (!wi_hex_bytes(json_string_value(hex), json_string_length(hex), at))
		return value_wrong(
		    made, &inner, "two hexadecimal digits for each byte", hex);
	bytes->data = at;
	bytes->len = json_string_length(hex) / 2;
	at[bytes->len] = '\0';
	return WEFT_OK;
}

static int
value_text(struct value *made, const struct place *place, uint32_t kind,
    json_t *json, uint8_t *to)
{
	const char *expected = kind == WEFT_MEMBER_str ?
	    "a string or {\"hex\":\"...\"}" :
	    "{\"hex\":\"...\"} or a string";
	struct weft_bytes bytes;
	int rc;

	if (json_is_string(json)) {
		bytes.data = (const uint8_t *)json_string_value(json);
		bytes.len = json_string_length(json);
	} else {
		rc = value_hex(made, place, expected, json, &bytes);
		if (rc < 0)
			return rc;
	}
	if (kind == WEFT_MEMBER_bytes)
		memcpy(to, &bytes, sizeof(bytes));
	else if (memchr(bytes.data, '\0', bytes.len) != NULL)
		return value_wrong(
		    made, place, "a string without a zero byte", json);
	else
		memcpy(to, &bytes.data, sizeof(bytes.data));
	return WEFT_OK;
}

/* ---- members */

static int
value_one(struct value *made, const struct place *place, uint32_t kind,
    json_t *json, uint8_t *to)
{
	if (kind >= WEFT_MEMBER_str)
		return value_text(made, place, kind, json, to);
	if (kind == WEFT_MEMBER_f64)
		return value_real(made, place, json, to);
	return value_integer(made, place, kind, json, to);
}

static int
value_elements(struct value *made, const struct place *place,
    const struct weft_member *member, json_t *json, uint8_t *to)
{
	const struct weft_type *of = member->of;
	size_t size =
	    of != NULL ? of->value_size : wi_kind_size(member->element);
	struct place inner = { place, NULL, 0 };
	int rc = WEFT_OK;
	size_t i;

	for (i = 0; i < json_array_size(json) && rc == WEFT_OK; i++) {
		json_t *one = json_array_get(json, i);

		inner.index = i;
		if (of != NULL)
			rc = value_type(made, &inner, of, one, to + i * size);
		else
			rc = value_one(
			    made, &inner, member->element, one, to + i * size);
	}
	return rc;
}

/* An array or a list, and in it what it points to. */
static int
value_list(struct value *made, const struct place *place,
    const struct weft_member *member, json_t *json, uint8_t *to)
{
	size_t count = json_array_size(json);
	size_t size = member->of != NULL ? member->of->value_size :
					   wi_kind_size(member->element);
	struct wi_list list = { .len = (uint32_t)count };
	uint8_t *at = NULL;

	if (!json_is_array(json) || count > UINT32_MAX)
		return value_wrong(made, place, "an array", json);
	if (count > 0) {
		at = value_take(made, count * size);
		if (at == NULL)
			return -ENOMEM;
	}
	list.at = at;
	memcpy(to, &list, sizeof(list));
	return value_elements(made, place, member, json, at);
}

static int
value_fixed(struct value *made, const struct place *place,
    const struct weft_member *member, json_t *json, uint8_t *to)
{
	char expected[48];

	if (json_is_array(json) && json_array_size(json) == member->count)
		return value_elements(made, place, member, json, to);
	(void)snprintf(
	    expected, sizeof(expected), "an array of %u", member->count);
	return value_wrong(made, place, expected, json);
}

static int
value_member(struct value *made, const struct place *outer,
    const struct weft_member *member, json_t *json, uint8_t *to)
{
	const struct place place = { outer, member->name, 0 };

	switch (member->kind) {
	case WEFT_MEMBER_fixed:
		return value_fixed(made, &place, member, json, to);
	case WEFT_MEMBER_array:
	case WEFT_MEMBER_list:
		return value_list(made, &place, member, json, to);
	case WEFT_MEMBER_nested:
		return value_type(made, &place, member->of, json, to);
	default:
		return value_one(made, &place, member->kind, json, to);
	}
}

/* What is left out: zeros stand there already. */
static void
value_default(const struct weft_member *member, uint8_t *to)
{
	if (member->kind == WEFT_MEMBER_nested)
		value_defaults(member->of, to);
	else if (member->kind == WEFT_MEMBER_str)
		memcpy(to, &member->text, sizeof(member->text));
	else if (member->kind == WEFT_MEMBER_f64)
		memcpy(to, &member->real, sizeof(member->real));
	else if (member->kind < WEFT_MEMBER_f64)
		value_store(wi_kind_wire(member->kind), member->number, to);
}

static void
value_defaults(const struct weft_type *type, uint8_t *to)
{
	uint32_t i;

	memset(to, 0, type->value_size);
	for (i = 0; i < type->nmembers; i++)
		value_default(&type->members[i], to + type->members[i].offset);
}

static const struct weft_member *
value_find(const struct weft_type *type, const char *name)
{
	uint32_t i;

	for (i = 0; i < type->nmembers; i++)
		if (strcmp(type->members[i].name, name) == 0)
			return &type->members[i];
	return NULL;
}

/* "a member of name, count" */
static int
value_unknown(const struct value *made, const struct place *place,
    const struct weft_type *type, const char *key)
{
	char where[PLACE_MAX], names[200];
	size_t len = 0;
	uint32_t i;

	for (i = 0; i < type->nmembers && len < sizeof(names); i++)
		len += (size_t)snprintf(names + len, sizeof(names) - len,
		    "%s%s", i == 0 ? "" : ", ", type->members[i].name);
	(void)value_place(place, where);
	return wi_fail(made->err, -EBADMSG,
	    "%s: expected a member of %s%s, found \"%.60s\"", where, names,
	    len < sizeof(names) ? "" : "...", key);
}

static int
value_type(struct value *made, const struct place *place,
    const struct weft_type *type, json_t *json, uint8_t *to)
{
	const struct weft_member *member;
	const char *key;
	void *iter;
	int rc = WEFT_OK;

	if (!json_is_object(json))
		return value_wrong(
		    made, place, "an object of its members", json);
	value_defaults(type, to);
	for (iter = json_object_iter(json); iter != NULL && rc == WEFT_OK;
	     iter = json_object_iter_next(json, iter)) {
		key = json_object_iter_key(iter);
		member = value_find(type, key);
		if (member == NULL)
			return value_unknown(made, place, type, key);
		rc = value_member(made, place, member,
		    json_object_iter_value(iter), to + member->offset);
	}
	return rc;
}

/* ---- the doors */

int
wi_json_parse(
    const char *line, size_t len, json_t **json, struct weft_error *err)
{
	json_error_t why;

	*json = json_loadb(line, len,
	    JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &why);
	if (*json != NULL)
		return WEFT_OK;
	return wi_fail(err, -EBADMSG, "column %d: expected JSON, found: %s%s",
	    why.column, why.text,
	    strncmp(why.text, "too big integer", 15) == 0 ?
		" (a u64 may be written as a string)" :
		"");
}

int
wi_value_json(const struct weft_type *type, json_t *json, void *value,
    struct wi_arena *arena, struct weft_error *err)
{
	struct value made = { arena, err };
	const struct place place = { NULL, type->name, 0 };

	return value_type(&made, &place, type, json, value);
}
