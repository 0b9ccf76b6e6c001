/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/recent - the last warnings and errors that were logged.
 *
 * thread: any.  What comes here has passed the rate limit of its id, so there
 * are a few lines a second at most.
 */
#include "host/recent.h"

#include <stdio.h>

#include "base/clock.h"

void
wi_recent_init(struct wi_recent *recent, weft_log_cb *next, void *arg)
{
	*recent = (struct wi_recent){ .next = next, .arg = arg };
	(void)pthread_mutex_init(&recent->mutex, NULL);
}

void
wi_recent_fini(struct wi_recent *recent)
{
	(void)pthread_mutex_destroy(&recent->mutex);
}

void
wi_recent_log(
    void *arg, enum weft_log_level level, const char *id, const char *text)
{
	struct wi_recent *recent = arg;
	struct wi_recent_line *line;

	if (level >= WEFT_LOG_WARN) {
		(void)pthread_mutex_lock(&recent->mutex);
		line = &recent->lines[recent->count++ % WI_RECENT_LINES];
		line->ns = wi_clock_ns();
		line->level = level;
		(void)snprintf(line->id, sizeof(line->id), "%s", id);
		(void)snprintf(line->text, sizeof(line->text), "%s", text);
		(void)pthread_mutex_unlock(&recent->mutex);
	}
	if (recent->next != NULL)
		recent->next(recent->arg, level, id, text);
}

unsigned
wi_recent_copy(
    struct wi_recent *recent, struct wi_recent_line out[WI_RECENT_LINES])
{
	unsigned n = 0;
	uint64_t i;

	(void)pthread_mutex_lock(&recent->mutex);
	i = recent->count < WI_RECENT_LINES ? 0 :
					      recent->count - WI_RECENT_LINES;
	for (; i < recent->count; i++)
		out[n++] = recent->lines[i % WI_RECENT_LINES];
	(void)pthread_mutex_unlock(&recent->mutex);
	return n;
}
