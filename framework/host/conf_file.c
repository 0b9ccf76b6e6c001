/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_file.c - files become settings: reading, and includes.
 *
 * thread: as host/conf.h.
 * owns:   a text, while it is parsed.
 * from:   conf, a path.  to: conf_scan and conf_parse, a text.
 *
 * include_note: what a file includes is read behind it, each as a file of its
 * own.  An option may be written once, so the order does not matter, and an
 * open "{" cannot reach into another file.
 */
#include "host/conf_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/conf_parse.h"
#include "host/conf_scan.h"

#define FILE_MAX ((size_t)1 << 20) /* [bytes] */
#define FILE_FILES 100             /* that are read for one */

/* A file that is read, or was. */
struct wi_conf_read {
	struct wi_conf_read *next;      /* read before it */
	const struct wi_conf_read *by;  /* who includes it */
	const struct wi_conf_place *at; /* of the include; NULL: the first */
	const char *real;               /* absolute, without links */
	unsigned number;                /* of those that were read */
};

static void file_read(struct wi_conf_source *source, const char *path,
    const struct wi_conf_read *by, const struct wi_conf_place *at,
    struct wi_conf_problems *problems);

/* The file with a sentinel behind it; NULL: a problem, or no memory. */
static char *
file_text(struct wi_conf_source *source, const char *path,
    const struct wi_conf_place *at, struct wi_conf_problems *problems)
{
	static const char end[] = "\n" WI_CONF_SENTINEL " = x\n";
	char *text = malloc(FILE_MAX + 1 + sizeof(end));
	FILE *file = fopen(path, "re");
	const char *who = at->line == 0 ? "" : path;
	const char *colon = at->line == 0 ? "" : ": ";
	size_t len = 0;
	int why = errno;

	if (file != NULL && text != NULL) {
		errno = 0;
		len = fread(text, 1, FILE_MAX + 1, file);
		why = errno;
	}
	if (text == NULL)
		source->nomem = true;
	else if (file == NULL || ferror(file))
		wi_conf_problem(problems, at,
		    "%s%sexpected a file that can be read, found: %s", who,
		    colon, strerror(why));
	else if (len > FILE_MAX)
		wi_conf_problem(problems, at,
		    "%s%sexpected at most %zu bytes, found more", who, colon,
		    FILE_MAX);
	else if (memchr(text, '\0', len) != NULL)
		wi_conf_problem(problems, at,
		    "%s%sexpected a text, found a byte 0", who, colon);
	else {
		memcpy(text + len, end, sizeof(end));
		(void)fclose(file);
		return text;
	}
	if (file != NULL)
		(void)fclose(file);
	free(text);
	return NULL;
}

static const char *
file_folder(struct wi_conf_source *source, const char *real)
{
	const char *slash = strrchr(real, '/');

	return slash == NULL || slash == real ?
	    "/" :
	    wi_conf_text(source, "%.*s", (int)(slash - real), real);
}

/* A relative one is from the folder of the file that includes it. */
static const char *
file_beside(
    struct wi_conf_source *source, const char *including, const char *name)
{
	const char *slash = strrchr(including, '/');

	if (name[0] == '/' || slash == NULL)
		return wi_conf_text(source, "%s", name);
	return wi_conf_text(
	    source, "%.*s/%s", (int)(slash - including), including, name);
}

/* Was it read before, does it lead to itself? */
static bool
file_again(const struct wi_conf_read *file, const char *path,
    struct wi_conf_problems *problems)
{
	const struct wi_conf_read *one, *by;

	for (one = file->next; one != NULL; one = one->next) {
		if (strcmp(one->real, file->real) != 0)
			continue;
		for (by = file->by; by != NULL && by != one; by = by->by)
			;
		wi_conf_problem(problems, file->at,
		    by != NULL ? "include: expected a file that does not "
				 "include this one, found %s, which does" :
				 "include: expected each file once, found %s "
				 "again",
		    path);
		return true;
	}
	if (file->number <= FILE_FILES)
		return false;
	wi_conf_problem(problems, file->at,
	    "include: expected at most %d files, found %s besides", FILE_FILES,
	    path);
	return true;
}

static void
file_parse(struct wi_conf_source *source, char *text,
    const struct wi_conf_place *place, const struct wi_conf_read *file,
    struct wi_conf_problems *problems)
{
	struct wi_conf_scan scan = { 0 };
	struct wi_conf_include *include = NULL;

	if (!wi_conf_scan(&scan, text, place, problems))
		source->partial = true;
	else
		wi_conf_parse(source, &scan, place, problems, &include);
	source->nomem = source->nomem || scan.nomem;
	wi_conf_scan_fini(&scan);
	free(text);
	for (; include != NULL; include = include->next)
		file_read(source,
		    file_beside(source, place->file, include->name), file,
		    &include->place, problems);
}

/* Remember it; NULL: not to be read. */
static struct wi_conf_read *
file_begin(struct wi_conf_source *source, const char *path,
    const struct wi_conf_read *by, const struct wi_conf_place *at,
    struct wi_conf_problems *problems)
{
	struct wi_conf_read *file = wi_conf_keep(source, sizeof(*file));
	char real[PATH_MAX];

	if (file == NULL)
		return NULL;
	if (realpath(path, real) == NULL)
		(void)snprintf(real, sizeof(real), "%s", path);
	file->real = wi_conf_text(source, "%s", real);
	file->by = by;
	file->at = at;
	file->next = source->read;
	file->number = file->next == NULL ? 0 : file->next->number + 1;
	if (file_again(file, path, problems))
		return NULL;
	source->read = file;
	return file;
}

static void
file_read(struct wi_conf_source *source, const char *path,
    const struct wi_conf_read *by, const struct wi_conf_place *at,
    struct wi_conf_problems *problems)
{
	struct wi_conf_read *file = file_begin(source, path, by, at, problems);
	struct wi_conf_place place = { .file = path };
	char *text;

	if (file == NULL)
		return;
	place.folder = file_folder(source, file->real);
	text = file_text(source, path, at != NULL ? at : &place, problems);
	if (source->blocks == NULL)
		(void)wi_conf_block(source, WI_CONF_TOP, NULL, &place);
	if (text == NULL || source->blocks == NULL) {
		source->partial = true;
		free(text);
		return;
	}
	file_parse(source, text, &place, file, problems);
}

void
wi_conf_file(struct wi_conf_source *source, const char *path,
    struct wi_conf_problems *problems)
{
	file_read(
	    source, wi_conf_text(source, "%s", path), NULL, NULL, problems);
}
