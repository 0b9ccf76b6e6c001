/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/topic_nodes - the nodes of the topic tree.
 *
 * thread: I/O.  Owns the nodes.
 *
 * One table for all, since a table in each node would cost each leaf, and a
 * list in each node a publisher's time where one parent has 100,000 children.
 * It is linear hashing, as in io/peers.c (split_note there).
 *
 * salt_note: a node's place is its parent's salt XOR the keyed hash of its
 * text, so that a level of a topic is hashed once, at however many nodes it is
 * then looked for.  Salts are keyed hashes of the whole path: two children of
 * two parents fall together by chance only, and as the salts are secret,
 * nobody can bring it about.
 */
#include "io/topic_nodes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <weft/error.h>

#include "base/assert.h"

#define NODES_MIN 16u /* buckets at least, a power of two */
#define NODES_MAX (UINT32_C(1) << 31)
#define NODES_STEPS 2u /* splits or joins at a time */

/* The first bit of a number that is not 0. */
static uint32_t
nodes_first_bit(uint32_t number)
{
	return UINT32_C(1) << (31 - __builtin_clz(number));
}

WI_ON_IO static struct wi_topic_node **
nodes_bucket(const struct wi_topic_nodes *nodes, uint32_t hash)
{
	uint32_t mask = UINT32_MAX >> __builtin_clz(nodes->nbuckets - 1);
	uint32_t bucket = hash & mask;

	if (bucket >= nodes->nbuckets)
		bucket &= mask >> 1;
	return &nodes->buckets[bucket];
}

/* Another capacity, if there is memory for it. */
WI_ON_IO static bool
nodes_resize(struct wi_topic_nodes *nodes, uint32_t capacity)
{
	struct wi_topic_node **buckets;

	buckets = realloc(nodes->buckets, capacity * sizeof(*buckets));
	if (buckets == NULL)
		return false;
	nodes->buckets = buckets;
	nodes->capacity = capacity;
	return true;
}

WI_ON_IO static void
nodes_split(struct wi_topic_nodes *nodes)
{
	uint32_t made = nodes->nbuckets, bit = nodes_first_bit(made);
	struct wi_topic_node *node, **stays, **goes;

	if (made == nodes->capacity &&
	    (made == NODES_MAX || !nodes_resize(nodes, made * 2)))
		return;
	stays = &nodes->buckets[made - bit];
	goes = &nodes->buckets[made];
	for (node = *stays; node != NULL; node = node->hash_next) {
		if ((node->hash & bit) != 0) {
			*goes = node;
			goes = &node->hash_next;
		} else {
			*stays = node;
			stays = &node->hash_next;
		}
	}
	*stays = NULL;
	*goes = NULL;
	nodes->nbuckets++;
}

WI_ON_IO static void
nodes_join(struct wi_topic_nodes *nodes)
{
	uint32_t gone = --nodes->nbuckets;
	struct wi_topic_node **end;

	end = &nodes->buckets[gone - nodes_first_bit(gone)];
	while (*end != NULL)
		end = &(*end)->hash_next;
	*end = nodes->buckets[gone];
	if (nodes->nbuckets <= nodes->capacity / 4)
		(void)nodes_resize(nodes, nodes->capacity / 2);
}

WI_ON_IO static void
nodes_link(struct wi_topic_nodes *nodes, struct wi_topic_node *node)
{
	struct wi_topic_node **bucket;
	unsigned i;

	for (i = 0; i < NODES_STEPS && nodes->hashed >= nodes->nbuckets; i++)
		nodes_split(nodes);
	bucket = nodes_bucket(nodes, node->hash);
	node->hash_next = *bucket;
	*bucket = node;
	node->parent->children++;
	nodes->hashed++;
}

WI_ON_IO static void
nodes_unlink(struct wi_topic_nodes *nodes, const struct wi_topic_node *node)
{
	struct wi_topic_node **at = nodes_bucket(nodes, node->hash);
	unsigned i;

	while (*at != node) {
		wi_assert(*at != NULL);
		at = &(*at)->hash_next;
	}
	*at = node->hash_next;
	node->parent->children--;
	nodes->hashed--;
	for (i = 0; i < NODES_STEPS && nodes->nbuckets > NODES_MIN &&
	     nodes->hashed < nodes->nbuckets / 2;
	     i++)
		nodes_join(nodes);
}

WI_ON_IO static uint64_t
nodes_hash(const struct wi_topic_nodes *nodes, struct wi_topic_level *level)
{
	if (!level->has_hash) {
		level->hash =
		    wi_hash_bytes(&nodes->key, level->text, level->len);
		level->has_hash = true;
	}
	return level->hash;
}

struct wi_topic_node *
wi_topic_nodes_find(const struct wi_topic_nodes *nodes,
    const struct wi_topic_node *parent, struct wi_topic_level *level)
{
	struct wi_topic_node *node;
	uint32_t hash;

	if (parent->children == 0)
		return NULL;
	hash = (uint32_t)(parent->salt ^ nodes_hash(nodes, level));
	node = *nodes_bucket(nodes, hash);
	for (; node != NULL; node = node->hash_next)
		if (node->hash == hash && node->parent == parent &&
		    node->len == level->len &&
		    memcmp(node->text, level->text, level->len) == 0)
			break;
	return node;
}

/* In no place yet; parent may be NULL. */
WI_ON_IO static struct wi_topic_node *
nodes_new(const struct wi_topic_nodes *nodes, struct wi_topic_node *parent,
    struct wi_topic_level *level)
{
	const size_t head = offsetof(struct wi_topic_node, text);
	struct wi_topic_node *node;
	uint64_t path[2];

	wi_assert(level->len <= UINT16_MAX);
	node = malloc(head + level->len);
	if (node == NULL)
		return NULL;
	memset(node, 0, head);
	path[0] = parent != NULL ? parent->salt : 0;
	path[1] = nodes_hash(nodes, level);
	node->parent = parent;
	node->hash = (uint32_t)(path[0] ^ path[1]);
	node->salt = wi_hash_bytes(&nodes->key, path, sizeof(path));
	node->len = (uint16_t)level->len;
	memcpy(node->text, level->text, level->len);
	return node;
}

int
wi_topic_nodes_begin(struct wi_topic_nodes *nodes)
{
	struct wi_topic_level none = { .text = "" };
	int rv;

	if (nodes->root != NULL)
		return WEFT_OK;
	if (!nodes->has_key) {
		rv = wi_hash_key_make(&nodes->key);
		if (rv < 0)
			return rv;
		nodes->has_key = true;
	}
	nodes->root = nodes_new(nodes, NULL, &none);
	if (nodes->root == NULL)
		return -ENOMEM;
	if (!nodes_resize(nodes, NODES_MIN)) {
		free(nodes->root);
		nodes->root = NULL;
		return -ENOMEM;
	}
	memset(nodes->buckets, 0, NODES_MIN * sizeof(*nodes->buckets));
	nodes->nbuckets = NODES_MIN;
	return WEFT_OK;
}

struct wi_topic_node *
wi_topic_nodes_add(struct wi_topic_nodes *nodes, struct wi_topic_node *parent,
    struct wi_topic_level *level)
{
	struct wi_topic_node *node = nodes_new(nodes, parent, level);

	if (node == NULL)
		return NULL;
	if (wi_topic_level_is_plus(level)) {
		wi_assert(parent->plus == NULL);
		parent->plus = node;
		nodes->pluses++;
	} else {
		nodes_link(nodes, node);
	}
	return node;
}

static bool
nodes_is_empty(const struct wi_topic_node *node)
{
	return node->children == 0 && node->plus == NULL &&
	    node->lists[WI_TOPIC_HERE] == NULL &&
	    node->lists[WI_TOPIC_BELOW] == NULL;
}

void
wi_topic_nodes_prune(struct wi_topic_nodes *nodes, struct wi_topic_node *node)
{
	struct wi_topic_node *parent;

	for (; node != NULL && nodes_is_empty(node); node = parent) {
		parent = node->parent;
		if (parent == NULL) {
			free(nodes->buckets);
			nodes->buckets = NULL;
			nodes->nbuckets = 0;
			nodes->capacity = 0;
			nodes->root = NULL;
		} else if (parent->plus == node) {
			parent->plus = NULL;
			nodes->pluses--;
		} else {
			nodes_unlink(nodes, node);
		}
		free(node);
	}
}
