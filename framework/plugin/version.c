/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin/version - a version of a plugin: opened, judged, closed.
 *
 * thread: the one that loads or reloads.
 * owns:   its code and a copy of its table.
 * from:   plugin/find, a path.  to: plugin/registry, reload.c.
 */
#include "plugin/version.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/option.h"
#include "plugin/find.h"
#include "plugin/previous.h"
#include "plugin/registry.h"

static char *
version_text(const char *text, bool *failed)
{
	char *copy = text == NULL ? NULL : strdup(text);

	*failed = *failed || (text != NULL && copy == NULL);
	return copy;
}

static struct wi_version *
version_new(const char *path, const char *options)
{
	struct wi_version *version = calloc(1, sizeof(*version));
	bool failed = version == NULL;

	if (failed)
		return NULL;
	version->path = version_text(path, &failed);
	version->options = version_text(options, &failed);
	if (failed)
		(void)wi_version_close(&version);
	return version;
}

/* Its table is one that we know. */
static int
version_judge(struct wi_version *version, const struct weft_plugin *api,
    struct weft_error *err)
{
	const char *file = wi_version_file(version);
	int rc;

	rc = wi_abi_check(api, &wi_abi_ours, file, err);
	if (rc < 0)
		return rc;
	wi_abi_copy(&version->table, api);
	rc = wi_abi_types(&version->table, file, &version->ntypes, err);
	if (rc == WEFT_OK)
		rc = wi_abi_routes(&version->table, file, err);
	return rc < 0 ? rc :
			wi_options_check(version->table.options, file, err);
}

static int
version_given(struct wi_version *version, int rc,
    const struct weft_plugin *api, struct wi_version **versionp,
    struct weft_error *err)
{
	if (rc == WEFT_OK)
		rc = version_judge(version, api, err);
	if (rc < 0)
		(void)wi_version_close(&version);
	*versionp = version;
	return rc;
}

static const struct weft_plugin *
version_symbol(const struct wi_version *version)
{
	return version->opened.dl == NULL ?
	    NULL :
	    dlsym(version->opened.dl, "weft_plugin");
}

int
wi_version_open(
    const char *what, struct wi_version **versionp, struct weft_error *err)
{
	struct wi_version *version;
	const char *options;
	char *path;
	int rc;

	*versionp = NULL;
	rc = wi_find_plugin(what, &path, &options, err);
	if (rc < 0)
		return rc;
	version = version_new(path, options);
	free(path);
	if (version == NULL)
		return wi_fail(err, -ENOMEM, "%s: no memory", what);
	rc = wi_open_file(version->path, &version->opened, err);
	return version_given(
	    version, rc, version_symbol(version), versionp, err);
}

int
wi_version_changed(
    const struct wi_version *version, const char *what, struct weft_error *err)
{
	const char *now = version->options == NULL ? "" : version->options;
	const char *options;
	uint64_t hash;
	char *path;
	int rc;

	rc = wi_find_plugin(what, &path, &options, err);
	if (rc < 0)
		return rc;
	rc = wi_open_look(path, &hash, err);
	free(path);
	if (rc < 0)
		return rc;
	return hash != version->opened.hash ||
	    strcmp(now, options == NULL ? "" : options) != 0;
}

int
wi_version_again(const struct wi_previous *previous,
    struct wi_version **versionp, struct weft_error *err)
{
	struct wi_version *version =
	    version_new(previous->path, previous->options);
	int rc;

	*versionp = NULL;
	if (version == NULL)
		return wi_fail(err, -ENOMEM, "%s: no memory", previous->path);
	rc = wi_open_again(version->path, previous->fd, &version->opened, err);
	return version_given(
	    version, rc, version_symbol(version), versionp, err);
}

int
wi_version_of(const struct weft_plugin *api, const char *options,
    struct wi_version **versionp, struct weft_error *err)
{
	struct wi_version *version = version_new(NULL, options);

	*versionp = NULL;
	if (version == NULL)
		return wi_fail(err, -ENOMEM, "a plugin: no memory");
	return version_given(version, WEFT_OK, api, versionp, err);
}

int
wi_version_codec(struct wi_version *version, struct wi_codecs *codecs,
    const void *owner, struct weft_error *err)
{
	const char *file = wi_version_file(version);
	const struct weft_codec *codec;
	struct weft_error why;
	int rc;

	if (version->opened.dl == NULL)
		return WEFT_OK; /* a part of the program has no symbols */
	codec = dlsym(version->opened.dl, "weft_codec");
	if (codec == NULL)
		return WEFT_OK;
	version->codecs = true;
	rc = wi_codecs_add(codecs, codec, owner, file, &why);
	if (rc == WEFT_OK)
		return WEFT_OK;
	return wi_fail(
	    err, rc == -EINVAL ? WEFT_EABI : rc, "%s: %s", file, why.text);
}

int
wi_version_close(struct wi_version **versionp)
{
	struct wi_version *version = *versionp;
	int resident;

	*versionp = NULL;
	resident = wi_open_close(&version->opened);
	free(version->path);
	free(version->options);
	free(version);
	return resident;
}
