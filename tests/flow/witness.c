/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/witness.c - plugins that write down everything.
 *
 * Entries are written under flow_lock() and not changed after.
 */
#include "witness.h"

#include <stdio.h>
#include <string.h>

#include "flow.h"

static struct witness_entry list[WITNESS_LIST];
static unsigned nlist;

static void
witness_add(const struct witness_entry *entry)
{
	flow_lock();
	ck_assert_uint_lt(nlist, WITNESS_LIST);
	if (entry->what != 'm' || nlist < WITNESS_MESSAGES)
		list[nlist++] = *entry;
	flow_notify();
	flow_unlock();
}

void
witness_forget(void)
{
	flow_lock();
	nlist = 0;
	flow_unlock();
}

static void
witness_opened(struct weft_call *call, weft_endpoint from)
{
	(void)call;
	witness_add(&(struct witness_entry){ .what = 'o', .id = from.id });
}

static void
witness_message(
    struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	struct witness_entry entry = {
		.what = 'm', .id = from.id, .len = msg.len
	};
	size_t n = msg.len < WITNESS_HEAD ? msg.len : WITNESS_HEAD - 1;

	(void)call;
	if (n > 0)
		memcpy(entry.head, msg.data, n);
	witness_add(&entry);
}

static void
witness_back(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	int rv = weft_send(call, from, msg);

	ck_assert_msg(
	    rv == WEFT_OK || rv == WEFT_ENOENDPOINT, "%s", weft_errname(rv));
	witness_message(call, from, msg);
}

static void
witness_closed(
    struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	witness_add(&(struct witness_entry){ .what = 'c',
	    .id = from.id,
	    .why = why,
	    .code = weft_call_code(call) });
}

static void
witness_drained(struct weft_call *call, weft_endpoint to)
{
	(void)call;
	witness_add(&(struct witness_entry){ .what = 'd', .id = to.id });
}

const struct weft_plugin witness_only = WEFT_PLUGIN_INIT(.name = "witness",
    .opened = witness_opened, .message = witness_message,
    .closed = witness_closed, .drained = witness_drained);

const struct weft_plugin witness_echo =
    WEFT_PLUGIN_INIT(.name = "witness_echo", .opened = witness_opened,
	.message = witness_back, .closed = witness_closed,
	.drained = witness_drained);

/* Under flow_lock(): the nth, or NULL; *count: all of them. */
static const struct witness_entry *
witness_find(char what, uint64_t id, unsigned nth, unsigned *count)
{
	const struct witness_entry *found = NULL;
	unsigned i;

	*count = 0;
	for (i = 0; i < nlist; i++)
		if (list[i].what == what && (id == 0 || list[i].id == id)) {
			if (++*count == nth)
				found = &list[i];
		}
	return found;
}

unsigned
witness_count(char what, uint64_t id)
{
	unsigned count;

	flow_lock();
	(void)witness_find(what, id, 0, &count);
	flow_unlock();
	return count;
}

const struct witness_entry *
witness_wait(char what, uint64_t id, unsigned nth)
{
	const struct witness_entry *found;
	unsigned count;
	char words[48];

	(void)snprintf(
	    words, sizeof(words), "event '%c' number %u", what, nth);
	FLOW_WAIT(
	    (found = witness_find(what, id, nth, &count)) != NULL, words);
	return found;
}

void
witness_order(uint64_t id, char *out, size_t size)
{
	unsigned i;
	size_t n = 0;

	flow_lock();
	for (i = 0; i < nlist; i++)
		if (list[i].id == id && n + 1 < size)
			out[n++] = list[i].what;
	out[n] = '\0';
	flow_unlock();
}
