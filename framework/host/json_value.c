/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/json_value.c - a value of a declared type becomes JSON.
 *
 * thread: main.
 *
 * digits_note: jansson prints all numbers of a text with as many digits, 17 if
 * it is not told: 0.1 would be 0.10000000000000001.  So the most that any of
 * them needs is found first.
 */
#include "host/json_value.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "type/walk.h"

const char *
wi_kind_name(uint32_t kind)
{
	static const char *const names[] = { "none", "u8", "i16", "u16", "i32",
		"u32", "i64", "u64", "f64", "str", "bytes", "fixed", "array",
		"nested", "list" };

	return kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "?";
}

static json_t *
value_hex(const void *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *from = bytes;
	char *text = malloc(2 * len + 1);
	json_t *json;
	size_t i;

	if (text == NULL)
		return NULL;
	for (i = 0; i < len; i++) {
		text[2 * i] = digits[from[i] >> 4];
		text[2 * i + 1] = digits[from[i] & 15];
	}
	json = json_pack("{s:s%}", "hex", text, 2 * len);
	free(text);
	return json;
}

static json_t *
value_str(const uint8_t *from)
{
	const char *text;
	json_t *json;

	memcpy(&text, from, sizeof(text));
	if (text == NULL)
		text = "";
	json = json_string(text);
	/* None: it is no UTF-8, or there is no memory; then this fails too. */
	return json != NULL ? json : value_hex(text, strlen(text));
}

static json_t *
value_bytes(const uint8_t *from)
{
	struct weft_bytes bytes;

	memcpy(&bytes, from, sizeof(bytes));
	return value_hex(bytes.data, bytes.len);
}

/* See digits_note. */
static json_t *
value_real(const uint8_t *from, unsigned *digits)
{
	char text[64];
	double real;

	memcpy(&real, from, sizeof(real));
	if (isnan(real))
		return json_string("nan");
	if (isinf(real))
		return json_string(real < 0 ? "-inf" : "inf");
	for (; *digits < 17; ++*digits) {
		(void)snprintf(text, sizeof(text), "%.*g", *digits, real);
		if (strtod(text, NULL) == real)
			break;
	}
	return json_real(real);
}

static json_t *
value_u64(uint64_t number)
{
	char text[32];

	if (number <= INT64_MAX)
		return json_integer((json_int_t)number);
	(void)snprintf(text, sizeof(text), "%" PRIu64, number);
	return json_string(text);
}

/* A number of a kind, from any address. */
#define VALUE_INTEGER(type)                                                   \
	do {                                                                  \
		type number;                                                  \
		memcpy(&number, from, sizeof(number));                        \
		return json_integer(number);                                  \
	} while (0)

static json_t *
value_one(uint32_t kind, const uint8_t *from, unsigned *digits)
{
	uint64_t u64;

	switch (kind) {
	case WEFT_MEMBER_u8:
		VALUE_INTEGER(uint8_t);
	case WEFT_MEMBER_i16:
		VALUE_INTEGER(int16_t);
	case WEFT_MEMBER_u16:
		VALUE_INTEGER(uint16_t);
	case WEFT_MEMBER_i32:
		VALUE_INTEGER(int32_t);
	case WEFT_MEMBER_u32:
		VALUE_INTEGER(uint32_t);
	case WEFT_MEMBER_i64:
		VALUE_INTEGER(int64_t);
	case WEFT_MEMBER_u64:
		memcpy(&u64, from, sizeof(u64));
		return value_u64(u64);
	case WEFT_MEMBER_f64:
		return value_real(from, digits);
	case WEFT_MEMBER_str:
		return value_str(from);
	default:
		return value_bytes(from);
	}
}

/* Elements side by side: of a kind, or values of a type. */
static json_t *
value_elements(const struct weft_member *member, const uint8_t *from,
    uint32_t count, unsigned *digits)
{
	const struct weft_type *of = member->of;
	size_t size =
	    of != NULL ? of->value_size : wi_kind_size(member->element);
	json_t *array = json_array();
	uint32_t i;

	for (i = 0; i < count && array != NULL; i++) {
		const uint8_t *at = from + i * size;
		json_t *one = of != NULL ?
		    wi_json_value(of, at, digits) :
		    value_one(member->element, at, digits);

		if (json_array_append_new(array, one) < 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *
value_member(
    const struct weft_member *member, const uint8_t *from, unsigned *digits)
{
	struct wi_list list;

	switch (member->kind) {
	case WEFT_MEMBER_fixed:
		return value_elements(member, from, member->count, digits);
	case WEFT_MEMBER_array:
	case WEFT_MEMBER_list:
		memcpy(&list, from, sizeof(list));
		return value_elements(member, list.at, list.len, digits);
	case WEFT_MEMBER_nested:
		return wi_json_value(member->of, from, digits);
	default:
		return value_one(member->kind, from, digits);
	}
}

json_t *
wi_json_value(
    const struct weft_type *type, const void *value, unsigned *digits)
{
	const uint8_t *from = value;
	json_t *object = json_object();
	uint32_t i;

	for (i = 0; i < type->nmembers && object != NULL; i++) {
		const struct weft_member *member = &type->members[i];

		if (json_object_set_new(object, member->name,
			value_member(member, from + member->offset, digits)) <
		    0) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

int
wi_json_default(
    const struct weft_member *member, json_t **missing, unsigned *digits)
{
	*missing = NULL;
	if (member->kind == WEFT_MEMBER_str && member->text[0] != '\0')
		*missing = value_str((const uint8_t *)&member->text);
	else if (member->kind == WEFT_MEMBER_f64 && member->real != 0)
		*missing = value_real((const uint8_t *)&member->real, digits);
	else if (member->kind == WEFT_MEMBER_u64 && member->number != 0)
		*missing = value_u64(member->number);
	else if (member->kind < WEFT_MEMBER_u64 && member->number != 0)
		*missing = json_integer((json_int_t)member->number);
	else
		return WEFT_OK;
	return *missing != NULL ? WEFT_OK : -ENOMEM;
}

char *
wi_json_text(const json_t *json, unsigned digits)
{
	return json_dumps(json,
	    JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits));
}
