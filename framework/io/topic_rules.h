/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/topic_rules.h - what was said of topics: weft_topic_slow().
 *
 * owned by: the I/O thread.
 */
#ifndef WI_TOPIC_RULES_H
#define WI_TOPIC_RULES_H

#include <stddef.h>
#include <stdint.h>

#include <weft/slow.h>

#include "base/thread_role.h"
#include "io/topics.h"

struct wi_chunk;
struct wi_io;
struct wi_topic_rule;

#define WI_TOPIC_RULES_MAX 4096u /* weft/slow.h says so */

struct wi_topic_rules {
	struct wi_topics topics;
	struct wi_topic_rule *first; /* newest first */
	uint32_t count;
	uint64_t said; /* rules that were made or ended, ever */
};

void wi_topic_rules_init(struct wi_topic_rules *rules) WI_ON_IO;
void wi_topic_rules_fini(struct wi_topic_rules *rules) WI_ON_IO;

/* wi_topic_rules_take() - a RULE was collected. */
void wi_topic_rules_take(
    struct wi_io *io, const struct wi_chunk *chunk) WI_ON_IO;

/* wi_topic_rules_find() - what was said last of a topic, or NULL; valid until
 * the next take. */
const struct weft_slow_reader *wi_topic_rules_find(
    struct wi_topic_rules *rules, const char *topic, size_t len) WI_ON_IO;

#endif
