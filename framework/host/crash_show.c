/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/crash_show.c - a report of a crash, with the names of functions.
 *
 * thread: main.
 *
 * copy_note: the code that ran was a private copy, which is gone; the report
 * says which file it was made of, and which build that was.  The file is asked
 * for names only if it still is that build: those of another would be wrong.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/build_id.h"
#include "host/crashes.h"
#include "host/symbols.h"

#define SHOW_FRAMES 256u /* of a report that are looked up */

/* The lines of a report that are frames, and what they are called. */
struct show {
	const struct wi_crash_file *file;
	struct wi_crash_frame frames[SHOW_FRAMES];
	struct wi_symbol symbols[SHOW_FRAMES];
	bool done[SHOW_FRAMES];
	size_t nframes;
	char note[600]; /* why some have no name; "": they have */
};

/* The build id of a file as it is now; "": none, or no such file. */
static void
show_build_id(const char *path, char out[WI_BUILD_ID_TEXT])
{
	struct stat st;
	void *bytes;
	int fd;

	out[0] = '\0';
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
		bytes = mmap(
		    NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (bytes != MAP_FAILED) {
			(void)wi_build_id(bytes, (size_t)st.st_size, out);
			(void)munmap(bytes, (size_t)st.st_size);
		}
	}
	(void)close(fd);
}

/* The file to ask about a frame; false: none (copy_note). */
static bool
show_file(struct show *show, const struct wi_crash_frame *frame, char *path,
    size_t size)
{
	struct wi_crash_module module;
	char now[WI_BUILD_ID_TEXT];

	if (!wi_crash_module(
		show->file, frame->path, frame->path_len, &module)) {
		(void)snprintf(
		    path, size, "%.*s", (int)frame->path_len, frame->path);
		return path[0] == '/' && access(path, R_OK) == 0;
	}
	(void)snprintf(path, size, "%s", module.file);
	show_build_id(path, now);
	if (strcmp(module.build_id, "-") != 0 &&
	    strcmp(now, module.build_id) == 0)
		return true;
	(void)snprintf(show->note, sizeof(show->note),
	    "%s: expected build id %s, found %s: its functions are not known",
	    module.file, module.build_id, now[0] == '\0' ? "none" : now);
	return false;
}

static bool
show_same(const struct wi_crash_frame *a, const struct wi_crash_frame *b)
{
	return b->path != NULL && a->path_len == b->path_len &&
	    memcmp(a->path, b->path, a->path_len) == 0;
}

/* All frames of the file of one of them. */
static void
show_look_up(struct show *show, size_t first)
{
	uint64_t addresses[SHOW_FRAMES];
	static struct wi_symbol found[SHOW_FRAMES];
	size_t which[SHOW_FRAMES], i, n = 0;
	char path[4096];
	int rv = -ENOENT;

	for (i = first; i < show->nframes; i++) {
		if (show->done[i] ||
		    !show_same(&show->frames[first], &show->frames[i]))
			continue;
		show->done[i] = true;
		which[n] = i;
		addresses[n++] = show->frames[i].offset;
	}
	if (!show_file(show, &show->frames[first], path, sizeof(path)))
		return;
	rv = wi_symbols_find(path, addresses, n, found);
	if (rv < 0) {
		(void)snprintf(show->note, sizeof(show->note),
		    "addr2line (Debian: binutils): %s: functions are not "
		    "known",
		    weft_strerror(rv));
		return;
	}
	for (i = 0; i < n; i++)
		show->symbols[which[i]] = found[i];
}

static struct show *
show_new(const struct wi_crash_file *file)
{
	struct show *show = calloc(1, sizeof(*show));
	size_t i;

	if (show == NULL)
		return NULL;
	show->file = file;
	for (i = 0; i < file->nlines && show->nframes < SHOW_FRAMES; i++)
		if (wi_crash_frame(
			file->lines[i], &show->frames[show->nframes]))
			show->nframes++;
	for (i = 0; i < show->nframes; i++)
		if (!show->done[i] && show->frames[i].path != NULL)
			show_look_up(show, i);
	return show;
}

/* The name of a file without its folders. */
static const char *
show_base(const struct wi_crash_frame *frame, int *len)
{
	size_t i = frame->path_len;

	while (i > 0 && frame->path[i - 1] != '/')
		i--;
	*len = (int)(frame->path_len - i);
	return frame->path + i;
}

static void
show_frame(const struct show *show, size_t i, char *out, size_t size)
{
	const struct wi_crash_frame *frame = &show->frames[i];
	const char *base;
	int len;

	if (frame->path == NULL) {
		(void)snprintf(out, size, "0x%" PRIx64, frame->address);
		return;
	}
	base = show_base(frame, &len);
	(void)snprintf(out, size, "0x%" PRIx64 " %.*s+0x%" PRIx64 "%s%s",
	    frame->address, len, base, frame->offset,
	    show->symbols[i].text[0] == '\0' ? "" : " ",
	    show->symbols[i].text);
}

void
wi_crash_show(const struct wi_crash_file *file)
{
	struct show *show = show_new(file);
	struct wi_crash_frame frame;
	char text[1024];
	size_t i, n = 0;

	for (i = 0; i < file->nlines; i++) {
		if (show != NULL && n < show->nframes &&
		    wi_crash_frame(file->lines[i], &frame)) {
			show_frame(show, n++, text, sizeof(text));
			(void)printf("  %s\n", text);
		} else {
			(void)printf("%s\n", file->lines[i]);
		}
	}
	if (show != NULL && show->note[0] != '\0')
		(void)printf("note: %s\n", show->note);
	if (!file->whole)
		(void)printf("note: this report is not whole\n");
	free(show);
}

/* Stacks: [{"thread": "this", "frames": ["..."]}]. */
static json_t *
show_stacks(const struct show *show)
{
	const struct wi_crash_file *file = show->file;
	json_t *stacks = json_array(), *frames = NULL;
	struct wi_crash_frame frame;
	char text[1024];
	size_t i, n = 0;

	for (i = 0; i < file->nlines; i++) {
		if (strncmp(file->lines[i], "stack: ", 7) == 0) {
			frames = json_array();
			(void)json_array_append_new(stacks,
			    json_pack("{s:s, s:o}", "thread",
				file->lines[i] + 7, "frames", frames));
		} else if (n < show->nframes &&
		    wi_crash_frame(file->lines[i], &frame)) {
			show_frame(show, n++, text, sizeof(text));
			if (frames != NULL)
				(void)json_array_append_new(
				    frames, json_string(text));
		}
	}
	return stacks;
}

/* What it says besides. */
static void
show_values(const struct wi_crash_file *file, json_t *value)
{
	char hash[17];
	size_t i;

	for (i = 0; i < WI_NCRASH_KEYS; i++)
		if (file->values[i] != NULL)
			(void)json_object_set_new(value,
			    wi_crash_key_word((enum wi_crash_key)i),
			    json_string(file->values[i]));
	(void)snprintf(hash, sizeof(hash), "%016" PRIx64, file->hash);
	if (file->hash != 0)
		(void)json_object_set_new(
		    value, "message-hash", json_string(hash));
	(void)json_object_set_new(value, "whole", json_boolean(file->whole));
}

json_t *
wi_crash_json(const struct wi_crash_file *file, const char *name, bool stacks)
{
	json_t *value = json_object();
	struct show *show;

	(void)json_object_set_new(value, "report", json_string(name));
	show_values(file, value);
	show = stacks ? show_new(file) : NULL;
	if (show == NULL)
		return value;
	(void)json_object_set_new(value, "stacks", show_stacks(show));
	if (show->note[0] != '\0')
		(void)json_object_set_new(
		    value, "note", json_string(show->note));
	free(show);
	return value;
}
