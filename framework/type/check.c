/* SPDX-License-Identifier: Apache-2.0 */
/*
 * type/check - can a type that a plugin brings be trusted?
 *
 * thread: any.  It is the plugin's own, so no enemy; but it may be of another
 * version of the headers, or not of WEFT_TYPE() at all, and from here on the
 * walk believes it.
 */
#include "type/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "type/walk.h"

#define CHECK_TYPES 256u   /* of a plugin, at most */
#define CHECK_NAME_MAX 63u /* [bytes] */
#define CHECK_FORMAT_MAX 512u

/* What the members say of their type. */
struct check {
	const struct weft_type *type;
	struct weft_error *err;
	char format[CHECK_FORMAT_MAX];
	size_t format_len;
	uint32_t wire_min;
	uint32_t ndims;
	bool flat;
	bool strings;
};

static int check_members(
    struct check *check, const struct weft_type *type, uint32_t depth);

static int check_fail(const struct check *check,
    const struct weft_member *member, const char *format, ...)
    WEFT_PRINTF(3, 4);

static int
check_fail(const struct check *check, const struct weft_member *member,
    const char *format, ...)
{
	char what[200];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	return wi_fail(check->err, WEFT_EABI, "type %.63s%s%.63s: %s",
	    check->type->name == NULL ? "?" : check->type->name,
	    member == NULL ? "" : ".", member == NULL ? "" : member->name,
	    what);
}

static bool
check_name(const char *name)
{
	size_t len;

	if (name == NULL)
		return false;
	len = strspn(name,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
	return len > 0 && len <= CHECK_NAME_MAX && name[len] == '\0';
}

static void
check_letters(struct check *check, const char *letters)
{
	size_t len = strlen(letters);

	/* One too long is cut, and so not the type's own. */
	if (len >= sizeof(check->format) - check->format_len)
		len = sizeof(check->format) - check->format_len - 1;
	memcpy(check->format + check->format_len, letters, len);
	check->format_len += len;
	check->format[check->format_len] = '\0';
}

/* The letter of one value; "": of none. */
static const char *
check_letter(uint32_t kind)
{
	static const char letters[][2] = { "", "c", "j", "v", "i", "u", "I",
		"U", "f", "s", "B" };

	return kind <= WEFT_MEMBER_bytes ? letters[kind] : "";
}

/* [bytes] of a member in memory. */
static size_t
check_size(const struct weft_member *member)
{
	switch (member->kind) {
	case WEFT_MEMBER_fixed:
		return (size_t)member->count * wi_kind_size(member->element);
	case WEFT_MEMBER_array:
	case WEFT_MEMBER_list:
		return sizeof(struct wi_list);
	case WEFT_MEMBER_nested:
		return member->of->value_size;
	default:
		return wi_kind_size(member->kind);
	}
}

/* An array or a list: its length, then what may not be there. */
static int
check_group(
    struct check *check, const struct weft_member *member, uint32_t depth)
{
	uint32_t wire_min = check->wire_min + 4;
	int rv = WEFT_OK;

	check_letters(check, "A(");
	if (member->kind == WEFT_MEMBER_list)
		rv = check_members(check, member->of, depth + 1);
	else
		check_letters(check, check_letter(member->element));
	check_letters(check, ")");
	check->strings |= member->element == WEFT_MEMBER_str;
	check->wire_min = wire_min;
	check->flat = false;
	return rv;
}

static int
check_member(
    struct check *check, const struct weft_member *member, uint32_t depth)
{
	switch (member->kind) {
	case WEFT_MEMBER_nested:
		return check_members(check, member->of, depth + 1);
	case WEFT_MEMBER_array:
	case WEFT_MEMBER_list:
		return check_group(check, member, depth);
	case WEFT_MEMBER_fixed:
		check_letters(check, check_letter(member->element));
		check_letters(check, "#");
		check->wire_min +=
		    member->count * wi_kind_wire(member->element);
		check->ndims++;
		return WEFT_OK;
	default:
		check_letters(check, check_letter(member->kind));
		check->wire_min += wi_kind_wire(member->kind);
		check->strings |= member->kind == WEFT_MEMBER_str;
		check->flat &= member->kind <= WEFT_MEMBER_f64;
		return WEFT_OK;
	}
}

/* Is a member one by itself? */
static int
check_one(const struct check *check, const struct weft_type *type,
    const struct weft_member *member)
{
	const uint32_t kind = member->kind, element = member->element;

	if (!check_name(member->name))
		return check_fail(
		    check, NULL, "expected each member to have a name");
	if (kind < WEFT_MEMBER_u8 || kind > WEFT_MEMBER_list)
		return check_fail(check, member,
		    "expected a kind of 1 to %d, found %u", WEFT_MEMBER_list,
		    kind);
	if (kind == WEFT_MEMBER_fixed &&
	    (element < WEFT_MEMBER_u8 || element > WEFT_MEMBER_f64 ||
		member->count == 0 || member->count > 1u << 20))
		return check_fail(check, member,
		    "expected 1 to 1048576 numbers, found %u of kind %u",
		    member->count, element);
	if (kind == WEFT_MEMBER_array &&
	    (element < WEFT_MEMBER_u8 || element > WEFT_MEMBER_bytes))
		return check_fail(check, member,
		    "expected elements of a kind of 1 to %d, found %u",
		    WEFT_MEMBER_bytes, element);
	if (kind == WEFT_MEMBER_str && member->text == NULL)
		return check_fail(check, member, "expected a default");
	if ((kind >= WEFT_MEMBER_nested) != (member->of != NULL))
		return check_fail(check, member,
		    "expected a type for what is nested, and only there");
	if (member->offset > type->value_size ||
	    check_size(member) > type->value_size - member->offset)
		return check_fail(check, member,
		    "expected %zu bytes at %zu in a struct of %u",
		    check_size(member), member->offset, type->value_size);
	return WEFT_OK;
}

static int
check_members(
    struct check *check, const struct weft_type *type, uint32_t depth)
{
	uint32_t i;
	int rv;

	if (depth == WI_TYPE_DEPTH)
		return check_fail(check, NULL,
		    "expected types nested at most %u deep",
		    WI_TYPE_DEPTH - 1);
	if (type->size != sizeof(*type))
		return check_fail(check, NULL,
		    "expected a struct weft_type of %zu bytes, found %u",
		    sizeof(*type), type->size);
	if (type->members == NULL || type->nmembers == 0 ||
	    type->nmembers > WI_TYPE_MEMBERS)
		return check_fail(check, NULL,
		    "expected 1 to %u members, found %u", WI_TYPE_MEMBERS,
		    type->nmembers);
	for (i = 0; i < type->nmembers; i++) {
		rv = check_one(check, type, &type->members[i]);
		if (rv == WEFT_OK)
			rv = check_member(check, &type->members[i], depth);
		if (rv < 0)
			return rv;
	}
	return WEFT_OK;
}

/* What its images begin with. */
static int
check_head(const struct check *check)
{
	const struct weft_type *type = check->type;
	const bool bare = (type->flags & WEFT_TYPE_IS_BARE) != 0;
	const size_t format = check->format_len + 1;
	const uint32_t length = type->name_len + 1;

	if (type->head == NULL ||
	    type->head_len != format + (bare ? 0 : 3 + length) ||
	    memcmp(type->head, check->format, format) != 0 ||
	    (!bare &&
		(memcmp(type->head + format, &length, 4) != 0 ||
		    memcmp(type->head + format + 4, type->name,
			type->name_len) != 0)))
		return check_fail(
		    check, NULL, "expected a head of the format and the name");
	return WEFT_OK;
}

/* What the type says of itself, against what its members say. */
static int
check_says(const struct check *check)
{
	const struct weft_type *type = check->type;
	uint32_t flags = type->flags & WEFT_TYPE_IS_BARE;

	if (check->flat)
		flags |= WEFT_TYPE_IS_FLAT;
	if (check->strings)
		flags |= WEFT_TYPE_HAS_STRINGS;
	if (check->flat && check->wire_min == type->value_size)
		flags |= WEFT_TYPE_IS_PACKED;
	if (type->format == NULL || strcmp(type->format, check->format) != 0 ||
	    type->format_len != check->format_len)
		return check_fail(check, NULL,
		    "expected the format %.60s, found %.60s", check->format,
		    type->format == NULL ? "none" : type->format);
	if (type->wire_min != check->wire_min || type->ndims != check->ndims ||
	    type->flags != flags)
		return check_fail(check, NULL,
		    "expected %u bytes, %u fixed arrays, flags %u, found %u, "
		    "%u, %u",
		    check->wire_min, check->ndims, flags, type->wire_min,
		    type->ndims, type->flags);
	return check_head(check);
}

/* Those that are nested in it, by themselves. */
static int
check_nested(const struct weft_type *type, struct weft_error *err)
{
	uint32_t i;
	int rv = WEFT_OK;

	for (i = 0; i < type->nmembers && rv == WEFT_OK; i++)
		if (type->members[i].of != NULL)
			rv = wi_type_check(type->members[i].of, err);
	return rv;
}

int
wi_type_check(const struct weft_type *type, struct weft_error *err)
{
	struct check check = { .type = type, .err = err, .flat = true };
	int rv;

	if (type->size != sizeof(*type))
		return wi_fail(err, WEFT_EABI,
		    "a type: expected a struct weft_type of %zu bytes, found "
		    "%u",
		    sizeof(*type), type->size);
	if (!check_name(type->name) || strlen(type->name) != type->name_len)
		return wi_fail(err, WEFT_EABI,
		    "a type: expected a name of 1 to %u letters, digits or _, "
		    "found \"%.63s\"",
		    CHECK_NAME_MAX, type->name == NULL ? "" : type->name);
	if ((type->flags & WEFT_TYPE_IS_BARE) == 0)
		check_letters(&check, "s");
	rv = check_members(&check, type, 0);
	if (rv == WEFT_OK)
		rv = check_says(&check);
	return rv == WEFT_OK ? check_nested(type, err) : rv;
}

int
wi_types_check(const struct weft_on *on, size_t *n, struct weft_error *err)
{
	bool bare = false;
	size_t i;
	int rv;

	for (*n = 0; on[*n].type != NULL; ++*n) {
		const struct weft_type *type = on[*n].type;

		if (*n == CHECK_TYPES)
			return wi_fail(err, WEFT_EABI,
			    "expected at most %u types, found more: is there "
			    "no WEFT_ON_END?",
			    CHECK_TYPES);
		rv = wi_type_check(type, err);
		if (rv < 0)
			return rv;
		bare |= (type->flags & WEFT_TYPE_IS_BARE) != 0;
		if (on[*n].function == NULL)
			return wi_fail(err, WEFT_EABI,
			    "type %s: expected a function, found NULL",
			    type->name);
		for (i = 0; i < *n; i++)
			if (strcmp(on[i].type->name, type->name) == 0)
				return wi_fail(err, WEFT_EABI,
				    "type %s: expected once, found twice",
				    type->name);
	}
	if (bare && *n > 1)
		return wi_fail(err, WEFT_EABI,
		    "expected a bare type to be the only one that is "
		    "received, found %zu types",
		    *n);
	return WEFT_OK;
}
