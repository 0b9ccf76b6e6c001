/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/cat_types.c - weft cat --types: lines of JSON are values of a plugin's
 * types, and so is what is printed.
 *
 * thread: main.
 *
 * bare_note: an image of a bare type does not say whose it is.  The named ones
 * are looked at first; what is none of them is tried as each bare one.
 */
#include "host/cat_types.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "host/json_value.h"
#include "host/usage.h"
#include "type/format.h"
#include "type/unpack.h"

#define TYPES_NAMES 240 /* [bytes] of "login, move, ..." in an error */

static bool
types_is_bare(const struct weft_type *type)
{
	return (type->flags & WEFT_TYPE_IS_BARE) != 0;
}

/* ---- which types there are */

static const struct weft_type *
types_find(const struct wi_cat_table *table, const char *name)
{
	size_t i;

	for (i = 0; i < table->all; i++)
		if (strcmp(table->on[i].type->name, name) == 0)
			return table->on[i].type;
	return NULL;
}

/* The first of a name counts. */
static void
types_add(struct wi_cat_table *table, const struct weft_type *type, bool bare)
{
	if (types_is_bare(type) != bare ||
	    types_find(table, type->name) != NULL)
		return;
	table->on[table->all++].type = type;
	table->named += !bare;
}

static void
types_add_receives(
    struct wi_cat_table *table, const struct weft_plugin *api, bool bare)
{
	const struct weft_on *on = api->receives;

	for (; on != NULL && on->type != NULL; on++)
		types_add(table, on->type, bare);
}

static void
types_add_sends(
    struct wi_cat_table *table, const struct weft_plugin *api, bool bare)
{
	const struct weft_type *const *sends = api->sends;

	for (; sends != NULL && *sends != NULL; sends++)
		types_add(table, *sends, bare);
}

static size_t
types_count(const struct weft_plugin *api)
{
	size_t n = 0, i;

	while (api->receives != NULL && api->receives[n].type != NULL)
		n++;
	for (i = 0; api->sends != NULL && api->sends[i] != NULL; i++)
		n++;
	return n;
}

/* "one of login, move" */
static void
types_names(const struct wi_cat_table *table, char *out)
{
	size_t i, len = 0;

	for (i = 0; i < table->all && len < TYPES_NAMES; i++)
		len += (size_t)snprintf(out + len, TYPES_NAMES - len, "%s%s",
		    i == 0 ? "a type of " : ", ", table->on[i].type->name);
}

static int
types_unknown(const struct wi_cat_table *table, const char *before,
    const char *name, struct weft_error *err)
{
	char names[TYPES_NAMES];

	types_names(table, names);
	return wi_fail(err, -EINVAL, "%sexpected %s, found \"%.60s\"", before,
	    names, name);
}

int
wi_cat_types_open(struct wi_cat_types *types, struct weft_error *err)
{
	const struct weft_plugin *api;
	size_t n;
	int rc, bare;

	rc = weft_plugin_open(types->what, &api, &types->opened, err);
	if (rc < 0)
		return rc;
	n = types_count(api);
	if (n == 0)
		return wi_fail(err, -ENOENT,
		    "%s: expected a plugin that receives or sends types, "
		    "found none in it",
		    types->what);
	types->out.on = calloc(n, sizeof(struct weft_on));
	types->in.on = calloc(n, sizeof(struct weft_on));
	if (types->out.on == NULL || types->in.on == NULL)
		return wi_fail(err, -ENOMEM, "no memory");
	for (bare = 0; bare <= 1; bare++) {
		types_add_receives(&types->out, api, bare);
		types_add_sends(&types->out, api, bare);
		types_add_sends(&types->in, api, bare);
		types_add_receives(&types->in, api, bare);
	}
	if (types->name == NULL)
		return WEFT_OK;
	types->only = types_find(&types->out, types->name);
	return types->only != NULL ?
	    WEFT_OK :
	    types_unknown(&types->out, "--type: ", types->name, err);
}

void
wi_cat_types_close(struct wi_cat_types *types)
{
	free(types->out.on);
	free(types->in.on);
	wi_arena_fini(&types->arena);
	weft_plugin_close(&types->opened);
}

static uint8_t *
types_take(struct wi_cat_types *types, size_t bytes, struct weft_error *err)
{
	size_t size;
	uint8_t *at = wi_arena_room(&types->arena, &size);

	if (at != NULL && bytes <= size) {
		wi_arena_keep(&types->arena, bytes);
		return at;
	}
	at = wi_arena_giant(&types->arena, bytes);
	if (at == NULL)
		wi_fail(err, -ENOMEM, "no memory for %zu bytes", bytes);
	return at;
}

/* What the last line, or reply, has taken. */
static void
types_forget(struct wi_cat_types *types)
{
	wi_arena_release(&types->arena, (struct wi_arena_mark){ .used = 0 });
}

/* ---- a line becomes an image */

/* Which type a line is of, and the JSON of its members. */
static int
types_of_line(const struct wi_cat_types *types, json_t *json,
    const struct weft_type **type, json_t **members, struct weft_error *err)
{
	char found[80];
	void *first;

	*type = types->only;
	*members = json;
	if (*type != NULL)
		return WEFT_OK;
	first = json_object_iter(json);
	wi_json_found(json, found, sizeof(found));
	if (first == NULL || json_object_size(json) != 1)
		return wi_fail(err, -EBADMSG,
		    "expected an object with one key, the name of the type, "
		    "found %s%s",
		    found,
		    !json_is_object(json)           ? "" :
			json_object_size(json) == 0 ? " without any" :
						      " with several");
	*members = json_object_iter_value(first);
	*type = types_find(&types->out, json_object_iter_key(first));
	return *type != NULL ?
	    WEFT_OK :
	    types_unknown(&types->out, "", json_object_iter_key(first), err);
}

static int
types_pack(struct wi_cat_types *types, const struct weft_type *type,
    const void *value, struct weft_bytes *image, struct weft_error *err)
{
	uint8_t *out;
	size_t len;
	int rc = weft_pack(type, value, NULL, 0, &len);

	if (rc == WEFT_EFULL) {
		out = types_take(types, len, err);
		if (out == NULL)
			return -ENOMEM;
		rc = weft_pack(type, value, out, len, &len);
		*image = (struct weft_bytes){ out, len };
	}
	if (rc == WEFT_ETOOBIG)
		return wi_fail(err, rc,
		    "%s: expected at most %u elements in all its lists and "
		    "arrays, found more",
		    type->name,
		    type->max_elements != 0 ? type->max_elements :
					      WI_TYPE_ELEMENTS);
	return rc == WEFT_OK ?
	    WEFT_OK :
	    wi_fail(err, rc, "%s: %s", type->name, weft_strerror(rc));
}

int
wi_cat_types_image(struct wi_cat_types *types, const char *line, size_t len,
    struct weft_bytes *image, struct weft_error *err)
{
	const struct weft_type *type;
	json_t *json, *members;
	uint8_t *value;
	int rc = wi_json_parse(line, len, &json, err);

	if (rc < 0)
		return rc;
	types_forget(types);
	rc = types_of_line(types, json, &type, &members, err);
	if (rc == WEFT_OK) {
		value = types_take(types, type->value_size, err);
		rc = value == NULL ?
		    -ENOMEM :
		    wi_value_json(type, members, value, &types->arena, err);
		if (rc == WEFT_OK)
			rc = types_pack(types, type, value, image, err);
	}
	json_decref(json);
	return rc;
}

/* ---- an image becomes a line */

/* See bare_note. */
static int
types_judge(const struct wi_cat_table *table, struct weft_bytes image,
    struct wi_unpack *unpack, size_t *need, struct weft_malformed *why)
{
	struct weft_malformed other;
	size_t i;
	int rc;

	rc = wi_unpack_find(image, table->on, table->named, unpack, why);
	if (rc == WEFT_OK)
		return wi_unpack_value(unpack, NULL, NULL, 0, need, why);
	for (i = table->named; i < table->all; i++) {
		rc = wi_unpack_find(image, &table->on[i], 1, unpack, &other);
		if (rc == WEFT_OK)
			rc = wi_unpack_value(
			    unpack, NULL, NULL, 0, need, &other);
		if (rc == WEFT_OK)
			return WEFT_OK;
		if (table->named == 0)
			*why = other;
	}
	return WEFT_EMALFORMED;
}

/* What the head says: "format sff, name \"point\"", or its first bytes. */
static void
types_head(struct weft_bytes msg, char *out, size_t size)
{
	const uint8_t *bytes = msg.data, *name;
	struct wi_image image;
	uint32_t offset, ndims, len, i;
	size_t left, used;

	if (wi_image_open(msg, &image, &offset) != WEFT_FAULT_NONE) {
		used = (size_t)snprintf(out, size, "begins with");
		for (i = 0; i < 12 && i < msg.len; i++)
			used += (size_t)snprintf(
			    out + used, size - used, " %02x", bytes[i]);
		return;
	}
	used = (size_t)snprintf(out, size, "format %.60s%s", image.format,
	    image.format_len > 60 ? "..." : "");
	if (wi_format_check(image.format, &ndims, &offset) !=
		WEFT_FAULT_NONE ||
	    image.format[0] != 's' || image.format[1] == '#')
		return;
	left = msg.len - (size_t)(image.dims - bytes);
	if (left < 4 + (size_t)ndims * 4)
		return;
	name = image.dims + (size_t)ndims * 4;
	len = wi_image_u32(name, image.swap);
	left -= 4 + (size_t)ndims * 4;
	if (len > 1 && len - 1 <= left)
		(void)snprintf(out + used, size - used, ", name \"%.*s\"",
		    len - 1 > 63 ? 63 : (int)len - 1, (const char *)name + 4);
}

static void
types_stranger(struct wi_cat_types *types, struct weft_bytes image,
    uint64_t number, const struct weft_malformed *why)
{
	struct weft_error line;
	char head[200];

	types->strangers++;
	types_head(image, head, sizeof(head));
	/* It puts '?' for what a terminal would take for more than text. */
	wi_fail(&line, WEFT_EMALFORMED,
	    "reply %" PRIu64 ": expected a value of a type of %s, found %s "
	    "at byte %u%s%s%s%s: %s (%zu bytes, %s)",
	    number, types->what, weft_fault_name(why->fault), why->offset,
	    why->type != NULL ? " in " : "",
	    why->type != NULL ? why->type : "", why->member != NULL ? "." : "",
	    why->member != NULL ? why->member : "",
	    weft_fault_text(why->fault), image.len, head);
	wi_complain("weft cat", "%s", line.text);
}

static int
types_say(const struct weft_type *type, const void *value)
{
	unsigned digits = 15;
	json_t *json = json_pack(
	    "{s:o}", type->name, wi_json_value(type, value, &digits));
	char *text = wi_json_text(json, digits);

	json_decref(json);
	if (text == NULL)
		return -ENOMEM;
	(void)fputs(text, stdout);
	(void)putchar('\n');
	free(text);
	return WEFT_OK;
}

int
wi_cat_types_print(struct wi_cat_types *types, struct weft_bytes image,
    uint64_t number, struct weft_error *err)
{
	struct weft_malformed why;
	struct wi_unpack unpack;
	uint8_t *value, *memory;
	size_t need;
	int rc;

	rc = types_judge(&types->in, image, &unpack, &need, &why);
	if (rc < 0) {
		types_stranger(types, image, number, &why);
		return WEFT_OK;
	}
	types_forget(types);
	value = types_take(types, unpack.on->type->value_size, err);
	memory = types_take(types, need, err);
	if (value == NULL || memory == NULL)
		return -ENOMEM;
	rc = wi_unpack_value(&unpack, value, memory, need, &need, &why);
	if (rc == WEFT_OK)
		rc = types_say(unpack.on->type, value);
	return rc == WEFT_OK ? WEFT_OK :
			       wi_fail(err, rc, "reply %" PRIu64 ": %s",
				   number, weft_strerror(rc));
}
