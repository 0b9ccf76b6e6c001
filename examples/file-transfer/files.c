/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files - a plugin that streams files: it reads one as fast as the client
 * takes it, and no faster.
 *
 *	weft run './files.so?root=/srv/files' \
 *	    --listen tcp+varint://127.0.0.1:3042
 *	./fetch tcp+varint://127.0.0.1:3042 big.iso >big.iso
 *
 * The client sends a name.  Back come messages that begin with "d" (then bytes
 * of the file follow), and at last one that begins with "e" (that was all) or
 * with "!" (why not).  weft_send_buffer() takes pieces until it answers
 * WEFT_EFULL; drained() goes on where it stopped.  So what a slow client has
 * not taken yet is in the file, not in memory, and no worker waits for it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weft/weft.h>

#define PIECE 32768u /* [bytes] of the file in a message */

/* One pointer per endpoint is enough for a descriptor: fd + 1, NULL: none. */
static int
file_of(const struct weft_call *call)
{
	return (int)(intptr_t)weft_call_user(call) - 1;
}

static void
set_file(struct weft_call *call, int fd)
{
	if (file_of(call) >= 0)
		(void)close(file_of(call));
	weft_call_set_user(call, (void *)(intptr_t)(fd + 1));
}

/* The last message about a file; what cannot be said ends the connection. */
static int
finish(struct weft_call *call, weft_endpoint to, const char *text)
{
	int rv = weft_send(call, to,
	    (struct weft_bytes){ .data = text, .len = strlen(text) });

	if (rv == WEFT_EFULL)
		return rv;
	set_file(call, -1);
	return rv == WEFT_OK ? WEFT_OK : weft_close(call, to);
}

/* The next piece, which has left the file when it has been sent. */
static int
send_piece(struct weft_call *call, weft_endpoint to)
{
	int fd = file_of(call), rv;
	off_t at = lseek(fd, 0, SEEK_CUR);
	struct weft_buffer *buf;
	ssize_t n;

	if (weft_buffer_new(&buf, PIECE + 1) < 0)
		return weft_close(call, to);
	memcpy(weft_buffer_data(buf), "d", 1);
	n = pread(fd, (char *)weft_buffer_data(buf) + 1, PIECE, at);
	rv = n > 0 ? weft_buffer_truncate(buf, (size_t)n + 1) : WEFT_OK;
	if (n > 0 && rv == WEFT_OK)
		rv = weft_send_buffer(call, to, &buf);
	weft_buffer_free(&buf); /* if it was not given away */
	if (n <= 0)
		return finish(call, to, n == 0 ? "e" : "!cannot read it");
	if (rv == WEFT_OK)
		(void)lseek(fd, at + n, SEEK_SET);
	return rv;
}

/* All that the client has room for. */
static void
drained(struct weft_call *call, weft_endpoint to)
{
	while (file_of(call) >= 0 && send_piece(call, to) == WEFT_OK)
		;
}

/* A file of that name in the folder; nothing is opened that is no file, and
 * nothing that only looks as if it were in the folder. */
static int
open_file(int root, struct weft_bytes name)
{
	char path[256] = "";
	struct stat st;
	int fd;

	if (name.len == 0 || name.len >= sizeof(path))
		return -1;
	memcpy(path, name.data, name.len);
	if (path[0] == '.' || strchr(path, '/') || strlen(path) != name.len)
		return -1;
	fd =
	    openat(root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static void
message(struct weft_call *call, weft_endpoint from, struct weft_bytes name)
{
	if (file_of(call) >= 0) {
		(void)weft_close(call, from); /* one at a time */
		return;
	}
	set_file(call, open_file(dirfd(weft_call_state(call)), name));
	if (file_of(call) < 0)
		(void)finish(call, from, "!no such file");
	drained(call, from);
}

static void
closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	(void)from;
	(void)why;
	set_file(call, -1);
}

static int
load(struct weft_load *load, void **state)
{
	const char *root = weft_load_option(load, "root");

	if (root == NULL)
		return weft_load_fail(load, -EINVAL,
		    "option root: expected a folder, found none");
	*state = opendir(root);
	if (*state == NULL)
		return weft_load_fail(load, -errno,
		    "option root: expected a folder, found \"%s\": %s", root,
		    strerror(errno));
	return WEFT_OK;
}

static void
unload(void *state)
{
	(void)closedir(state);
}

WEFT_PLUGIN(.name = "files", .load = load, .unload = unload,
    .message = message, .closed = closed, .drained = drained);
