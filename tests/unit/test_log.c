/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/test_log.c - base/log: levels, the meter, the sink for stderr.
 *
 * No test waits for a second to pass: a meter whose window lies an hour ahead
 * stays in it, and one whose window is 0 opens a new one.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "check_main.h"

#define NS_PER_S 1000000000u

/* What a sink saw. */
struct seen {
	pthread_mutex_t lock;
	unsigned lines;
	unsigned long held; /* sum of all "(N more held back)" */
	enum weft_log_level level;
	char id[64];
	char text[1024]; /* of the last line */
};

static void
see(void *arg, enum weft_log_level level, const char *id, const char *text)
{
	struct seen *seen = arg;
	const char *note;
	unsigned long held;

	pthread_mutex_lock(&seen->lock);
	seen->lines++;
	seen->level = level;
	snprintf(seen->id, sizeof(seen->id), "%s", id);
	snprintf(seen->text, sizeof(seen->text), "%s", text);
	note = strrchr(text, '(');
	if (note != NULL && sscanf(note, "(%lu more held back)", &held) == 1)
		seen->held += held;
	pthread_mutex_unlock(&seen->lock);
}

static void
setup(struct wi_log *log, struct seen *seen, enum weft_log_level level)
{
	memset(seen, 0, sizeof(*seen));
	pthread_mutex_init(&seen->lock, NULL);
	wi_log_init(log, see, seen, level);
}

/* Time stands still for it: an hour ahead, no line of it seen yet. */
static void
freeze(struct wi_log_meter *meter)
{
	meter->window = (wi_clock_ns() / NS_PER_S + 3600) << 32;
}

static void
freeze_all(struct wi_log *log)
{
	size_t i;

	for (i = 0; i < WI_NLOG_IDS; i++)
		freeze(&log->meters[i]);
	for (i = 0; i < WI_NLOG_PLUGIN_METERS; i++)
		freeze(&log->plugin_meters[i]);
}

static void say_line(struct wi_log *log, enum weft_log_level level,
    const char *id, const char *format, ...) WEFT_PRINTF(4, 5);

static void
say_line(struct wi_log *log, enum weft_log_level level, const char *id,
    const char *format, ...)
{
	va_list args;

	va_start(args, format);
	wi_log_line(log, level, id, format, args);
	va_end(args);
}

START_TEST(line_reaches_the_sink_with_level_id_and_text)
{
	struct wi_log log;
	struct seen seen;

	setup(&log, &seen, WEFT_LOG_DEBUG);
	wi_log_say(&log, WI_LOG_IO_ACCEPT_PAUSED, "%d of %d", 3, 4);
	ck_assert_uint_eq(seen.lines, 1);
	ck_assert_int_eq(seen.level, WEFT_LOG_WARN);
	ck_assert_str_eq(seen.id, "IO-ACCEPT-PAUSED");
	ck_assert_str_eq(seen.text, "3 of 4");

	wi_log_say(&log, WI_LOG_WORK_STUCK, "%s", "x");
	ck_assert_int_eq(seen.level, WEFT_LOG_ERROR);
	ck_assert_str_eq(seen.id, "WORK-STUCK");
}
END_TEST

START_TEST(line_below_the_level_is_dropped_uncounted)
{
	struct wi_log log;
	struct seen seen;

	setup(&log, &seen, WEFT_LOG_WARN);
	freeze_all(&log);
	ck_assert(!wi_log_enabled(&log, WEFT_LOG_INFO));
	ck_assert(wi_log_enabled(&log, WEFT_LOG_WARN));
	wi_log_say(&log, WI_LOG_IO_LISTENING, "%s", "info");
	say_line(&log, WEFT_LOG_INFO, "P-X", "%s", "info");
	ck_assert_uint_eq(seen.lines, 0);
	ck_assert_uint_eq((uint32_t)log.meters[WI_LOG_IO_LISTENING].window, 0);
	wi_log_say(&log, WI_LOG_IO_LINGER, "%s", "warn");
	ck_assert_uint_eq(seen.lines, 1);
	ck_assert_uint_eq((uint32_t)log.meters[WI_LOG_IO_LINGER].window, 1);
}
END_TEST

START_TEST(nothing_passes_when_off_or_without_a_sink)
{
	struct wi_log log;
	struct seen seen;

	setup(&log, &seen, WEFT_LOG_OFF);
	wi_log_say(&log, WI_LOG_WORK_STUCK, "%s", "x");
	say_line(&log, WEFT_LOG_ERROR, "P-X", "%s", "x");
	ck_assert_uint_eq(seen.lines, 0);

	wi_log_init(&log, NULL, NULL, WEFT_LOG_DEBUG);
	ck_assert(!wi_log_enabled(&log, WEFT_LOG_ERROR));
	wi_log_say(&log, WI_LOG_WORK_STUCK, "%s", "x");
	say_line(&log, WEFT_LOG_ERROR, "P-X", "%s", "x");
	ck_assert_uint_eq(log.suppressed, 0);
}
END_TEST

START_TEST(plugin_cannot_say_a_line_of_no_level)
{
	static const int levels[] = { 0, -1, WEFT_LOG_OFF, 99 };
	struct wi_log log;
	struct seen seen;
	size_t i;

	setup(&log, &seen, WEFT_LOG_DEBUG);
	for (i = 0; i < CHECK_COUNT(levels); i++)
		say_line(
		    &log, (enum weft_log_level)levels[i], "P-X", "%s", "x");
	ck_assert_uint_eq(seen.lines, 0);
	say_line(&log, WEFT_LOG_DEBUG, "P-X", "%s", "x");
	ck_assert_uint_eq(seen.lines, 1);
}
END_TEST

START_TEST(lines_beyond_the_limit_are_held_back_and_told_by_the_next)
{
	struct wi_log log;
	struct seen seen;
	unsigned i;

	setup(&log, &seen, WEFT_LOG_DEBUG);
	freeze_all(&log);
	for (i = 0; i < WI_LOG_PER_SECOND + 7; i++)
		wi_log_say(&log, WI_LOG_IO_MALFORMED, "line %u", i);
	ck_assert_uint_eq(seen.lines, WI_LOG_PER_SECOND);
	ck_assert_str_eq(seen.text, "line 4");
	ck_assert_uint_eq(log.suppressed, 7);

	/* Another id has a meter of its own. */
	wi_log_say(&log, WI_LOG_IO_MESSAGE_TOOBIG, "%s", "other");
	ck_assert_str_eq(seen.text, "other");

	log.meters[WI_LOG_IO_MALFORMED].window = 0; /* long ago */
	wi_log_say(&log, WI_LOG_IO_MALFORMED, "%s", "next");
	ck_assert_str_eq(seen.text, "next (7 more held back)");
	ck_assert_uint_eq(log.suppressed, 7);

	freeze(&log.meters[WI_LOG_IO_MALFORMED]);
	wi_log_say(&log, WI_LOG_IO_MALFORMED, "%s", "told once");
	ck_assert_str_eq(seen.text, "told once");
}
END_TEST

START_TEST(new_second_lets_five_lines_pass_again)
{
	struct wi_log log;
	struct seen seen;
	uint64_t window;

	setup(&log, &seen, WEFT_LOG_DEBUG);
	window = (wi_clock_ns() / NS_PER_S - 1) << 32;
	log.meters[WI_LOG_IO_LINGER].window = window | WI_LOG_PER_SECOND;
	wi_log_say(&log, WI_LOG_IO_LINGER, "%s", "x");
	ck_assert_uint_eq(seen.lines, 1);
	ck_assert_uint_eq((uint32_t)log.meters[WI_LOG_IO_LINGER].window, 1);
	ck_assert_uint_gt(
	    log.meters[WI_LOG_IO_LINGER].window >> 32, window >> 32);
}
END_TEST

START_TEST(thread_that_read_its_clock_earlier_counts_in_the_newer_second)
{
	struct wi_log log;
	struct seen seen;
	uint64_t window;

	setup(&log, &seen, WEFT_LOG_DEBUG);
	freeze_all(&log);
	window = log.meters[WI_LOG_IO_LINGER].window;
	wi_log_say(&log, WI_LOG_IO_LINGER, "%s", "x");
	ck_assert_uint_eq(seen.lines, 1);
	ck_assert_uint_eq(log.meters[WI_LOG_IO_LINGER].window, window + 1);
}
END_TEST

START_TEST(plugin_id_has_the_limit_too_and_another_id_is_not_hit)
{
	struct wi_log log;
	struct seen seen;
	unsigned i;

	setup(&log, &seen, WEFT_LOG_DEBUG);
	freeze_all(&log);
	for (i = 0; i < WI_LOG_PER_SECOND + 3; i++)
		say_line(&log, WEFT_LOG_INFO, "ECHO-NOISE", "%u", i);
	ck_assert_uint_eq(seen.lines, WI_LOG_PER_SECOND);
	ck_assert_uint_eq(log.suppressed, 3);
	ck_assert_str_eq(seen.id, "ECHO-NOISE");
	ck_assert_int_eq(seen.level, WEFT_LOG_INFO);

	say_line(&log, WEFT_LOG_WARN, "ECHO-OTHER", "%s", "heard");
	ck_assert_str_eq(seen.text, "heard");
	wi_log_say(&log, WI_LOG_IO_STOPPING, "%s", "heard too");
	ck_assert_str_eq(seen.text, "heard too");
}
END_TEST

START_TEST(plugin_without_an_id_is_heard)
{
	struct wi_log log;
	struct seen seen;

	setup(&log, &seen, WEFT_LOG_DEBUG);
	say_line(&log, WEFT_LOG_INFO, NULL, "%s", "one");
	ck_assert_str_eq(seen.id, "-");
	say_line(&log, WEFT_LOG_INFO, "", "%s", "two");
	ck_assert_str_eq(seen.id, "-");
	ck_assert_uint_eq(seen.lines, 2);
}
END_TEST

START_TEST(long_line_is_cut_at_500_and_still_tells_what_was_held_back)
{
	struct wi_log log;
	struct seen seen;
	char text[2000];

	setup(&log, &seen, WEFT_LOG_DEBUG);
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	say_line(&log, WEFT_LOG_INFO, "P-X", "%s", text);
	ck_assert_uint_eq(strlen(seen.text), 500);
	ck_assert_str_eq(seen.text + 496, "a...");

	log.meters[WI_LOG_IO_LINGER].held = UINT64_MAX;
	wi_log_say(&log, WI_LOG_IO_LINGER, "%s", text);
	ck_assert_str_eq(
	    seen.text + 496, "a... (18446744073709551615 more held back)");
}
END_TEST

START_TEST(line_is_one_line)
{
	struct wi_log log;
	struct seen seen;

	setup(&log, &seen, WEFT_LOG_DEBUG);
	say_line(&log, WEFT_LOG_INFO, "P-X", "%s", "a\nb\x1b[31m");
	ck_assert_str_eq(seen.text, "a?b?[31m");
}
END_TEST

#define STORM_THREADS 4
#define STORM_LINES 20000

/* Threads that log at the same time under one id. */
struct storm {
	struct wi_log log;
	struct wi_log_meter *meter; /* of that id */
	unsigned new_second;        /* every so many lines; 0: never */
	pthread_barrier_t start;
};

static void *
storm_run(void *arg)
{
	struct storm *storm = arg;
	unsigned i;

	pthread_barrier_wait(&storm->start);
	for (i = 1; i <= STORM_LINES; i++) {
		wi_log_say(&storm->log, WI_LOG_IO_ACCEPT_FAILED, "line %u", i);
		if (storm->new_second != 0 && i % storm->new_second == 0)
			__atomic_store_n(
			    &storm->meter->window, 0, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void
storm_blow(struct storm *storm, struct seen *seen, unsigned new_second)
{
	pthread_t threads[STORM_THREADS];
	unsigned i;

	setup(&storm->log, seen, WEFT_LOG_DEBUG);
	freeze_all(&storm->log);
	storm->meter = &storm->log.meters[WI_LOG_IO_ACCEPT_FAILED];
	storm->new_second = new_second;
	pthread_barrier_init(&storm->start, NULL, STORM_THREADS);
	for (i = 0; i < STORM_THREADS; i++)
		ck_assert_int_eq(
		    pthread_create(&threads[i], NULL, storm_run, storm), 0);
	for (i = 0; i < STORM_THREADS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&storm->start);
}

/* One more line, in a new second, tells what is left to tell. */
static void
storm_counts_agree(struct storm *storm, struct seen *seen)
{
	storm->meter->window = 0;
	wi_log_say(&storm->log, WI_LOG_IO_ACCEPT_FAILED, "%s", "next");
	ck_assert_uint_eq(seen->lines + storm->log.suppressed,
	    STORM_THREADS * STORM_LINES + 1);
	ck_assert_uint_eq(seen->held, storm->log.suppressed);
}

START_TEST(threads_that_log_at_once_pass_no_more_and_lose_no_count)
{
	struct storm storm;
	struct seen seen;

	storm_blow(&storm, &seen, 0);
	ck_assert_uint_eq(seen.lines, WI_LOG_PER_SECOND);
	storm_counts_agree(&storm, &seen);
}
END_TEST

START_TEST(threads_that_log_over_new_seconds_lose_no_count)
{
	struct storm storm;
	struct seen seen;

	/* Lines pass, and tell, while others are being held back. */
	storm_blow(&storm, &seen, 7);
	ck_assert_uint_gt(seen.lines, WI_LOG_PER_SECOND);
	ck_assert_uint_gt(storm.log.suppressed, 0);
	storm_counts_agree(&storm, &seen);
}
END_TEST

/* What weft_log_stderr() writes, in writes: each is one packet. */
static size_t
stderr_of(enum weft_log_level level, const char *id, const char *text,
    char *out, size_t size)
{
	ssize_t n;
	int fds[2];
	int kept;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	fflush(stderr);
	kept = dup(STDERR_FILENO);
	ck_assert_int_ge(kept, 0);
	ck_assert_int_ge(dup2(fds[1], STDERR_FILENO), 0);
	weft_log_stderr(NULL, level, id, text);
	ck_assert_int_ge(dup2(kept, STDERR_FILENO), 0);
	close(kept);
	close(fds[1]);

	n = recv(fds[0], out, size - 1, MSG_DONTWAIT);
	ck_assert_int_gt(n, 0);
	out[n] = '\0';
	/* That was all of it. */
	ck_assert_int_eq(recv(fds[0], out + n, 1, MSG_DONTWAIT), 0);
	close(fds[0]);
	return (size_t)n;
}

START_TEST(stderr_line_is_aligned_and_one_write)
{
	static const struct {
		enum weft_log_level level;
		const char *line;
	} lines[] = {
		{ WEFT_LOG_DEBUG, "debug A-B a text\n" },
		{ WEFT_LOG_INFO, "info  A-B a text\n" },
		{ WEFT_LOG_WARN, "warn  A-B a text\n" },
		{ WEFT_LOG_ERROR, "error A-B a text\n" },
	};
	char out[2048];
	size_t i;

	for (i = 0; i < CHECK_COUNT(lines); i++) {
		stderr_of(lines[i].level, "A-B", "a text", out, sizeof(out));
		ck_assert_str_eq(out, lines[i].line);
	}
}
END_TEST

START_TEST(stderr_line_that_is_too_long_keeps_its_newline)
{
	char text[2000];
	char out[2048];
	size_t len;

	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	len = stderr_of(WEFT_LOG_INFO, "A-B", text, out, sizeof(out));
	ck_assert_uint_lt(len, 1000);
	ck_assert_uint_gt(len, 600);
	ck_assert_str_eq(out + len - 2, "a\n");
}
END_TEST

START_TEST(stderr_that_is_gone_is_no_error_and_errno_is_kept)
{
	int kept = dup(STDERR_FILENO);

	ck_assert_int_ge(kept, 0);
	close(STDERR_FILENO);
	errno = ENOENT;
	weft_log_stderr(NULL, WEFT_LOG_INFO, "A-B", "text");
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_ge(dup2(kept, STDERR_FILENO), 0);
	close(kept);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = {
		line_reaches_the_sink_with_level_id_and_text,
		line_below_the_level_is_dropped_uncounted,
		nothing_passes_when_off_or_without_a_sink,
		plugin_cannot_say_a_line_of_no_level,
		lines_beyond_the_limit_are_held_back_and_told_by_the_next,
		new_second_lets_five_lines_pass_again,
		thread_that_read_its_clock_earlier_counts_in_the_newer_second,
		plugin_id_has_the_limit_too_and_another_id_is_not_hit,
		plugin_without_an_id_is_heard,
		long_line_is_cut_at_500_and_still_tells_what_was_held_back,
		line_is_one_line,
		threads_that_log_at_once_pass_no_more_and_lose_no_count,
		threads_that_log_over_new_seconds_lose_no_count,
		stderr_line_is_aligned_and_one_write,
		stderr_line_that_is_too_long_keeps_its_newline,
		stderr_that_is_gone_is_no_error_and_errno_is_kept,
	};

	return check_main("log", tests, CHECK_COUNT(tests));
}
