/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/outbox - what workers and other threads ask of the I/O thread.
 *
 * thread: any pushes, the I/O thread takes; both by CK's stack, which nobody
 * can hold up: a push is a compare-and-swap, a take one exchange.
 */
#include "handoff/outbox.h"

CK_STACK_CONTAINER(struct wi_chunk, entry, chunk_of_entry)
CK_STACK_CONTAINER(struct wi_endpoint, attend_entry, endpoint_of_entry)

void
wi_outbox_init(struct wi_outbox *outbox)
{
	ck_stack_init(&outbox->chunks);
	ck_stack_init(&outbox->attention);
}

void
wi_outbox_push(struct wi_outbox *outbox, struct wi_chunk *list)
{
	ck_stack_push_upmc(&outbox->chunks, &list->entry);
}

void
wi_outbox_attend(
    struct wi_outbox *outbox, struct wi_endpoint *endpoint, uint32_t what)
{
	/* Whoever sets the first bit pushes; further bits are found by the
	 * exchange in wi_outbox_next_attention(). */
	if (__atomic_fetch_or(
		&endpoint->attention, (uint8_t)what, __ATOMIC_ACQ_REL) == 0)
		ck_stack_push_upmc(
		    &outbox->attention, &endpoint->attend_entry);
}

static ck_stack_entry_t *
outbox_take(ck_stack_t *stack)
{
	ck_stack_entry_t *entry, *next, *first = NULL;

	if (ck_pr_load_ptr(&stack->head) == NULL)
		return NULL;
	for (entry = ck_stack_batch_pop_upmc(stack); entry != NULL;
	     entry = next) {
		next = entry->next;
		entry->next = first;
		first = entry;
	}
	return first;
}

struct wi_endpoint *
wi_outbox_take_attention(struct wi_outbox *outbox)
{
	ck_stack_entry_t *entry = outbox_take(&outbox->attention);

	return entry == NULL ? NULL : endpoint_of_entry(entry);
}

struct wi_chunk *
wi_outbox_take_chunks(struct wi_outbox *outbox)
{
	ck_stack_entry_t *entry = outbox_take(&outbox->chunks);

	return entry == NULL ? NULL : chunk_of_entry(entry);
}

struct wi_endpoint *
wi_outbox_next_attention(struct wi_endpoint *endpoint, uint32_t *what)
{
	ck_stack_entry_t *next = endpoint->attend_entry.next;

	/* After the exchange the worker may push it again. */
	*what = __atomic_exchange_n(&endpoint->attention, 0, __ATOMIC_ACQ_REL);
	return next == NULL ? NULL : endpoint_of_entry(next);
}

struct wi_chunk *
wi_outbox_next_list(struct wi_chunk *list)
{
	return list->entry.next == NULL ? NULL :
					  chunk_of_entry(list->entry.next);
}

bool
wi_outbox_empty(const struct wi_outbox *outbox)
{
	return ck_pr_load_ptr(&outbox->chunks.head) == NULL &&
	    ck_pr_load_ptr(&outbox->attention.head) == NULL;
}
