/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/version_file.h - the file that a plugin is loaded from, and its hash.
 *
 * thread: any; reads the file system.
 */
#ifndef WI_VERSION_FILE_H
#define WI_VERSION_FILE_H

#include <stdint.h>

#include <weft/error.h>

/* owned by: who called wi_version_file_find(). */
struct wi_version_file {
	char *path;
	const char *options; /* in what; NULL: none */
	uint64_t hash;       /* as struct weft_plugin_info has it */
};

/* wi_version_file_find() - of "FILE?options" or "NAME?options".  WEFT_OK or
 * WEFT_ENOPLUGIN, -ENOMEM, or what the system says; then nothing is owned. */
int wi_version_file_find(
    struct wi_version_file *file, const char *what, struct weft_error *err);
void wi_version_file_fini(struct wi_version_file *file);

/* wi_version_file_copy() - its bytes, mode 0600, whole or not at all.
 * WEFT_ESTATE: they have another hash by now. */
int wi_version_file_copy(const char *path, uint64_t hash, int dir_fd,
    const char *name, struct weft_error *err);

#endif
