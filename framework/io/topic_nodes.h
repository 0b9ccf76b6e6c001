/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/topic_nodes.h - the nodes of the topic tree, for io/topics.c only.
 *
 * A node is a level of a filter below its parent.  The child for '+' hangs on
 * its parent; the others are in one hash table of the whole tree, by parent
 * and text.  The hash has a secret key: who chooses topics cannot choose
 * where they fall.  The table grows and shrinks by a bucket or two at a time,
 * and without nodes there is no memory.
 *
 * owned by: the I/O thread.
 */
#ifndef WI_TOPIC_NODES_H
#define WI_TOPIC_NODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/thread_role.h"

struct wi_subscription;

/* What is subscribed to at a node. */
enum wi_topic_list {
	WI_TOPIC_HERE,  /* "a/b" at its node b */
	WI_TOPIC_BELOW, /* "a/b/#", also at b: it has no node of its own */
	WI_TOPIC_NLISTS
};

struct wi_topic_node {
	struct wi_topic_node *parent;                   /* NULL: the root */
	struct wi_topic_node *hash_next;                /* NULL for '+' */
	struct wi_topic_node *plus;                     /* its child for '+' */
	struct wi_subscription *lists[WI_TOPIC_NLISTS]; /* oldest first */
	uint64_t salt;                                  /* see salt_note */
	uint32_t hash;     /* its place in the table */
	uint32_t children; /* that are in the table */
	uint16_t len;
	char text[];
};

/* A level of a topic or filter that is looked at. */
struct wi_topic_level {
	const char *text;
	size_t len;
	bool has_hash; /* made when it is needed */
	uint64_t hash;
};

struct wi_topic_nodes {
	struct wi_topic_node *root;     /* NULL: no nodes, no buckets */
	struct wi_topic_node **buckets; /* as in io/peers.c, split_note */
	uint32_t nbuckets;
	uint32_t capacity; /* buckets that there is room for */
	uint32_t hashed;   /* nodes in buckets */
	uint32_t pluses;   /* nodes for '+' */
	bool has_key;      /* made when there is a first node */
	struct wi_hash_key key;
};

/*
 * wi_topic_nodes_begin() - a root, where there is none.
 *
 *   returns           WEFT_OK, -ENOMEM, or as wi_hash_key_make().
 */
int wi_topic_nodes_begin(struct wi_topic_nodes *nodes) WI_ON_IO;

/* wi_topic_nodes_find() - a child by its text, or NULL; not that of '+'. */
struct wi_topic_node *wi_topic_nodes_find(const struct wi_topic_nodes *nodes,
    const struct wi_topic_node *parent, struct wi_topic_level *level) WI_ON_IO;

/*
 * wi_topic_nodes_add() - a child that is not there: for '+' if that is its
 * text.
 *
 *   returns           NULL: no memory, nothing has changed.
 *   owner             the tree, until wi_topic_nodes_prune().
 */
struct wi_topic_node *wi_topic_nodes_add(struct wi_topic_nodes *nodes,
    struct wi_topic_node *parent, struct wi_topic_level *level) WI_ON_IO;

/* wi_topic_nodes_prune() - free a node with nothing at it, then its parent
 * likewise, up to the root, which takes the table with it. */
void wi_topic_nodes_prune(
    struct wi_topic_nodes *nodes, struct wi_topic_node *node) WI_ON_IO;

/* wi_topic_level_is_plus() */
static inline bool
wi_topic_level_is_plus(const struct wi_topic_level *level)
{
	return level->len == 1 && level->text[0] == '+';
}

#endif
