/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/tpl_oracle.h - what libtpl makes of a value, and of an image.
 *
 * libtpl is given a map of the type's own format, whose places are one slot
 * for each member, lists left out ('A' takes none).  So a value is packed and
 * unpacked member by member by libtpl itself, whatever its type.
 *
 * It is shown only images that weft_unpack() has accepted: what it does with
 * others stands in HACKING.md.  Its memory comes from here, so that what it
 * leaks is freed, and its fatal() comes back (oracle_note).
 *
 * oracle_note: tpl_hook.fatal() must not return, so it jumps to where libtpl
 * was called.  That is the one use of setjmp() here.
 */
#ifndef TESTS_TPL_ORACLE_H
#define TESTS_TPL_ORACLE_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <tpl.h>

#include <weft/type.h>

#include "type/walk.h"

#ifndef ORACLE_FAIL
#include <check.h>
#define ORACLE_FAIL(...) ck_abort_msg(__VA_ARGS__)
#endif
#define ORACLE(what)                                                          \
	do {                                                                  \
		if (!(what))                                                  \
			ORACLE_FAIL("oracle: %s (line %d)", #what, __LINE__); \
	} while (0)

#define ORACLE_SLOTS 48

/* In libtpl.so, but not in its header. */
extern tpl_hook_t tpl_hook;

/* ---- its hooks */

struct oracle_memory {
	struct oracle_memory *next, **at;
	_Alignas(16) uint8_t bytes[];
};

static struct oracle_memory *oracle_all;
static jmp_buf oracle_back;

static inline void
oracle_link(struct oracle_memory *memory)
{
	ORACLE(memory != NULL);
	memory->next = oracle_all;
	memory->at = &oracle_all;
	if (oracle_all != NULL)
		oracle_all->at = &memory->next;
	oracle_all = memory;
}

static inline struct oracle_memory *
oracle_unlink(void *bytes)
{
	struct oracle_memory *memory =
	    (void *)((uint8_t *)bytes - offsetof(struct oracle_memory, bytes));

	*memory->at = memory->next;
	if (memory->next != NULL)
		memory->next->at = memory->at;
	return memory;
}

static inline void *
oracle_malloc(size_t size)
{
	struct oracle_memory *memory = malloc(sizeof(*memory) + size);

	oracle_link(memory);
	return memory->bytes;
}

static inline void
oracle_free(void *bytes)
{
	if (bytes != NULL)
		free(oracle_unlink(bytes));
}

static inline void *
oracle_realloc(void *bytes, size_t size)
{
	struct oracle_memory *memory;

	if (bytes == NULL)
		return oracle_malloc(size);
	memory = realloc(oracle_unlink(bytes), sizeof(*memory) + size);
	oracle_link(memory);
	return memory->bytes;
}

static inline int
oracle_oops(const char *format, ...)
{
	(void)format;
	return 0;
}

static inline void
oracle_fatal(const char *format, ...)
{
	(void)format;
	longjmp(oracle_back, 1);
}

/* To be called once, before any other of these. */
static inline void
oracle_init(void)
{
	tpl_hook.oops = oracle_oops;
	tpl_hook.malloc = oracle_malloc;
	tpl_hook.realloc = oracle_realloc;
	tpl_hook.free = oracle_free;
	tpl_hook.fatal = oracle_fatal;
}

static inline void
oracle_end(tpl_node *map)
{
	tpl_free(map);
	while (oracle_all != NULL)
		oracle_free(oracle_all->bytes);
}

/* ---- a map of a type */

/* Where libtpl finds or puts one member. */
union oracle_slot {
	uint64_t number;
	double real;
	char *text;
	tpl_bin bytes;
	uint8_t fixed[256];
};

struct oracle {
	tpl_node *map;
	union oracle_slot slots[ORACLE_SLOTS];
	void *args[2 * ORACLE_SLOTS]; /* a slot, and behind a fixed one its
	                                 length */
	int nslots, nargs;
};

static inline void
oracle_add(struct oracle *oracle, uint32_t count)
{
	ORACLE(oracle->nslots < ORACLE_SLOTS);
	oracle->args[oracle->nargs++] = &oracle->slots[oracle->nslots++];
	if (count > 0)
		oracle->args[oracle->nargs++] = (void *)(uintptr_t)count;
}

static inline void
oracle_members(struct oracle *oracle, const struct weft_type *type)
{
	uint32_t i;

	for (i = 0; i < type->nmembers; i++) {
		const struct weft_member *member = &type->members[i];

		if (member->of != NULL)
			oracle_members(oracle, member->of);
		else if (member->kind == WEFT_MEMBER_fixed)
			oracle_add(oracle, member->count);
		else
			oracle_add(oracle, 0);
	}
}

/* A variadic function takes what it finds: a pointer where it wants one, and
 * an int of the same register or stack slot where it wants that. */
static inline void
oracle_map(struct oracle *oracle, const struct weft_type *type)
{
	void **a = oracle->args;
	char format[512];

	memset(oracle, 0, sizeof(*oracle));
	if ((type->flags & WEFT_TYPE_IS_BARE) == 0)
		oracle_add(oracle, 0);
	oracle_members(oracle, type);
	ORACLE(oracle->nargs <= 40 && type->format_len < sizeof(format));
	strcpy(format, type->format);
	oracle->map = tpl_map(format, a[0], a[1], a[2], a[3], a[4], a[5], a[6],
	    a[7], a[8], a[9], a[10], a[11], a[12], a[13], a[14], a[15], a[16],
	    a[17], a[18], a[19], a[20], a[21], a[22], a[23], a[24], a[25],
	    a[26], a[27], a[28], a[29], a[30], a[31], a[32], a[33], a[34],
	    a[35], a[36], a[37], a[38], a[39]);
	ORACLE(oracle->map != NULL);
}

/* ---- a value into it */

struct oracle_at {
	struct oracle *oracle;
	int slot;  /* the next one */
	int array; /* the 'A' that comes next; 0 is all that is in none */
};

static inline void
oracle_put(struct oracle_at *at, const struct weft_member *member,
    uint32_t kind, const uint8_t *from)
{
	union oracle_slot *slot = &at->oracle->slots[at->slot++];
	struct weft_bytes bytes;

	if (kind == WEFT_MEMBER_bytes) {
		memcpy(&bytes, from, sizeof(bytes));
		slot->bytes.addr = (void *)(uintptr_t)bytes.data;
		slot->bytes.sz = (uint32_t)bytes.len;
	} else if (kind == WEFT_MEMBER_fixed) {
		ORACLE(member->count * wi_kind_wire(member->element) <= 256);
		memcpy(slot->fixed, from,
		    member->count * wi_kind_wire(member->element));
	} else {
		memcpy(slot, from, wi_kind_size(kind));
	}
}

static inline void oracle_put_type(
    struct oracle_at *at, const struct weft_type *type, const uint8_t *from);

/* An 'A': each element into its slots, and packed. */
static inline void
oracle_put_list(struct oracle_at *at, const struct weft_member *member,
    const uint8_t *from)
{
	const struct oracle_at begin = *at;
	struct oracle_at end = begin;
	struct wi_list list;
	static const uint8_t nothing[4096];
	uint32_t i;

	memcpy(&list, from, sizeof(list));
	for (i = 0; i <= list.len; i++) {
		struct oracle_at in = { begin.oracle, begin.slot,
			begin.array + 1 };
		bool none = i == list.len; /* to find what is behind it */
		uint32_t size = member->of != NULL ?
		    member->of->value_size :
		    wi_kind_size(member->element);
		const uint8_t *element =
		    none ? nothing : (const uint8_t *)list.at + i * size;

		ORACLE(size <= sizeof(nothing));
		if (member->of != NULL)
			oracle_put_type(&in, member->of, element);
		else
			oracle_put(&in, NULL, member->element, element);
		if (!none)
			ORACLE(tpl_pack(begin.oracle->map, begin.array) >= 0);
		end = in;
	}
	*at = end;
}

static inline void
oracle_put_type(
    struct oracle_at *at, const struct weft_type *type, const uint8_t *from)
{
	uint32_t i;

	for (i = 0; i < type->nmembers; i++) {
		const struct weft_member *member = &type->members[i];
		const uint8_t *value = from + member->offset;

		if (member->kind == WEFT_MEMBER_nested)
			oracle_put_type(at, member->of, value);
		else if (member->kind >= WEFT_MEMBER_array)
			oracle_put_list(at, member, value);
		else
			oracle_put(at, member, member->kind, value);
	}
}

/* oracle_pack() - libtpl's image of a value; free() it. */
static inline uint8_t *
oracle_pack(const struct weft_type *type, const void *value, size_t *len)
{
	struct oracle oracle;
	struct oracle_at at = { &oracle, 0, 1 };
	uint8_t *copy;
	void *image;

	if (setjmp(oracle_back) != 0)
		ORACLE_FAIL("libtpl packs a value: expected an image, found "
			    "fatal()");
	oracle_map(&oracle, type);
	if ((type->flags & WEFT_TYPE_IS_BARE) == 0)
		oracle.slots[at.slot++].text = (char *)(uintptr_t)type->name;
	oracle_put_type(&at, type, value);
	ORACLE(at.slot == oracle.nslots);
	/* Last: putting a list has used the slots of its elements only. */
	ORACLE(tpl_pack(oracle.map, 0) >= 0);
	ORACLE(tpl_dump(oracle.map, TPL_MEM, &image, len) == 0);
	copy = malloc(*len);
	ORACLE(copy != NULL);
	memcpy(copy, image, *len);
	oracle_end(oracle.map);
	return copy;
}

/* ---- and out of it: is what libtpl finds the value? */

static inline void
oracle_same(struct oracle_at *at, const struct weft_member *member,
    uint32_t kind, const uint8_t *value)
{
	const union oracle_slot *slot = &at->oracle->slots[at->slot++];
	struct weft_bytes bytes;
	const char *text;

	if (kind == WEFT_MEMBER_bytes) {
		memcpy(&bytes, value, sizeof(bytes));
		ORACLE(bytes.len == slot->bytes.sz);
		ORACLE(bytes.len == 0 ||
		    memcmp(bytes.data, slot->bytes.addr, bytes.len) == 0);
	} else if (kind == WEFT_MEMBER_str) {
		memcpy(&text, value, sizeof(text));
		ORACLE(
		    strcmp(text, slot->text == NULL ? "" : slot->text) == 0);
	} else if (kind == WEFT_MEMBER_fixed) {
		ORACLE(
		    memcmp(slot->fixed, value,
			member->count * wi_kind_wire(member->element)) == 0);
	} else {
		ORACLE(memcmp(slot, value, wi_kind_size(kind)) == 0);
	}
}

/* What is behind a list in the map. */
static inline void
oracle_pass(struct oracle_at *at, const struct weft_member *member)
{
	uint32_t i;

	if (member->kind >= WEFT_MEMBER_array &&
	    member->kind != WEFT_MEMBER_nested)
		at->array++;
	if (member->of == NULL)
		at->slot++;
	else
		for (i = 0; i < member->of->nmembers; i++)
			oracle_pass(at, &member->of->members[i]);
}

static inline void oracle_same_type(struct oracle_at *at,
    const struct weft_type *type, const uint8_t *value, bool lists);

static inline void
oracle_same_list(struct oracle_at *at, const struct weft_member *member,
    const uint8_t *value)
{
	tpl_node *map = at->oracle->map;
	uint32_t i, size;
	struct wi_list list;

	memcpy(&list, value, sizeof(list));
	ORACLE((uint32_t)tpl_Alen(map, at->array) == list.len);
	for (i = 0; i < list.len; i++) {
		struct oracle_at in = { at->oracle, at->slot, at->array + 1 };
		const uint8_t *element = list.at;

		ORACLE(tpl_unpack(map, at->array) > 0);
		size = member->of != NULL ? member->of->value_size :
					    wi_kind_size(member->element);
		if (member->of == NULL) {
			oracle_same(&in, NULL, member->element,
			    element + (size_t)i * size);
			continue;
		}
		oracle_same_type(
		    &in, member->of, element + (size_t)i * size, false);
		in = (struct oracle_at){ at->oracle, at->slot, at->array + 1 };
		oracle_same_type(
		    &in, member->of, element + (size_t)i * size, true);
	}
	oracle_pass(at, member);
}

/* What has just been unpacked, or the lists in it: these unpack into slots of
 * their own, so either can be looked at first. */
static inline void
oracle_same_type(struct oracle_at *at, const struct weft_type *type,
    const uint8_t *value, bool lists)
{
	uint32_t i;

	for (i = 0; i < type->nmembers; i++) {
		const struct weft_member *member = &type->members[i];
		const uint8_t *from = value + member->offset;

		if (member->kind == WEFT_MEMBER_nested)
			oracle_same_type(at, member->of, from, lists);
		else if (member->kind < WEFT_MEMBER_array && !lists)
			oracle_same(at, member, member->kind, from);
		else if (member->kind >= WEFT_MEMBER_array && lists)
			oracle_same_list(at, member, from);
		else
			oracle_pass(at, member);
	}
}

/* oracle_agrees() - libtpl finds the same value in an image that was accepted
 * as one of the type, in the type's own format. */
static inline void
oracle_agrees(const struct weft_type *type, const void *value,
    const uint8_t *image, size_t len)
{
	const int first = (type->flags & WEFT_TYPE_IS_BARE) == 0;
	struct oracle_at at;
	struct oracle oracle;

	if (setjmp(oracle_back) != 0)
		ORACLE_FAIL("libtpl reads an image that was accepted: "
			    "expected a value, found fatal()");
	oracle_map(&oracle, type);
	ORACLE(
	    tpl_load(oracle.map, TPL_MEM, (void *)(uintptr_t)image, len) == 0);
	ORACLE(tpl_unpack(oracle.map, 0) >= 0);
	if (first)
		ORACLE(strcmp(oracle.slots[0].text, type->name) == 0);
	at = (struct oracle_at){ &oracle, first, 1 };
	oracle_same_type(&at, type, value, false);
	at = (struct oracle_at){ &oracle, first, 1 };
	oracle_same_type(&at, type, value, true);
	oracle_end(oracle.map);
}

#endif
