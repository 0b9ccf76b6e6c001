/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin/peek.c - a plugin that is only looked at: what it exports is judged
 * as if it were loaded, but its load() does not run.
 *
 * thread: any.
 * owns:   its code, and a copy of its table and of its codec's.
 * from:   the program weft, or any other.  to: find, open, registry.
 */
#include <weft/plugin.h>

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

#include "base/fail.h"
#include "base/option.h"
#include "codec/table.h"
#include "plugin/find.h"
#include "plugin/open.h"
#include "plugin/registry.h"

/* owned by: who called weft_plugin_open(). */
struct weft_opened {
	struct wi_opened code;
	struct weft_plugin table;       /* copy, of full size */
	struct wi_codecs codecs;        /* with its own, to judge that */
	const struct weft_codec *codec; /* in codecs, or NULL */
};

static int
peek_codec(
    struct weft_opened *opened, const char *path, struct weft_error *err)
{
	const struct weft_codec *codec = dlsym(opened->code.dl, "weft_codec");
	struct weft_error why;
	int rc;

	if (codec == NULL)
		return WEFT_OK;
	rc = wi_codecs_add(&opened->codecs, codec, opened, "(itself)", &why);
	if (rc < 0)
		return wi_fail(err, rc == -EINVAL ? WEFT_EABI : rc, "%s: %s",
		    path, why.text);
	wi_codecs_keep(&opened->codecs, opened);
	opened->codec = wi_codecs_find(&opened->codecs, codec->name);
	return WEFT_OK;
}

/* All that the file must be, in the order of the registry. */
static int
peek_file(struct weft_opened *opened, const char *path, struct weft_error *err)
{
	const struct weft_plugin *api;
	size_t ntypes;
	int rc = wi_open_file(path, &opened->code, err);

	if (rc < 0)
		return rc;
	api = dlsym(opened->code.dl, "weft_plugin");
	rc = wi_abi_check(api, &wi_abi_ours, path, err);
	if (rc < 0)
		return rc;
	wi_abi_copy(&opened->table, api);
	rc = wi_abi_types(&opened->table, path, &ntypes, err);
	if (rc == WEFT_OK)
		rc = wi_abi_routes(&opened->table, path, err);
	if (rc == WEFT_OK)
		rc = wi_options_check(opened->table.options, path, err);
	return rc < 0 ? rc : peek_codec(opened, path, err);
}

int
weft_plugin_find(const char *what, char **path, struct weft_error *err)
{
	const char *options;

	return wi_find_plugin(what, path, &options, err);
}

int
weft_plugin_open(const char *what, const struct weft_plugin **api,
    struct weft_opened **openedp, struct weft_error *err)
{
	struct weft_opened *opened;
	const char *options;
	char *path;
	int rc;

	*api = NULL;
	*openedp = NULL;
	rc = wi_find_plugin(what, &path, &options, err);
	if (rc < 0)
		return rc;
	opened = calloc(1, sizeof(*opened));
	if (opened == NULL) {
		free(path);
		return wi_fail(err, -ENOMEM, "%s: no memory", what);
	}
	wi_codecs_init(&opened->codecs);
	rc = peek_file(opened, path, err);
	free(path);
	if (rc < 0) {
		weft_plugin_close(&opened);
		return rc;
	}
	*api = &opened->table;
	*openedp = opened;
	return WEFT_OK;
}

const struct weft_codec *
weft_plugin_codec(const struct weft_opened *opened)
{
	return opened->codec;
}

void
weft_plugin_close(struct weft_opened **openedp)
{
	struct weft_opened *opened = *openedp;

	*openedp = NULL;
	if (opened == NULL)
		return;
	wi_codecs_fini(&opened->codecs);
	(void)wi_open_close(&opened->code);
	free(opened);
}
