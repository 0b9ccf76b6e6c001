/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/per_ip - how many endpoints each address has.
 *
 * thread: I/O.  Owns the table.
 *
 * Linear probing, no tombstones: whoever stands behind a place that falls free
 * moves up if it may.  At most three of four places are taken and, above the
 * smallest size, at least one of eight.  An entry keeps 32 bits of its hash,
 * so that it need not be computed again to move it.  Its first bits (not its
 * last) are the place where it belongs, which keeps entries in the order of
 * their hashes: a larger or smaller table is then filled from one end to the
 * other, not all over the memory.
 */
#include "io/per_ip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <weft/error.h>

#include "base/assert.h"

#define PER_IP_NET 8u /* [bytes] of an address that count */
#define PER_IP_MIN 8u /* smallest capacity, at least 2 */
#define PER_IP_MAX (UINT32_C(1) << 31)

struct wi_per_ip_entry {
	uint8_t net[PER_IP_NET]; /* IPv4: in the first 4, rest 0 */
	uint32_t scope;
	uint32_t family;
	uint32_t hash;
	uint32_t count; /* endpoints; 0: nobody's place */
};

void
wi_per_ip_init(struct wi_per_ip *table)
{
	memset(table, 0, sizeof(*table));
}

void
wi_per_ip_fini(struct wi_per_ip *table)
{
	free(table->entries);
	memset(table, 0, sizeof(*table));
}

/* What counts of an address; false: it is not counted. */
static bool
per_ip_net(const struct wi_address *address, struct wi_address *net)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	memset(net, 0, sizeof(*net));
	if (address->family == AF_INET) {
		net->family = AF_INET;
		memcpy(net->ip, address->ip, 4);
	} else if (address->family != AF_INET6) {
		return false;
	} else if (memcmp(address->ip, mapped, sizeof(mapped)) == 0) {
		/* Or all of IPv4 would be one network. */
		net->family = AF_INET;
		memcpy(net->ip, address->ip + sizeof(mapped), 4);
	} else {
		net->family = AF_INET6;
		net->scope = address->scope;
		memcpy(net->ip, address->ip, PER_IP_NET);
	}
	return true;
}

static bool
per_ip_is(const struct wi_per_ip_entry *entry, const struct wi_address *net,
    uint32_t hash)
{
	return entry->hash == hash && entry->family == net->family &&
	    entry->scope == net->scope &&
	    memcmp(entry->net, net->ip, PER_IP_NET) == 0;
}

/* The place where a hash belongs. */
static uint32_t
per_ip_home(uint32_t capacity, uint32_t hash)
{
	return hash >> (__builtin_clz(capacity) + 1);
}

WI_ON_IO static uint32_t
per_ip_hash(const struct wi_per_ip *table, const struct wi_address *net)
{
	return (uint32_t)(wi_hash_address(&table->key, net) >> 32);
}

/* Its entry, or the free place for it.  The table has one. */
WI_ON_IO static struct wi_per_ip_entry *
per_ip_find(
    const struct wi_per_ip *table, const struct wi_address *net, uint32_t hash)
{
	uint32_t mask = table->capacity - 1;
	uint32_t at = per_ip_home(table->capacity, hash);

	while (table->entries[at].count != 0 &&
	    !per_ip_is(&table->entries[at], net, hash))
		at = (at + 1) & mask;
	return &table->entries[at];
}

/* All into a table of another size. */
WI_ON_IO static int
per_ip_resize(struct wi_per_ip *table, uint32_t capacity)
{
	const struct wi_per_ip_entry *entry = table->entries;
	struct wi_per_ip_entry *entries;
	uint32_t i, at;

	entries = calloc(capacity, sizeof(*entries));
	if (entries == NULL)
		return -ENOMEM;
	for (i = 0; i < table->capacity; i++, entry++) {
		if (entry->count == 0)
			continue;
		at = per_ip_home(capacity, entry->hash);
		while (entries[at].count != 0)
			at = (at + 1) & (capacity - 1);
		entries[at] = *entry;
	}
	free(table->entries);
	table->entries = entries;
	table->capacity = capacity;
	return WEFT_OK;
}

/* The first one brings the table and its key. */
WI_ON_IO static int
per_ip_begin(struct wi_per_ip *table)
{
	int rv;

	if (!table->has_key) {
		rv = wi_hash_key_make(&table->key);
		if (rv < 0)
			return rv;
		table->has_key = true;
	}
	return per_ip_resize(table, PER_IP_MIN);
}

/* Room for one more, of which *place is told. */
WI_ON_IO static int
per_ip_grow(struct wi_per_ip *table, const struct wi_address *net,
    uint32_t hash, struct wi_per_ip_entry **place)
{
	int rv;

	if ((uint64_t)(table->count + 1) * 4 <= (uint64_t)table->capacity * 3)
		return WEFT_OK;
	if (table->capacity == PER_IP_MAX)
		return -ENOMEM;
	rv = per_ip_resize(table, table->capacity * 2);
	if (rv == WEFT_OK)
		*place = per_ip_find(table, net, hash);
	return rv;
}

int
wi_per_ip_add(
    struct wi_per_ip *table, const struct wi_address *address, uint32_t limit)
{
	struct wi_per_ip_entry *entry;
	struct wi_address net;
	uint32_t hash;
	int rv;

	if (limit == 0 || !per_ip_net(address, &net))
		return WEFT_OK;
	if (table->capacity == 0 && (rv = per_ip_begin(table)) < 0)
		return rv;
	hash = per_ip_hash(table, &net);
	entry = per_ip_find(table, &net, hash);
	if (entry->count >= limit)
		return WEFT_EFULL;
	if (entry->count == 0) {
		rv = per_ip_grow(table, &net, hash, &entry);
		if (rv < 0)
			return rv;
		memcpy(entry->net, net.ip, PER_IP_NET);
		entry->scope = net.scope;
		entry->family = net.family;
		entry->hash = hash;
		table->count++;
	}
	entry->count++;
	return WEFT_OK;
}

/* Let those behind move up, as far as they belong there or before. */
WI_ON_IO static void
per_ip_remove(struct wi_per_ip *table, uint32_t hole)
{
	struct wi_per_ip_entry *entries = table->entries;
	uint32_t mask = table->capacity - 1, at, home;

	for (at = (hole + 1) & mask; entries[at].count != 0;
	     at = (at + 1) & mask) {
		home = per_ip_home(table->capacity, entries[at].hash);
		if (((at - home) & mask) < ((at - hole) & mask))
			continue;
		entries[hole] = entries[at];
		hole = at;
	}
	entries[hole].count = 0;
	table->count--;
}

WI_ON_IO static void
per_ip_shrink(struct wi_per_ip *table)
{
	if (table->count == 0) {
		free(table->entries);
		table->entries = NULL;
		table->capacity = 0;
	} else if (table->capacity > PER_IP_MIN &&
	    table->count < table->capacity / 8) {
		/* Without memory for it, it stays as it is. */
		(void)per_ip_resize(table, table->capacity / 2);
	}
}

void
wi_per_ip_sub(struct wi_per_ip *table, const struct wi_address *address)
{
	struct wi_per_ip_entry *entry;
	struct wi_address net;

	if (!per_ip_net(address, &net))
		return;
	wi_assert(table->capacity != 0);
	entry = per_ip_find(table, &net, per_ip_hash(table, &net));
	wi_assert(entry->count != 0);
	if (entry->count > 1) {
		entry->count--;
		return;
	}
	per_ip_remove(table, (uint32_t)(entry - table->entries));
	per_ip_shrink(table);
}

uint32_t
wi_per_ip_count(
    const struct wi_per_ip *table, const struct wi_address *address)
{
	struct wi_address net;

	if (table->capacity == 0 || !per_ip_net(address, &net))
		return 0;
	return per_ip_find(table, &net, per_ip_hash(table, &net))->count;
}
