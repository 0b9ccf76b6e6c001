/* SPDX-License-Identifier: Apache-2.0 */
/* files - serves the files below a directory over HTTP. */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct weft_plugin_option files_options[] = {
	{ "root", WEFT_OPTION_FILE, NULL, 0, 0,
	    "the directory; it must be given" },
	{ "index", WEFT_OPTION_TEXT, "index.html", 0, 0,
	    "the file that stands for a directory" },
	{ "max_age", WEFT_OPTION_TIME, "0", 0, INT64_C(31536000000),
	    "how long clients may keep what they were given (RFC 9111, "
	    "5.2.2.1)" },
	WEFT_OPTION_END,
};

static int
files_load(struct weft_load *load, void **state)
{
	const char *root = weft_load_option(load, "root");
	const char *index = weft_load_option(load, "index");
	const char *age = weft_load_option(load, "max_age");
	struct files *files;

	if (strchr(index, '/') != NULL || index[0] == '.')
		return weft_load_fail(load, -EINVAL,
		    "index: expected a file's name, found \"%s\"", index);
	if (root == NULL)
		return weft_load_fail(load, -EINVAL,
		    "expected a directory, as files?root=/srv/www");
	files = calloc(1, sizeof(*files));
	if (files == NULL)
		return -ENOMEM;
	files->root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (files->root < 0) {
		int rv = -errno;

		free(files);
		return weft_load_fail(load, rv,
		    "root: expected a directory, found \"%s\": %s", root,
		    weft_strerror(rv));
	}
	files->index = strdup(index);
	files->max_age = (unsigned)(strtoul(age, NULL, 10) / 1000);
	if (files->index == NULL) {
		(void)close(files->root);
		free(files);
		return -ENOMEM;
	}
	*state = files;
	return WEFT_OK;
}

static void
files_unload(void *state)
{
	struct files *files = state;

	(void)close(files->root);
	free((char *)(uintptr_t)files->index);
	free(files);
}

/* The same path with a "/" behind it. */
static void
files_redirect(struct weft_call *call, const struct weft_http_request *request)
{
	struct weft_http_response response = { .status = 301 };
	char fields[FILES_PATH_MAX * 3 + 32];
	int n;

	n = snprintf(fields, sizeof(fields), "Location: %.*s/%s%.*s\r\n",
	    (int)request->path.len, (const char *)request->path.data,
	    request->query.len > 0 ? "?" : "", (int)request->query.len,
	    (const char *)request->query.data);
	response.fields = fields;
	if (n < 0 || (size_t)n >= sizeof(fields) ||
	    weft_http_respond(call, NULL, &response) < 0)
		(void)weft_http_reply(
		    call, 404, NULL, (struct weft_bytes){ NULL, 0 });
}

static void
files_get(struct weft_call *call, const struct weft_http_request *request,
    struct weft_bytes body)
{
	static const char none[] = "There is no such page.\n";
	const struct files *files = weft_call_state(call);
	struct files_found found;
	struct weft_bytes path;
	unsigned status = 404;

	(void)body;
	if (weft_http_param(call, "path", &path) == WEFT_OK)
		status = files_find(files, path, &found);
	if (status == 0)
		files_send(call, files, &found, files_part(call, &found));
	else if (status == 301)
		files_redirect(call, request);
	else
		(void)weft_http_reply(call, status,
		    "text/plain; charset=utf-8",
		    (struct weft_bytes){ none, strlen(none) });
}

static void
files_drained(struct weft_call *call, weft_endpoint to)
{
	(void)to;
	files_send_more(call);
}

static void
files_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	(void)from;
	(void)why;
	files_send_end(call);
}

static const struct weft_route files_routes[] = {
	WEFT_ROUTE("GET", "/{path...}", files_get),
	WEFT_ROUTE_END,
};

WEFT_PLUGIN(.name = "files", .load = files_load, .unload = files_unload,
    .closed = files_closed, .drained = files_drained, .routes = files_routes,
    .options = files_options);
