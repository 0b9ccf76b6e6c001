/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/describe.c - the command "weft describe": what a plugin is, and which
 * types it receives and sends.
 *
 * The plugin is looked at, not loaded.  All that is to be said is made as one
 * JSON value; without --json it is printed as text (describe_text.c).
 *
 * thread: main.
 */
#include "host/describe.h"

#include <argp.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <weft/weft.h>

#include "base/fail.h"
#include "base/option.h"
#include "host/describe_text.h"
#include "host/json_value.h"
#include "host/usage.h"
#include "type/walk.h"

#define DESCRIBE_NAME "weft describe"

struct describe {
	const char *what;
	bool json;
	unsigned digits; /* for wi_json_text() */
};

static const char describe_doc[] =
    "Print what a plugin is, and which types it receives and sends."
    "\v"
    "PLUGIN is a file (it has a '/' or ends in .so) or the name of an "
    "installed plugin, as in \"weft run\".  It is only looked at: its load() "
    "does not run, so codecs that load() would bring are not told.\n\n"
    "Its options are what can stand behind the '?' in \"weft run\", and in "
    "options { } of a configuration; \"options\" is null where it does not "
    "say.\n\n"
    "Of each type there are: its format in tpl's letters; max_elements, of "
    "all lists and arrays of a value together; max_bytes, of a value in "
    "memory; its members, with the default of those that may be left out.\n\n"
    "Exit status: 0 printed, 1 the plugin cannot be opened, 2 wrong usage.";

static const struct argp_option describe_table[] = {
	{ .name = "json", .key = 'j', .doc = "Print one line of JSON" },
	{ .name = NULL }
};

static error_t
describe_option(int key, char *arg, struct argp_state *state)
{
	struct describe *describe = state->input;

	switch (key) {
	case 'j':
		describe->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (describe->what != NULL)
			argp_error(state,
			    "expected one plugin, found a second: \"%s\"",
			    arg);
		describe->what = arg;
		return 0;
	case ARGP_KEY_END:
		if (describe->what == NULL)
			argp_error(state, "expected a plugin");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* ---- what is said: NULL is no memory, everywhere */

static json_t *describe_members(
    struct describe *describe, const struct weft_type *type);

/* What a member has besides name and kind. */
static int
describe_more(struct describe *describe, json_t *object,
    const struct weft_member *member)
{
	json_t *missing;
	int rc = 0;

	if (wi_json_default(member, &missing, &describe->digits) < 0)
		return -1;
	if (missing != NULL)
		rc |= json_object_set_new(object, "default", missing);
	if (member->element != WEFT_MEMBER_none)
		rc |= json_object_set_new(object, "element",
		    json_string(wi_kind_name(member->element)));
	if (member->kind == WEFT_MEMBER_fixed)
		rc |= json_object_set_new(
		    object, "count", json_integer(member->count));
	if (member->of == NULL)
		return rc;
	rc |=
	    json_object_set_new(object, "type", json_string(member->of->name));
	return rc |
	    json_object_set_new(
		object, "members", describe_members(describe, member->of));
}

static json_t *
describe_member(struct describe *describe, const struct weft_member *member)
{
	json_t *object = json_pack("{s:s, s:s}", "name", member->name, "kind",
	    wi_kind_name(member->kind));

	if (object != NULL && describe_more(describe, object, member) != 0) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *
describe_members(struct describe *describe, const struct weft_type *type)
{
	json_t *members = json_array();
	uint32_t i;

	for (i = 0; i < type->nmembers && members != NULL; i++)
		if (json_array_append_new(members,
			describe_member(describe, &type->members[i])) < 0) {
			json_decref(members);
			return NULL;
		}
	return members;
}

static json_t *
describe_type(struct describe *describe, const struct weft_type *type)
{
	json_int_t elements =
	    type->max_elements != 0 ? type->max_elements : WI_TYPE_ELEMENTS;
	json_int_t bytes =
	    type->max_bytes != 0 ? type->max_bytes : WI_TYPE_BYTES;

	return json_pack("{s:s, s:s, s:b, s:I, s:I, s:o}", "name", type->name,
	    "format", type->format, "bare",
	    (type->flags & WEFT_TYPE_IS_BARE) != 0, "max_elements", elements,
	    "max_bytes", bytes, "members", describe_members(describe, type));
}

static json_t *
describe_receives(struct describe *describe, const struct weft_on *on)
{
	json_t *types = json_array();

	for (; types != NULL && on != NULL && on->type != NULL; on++)
		if (json_array_append_new(
			types, describe_type(describe, on->type)) < 0) {
			json_decref(types);
			return NULL;
		}
	return types;
}

static json_t *
describe_sends(struct describe *describe, const struct weft_type *const *sends)
{
	json_t *types = json_array();

	for (; types != NULL && sends != NULL && *sends != NULL; sends++)
		if (json_array_append_new(
			types, describe_type(describe, *sends)) < 0) {
			json_decref(types);
			return NULL;
		}
	return types;
}

/* What the plugin can be told; null where it does not say. */
static json_t *
describe_options(const struct weft_plugin_option *options)
{
	const struct weft_plugin_option *option = options;
	json_t *list = options == NULL ? json_null() : json_array();
	char expected[160];

	for (; list != NULL && option != NULL && option->name != NULL;
	     option++) {
		wi_option_expected(option, expected, sizeof(expected));
		if (json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:s*, s:s}", "name",
			    option->name, "kind",
			    wi_option_kind_name(option->kind), "expected",
			    expected, "default", option->missing, "text",
			    option->text)) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* Texts of the plugin's that may be anything become JSON if they are UTF-8. */
static json_t *
describe_all(struct describe *describe, const struct weft_plugin *api,
    const struct weft_codec *codec)
{
	json_t *version =
	    api->version == NULL ? NULL : json_string(api->version);
	char abi[32];

	(void)snprintf(
	    abi, sizeof(abi), "%u.%u", api->abi_major, api->abi_minor);
	return json_pack("{s:s, s:o?, s:s, s:s?, s:o, s:o, s:o}", "name",
	    api->name, "version", version, "abi", abi, "codec",
	    codec == NULL ? NULL : codec->name, "options",
	    describe_options(api->options), "receives",
	    describe_receives(describe, api->receives), "sends",
	    describe_sends(describe, api->sends));
}

/* ---- the command */

static int
describe_print(
    const struct describe *describe, const json_t *all, struct weft_error *err)
{
	char *text;

	if (describe->json) {
		text = wi_json_text(all, describe->digits);
		if (text == NULL)
			return wi_fail(err, -ENOMEM, "no memory");
		(void)printf("%s\n", text);
		free(text);
	} else if (wi_describe_text(all, describe->digits) < 0) {
		return wi_fail(err, -ENOMEM, "no memory");
	}
	if (fflush(stdout) != 0 || ferror(stdout))
		return wi_fail(err, -EIO, "cannot write to stdout");
	return WEFT_OK;
}

int
wi_describe_main(int argc, char **argv)
{
	static const struct argp argp = { .options = describe_table,
		.parser = describe_option,
		.args_doc = "PLUGIN",
		.doc = describe_doc };
	struct describe describe = { .digits = 15 };
	const struct weft_plugin *api;
	struct weft_opened *opened;
	struct weft_error err;
	json_t *all;
	int rc;

	argp_err_exit_status = WI_EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &describe);
	rc = weft_plugin_open(describe.what, &api, &opened, &err);
	if (rc == WEFT_OK) {
		all = describe_all(&describe, api, weft_plugin_codec(opened));
		rc = all == NULL ? wi_fail(&err, -ENOMEM, "no memory") :
				   describe_print(&describe, all, &err);
		json_decref(all);
	}
	if (rc < 0)
		wi_complain(DESCRIBE_NAME, "%s", err.text);
	weft_plugin_close(&opened);
	return rc < 0 ? WI_EXIT_FAILURE : WI_EXIT_OK;
}
