/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/broken_type.h - a type of WEFT_TYPE(), copied, to break one thing
 * in it.
 */
#ifndef TESTS_BROKEN_TYPE_H
#define TESTS_BROKEN_TYPE_H

#include <stdio.h>
#include <string.h>

#include "check_main.h"
#include "some_types.h"
#include "type/check.h"
#include "type/walk.h"

/* A type with what it points to, to break. */
struct broken {
	struct weft_type type;
	struct weft_member members[24];
};

static struct weft_error err;

/* A whole one. */
static inline struct broken *
broken_from(const struct weft_type *type)
{
	static struct broken broken[4];
	static unsigned next;
	struct broken *copy = &broken[next++ % 4];

	ck_assert_uint_le(type->nmembers, CHECK_COUNT(copy->members));
	copy->type = *type;
	memcpy(copy->members, type->members,
	    type->nmembers * sizeof(*type->members));
	copy->type.members = copy->members;
	ck_assert_int_eq(wi_type_check(&copy->type, &err), WEFT_OK);
	return copy;
}

/* It is called something else, all through. */
static inline void
is_called(struct weft_type *type, const char *name, char *head)
{
	uint32_t length = (uint32_t)strlen(name) + 1;

	type->name = name;
	type->name_len = length - 1;
	memcpy(head, type->format, type->format_len + 1);
	memcpy(head + type->format_len + 1, &length, 4);
	memcpy(head + type->format_len + 5, name, length - 1);
	type->head = head;
	type->head_len = type->format_len + 4 + length;
}

/* The member of a name. */
static inline struct weft_member *
member_of(struct broken *broken, const char *name)
{
	uint32_t i;

	for (i = 0; i < broken->type.nmembers; i++)
		if (strcmp(broken->members[i].name, name) == 0)
			return &broken->members[i];
	ck_abort_msg("expected a member %s, found none", name);
	return NULL;
}

static inline void
is_refused(const struct broken *broken, const char *text)
{
	memset(&err, 0, sizeof(err));
	ck_assert_int_eq(wi_type_check(&broken->type, &err), WEFT_EABI);
	ck_assert_str_eq(err.text, text);
}

#endif
