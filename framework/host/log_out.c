/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/log_out.c - where a process that serves writes its log.
 *
 * thread: any may write; opening and closing is main's.
 *
 * A file that is opened anew gets the old one's descriptor (dup3(2)), so that
 * who writes meanwhile needs no lock: the line is in the one or the other.
 */
#include "host/log_out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"

#define LOG_LINE_MAX 1024 /* [bytes] */

/* Is stderr the journal's?  $JOURNAL_STREAM, systemd.exec(5). */
static bool
log_is_journal(void)
{
	const char *text = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return text != NULL &&
	    sscanf(text, "%llu:%llu", &device, &inode) == 2 &&
	    fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device &&
	    st.st_ino == inode;
}

static int
log_file(const char *path, struct weft_error *err)
{
	int fd = open(
	    path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);

	return fd >= 0 ?
	    fd :
	    wi_fail(err, -errno,
		"log_file: expected a file that can be written, found \"%s\": "
		"%s",
		path, weft_strerror(-errno));
}

int
wi_log_open(struct wi_log_out *out, enum weft_log_level level)
{
	*out = (struct wi_log_out){ .level = level };
	out->fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	out->kind = log_is_journal() ? WI_LOG_JOURNAL : WI_LOG_PLAIN;
	return out->fd < 0 ? -errno : WEFT_OK;
}

int
wi_log_move(struct wi_log_out *out, const char *path, struct weft_error *err)
{
	const bool is_file = path[0] != '\0';
	int fd = is_file ? log_file(path, err) : STDERR_FILENO;
	uint32_t kind = WI_LOG_FILE;

	if (fd < 0)
		return fd;
	if (path != out->path)
		(void)snprintf(out->path, sizeof(out->path), "%s", path);
	if (!is_file)
		kind = log_is_journal() ? WI_LOG_JOURNAL : WI_LOG_PLAIN;
	__atomic_store_n(&out->kind, kind, __ATOMIC_RELAXED);
	(void)dup3(fd, out->fd, O_CLOEXEC);
	if (is_file)
		(void)close(fd);
	return WEFT_OK;
}

void
wi_log_close(struct wi_log_out *out)
{
	if (out->fd >= 0)
		(void)close(out->fd);
	out->fd = -1;
}

/* "2026-11-30T10:00:00.123Z " in front of lines of a file. */
static size_t
log_stamp(char *line, size_t size)
{
	struct timespec now;
	struct tm utc;
	size_t len;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &utc);
	len = strftime(line, size, "%Y-%m-%dT%H:%M:%S", &utc);
	return len +
	    (size_t)snprintf(line + len, size - len, ".%03uZ ",
		(unsigned)(now.tv_nsec / 1000000) % 1000u);
}

void
wi_log_put(
    void *arg, enum weft_log_level level, const char *id, const char *text)
{
	static const char *const words[] = { "-", "debug", "info", "warn",
		"error", "-" };
	static const char *const priorities[] = { "", "<7>", "<6>", "<4>",
		"<3>", "" };
	const struct wi_log_out *out = arg;
	const uint32_t kind = __atomic_load_n(&out->kind, __ATOMIC_RELAXED);
	char line[LOG_LINE_MAX];
	size_t at = 0;
	int n;

	if (kind == WI_LOG_FILE)
		at = log_stamp(line, sizeof(line));
	n = snprintf(line + at, sizeof(line) - at, "%s%s %s %s\n",
	    kind == WI_LOG_JOURNAL ? priorities[level] : "", words[level], id,
	    text);
	at += (size_t)n;
	if (at >= sizeof(line)) {
		at = sizeof(line) - 1;
		line[at - 1] = '\n';
	}
	/* What cannot be written has no better place to be said. */
	while (write(out->fd, line, at) < 0 && errno == EINTR)
		continue;
}

void
wi_log_printf(struct wi_log_out *out, enum weft_log_level level,
    const char *id, const char *format, ...)
{
	char text[LOG_LINE_MAX];
	va_list args;

	if (level < out->level)
		return;
	va_start(args, format);
	(void)wi_line_format(text, sizeof(text), format, args);
	va_end(args);
	wi_log_put(out, level, id, text);
}
