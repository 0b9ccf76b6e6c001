/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/notes.h - plugins of each scope that write down what happens and
 * on which strand, and do what messages tell them: "join NAME", "leave", and
 * "hold", which holds the strand up until set_held(false).
 */
#ifndef TESTS_NOTES_H
#define TESTS_NOTES_H

#include <errno.h>
#include <string.h>

#include "flow.h"
#include "flow_client.h"

#define NNOTES 64

/* What happened, in order, under flow_lock(). */
struct note {
	char what; /* 'o' 'm' 'c' 'b' 's' 'e' */
	uint64_t strand;
	uint64_t endpoint;
	char text[32];
	void *state;
};

static struct note notes[NNOTES];
static unsigned nnotes;
static bool held; /* handlers that are told "hold" wait until it is false */
static unsigned ndestroyed;

static inline void
note(char what, weft_strand strand, weft_endpoint endpoint, const void *text,
    size_t len, void *state)
{
	struct note *next;

	flow_lock();
	ck_assert_uint_lt(nnotes, NNOTES);
	next = &notes[nnotes++];
	*next = (struct note){ .what = what,
		.strand = strand.id,
		.endpoint = endpoint.id,
		.state = state };
	ck_assert_uint_lt(len, sizeof(next->text));
	memcpy(next->text, text, len);
	flow_notify();
	flow_unlock();
}

static inline const struct note *
find_note(char what, unsigned nth)
{
	unsigned i, n = 0;

	for (i = 0; i < nnotes; i++)
		if (notes[i].what == what && ++n == nth)
			return &notes[i];
	return NULL;
}

/* The nth (from 1) of that kind, when it has come. */
static inline const struct note *
wait_note(char what, unsigned nth)
{
	const struct note *found;

	FLOW_WAIT((found = find_note(what, nth)) != NULL, "a note");
	return found;
}

static inline void
expect_texts(char what, const char *const *texts, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		ck_assert_str_eq(wait_note(what, i + 1)->text, texts[i]);
}

static inline void
destroy(void *data)
{
	(void)data;
	flow_lock();
	ndestroyed++;
	flow_notify();
	flow_unlock();
}

static inline void
on_opened(struct weft_call *call, weft_endpoint from)
{
	note('o', weft_strand_of(call), from, "", 0, NULL);
}

static inline void
on_message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	weft_strand strand;

	note('m', weft_strand_of(call), from, msg.data, msg.len,
	    weft_call_strand_state(call));
	if (msg.len == 4 && memcmp(msg.data, "hold", 4) == 0)
		FLOW_HOLD(!held);
	if (msg.len > 5 && memcmp(msg.data, "join ", 5) == 0) {
		char name[32] = "";

		memcpy(name, (const char *)msg.data + 5, msg.len - 5);
		ck_assert_int_eq(
		    weft_strand_get(call, name, &strand), WEFT_OK);
		ck_assert_int_eq(weft_bind(from, strand), WEFT_OK);
		weft_strand_release(strand);
	}
	if (msg.len == 5 && memcmp(msg.data, "leave", 5) == 0)
		ck_assert_int_eq(
		    weft_bind(from,
			weft_endpoint_strand(weft_call_node(call), from)),
		    WEFT_OK);
	(void)weft_send(call, from, msg);
}

static inline void
on_closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	(void)why;
	note('c', weft_strand_of(call), from, "", 0, NULL);
}

static inline void
on_signal(struct weft_call *call, const struct weft_signal *signal)
{
	note('s', weft_strand_of(call), weft_call_endpoint(call),
	    signal->bytes.data, signal->bytes.len, signal->data);
	if (signal->kind == 1)
		FLOW_HOLD(!held);
}

static inline void
on_bound(struct weft_call *call, weft_endpoint who)
{
	note('b', weft_strand_of(call), who, "", 0, NULL);
}

static inline void
on_ended(struct weft_call *call, weft_strand strand, void *state)
{
	ck_assert_uint_eq(weft_strand_of(call).id, strand.id);
	ck_assert_int_eq(
	    weft_strand_hold(weft_strand_of(call)), WEFT_ENOSTRAND);
	note('e', strand, weft_call_endpoint(call), "", 0, state);
}

static const struct weft_plugin notes_by_endpoint =
    WEFT_PLUGIN_INIT(.name = "by_endpoint", .opened = on_opened,
	.message = on_message, .closed = on_closed, .signal = on_signal,
	.bound = on_bound, .ended = on_ended);

static const struct weft_plugin notes_by_listener =
    WEFT_PLUGIN_INIT(.name = "by_listener", .opened = on_opened,
	.message = on_message, .closed = on_closed,
	.scope = WEFT_SCOPE_LISTENER, .signal = on_signal, .bound = on_bound,
	.ended = on_ended);

static const struct weft_plugin notes_by_plugin =
    WEFT_PLUGIN_INIT(.name = "by_plugin", .opened = on_opened,
	.message = on_message, .closed = on_closed, .scope = WEFT_SCOPE_PLUGIN,
	.signal = on_signal, .bound = on_bound, .ended = on_ended);

static inline struct weft_signal
text_signal(const char *text)
{
	return (struct weft_signal){ .bytes = { text, strlen(text) },
		.destroy = destroy };
}

static inline void
tell(weft_strand strand, const char *text)
{
	struct weft_signal signal = text_signal(text);

	ck_assert_int_eq(weft_signal(strand, &signal), WEFT_OK);
}

static inline void
set_held(bool to)
{
	flow_lock();
	held = to;
	flow_notify();
	flow_unlock();
}

#endif
