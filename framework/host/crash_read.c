/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/crash_read.c - a report of a crash, read.
 *
 * thread: main.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* timegm */
#endif

#include "host/crash_read.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define READ_FIRST "weft-crash 1"

static const char *const read_words[] = {
#define READ_WORD(name, word) word,
	WI_CRASH_KEYS(READ_WORD)
#undef READ_WORD
};

const char *
wi_crash_key_word(enum wi_crash_key key)
{
	return read_words[key];
}

/* Lines become strings; what could trouble a terminal becomes '?'. */
static size_t
read_split(char *text, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '\n') {
			text[i] = '\0';
			n++;
		} else if (c < 0x20 || c >= 0x7f) {
			text[i] = '?';
		}
	}
	return n;
}

/* "key: value": the first of each counts, so that what stands further down,
 * in a message or a path, says nothing about the head. */
static void
read_line(struct wi_crash_file *file, const char *line)
{
	size_t i, len;

	for (i = 0; i < WI_NCRASH_KEYS; i++) {
		len = strlen(read_words[i]);
		if (strncmp(line, read_words[i], len) == 0 &&
		    strncmp(line + len, ": ", 2) == 0 &&
		    file->values[i] == NULL) {
			file->values[i] = line + len + 2;
			return;
		}
	}
}

/* "2026-11-30T10:42:17Z". */
static uint64_t
read_time(const char *text)
{
	struct tm tm = { .tm_year = 0 };
	const char *end;
	time_t seconds;

	if (text == NULL)
		return 0;
	end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	seconds = end == NULL || *end != '\0' ? -1 : timegm(&tm);
	return seconds < 0 ? 0 : (uint64_t)seconds;
}

/* "17 bytes hash 0123456789abcdef". */
static uint64_t
read_hash(const char *text)
{
	static const char mark[] = " bytes hash ";
	const char *at = text == NULL ? NULL : strstr(text, mark);

	if (at == NULL || strlen(at + sizeof(mark) - 1) != 16)
		return 0;
	return strtoull(at + sizeof(mark) - 1, NULL, 16);
}

static int
read_lines(struct wi_crash_file *file, size_t len)
{
	char *at = file->text, *end = file->text + len;
	size_t n = read_split(file->text, len);

	file->lines = calloc(n + 1, sizeof(*file->lines));
	if (file->lines == NULL)
		return -ENOMEM;
	while (file->nlines < n && at < end) {
		file->lines[file->nlines++] = at;
		if (at[0] != ' ')
			read_line(file, at);
		at += strlen(at) + 1;
	}
	if (file->nlines == 0 || strcmp(file->lines[0], READ_FIRST) != 0)
		return -EINVAL;
	file->whole = strcmp(file->lines[file->nlines - 1], "end") == 0;
	file->seconds = read_time(file->values[WI_CRASH_KEY_time]);
	file->hash = read_hash(file->values[WI_CRASH_KEY_message]);
	return WEFT_OK;
}

int
wi_crash_parse(struct wi_crash_file *file, const char *bytes, size_t len)
{
	int rv;

	memset(file, 0, sizeof(*file));
	if (len > WI_CRASH_FILE_MAX)
		return -EINVAL;
	file->text = malloc(len + 1);
	if (file->text == NULL)
		return -ENOMEM;
	memcpy(file->text, bytes, len);
	file->text[len] = '\0';
	rv = read_lines(file, len);
	if (rv < 0)
		wi_crash_file_free(file);
	return rv;
}

void
wi_crash_file_free(struct wi_crash_file *file)
{
	free(file->text);
	free(file->lines);
	memset(file, 0, sizeof(*file));
}

static int
read_all(int fd, char **bytes, size_t *len)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > WI_CRASH_FILE_MAX)
		return -EINVAL;
	*len = 0;
	*bytes = malloc((size_t)st.st_size + 1);
	if (*bytes == NULL)
		return -ENOMEM;
	while (*len < (size_t)st.st_size) {
		n = read(fd, *bytes + *len, (size_t)st.st_size - *len);
		if (n == 0 || (n < 0 && errno != EINTR))
			break;
		*len += n > 0 ? (size_t)n : 0;
	}
	return WEFT_OK;
}

int
wi_crash_read(struct wi_crash_file *file, int dir_fd, const char *name)
{
	char *bytes = NULL;
	size_t len = 0;
	int fd, rv;

	memset(file, 0, sizeof(*file));
	fd =
	    openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	rv = read_all(fd, &bytes, &len);
	(void)close(fd);
	if (rv == WEFT_OK)
		rv = wi_crash_parse(file, bytes, len);
	free(bytes);
	return rv;
}

/* ---- modules and frames */

/* The value of a line of a module, or "-". */
static const char *
read_of_module(const struct wi_crash_file *file, size_t line, const char *word)
{
	size_t len = strlen(word);

	for (line++; line < file->nlines && file->lines[line][0] == ' ';
	     line++)
		if (strncmp(file->lines[line], word, len) == 0)
			return file->lines[line] + len;
	return "-";
}

bool
wi_crash_module(const struct wi_crash_file *file, const char *path, size_t len,
    struct wi_crash_module *module)
{
	size_t i;

	for (i = 0; i < file->nlines; i++) {
		if (strncmp(file->lines[i], "module: ", 8) != 0)
			continue;
		module->copy = read_of_module(file, i, "  copy: ");
		if (strlen(module->copy) != len ||
		    memcmp(module->copy, path, len) != 0)
			continue;
		module->file = read_of_module(file, i, "  file: ");
		module->build_id = read_of_module(file, i, "  build-id: ");
		return true;
	}
	return false;
}

/* "  0x7f0012341139 /tmp/echo.so (deleted)+0x1139". */
bool
wi_crash_frame(const char *line, struct wi_crash_frame *frame)
{
	static const char gone[] = " (deleted)";
	const char *plus;
	char *end;

	if (strncmp(line, "  0x", 4) != 0)
		return false;
	memset(frame, 0, sizeof(*frame));
	frame->address = strtoull(line + 2, &end, 16);
	if (*end == '\0')
		return true;
	plus = strrchr(end, '+');
	if (*end != ' ' || plus == NULL || strncmp(plus, "+0x", 3) != 0)
		return false;
	frame->offset = strtoull(plus + 1, NULL, 16);
	frame->path = end + 1;
	frame->path_len = (size_t)(plus - frame->path);
	if (frame->path_len >= sizeof(gone) - 1 &&
	    memcmp(plus - (sizeof(gone) - 1), gone, sizeof(gone) - 1) == 0)
		frame->path_len -= sizeof(gone) - 1;
	return true;
}
