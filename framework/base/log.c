/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/log.c - one line to the sink, if its meter lets it pass.
 *
 * thread: any, without a lock.  takes: a format; gives: a line to the sink.
 *
 * meter_note: the second and the lines seen in it share one word, so that one
 * compare-and-swap both counts a line and opens a new second.  Relaxed order
 * is enough: the words guard nothing but themselves.
 */
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"

#define LOG_NS_PER_S 1000000000u
#define LOG_HELD_MAX 48 /* [bytes]: " (N more held back)", N of 20 digits */

struct log_entry {
	const char *id;
	enum weft_log_level level;
};

static const struct log_entry log_entries[WI_NLOG_IDS] = {
#define LOG_ENTRY(name, id, level, text) { id, WEFT_LOG_##level },
	WI_LOG_IDS(LOG_ENTRY)
#undef LOG_ENTRY
};

static void log_pass(struct wi_log *log, struct wi_log_meter *meter,
    const struct log_entry *entry, const char *format, va_list args)
    WEFT_PRINTF(4, 0);
static int log_meter_take(struct wi_log_meter *meter, uint64_t second);
static struct wi_log_meter *log_plugin_meter(
    struct wi_log *log, const char *id);
static const char *log_level_word(enum weft_log_level level);

void
wi_log_init(struct wi_log *log, weft_log_cb *sink, void *arg,
    enum weft_log_level level)
{
	memset(log, 0, sizeof(*log));
	log->sink = sink;
	log->arg = arg;
	log->level = level;
}

int
wi_log_enabled(const struct wi_log *log, enum weft_log_level level)
{
	return log->sink != NULL &&
	    level >= __atomic_load_n(&log->level, __ATOMIC_RELAXED) &&
	    level >= WEFT_LOG_DEBUG && level < WEFT_LOG_OFF;
}

void
wi_log_say(struct wi_log *log, enum wi_log_id id, const char *format, ...)
{
	va_list args;

	if (!wi_log_enabled(log, log_entries[id].level))
		return;
	va_start(args, format);
	log_pass(log, &log->meters[id], &log_entries[id], format, args);
	va_end(args);
}

void
wi_log_line(struct wi_log *log, enum weft_log_level level, const char *id,
    const char *format, va_list args)
{
	struct log_entry entry;

	if (!wi_log_enabled(log, level))
		return;
	entry.id = id != NULL && id[0] != '\0' ? id : "-";
	entry.level = level;
	log_pass(log, log_plugin_meter(log, entry.id), &entry, format, args);
}

static void
log_pass(struct wi_log *log, struct wi_log_meter *meter,
    const struct log_entry *entry, const char *format, va_list args)
{
	char text[WI_LOG_TEXT_MAX + LOG_HELD_MAX];
	unsigned long long held;
	size_t len;

	if (!log_meter_take(meter, wi_clock_ns() / LOG_NS_PER_S)) {
		__atomic_fetch_add(&meter->held, 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&log->suppressed, 1, __ATOMIC_RELAXED);
		return;
	}
	len = wi_line_format(text, WI_LOG_TEXT_MAX, format, args);
	held = __atomic_exchange_n(&meter->held, 0, __ATOMIC_RELAXED);
	if (held != 0)
		snprintf(
		    text + len, LOG_HELD_MAX, " (%llu more held back)", held);
	log->sink(log->arg, entry->level, entry->id, text);
}

/* May one more line pass in this second?  See meter_note. */
static int
log_meter_take(struct wi_log_meter *meter, uint64_t second)
{
	uint64_t old;
	uint64_t new;

	old = __atomic_load_n(&meter->window, __ATOMIC_RELAXED);
	do {
		/* A thread that looked at its clock earlier than another
		 * counts in the other's second. */
		if (old >> 32 < second)
			new = second << 32 | 1;
		else if ((uint32_t)old < WI_LOG_PER_SECOND)
			new = old + 1;
		else
			return 0;
	} while (!__atomic_compare_exchange_n(
	    &meter->window, &old, new, 1, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return 1;
}

/* The meter of an id that is not in the list: FNV-1a. */
static struct wi_log_meter *
log_plugin_meter(struct wi_log *log, const char *id)
{
	uint32_t hash;

	for (hash = 2166136261u; *id != '\0'; id++)
		hash = (hash ^ (unsigned char)*id) * 16777619u;
	hash ^= hash >> 16;
	return &log->plugin_meters[hash % WI_NLOG_PLUGIN_METERS];
}

void
weft_log_stderr(
    void *arg, enum weft_log_level level, const char *id, const char *text)
{
	char line[WI_LOG_TEXT_MAX + LOG_HELD_MAX + 128];
	ssize_t written;
	int kept_errno;
	int len;

	(void)arg;
	kept_errno = errno;
	len = snprintf(line, sizeof(line), "%-5s %s %s\n",
	    log_level_word(level), id, text);
	if (len >= (int)sizeof(line)) {
		len = (int)sizeof(line) - 1;
		line[len - 1] = '\n';
	}
	/* A stderr that is full or gone must not stop the server. */
	written = len > 0 ? write(STDERR_FILENO, line, (size_t)len) : 0;
	(void)written;
	errno = kept_errno;
}

static const char *
log_level_word(enum weft_log_level level)
{
	switch (level) {
	case WEFT_LOG_DEBUG:
		return "debug";
	case WEFT_LOG_INFO:
		return "info";
	case WEFT_LOG_WARN:
		return "warn";
	case WEFT_LOG_ERROR:
		return "error";
	case WEFT_LOG_OFF:
		break;
	}
	return "?";
}
