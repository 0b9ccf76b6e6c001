/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/describe_text.c - what "weft describe" says, for people.
 *
 *	name     shop
 *	version  1.2
 *	abi      1.5
 *	option   stock = 10: a number, 1 to 1000
 *	         how much there is of each at first
 *
 *	receives offer
 *	  format sUA(su), at most 65536 elements, 4194304 bytes
 *	  u64             price
 *	  list of item    items
 *	    str             name
 *	    u32             count = 1
 *
 * thread: main.
 */
#include "host/describe_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/json_value.h"

static const char *
text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* "array of u16", "fixed of u8 [3]" */
static void
text_kind(const json_t *member, char *out, size_t size)
{
	const char *kind = text_of(member, "kind");
	const char *of = text_of(member, "type");

	if (of == NULL)
		of = text_of(member, "element");
	if (of == NULL)
		(void)snprintf(out, size, "%s", kind);
	else if (strcmp(kind, "nested") == 0)
		(void)snprintf(out, size, "%s", of);
	else if (strcmp(kind, "fixed") == 0)
		(void)snprintf(out, size, "%s[%" JSON_INTEGER_FORMAT "]", of,
		    json_integer_value(json_object_get(member, "count")));
	else
		(void)snprintf(out, size, "%s of %s", kind, of);
}

/* The members and, two blanks deeper, what is nested in them. */
static int
text_members(const json_t *members, int indent, unsigned digits)
{
	const json_t *member, *missing;
	char kind[160], *text;
	size_t i;

	for (i = 0; i < json_array_size(members); i++) {
		member = json_array_get(members, i);
		missing = json_object_get(member, "default");
		text_kind(member, kind, sizeof(kind));
		(void)printf(
		    "%*s%-15s %s", indent, "", kind, text_of(member, "name"));
		if (missing != NULL) {
			text = wi_json_text(missing, digits);
			if (text == NULL)
				return -ENOMEM;
			(void)printf(" = %s", text);
			free(text);
		}
		(void)printf("\n");
		if (text_members(json_object_get(member, "members"),
			indent + 2, digits) < 0)
			return -ENOMEM;
	}
	return WEFT_OK;
}

static int
text_type(const char *how, const json_t *type, unsigned digits)
{
	(void)printf("\n%s %s\n", how, text_of(type, "name"));
	(void)printf("  format %s%s\n", text_of(type, "format"),
	    json_is_true(json_object_get(type, "bare")) ?
		", bare: no name in front" :
		"");
	(void)printf("  at most %" JSON_INTEGER_FORMAT
		     " elements, %" JSON_INTEGER_FORMAT " bytes\n",
	    json_integer_value(json_object_get(type, "max_elements")),
	    json_integer_value(json_object_get(type, "max_bytes")));
	return text_members(json_object_get(type, "members"), 2, digits);
}

/* The very same type among these, or NULL. */
static const json_t *
text_find(const json_t *types, const json_t *type)
{
	size_t i;

	for (i = 0; i < json_array_size(types); i++)
		if (json_equal(json_array_get(types, i), type))
			return json_array_get(types, i);
	return NULL;
}

/* Each once, also when it is received and sent. */
static int
text_types(const json_t *receives, const json_t *sends, unsigned digits)
{
	const json_t *type;
	size_t i;
	int rc = WEFT_OK;

	for (i = 0; i < json_array_size(receives) && rc == WEFT_OK; i++) {
		type = json_array_get(receives, i);
		rc = text_type(text_find(sends, type) != NULL ?
			"receives and sends" :
			"receives",
		    type, digits);
	}
	for (i = 0; i < json_array_size(sends) && rc == WEFT_OK; i++) {
		type = json_array_get(sends, i);
		if (text_find(receives, type) == NULL)
			rc = text_type("sends", type, digits);
	}
	return rc;
}

/* Nothing, where it does not say. */
static void
text_options(const json_t *options)
{
	const json_t *option;
	const char *missing;
	size_t i;

	if (json_is_array(options) && json_array_size(options) == 0)
		(void)printf("takes    no options\n");
	for (i = 0; i < json_array_size(options); i++) {
		option = json_array_get(options, i);
		missing = text_of(option, "default");
		(void)printf("option   %s%s%s: %s\n         %s\n",
		    text_of(option, "name"), missing != NULL ? " = " : "",
		    missing != NULL ? missing : "",
		    text_of(option, "expected"), text_of(option, "text"));
	}
}

int
wi_describe_text(const json_t *all, unsigned digits)
{
	static const char *const keys[] = { "name", "version", "abi",
		"codec" };
	const json_t *receives = json_object_get(all, "receives");
	const json_t *sends = json_object_get(all, "sends");
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (text_of(all, keys[i]) != NULL)
			(void)printf(
			    "%-8s %s\n", keys[i], text_of(all, keys[i]));
	text_options(json_object_get(all, "options"));
	if (json_array_size(receives) == 0)
		(void)printf("receives no types\n");
	if (json_array_size(sends) == 0)
		(void)printf("sends no types\n");
	return text_types(receives, sends, digits);
}
