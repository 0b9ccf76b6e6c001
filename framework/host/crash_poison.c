/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/crash_poison.c - messages that hosts have died of.
 *
 * thread: main; wi_crash_poison_caught() on a worker, which holds a message,
 *         or on the I/O thread, with bytes of which a codec has died.
 *
 * marker_note: DIR/quarantine/HASH says that a message is quarantined, and it
 * is asked each time that one is caught: so who removes it releases the
 * message at once, and no host that runs must be told.  DIR/released/HASH then
 * keeps the reports of before from saying the same again at the next start.
 */
#include "host/crash_poison.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/crash_read.h"

#define POISON_NAME 17u /* [bytes] of 16 digits with their NUL */

/* What a report says that counts. */
struct poison_crash {
	uint64_t hash;
	uint64_t seconds;
};

static void
poison_name(uint64_t hash, char name[POISON_NAME])
{
	(void)snprintf(name, POISON_NAME, "%016" PRIx64, hash);
}

/* false: it has no message that a handler was given, nor bytes that a codec
 * was, or was released since. */
static bool
poison_read(const struct wi_crash_dir *dir, const char *report,
    struct poison_crash *crash)
{
	struct wi_crash_file file;
	const char *handler;
	char name[POISON_NAME];
	struct stat st;
	bool counts;

	if (wi_crash_read(&file, dir->fd, report) < 0)
		return false;
	handler = file.values[WI_CRASH_KEY_handler];
	crash->hash = file.hash;
	crash->seconds = file.seconds;
	counts = file.hash != 0 && file.seconds != 0 && handler != NULL &&
	    (strcmp(handler, "message") == 0 ||
		strcmp(handler, "on_reply") == 0 ||
		strcmp(handler, "decode") == 0);
	wi_crash_file_free(&file);
	poison_name(crash->hash, name);
	if (counts && fstatat(dir->released, name, &st, 0) == 0)
		counts = (uint64_t)st.st_mtime < crash->seconds;
	return counts;
}

static int
poison_mark(int dir_fd, const char *name, int flags)
{
	int fd = openat(dir_fd, name,
	    O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, 0600);

	if (fd < 0)
		return errno == EEXIST ? WEFT_OK : -errno;
	/* Also of one that is there: its time counts. */
	(void)futimens(fd, NULL);
	return close(fd) < 0 ? -errno : WEFT_OK;
}

/* By hash, then by time. */
static int
poison_order(const void *a, const void *b)
{
	const struct poison_crash *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->seconds < y->seconds ? -1 : x->seconds > y->seconds;
}

int
wi_crash_poison_judge(const struct wi_crash_dir *dir,
    const struct wi_crash_list *list, uint32_t within_s)
{
	struct poison_crash *crashes = calloc(list->n + 1, sizeof(*crashes));
	char name[POISON_NAME];
	size_t i, n = 0;
	int rv = WEFT_OK;

	if (crashes == NULL)
		return -ENOMEM;
	for (i = 0; i < list->n; i++)
		if (poison_read(dir, list->names[i], &crashes[n]))
			n++;
	qsort(crashes, n, sizeof(*crashes), poison_order);
	for (i = 1; i < n && rv == WEFT_OK; i++) {
		if (crashes[i].hash != crashes[i - 1].hash ||
		    crashes[i].seconds - crashes[i - 1].seconds > within_s)
			continue;
		poison_name(crashes[i].hash, name);
		rv = poison_mark(dir->quarantine, name, O_EXCL);
	}
	free(crashes);
	return rv;
}

/* The hash that a file is named after; 0: it is another. */
static uint64_t
poison_hash(const char *name)
{
	if (strlen(name) != POISON_NAME - 1 ||
	    strspn(name, "0123456789abcdef") != POISON_NAME - 1)
		return 0;
	return strtoull(name, NULL, 16);
}

int
wi_crash_poison_tell(const struct wi_crash_dir *dir, struct weft_node *node)
{
	const struct dirent *entry;
	int fd, rv = WEFT_OK;
	uint64_t hash;
	DIR *all;

	fd = openat(dir->quarantine, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	all = fd < 0 ? NULL : fdopendir(fd);
	if (all == NULL) {
		rv = -errno;
		if (fd >= 0)
			(void)close(fd);
		return rv;
	}
	while (rv == WEFT_OK && (entry = readdir(all)) != NULL) {
		hash = poison_hash(entry->d_name);
		if (hash != 0)
			rv = weft_node_quarantine(node, hash);
	}
	(void)closedir(all);
	return rv;
}

/* See marker_note.  The first one is saved; O_APPEND: two at once too. */
int
wi_crash_poison_caught(
    void *arg, uint64_t hash, weft_endpoint from, struct weft_bytes msg)
{
	const struct wi_crash_dir *dir = arg;
	char name[POISON_NAME];
	struct stat st;
	int fd;

	(void)from;
	poison_name(hash, name);
	fd = openat(dir->quarantine, name,
	    O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT;
	if (fstat(fd, &st) == 0 && st.st_size == 0 && msg.len > 0 &&
	    write(fd, msg.data, msg.len) != (ssize_t)msg.len)
		(void)!ftruncate(fd, 0); /* the next one tries again */
	(void)close(fd);
	return 0;
}

int
wi_crash_dir_release(const struct wi_crash_dir *dir, uint64_t hash)
{
	char name[POISON_NAME];
	int rv;

	poison_name(hash, name);
	if (faccessat(dir->quarantine, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	rv = poison_mark(dir->released, name, 0);
	if (rv < 0)
		return rv;
	return unlinkat(dir->quarantine, name, 0) < 0 ? -errno : WEFT_OK;
}
