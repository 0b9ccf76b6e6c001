/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/topic.h - which topics and filters there may be.
 *
 * As in MQTT (OASIS MQTT 3.1.1, section 4.7): names of levels between '/', of
 * which each may be empty; a filter may have '+' in place of a level, and '#'
 * in place of the last one, for what is there and all below, and the parent
 * as well.  Bytes are compared as they are: case counts, and whether they are
 * UTF-8 is not looked at.
 *
 * Limits are narrower than MQTT's, since they bound how long io/topics.h
 * looks for whom a message is; see bound_note in io/topics.c.
 *
 * thread: any.
 */
#ifndef WI_TOPIC_H
#define WI_TOPIC_H

#include <stddef.h>

#include <weft/error.h>

#define WI_TOPIC_BYTES 1024 /* a topic or filter is 1 to so many */
#define WI_TOPIC_LEVELS 16  /* at most, with '#' */
#define WI_TOPIC_PLUSES 6   /* levels of a filter that are '+', at most */

/*
 * wi_topic_check() - may this be published to?
 *
 *   topic    in       len bytes; no NUL is expected behind them.
 *   err      out      what was expected, and at which byte (the first is 1)
 *                     what was found; may be NULL.
 *   returns           WEFT_OK or -EINVAL.
 */
int wi_topic_check(const char *topic, size_t len, struct weft_error *err);

/* wi_topic_check_filter() - likewise: may this be subscribed to? */
int wi_topic_check_filter(
    const char *filter, size_t len, struct weft_error *err);

#endif
