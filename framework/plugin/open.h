/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin/open.h - a plugin's file becomes code in this process.
 *
 * thread: any, but a constructor of the file runs on it.
 */
#ifndef WI_OPEN_H
#define WI_OPEN_H

#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>

#include "base/build_id.h"

/* Code from a file.  owned by: who called wi_open_file(). */
struct wi_opened {
	void *dl;       /* handle for dlsym(); NULL: nothing is open, and the
	                  rest is to be ignored */
	char *copy;     /* what the linker calls it: a path that is gone */
	uint64_t hash;  /* FNV-1a of the file's bytes */
	uint64_t since; /* [s] of the calendar, when it was opened */
	int fd;         /* the copy, to be read again; -1: none */
	int code;       /* its place in base/code.h; -1: none */
	char build_id[WI_BUILD_ID_TEXT]; /* in hex; "": it has none */
};

/*
 * wi_open_file() - map a private copy of a shared object.
 *
 * The file may be overwritten, cut short or removed from then on: what runs is
 * the copy.  Two calls make two copies that share nothing, also when the file
 * is the same.
 *
 *   path     in       a regular file.
 *   opened   out      the code; dl is NULL on error.
 *   err      out      names path, what was expected and what was found; may
 *                     be NULL.
 *   returns           WEFT_OK, or an error below.
 *   errors            WEFT_ENOPLUGIN  there is no such file.
 *                     WEFT_ELOAD      it cannot be read, is no whole shared
 *                                     object for this machine, lacks a symbol,
 *                                     or no directory takes the copy.
 *                     -ENOMEM
 *   owner             the caller, until wi_open_close().
 */
int wi_open_file(
    const char *path, struct wi_opened *opened, struct weft_error *err);

/* wi_open_again() - map another copy of what was mapped: other data, the same
 * bytes, whatever has become of the file.  path: for texts; fd: of another
 * opened, or a duplicate, which stays the caller's.  As above. */
int wi_open_again(const char *path, int fd, struct wi_opened *opened,
    struct weft_error *err);

/* wi_open_look() - only the hash that wi_open_file() would find.  errors as
 * there. */
int wi_open_look(const char *path, uint64_t *hash, struct weft_error *err);

/*
 * wi_open_close() - give the code up.
 *
 *   opened   in,out   nothing is open afterwards; may be all zero before.
 *   returns           1 if the code is still mapped (it cannot be unmapped:
 *                     thread-local destructors, unique C++ symbols, -z
 *                     nodelete), else 0.
 */
int wi_open_close(struct wi_opened *opened);

/*
 * wi_open_check() - are these bytes a whole shared object for this machine?
 *
 * Pure.  The dynamic linker does not ask: it maps what the headers say, and a
 * file that was cut short kills the process with SIGBUS.
 *
 *   path     in       for the error's text only.
 *   bytes    in       the whole file; need not be aligned.
 *   len      in       [bytes]
 *   returns           WEFT_OK or WEFT_ELOAD.
 */
int wi_open_check(const char *path, const uint8_t *bytes, size_t len,
    struct weft_error *err);

#endif
