/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash/maps.h - what is mapped where, from /proc/self/maps.
 *
 * thread: any, and signal handlers.
 */
#ifndef WI_CRASH_MAPS_H
#define WI_CRASH_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WI_CRASH_MAPS 512 /* parts of files that are told apart */

/* A part of a file. */
struct wi_crash_map {
	uintptr_t from;
	uintptr_t to;
	uint64_t offset; /* [bytes] in the file */
	bool code;       /* it may be executed */
	const char *path;
	size_t path_len; /* [bytes]: it is not ended by NUL */
};

/* owned by: the caller; too large for a stack. */
struct wi_crash_maps {
	size_t nmaps;
	struct wi_crash_map maps[WI_CRASH_MAPS];
	size_t len;
	char text[256 << 10]; /* the file, as far as it fits */
};

/* wi_crash_maps_read() - of this process, now.  false: it cannot be read, and
 * nothing is known. */
bool wi_crash_maps_read(struct wi_crash_maps *maps);

/* wi_crash_maps_parse() - of text, which is maps->text[0 .. maps->len - 1]. */
void wi_crash_maps_parse(struct wi_crash_maps *maps);

/* wi_crash_maps_find() - where an address lies; NULL: in no file. */
const struct wi_crash_map *wi_crash_maps_find(
    const struct wi_crash_maps *maps, uintptr_t address);

/* wi_crash_maps_base() - where the file of that part begins: what addresses in
 * the file are counted from. */
uintptr_t wi_crash_maps_base(
    const struct wi_crash_maps *maps, const struct wi_crash_map *map);

#endif
