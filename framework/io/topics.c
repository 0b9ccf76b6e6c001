/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/topics - who has subscribed to what.
 *
 * thread: I/O.  Owns the tree, not the subscriptions.
 *
 * bound_note: from a node a match goes to at most two, the child of the
 * topic's level and that of '+', and it comes to no node twice.  So it looks
 * at no more nodes than the filters in the tree have levels, nor, with L
 * levels of which P are '+', at more than the sum of C(L + 1, i + 1) for
 * i = 0 .. P, whoever subscribed to what.  For L = 16 and P = 6 that is
 * 41,225; '#' is no branch, since its subscriptions lie at its parent.  The
 * worst match of tests/bench/topics.c finds nobody among 9,949 filters in
 * about 1 ms with warm caches, 100 ns a filter, which a subscription to '#'
 * might cost as well, being served.  In one run, P = 4 gave 0.14 ms (1,941
 * filters), P = 6 1.2, P = 8 2.7 and P = 15 3.3; 32 levels would be 284,273
 * nodes for P = 4 and 5.7 million for P = 6.  How many filters one subscriber
 * may have is for those above to limit.
 */
#include "io/topics.h"

#include <errno.h>
#include <string.h>

#include "base/assert.h"

struct topics_match {
	const struct wi_topic_nodes *nodes;
	void (*found)(void *arg, struct wi_subscription *sub);
	void *arg;
	size_t count;
	bool is_hidden; /* "$SYS/...": not for wildcards in front */
	unsigned nlevels;
	struct wi_topic_level levels[WI_TOPIC_LEVELS];
};

void
wi_topics_init(struct wi_topics *topics)
{
	memset(topics, 0, sizeof(*topics));
}

void
wi_topics_fini(struct wi_topics *topics)
{
	wi_assert(topics->count == 0 && topics->nodes.root == NULL);
	memset(topics, 0, sizeof(*topics));
}

/* Into its levels, of which it has no more than there is room for. */
static unsigned
topics_cut(const char *text, size_t len, struct wi_topic_level *levels)
{
	const char *end = text + len, *slash;
	unsigned n = 0;

	for (;; text = slash + 1) {
		wi_assert(n < WI_TOPIC_LEVELS);
		slash = memchr(text, '/', (size_t)(end - text));
		levels[n].text = text;
		levels[n].len = (size_t)((slash ? slash : end) - text);
		levels[n++].has_hash = false;
		if (slash == NULL)
			return n;
	}
}

/* The node of a filter; NULL: no memory, and nothing has changed. */
WI_ON_IO static struct wi_topic_node *
topics_reach(struct wi_topic_nodes *nodes, struct wi_topic_level *levels,
    unsigned nlevels)
{
	struct wi_topic_node *node = nodes->root, *child;
	unsigned i;

	for (i = 0; i < nlevels; i++, node = child) {
		if (wi_topic_level_is_plus(&levels[i]))
			child = node->plus;
		else
			child = wi_topic_nodes_find(nodes, node, &levels[i]);
		if (child == NULL)
			child = wi_topic_nodes_add(nodes, node, &levels[i]);
		if (child == NULL) {
			wi_topic_nodes_prune(nodes, node);
			return NULL;
		}
	}
	return node;
}

/* As the newest; true: it is the only one. */
WI_ON_IO static bool
topics_append(struct wi_subscription **list, struct wi_subscription *sub)
{
	struct wi_subscription *oldest = *list;

	sub->next = NULL;
	if (oldest == NULL) {
		sub->prev = sub;
		*list = sub;
		return true;
	}
	sub->prev = oldest->prev;
	sub->prev->next = sub;
	oldest->prev = sub;
	return false;
}

int
wi_topics_add(struct wi_topics *topics, const char *filter, size_t len,
    struct wi_subscription *sub, bool *firstp)
{
	struct wi_topic_level levels[WI_TOPIC_LEVELS];
	struct wi_topic_node *node;
	uint32_t list = WI_TOPIC_HERE;
	unsigned nlevels;
	bool first;
	int rv;

	wi_assert(!topics->matching && sub->node == NULL);
	rv = wi_topic_check_filter(filter, len, NULL);
	if (rv < 0 || (rv = wi_topic_nodes_begin(&topics->nodes)) < 0)
		return rv;
	nlevels = topics_cut(filter, len, levels);
	if (filter[len - 1] == '#') {
		list = WI_TOPIC_BELOW;
		nlevels--;
	}
	node = topics_reach(&topics->nodes, levels, nlevels);
	if (node == NULL)
		return -ENOMEM;
	sub->node = node;
	sub->list = list;
	first = topics_append(&node->lists[list], sub);
	topics->count++;
	if (firstp != NULL)
		*firstp = first;
	return WEFT_OK;
}

bool
wi_topics_remove(struct wi_topics *topics, struct wi_subscription *sub)
{
	struct wi_topic_node *node = sub->node;
	struct wi_subscription **list;
	bool last;

	wi_assert(!topics->matching && node != NULL);
	list = &node->lists[sub->list];
	if (sub->next != NULL)
		sub->next->prev = sub->prev;
	else
		(*list)->prev = sub->prev;
	if (*list == sub)
		*list = sub->next;
	else
		sub->prev->next = sub->next;
	last = *list == NULL;
	memset(sub, 0, sizeof(*sub));
	topics->count--;
	if (last)
		wi_topic_nodes_prune(&topics->nodes, node);
	return last;
}

WI_ON_IO static void
topics_tell(struct topics_match *match, struct wi_subscription *sub)
{
	for (; sub != NULL; sub = sub->next) {
		match->found(match->arg, sub);
		match->count++;
	}
}

/* A node that has matched all levels before that one.  No deeper than a topic
 * has levels. */
WI_ON_IO static void
topics_visit(struct topics_match *match, const struct wi_topic_node *node,
    unsigned level)
{
	bool wild = level > 0 || !match->is_hidden;
	const struct wi_topic_node *child;

	if (wild)
		topics_tell(match, node->lists[WI_TOPIC_BELOW]);
	if (level == match->nlevels) {
		topics_tell(match, node->lists[WI_TOPIC_HERE]);
		return;
	}
	child = wi_topic_nodes_find(match->nodes, node, &match->levels[level]);
	if (child != NULL)
		topics_visit(match, child, level + 1);
	if (wild && node->plus != NULL)
		topics_visit(match, node->plus, level + 1);
}

size_t
wi_topics_match(struct wi_topics *topics, const char *topic, size_t len,
    void (*found)(void *arg, struct wi_subscription *sub), void *arg)
{
	struct topics_match match;

	wi_assert(!topics->matching && len > 0);
	if (topics->nodes.root == NULL)
		return 0;
	match.nodes = &topics->nodes;
	match.found = found;
	match.arg = arg;
	match.count = 0;
	match.is_hidden = topic[0] == '$';
	match.nlevels = topics_cut(topic, len, match.levels);
	topics->matching = true;
	topics_visit(&match, topics->nodes.root, 0);
	topics->matching = false;
	return match.count;
}

const char *
wi_topics_filter(
    const struct wi_subscription *sub, char out[WI_TOPIC_BYTES + 1])
{
	const struct wi_topic_node *node = sub->node;
	bool behind = sub->list == WI_TOPIC_BELOW; /* is there a level? */
	char *at = out + WI_TOPIC_BYTES;

	wi_assert(node != NULL);
	*at = '\0';
	if (behind)
		*--at = '#';
	for (; node->parent != NULL; node = node->parent) {
		if (behind)
			*--at = '/';
		at -= node->len;
		memcpy(at, node->text, node->len);
		behind = true;
	}
	return at;
}

bool
wi_topics_is(const struct wi_subscription *sub, const char *filter, size_t len)
{
	char out[WI_TOPIC_BYTES + 1];
	const char *text = wi_topics_filter(sub, out);

	return (size_t)(out + WI_TOPIC_BYTES - text) == len &&
	    memcmp(text, filter, len) == 0;
}
