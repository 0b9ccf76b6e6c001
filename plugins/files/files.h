/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugins/files - what its files share.
 *
 *	files.c       the plugin and its options
 *	find.c        a path becomes an open file below the root
 *	type.c        what a file is, by its name
 *	condition.c   etags, dates and ranges of a request
 *	transfer.c    a file leaves
 */
#ifndef FILES_H
#define FILES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include <weft/weft.h>

#define FILES_PATH_MAX 1024 /* [bytes] of a path, with its NUL */
#define FILES_ETAG_MAX 48   /* [bytes] likewise */
#define FILES_DATE_MAX 32

/* What holds for all requests.  owned by: the plugin, from load() on. */
struct files {
	int root;          /* the directory */
	const char *index; /* "index.html" */
	unsigned max_age;  /* [s] a page may be kept without asking */
};

/* A file that was found.  owned by: who has found it. */
struct files_found {
	int fd;
	uint64_t size; /* [bytes] */
	time_t modified;
	const char *type;
	char etag[FILES_ETAG_MAX]; /* with its quotes */
	char date[FILES_DATE_MAX]; /* of modified, as HTTP has it */
};

/* What is asked of it: [first, first + length). */
struct files_part {
	unsigned status; /* 200, 206, 304, 416 */
	uint64_t first;
	uint64_t length;
};

/*
 * files_find() - open what a path means.
 *
 *   path     in       decoded, without the first "/".
 *   found    out      to be closed by the caller, if it is one.
 *   returns           0; 301: a directory without its "/"; 404.
 */
unsigned files_find(const struct files *files, struct weft_bytes path,
    struct files_found *found);

/* files_type() - "text/html; charset=utf-8". */
const char *files_type(const char *name);

/* files_date() - "Sun, 06 Nov 1994 08:49:37 GMT". */
void files_date(time_t when, char out[FILES_DATE_MAX]);

/* files_part() - what the request's fields say (RFC 9110, 13 and 14). */
struct files_part files_part(
    struct weft_call *call, const struct files_found *found);

/* files_send() - reply with it.  owner of found->fd: from here on, this. */
void files_send(struct weft_call *call, const struct files *files,
    const struct files_found *found, struct files_part part);

/* files_send_more() - the client has room again.
 * files_send_end() - it has gone. */
void files_send_more(struct weft_call *call);
void files_send_end(struct weft_call *call);

#endif
