/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash/maps.c - what is mapped where, from /proc/self/maps (proc(5)).
 *
 * thread: any, and signal handlers: dladdr(3) would wait for who loads a
 * plugin, and knows nothing of a stack that has gone astray.
 */
#include "crash/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* A hexadecimal number at *at, which is moved behind it. */
static uint64_t
maps_hex(const char **at, const char *end)
{
	uint64_t value = 0;
	unsigned digit;

	for (; *at < end; (*at)++) {
		if (**at >= '0' && **at <= '9')
			digit = (unsigned)(**at - '0');
		else if (**at >= 'a' && **at <= 'f')
			digit = (unsigned)(**at - 'a') + 10;
		else
			break;
		value = value << 4 | digit;
	}
	return value;
}

static const char *
maps_skip(const char *at, const char *end, bool blanks)
{
	while (at < end && (*at == ' ') == blanks)
		at++;
	return at;
}

/* "7f00-7f01 r-xp 00001000 fe:01 1234   /path"; false: not of a file. */
static bool
maps_line(const char *at, const char *end, struct wi_crash_map *map)
{
	map->from = (uintptr_t)maps_hex(&at, end);
	if (at == end || *at++ != '-')
		return false;
	map->to = (uintptr_t)maps_hex(&at, end);
	if (end - at < 6 || at[0] != ' ')
		return false;
	map->code = at[3] == 'x';
	at = maps_skip(at + 1, end, false);
	at = maps_skip(at, end, true);
	map->offset = maps_hex(&at, end);
	at = maps_skip(at, end, true); /* device */
	at = maps_skip(at, end, false);
	at = maps_skip(at, end, true); /* inode */
	at = maps_skip(at, end, false);
	at = maps_skip(at, end, true);
	map->path = at;
	map->path_len = (size_t)(end - at);
	return at < end && (*at == '/' || map->code);
}

void
wi_crash_maps_parse(struct wi_crash_maps *maps)
{
	const char *at = maps->text, *all = maps->text + maps->len, *end;

	maps->nmaps = 0;
	while (at < all && maps->nmaps < WI_CRASH_MAPS) {
		end = memchr(at, '\n', (size_t)(all - at));
		if (end == NULL)
			return; /* half a line */
		if (maps_line(at, end, &maps->maps[maps->nmaps]))
			maps->nmaps++;
		at = end + 1;
	}
}

bool
wi_crash_maps_read(struct wi_crash_maps *maps)
{
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	maps->nmaps = maps->len = 0;
	if (fd < 0)
		return false;
	while (maps->len < sizeof(maps->text)) {
		n = read(fd, maps->text + maps->len,
		    sizeof(maps->text) - maps->len);
		if (n == 0 || (n < 0 && errno != EINTR))
			break;
		maps->len += n > 0 ? (size_t)n : 0;
	}
	(void)close(fd);
	wi_crash_maps_parse(maps);
	return maps->nmaps > 0;
}

const struct wi_crash_map *
wi_crash_maps_find(const struct wi_crash_maps *maps, uintptr_t address)
{
	size_t i;

	for (i = 0; i < maps->nmaps; i++)
		if (address >= maps->maps[i].from &&
		    address < maps->maps[i].to)
			return &maps->maps[i];
	return NULL;
}

static bool
maps_same_file(const struct wi_crash_map *a, const struct wi_crash_map *b)
{
	return a->path_len == b->path_len &&
	    memcmp(a->path, b->path, a->path_len) == 0;
}

uintptr_t
wi_crash_maps_base(
    const struct wi_crash_maps *maps, const struct wi_crash_map *map)
{
	/* The parts of a file lie one behind the other. */
	while (map > maps->maps && map->offset > 0 &&
	    maps_same_file(map - 1, map))
		map--;
	return map->from;
}
