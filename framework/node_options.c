/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_options - what a program asks a node to be: defaults and ranges.
 *
 * thread: any.  The file of the table: a new option of the node is a row here
 * and a member in weft/node.h.
 */
#include "node_options.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <weft/slow.h>
#include <weft/type.h>

#include "base/fail.h"

#define OPTIONS_MAX_WORKERS 64u /* unless there are more from the start */

/* What a node that is there does about another value. */
enum option_change {
	OPTION_CHANGES,
	OPTION_UP_TO, /* up to what it was made with: so much is reserved */
	OPTION_STAYS,
};

/* One row for each option with a default and a range. */
struct option {
	const char *name;
	size_t offset;
	uint32_t fallback;
	uint32_t min;
	uint32_t max;
	enum option_change change;
};

#define ROW(name, fallback, min, max, change)                                 \
	{                                                                     \
#name, offsetof(struct weft_options, name), fallback, min,    \
		    max, change                                               \
	}
#define OPTION(name, fallback, min, max)                                      \
	ROW(name, fallback, min, max, OPTION_CHANGES)
#define UP_TO(name, fallback, min, max)                                       \
	ROW(name, fallback, min, max, OPTION_UP_TO)
#define STAYS(name, fallback, min, max)                                       \
	ROW(name, fallback, min, max, OPTION_STAYS)

static const struct option options_table[] = {
	STAYS(workers, 0, 1, 1024),
	UP_TO(max_endpoints, 65536, 1, 16777215),
	OPTION(max_message, 1u << 20, 1, 1u << 30),
	OPTION(mailbox_high_messages, 4096, 1, 1u << 20),
	OPTION(mailbox_low_messages, 0, 1, 1u << 20),
	OPTION(mailbox_high_bytes, 64u << 10, 1, 1u << 30),
	OPTION(mailbox_low_bytes, 0, 1, 1u << 30),
	OPTION(outbox_high_messages, 65536, 1, 1u << 22),
	OPTION(outbox_high_bytes, 256u << 10, 1, 1u << 30),
	OPTION(outbox_pause_bytes, 0, 1, 1u << 30),
	OPTION(partial_ms, 30000, 1, 86400000),
	OPTION(handshake_ms, 10000, 1, 86400000),
	OPTION(idle_ms, 0, 1, 86400000),
	OPTION(max_endpoints_per_ip, 0, 1, 16777215),
	OPTION(linger_ms, 10000, 1, 86400000),
	OPTION(drain_ms, 10000, 1, 86400000),
	UP_TO(max_strands, 65536, 1, 16777215),
	STAYS(max_timers, 1u << 20, 1, 1u << 28),
	OPTION(max_signals, 65536, 1, 1u << 30),
	OPTION(log_level, WEFT_LOG_INFO, WEFT_LOG_DEBUG, WEFT_LOG_OFF),
	UP_TO(max_workers, 0, 1, 1024),
	OPTION(block_after_ms, 10, 1, 86400000),
	OPTION(stuck_after_ms, 5000, 1, 86400000),
	OPTION(queue_target_ms, 0, 1, 86400000),
	OPTION(queue_interval_ms, 100, 1, 86400000),
	OPTION(deadline_ms, 0, 1, 86400000),
	OPTION(max_subscriptions, 1024, 1, 65535),
	OPTION(publish_high_bytes, 4u << 20, 1, 1u << 30),
	OPTION(
	    slow_reader, WEFT_SLOW_REFUSE, WEFT_SLOW_REFUSE, WEFT_SLOW_CLOSE),
	OPTION(outbox_age_ms, 0, 1, 86400000),
	OPTION(max_requests, 65536, 1, 1u << 28),
	OPTION(spare_ms, 10000, 1, 86400000),
	OPTION(max_handshakes, 1024, 1, 16777215),
	OPTION(malformed, WEFT_MALFORMED_CLOSE, WEFT_MALFORMED_CLOSE,
	    WEFT_MALFORMED_SKIP),
};

static int
options_check_pair(struct weft_error *err, const char *low, uint32_t low_value,
    const char *high, uint32_t high_value)
{
	return wi_fail(err, -EINVAL,
	    "option %s: expected at most %s, %u, found %u", low, high,
	    high_value, low_value);
}

static int
options_check(struct weft_options *options, struct weft_error *err)
{
	const struct option *option;
	uint32_t *value;
	size_t i;

	for (i = 0; i < sizeof(options_table) / sizeof(options_table[0]);
	     i++) {
		option = &options_table[i];
		value = (void *)((char *)options + option->offset);
		if (*value == 0)
			*value = option->fallback;
		if (*value != 0 &&
		    (*value < option->min || *value > option->max))
			return wi_fail(err, -EINVAL,
			    "option %s: expected %u to %u, found %u",
			    option->name, option->min, option->max, *value);
	}
	if (options->mailbox_low_messages > options->mailbox_high_messages)
		return options_check_pair(err, "mailbox_low_messages",
		    options->mailbox_low_messages, "mailbox_high_messages",
		    options->mailbox_high_messages);
	if (options->mailbox_low_bytes > options->mailbox_high_bytes)
		return options_check_pair(err, "mailbox_low_bytes",
		    options->mailbox_low_bytes, "mailbox_high_bytes",
		    options->mailbox_high_bytes);
	if (options->outbox_pause_bytes > options->outbox_high_bytes)
		return options_check_pair(err, "outbox_pause_bytes",
		    options->outbox_pause_bytes, "outbox_high_bytes",
		    options->outbox_high_bytes);
	if (options->signals > 1)
		return wi_fail(err, -EINVAL,
		    "option signals: expected 0 or 1, found %u",
		    options->signals);
	return WEFT_OK;
}

static uint32_t
options_cores(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 2 ? 2 : n > 1024 ? 1024 : (uint32_t)n;
}

void
wi_node_options_copy(struct weft_options *out, const struct weft_options *in)
{
	memset(out, 0, sizeof(*out));
	if (in != NULL)
		memcpy(out, in,
		    in->size < sizeof(*out) ? in->size : sizeof(*out));
	out->size = sizeof(*out);
}

int
wi_node_options(struct weft_options *out, const struct weft_options *in,
    struct weft_error *err)
{
	int rv;

	if (in != NULL && in->size < offsetof(struct weft_options, workers))
		return wi_fail(err, -EINVAL,
		    "options: expected size %zu, found %u: start from "
		    "WEFT_OPTIONS_INIT",
		    sizeof(*out), in->size);
	wi_node_options_copy(out, in);
	rv = options_check(out, err);
	if (rv < 0)
		return rv;
	if (out->workers == 0)
		out->workers = out->max_workers == 0 ||
			out->max_workers > options_cores() ?
		    options_cores() :
		    out->max_workers;
	if (out->max_workers == 0)
		out->max_workers = out->workers > OPTIONS_MAX_WORKERS ?
		    out->workers :
		    OPTIONS_MAX_WORKERS;
	if (out->workers > out->max_workers)
		return options_check_pair(err, "workers", out->workers,
		    "max_workers", out->max_workers);
	if (out->mailbox_low_messages == 0)
		out->mailbox_low_messages = out->mailbox_high_messages / 2;
	if (out->outbox_pause_bytes == 0)
		out->outbox_pause_bytes = out->outbox_high_bytes < 64u << 10 ?
		    out->outbox_high_bytes :
		    64u << 10;
	if (out->mailbox_low_bytes == 0)
		out->mailbox_low_bytes = out->mailbox_high_bytes / 2;
	return WEFT_OK;
}

/* ---- of a node that is there */

/* The first that is another one and must not be. */
static int
options_stay(const struct weft_options *made, const struct weft_options *next,
    struct weft_error *err)
{
	const struct option *option;
	uint32_t was, is;
	size_t i;

	for (i = 0; i < sizeof(options_table) / sizeof(options_table[0]);
	     i++) {
		option = &options_table[i];
		was = *(const uint32_t *)(const void *)((const char *)made +
		    option->offset);
		is = *(const uint32_t *)(const void *)((const char *)next +
		    option->offset);
		if (option->change == OPTION_CHANGES || is == was ||
		    (option->change == OPTION_UP_TO && is < was))
			continue;
		return wi_fail(err, WEFT_ESTATE,
		    "option %s: expected %s%u, which the node was made with, "
		    "found %u",
		    option->name,
		    option->change == OPTION_UP_TO ? "at most " : "", was, is);
	}
	if (next->signals != made->signals)
		return wi_fail(err, WEFT_ESTATE,
		    "option signals: expected %u, which the node was made "
		    "with, found %u",
		    made->signals, next->signals);
	if (next->log != made->log || next->log_arg != made->log_arg)
		return wi_fail(err, WEFT_ESTATE,
		    "option %s: expected the one that the node was made with, "
		    "found another",
		    next->log != made->log ? "log" : "log_arg");
	return WEFT_OK;
}

int
wi_node_options_change(struct weft_options *out,
    const struct weft_options *made, const struct weft_options *in,
    struct weft_error *err)
{
	struct weft_options asked;
	int rv;

	if (in != NULL && in->size < offsetof(struct weft_options, workers))
		return wi_node_options(out, in, err);
	wi_node_options_copy(&asked, in);
	/* The default depends on the machine, and a node keeps its own. */
	if (asked.workers == 0)
		asked.workers = made->workers;
	rv = wi_node_options(out, &asked, err);
	return rv < 0 ? rv : options_stay(made, out, err);
}
