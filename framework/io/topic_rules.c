/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/topic_rules - what was said of topics.
 *
 * thread: I/O.  Rules lie in a topic tree of their own, as subscriptions do in
 * theirs; while there are none, a publish does not ask.
 */
#include "io/topic_rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "handoff/publish.h"
#include "io/io.h"

struct wi_topic_rule {
	struct wi_subscription sub; /* first: its place in the tree */
	struct wi_topic_rule *next;
	uint64_t said; /* the larger is the newer */
	struct weft_slow_reader what;
};

void
wi_topic_rules_init(struct wi_topic_rules *rules)
{
	memset(rules, 0, sizeof(*rules));
	wi_topics_init(&rules->topics);
}

WI_ON_IO static void
rules_remove(struct wi_topic_rules *rules, struct wi_topic_rule **link)
{
	struct wi_topic_rule *rule = *link;

	*link = rule->next;
	(void)wi_topics_remove(&rules->topics, &rule->sub);
	rules->count--;
	free(rule);
}

void
wi_topic_rules_fini(struct wi_topic_rules *rules)
{
	while (rules->first != NULL)
		rules_remove(rules, &rules->first);
	wi_topics_fini(&rules->topics);
}

WI_ON_IO static int
rules_add(struct wi_topic_rules *rules, const char *filter, size_t len,
    const struct weft_slow_reader *what)
{
	struct wi_topic_rule *rule;
	int rv;

	if (rules->count == WI_TOPIC_RULES_MAX)
		return WEFT_EFULL;
	rule = calloc(1, sizeof(*rule));
	if (rule == NULL)
		return -ENOMEM;
	rv = wi_topics_add(&rules->topics, filter, len, &rule->sub, NULL);
	if (rv < 0) {
		free(rule);
		return rv;
	}
	rule->what = *what;
	rule->said = rules->said;
	rule->next = rules->first;
	rules->first = rule;
	rules->count++;
	return WEFT_OK;
}

void
wi_topic_rules_take(struct wi_io *io, const struct wi_chunk *chunk)
{
	const struct weft_slow_reader none = { .policy = WEFT_SLOW_DEFAULT };
	const struct wi_publish *said = (const void *)chunk->bytes;
	const char *filter = (const char *)said->bytes;
	struct wi_topic_rules *rules = &io->publisher.rules;
	struct wi_topic_rule **link = &rules->first;
	struct weft_slow_reader what;
	int rv;

	rules->said++;
	memcpy(&what, said->bytes + said->topic_len, sizeof(what));
	while (*link != NULL &&
	    !wi_topics_is(&(*link)->sub, filter, said->topic_len))
		link = &(*link)->next;
	if (*link != NULL)
		rules_remove(rules, link);
	if (memcmp(&what, &none, sizeof(what)) == 0)
		return;
	rv = rules_add(rules, filter, said->topic_len, &what);
	if (rv == WEFT_OK)
		return;
	wi_count(io->counters, WEFT_COUNTER_subscriptions_refused, 1);
	wi_log_say(io->hub->log, WI_LOG_IO_SUBSCRIBE,
	    "weft_topic_slow(): \"%.*s\": %s; %u are there, of at most %u",
	    (int)said->topic_len, filter, weft_strerror(rv), rules->count,
	    WI_TOPIC_RULES_MAX);
}

static void
rules_found(void *arg, struct wi_subscription *sub)
{
	struct wi_topic_rule *rule = (struct wi_topic_rule *)sub, **last = arg;

	if (*last == NULL || (*last)->said < rule->said)
		*last = rule;
}

const struct weft_slow_reader *
wi_topic_rules_find(
    struct wi_topic_rules *rules, const char *topic, size_t len)
{
	struct wi_topic_rule *last = NULL;

	if (rules->first == NULL)
		return NULL;
	(void)wi_topics_match(&rules->topics, topic, len, rules_found, &last);
	return last == NULL ? NULL : &last->what;
}
