/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash/keep.h - a place for the report of a crash, taken before there is one.
 */
#ifndef WI_CRASH_KEEP_H
#define WI_CRASH_KEEP_H

#include <stddef.h>

/* owned by: crash/install.c. */
struct wi_crash_place {
	char *path;  /* of the directory; NULL: fd */
	int dir_fd;  /* the directory, or -1 */
	int file_fd; /* in it, with room and without a name; -1: none */
	int fd;      /* without a directory: where to */
};

/*
 * wi_crash_place_open() - take it.
 *
 *   dir      in       NULL: reports go to fd.
 *   size     in       [bytes] of the longest report.
 *   returns           WEFT_OK, or what the system answered.
 *   thread            any, but not in a signal handler.
 */
int wi_crash_place_open(
    struct wi_crash_place *place, const char *dir, int fd, size_t size);
void wi_crash_place_close(struct wi_crash_place *place);

/* wi_crash_keep() - put the report there, once.  returns WEFT_OK or what the
 * system answered.  thread: any, and signal handlers. */
int wi_crash_keep(struct wi_crash_place *place, const char *bytes, size_t len);

/* wi_crash_write_all() - to a descriptor; as above. */
int wi_crash_write_all(int fd, const char *bytes, size_t len);

#endif
