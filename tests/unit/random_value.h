/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/random_value.h - a value of any type, made up.
 */
#ifndef TESTS_RANDOM_VALUE_H
#define TESTS_RANDOM_VALUE_H

#include <stdint.h>
#include <string.h>

#include <weft/type.h>

#include "check_random.h"
#include "type/walk.h"

/* owned by: the test. */
struct random_value {
	uint64_t seed;
	size_t used;
	_Alignas(16) uint8_t memory[1 << 18];
};

static inline uint8_t *
random_value_take(struct random_value *made, size_t bytes)
{
	size_t at = (made->used + 15) & ~(size_t)15;

	if (bytes > sizeof(made->memory) - at)
		abort();
	made->used = at + bytes;
	return made->memory + at;
}

static inline void
random_value_one(struct random_value *made, uint32_t kind, uint8_t *to)
{
	uint64_t number = check_random(&made->seed);
	size_t i, len = check_random(&made->seed) % 20;
	uint8_t *text = random_value_take(made, len + 1);
	struct weft_bytes bytes = { text, len };

	for (i = 0; i < len; i++)
		text[i] = (uint8_t)(1 + check_random(&made->seed) % 255);
	text[len] = '\0';
	if (kind == WEFT_MEMBER_str)
		memcpy(to, &text, sizeof(text));
	else if (kind == WEFT_MEMBER_bytes)
		memcpy(to, &bytes, sizeof(bytes));
	else
		memcpy(to, &number, wi_kind_wire(kind));
}

/* random_value() - every member of it; lists of up to 3. */
static inline void
random_value(
    struct random_value *made, const struct weft_type *type, uint8_t *to)
{
	uint32_t i, k, size;

	for (i = 0; i < type->nmembers; i++) {
		const struct weft_member *member = &type->members[i];
		uint8_t *at = to + member->offset;
		struct wi_list list = { .at = NULL };
		uint8_t *elements;

		if (member->kind == WEFT_MEMBER_nested) {
			random_value(made, member->of, at);
		} else if (member->kind == WEFT_MEMBER_fixed) {
			size = wi_kind_wire(member->element);
			for (k = 0; k < member->count; k++)
				random_value_one(
				    made, member->element, at + k * size);
		} else if (member->kind < WEFT_MEMBER_array) {
			random_value_one(made, member->kind, at);
		} else {
			size = member->of != NULL ?
			    member->of->value_size :
			    wi_kind_size(member->element);
			list.len = (uint32_t)check_random(&made->seed) % 4;
			elements = random_value_take(made, 4 * size);
			list.at = elements;
			for (k = 0; k < list.len; k++)
				if (member->of != NULL)
					random_value(made, member->of,
					    elements + k * size);
				else
					random_value_one(made, member->element,
					    elements + k * size);
			memcpy(at, &list, sizeof(list));
		}
	}
}

#endif
