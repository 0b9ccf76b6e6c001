/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/crash_read.h - a report of a crash, read (weft/crash.h has it written).
 *
 * thread: main.  A report is a file that anybody may have written: nothing in
 * it is believed, and what it says is printable when it leaves this room.
 */
#ifndef WI_CRASH_READ_H
#define WI_CRASH_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>

#define WI_CRASH_FILE_MAX ((size_t)1 << 20) /* [bytes] of a report */

/* What a line "key: value" may be. */
#define WI_CRASH_KEYS(X)                                                      \
	X(time, "time")                                                       \
	X(weft, "weft")                                                       \
	X(pid, "pid")                                                         \
	X(signal, "signal")                                                   \
	X(code, "code")                                                       \
	X(sender, "sender")                                                   \
	X(address, "address")                                                 \
	X(syscall, "syscall")                                                 \
	X(thread, "thread")                                                   \
	X(handler, "handler")                                                 \
	X(plugin, "plugin")                                                   \
	X(version, "version")                                                 \
	X(file, "file")                                                       \
	X(build_id, "build-id")                                               \
	X(file_hash, "file-hash")                                             \
	X(codec, "codec")                                                     \
	X(type, "type")                                                       \
	X(endpoint, "endpoint")                                               \
	X(peer, "peer")                                                       \
	X(message, "message")                                                 \
	X(registers, "registers")

enum wi_crash_key {
#define WI_CRASH_KEY_ENUM(name, word) WI_CRASH_KEY_##name,
	WI_CRASH_KEYS(WI_CRASH_KEY_ENUM)
#undef WI_CRASH_KEY_ENUM
	WI_NCRASH_KEYS
};

/* owned by: who called wi_crash_parse(); all points into text. */
struct wi_crash_file {
	char *text;   /* each line ended by NUL */
	char **lines; /* in their order */
	size_t nlines;
	const char *values[WI_NCRASH_KEYS]; /* NULL: no such line */
	bool whole;                         /* its last line is "end" */
	uint64_t seconds; /* of "time", since 1970; 0: there is none */
	uint64_t hash;    /* of the message at hand; 0: there was none */
};

/* wi_crash_key_word() - "build-id". */
const char *wi_crash_key_word(enum wi_crash_key key);

/*
 * wi_crash_parse() - bytes become a report.
 *
 *   bytes    in       any; copied.
 *   returns           WEFT_OK, -EINVAL: it is no report; -ENOMEM.
 *   owner             the caller, until wi_crash_file_free().
 */
int wi_crash_parse(struct wi_crash_file *file, const char *bytes, size_t len);

/* wi_crash_read() - the same of a file; returns also what the system says. */
int wi_crash_read(struct wi_crash_file *file, int dir_fd, const char *name);

void wi_crash_file_free(struct wi_crash_file *file);

/* A module that the report names. */
struct wi_crash_module {
	const char *copy;     /* as the maps and frames call it */
	const char *file;     /* where it was loaded from */
	const char *build_id; /* "-": none */
};

/* wi_crash_module() - the one that a frame's path is the copy of; false: none.
 * path: without " (deleted)". */
bool wi_crash_module(const struct wi_crash_file *file, const char *path,
    size_t len, struct wi_crash_module *module);

/* A line of a stack, taken apart. */
struct wi_crash_frame {
	uint64_t address;
	const char *path; /* NULL: in no file */
	size_t path_len;
	uint64_t offset; /* from the file's beginning in memory */
};

/* wi_crash_frame() - false: the line is none. */
bool wi_crash_frame(const char *line, struct wi_crash_frame *frame);

#endif
