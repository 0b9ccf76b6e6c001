/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/hearers - strands that have subscribed.
 *
 * thread: I/O.  What is published reaches a strand as a signal: its bytes and
 * its struct weft_news lie in one copy that all strands share, and the signal
 * owns a reference to that.
 */
#include "io/hearers.h"

#include <stdlib.h>
#include <string.h>

#include <weft/topic.h>

#include "handoff/hub.h"
#include "handoff/post.h"
#include "handoff/signal.h"

/* The copy.  The message and the topic stand behind it. */
struct hearer_copy {
	struct weft_news news; /* first: what a signal carries */
	struct wi_block *block;
};

static uint32_t
hearer_slot(uint64_t id)
{
	return (uint32_t)(id & WI_ID_SLOT_MASK);
}

/* Is there such a strand? */
WI_ON_IO static bool
hearer_lives(struct wi_hub *hub, uint64_t id)
{
	struct wi_strand *strand;

	if (hearer_slot(id) >= hub->shareds.slots.max ||
	    wi_post_find(hub, id, WI_HOLD_PLACE, &strand) < 0)
		return false;
	wi_post_release(hub, strand, WI_HOLD_PLACE, 1);
	return true;
}

struct wi_hearer *
wi_hearers_find(struct wi_hearers *hearers, uint64_t id, bool make)
{
	struct wi_hearer *hearer, **first;

	if (hearers->slots == NULL && make)
		hearers->slots = calloc(
		    hearers->hub->shareds.slots.max, sizeof(*hearers->slots));
	if (hearers->slots == NULL ||
	    hearer_slot(id) >= hearers->hub->shareds.slots.max)
		return NULL;
	first = &hearers->slots[hearer_slot(id)];
	for (hearer = *first; hearer != NULL; hearer = hearer->next)
		if (hearer->id == id)
			return hearer;
	if (!make || !hearer_lives(hearers->hub, id))
		return NULL;
	hearer = calloc(1, sizeof(*hearer));
	if (hearer == NULL)
		return NULL;
	hearer->id = id;
	hearer->next = *first;
	*first = hearer;
	return hearer;
}

void
wi_hearers_remove(struct wi_hearers *hearers, struct wi_hearer *hearer)
{
	struct wi_hearer **link = &hearers->slots[hearer_slot(hearer->id)];

	while (*link != hearer)
		link = &(*link)->next;
	*link = hearer->next;
	free(hearer);
}

struct wi_block *
wi_hearer_copy(
    const char *topic, uint32_t topic_len, const uint8_t *msg, uint32_t len)
{
	struct wi_block *block;
	struct hearer_copy *copy;
	uint8_t *bytes;

	block = wi_block_new(sizeof(*copy) + topic_len + 1 + (size_t)len);
	if (block == NULL)
		return NULL;
	copy = (void *)block->data;
	bytes = (uint8_t *)(copy + 1); /* at a multiple of 8, as in a signal */
	if (len > 0)
		memcpy(bytes, msg, len);
	memcpy(bytes + len, topic, topic_len);
	bytes[len + topic_len] = '\0';
	copy->block = block;
	copy->news.topic = (const char *)bytes + len;
	copy->news.msg.data = bytes;
	copy->news.msg.len = len;
	return block;
}

static void
hearer_destroy(void *data)
{
	struct hearer_copy *copy = data;
	struct wi_block *block = copy->block;

	wi_block_unref(&block);
}

bool
wi_hearer_tell(struct wi_hearers *hearers, const struct wi_hearer *hearer,
    struct wi_block *copy)
{
	const struct hearer_copy *what = (const void *)copy->data;
	struct weft_signal told = { .kind = hearer->kind,
		.data = copy->data,
		.destroy = hearer_destroy };
	struct wi_signal *signal;
	struct wi_strand *strand;
	struct wi_block *block;

	if (wi_post_find(hearers->hub, hearer->id, WI_HOLD_SIGNAL, &strand) <
	    0)
		return false;
	block = wi_block_new(wi_signal_size(0) + 8);
	if (block == NULL) {
		wi_post_release(hearers->hub, strand, WI_HOLD_SIGNAL, 1);
		return false;
	}
	signal = wi_signal_fill(block, &told);
	signal->u.what.bytes = what->news.msg;
	wi_block_ref(copy);
	wi_post(hearers->hub, strand, &signal->event);
	return true;
}
