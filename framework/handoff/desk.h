/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/desk.h - what listeners and connects of all threads share, under one
 * lock: never on a message's way.
 *
 * Limits and texts are kept until the node ends, each once, so that whoever
 * follows a stale pointer to one still reads what it was.  Limits follow the
 * node's options (handoff/limits.h).
 */
#ifndef WI_DESK_H
#define WI_DESK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <weft/node.h>

#include "base/url.h"
#include "handoff/limits.h"

struct wi_desk_limits;
struct wi_desk_text;
struct wi_desk_web;

struct wi_desk {
	pthread_mutex_t mutex;       /* guards the rest */
	struct weft_options options; /* each with a value */
	struct wi_desk_limits *limits;
	struct wi_desk_text *texts;
	uint64_t *listeners;      /* ids of those that are open */
	struct wi_desk_web *webs; /* of these, those of ws:// */
	uint32_t nlisteners;
	uint32_t capacity; /* of listeners */
	uint64_t last_listener;
	uint32_t nkept; /* limits and texts */
};

#define WI_DESK_KEEPS 65536u /* limits and texts, at most */

int wi_desk_init(struct wi_desk *desk, const struct weft_options *options);
void wi_desk_fini(struct wi_desk *desk);

/* wi_desk_limits() - the kept copy of these, with what the node's options say
 * besides (wi_limits_take()); NULL: no memory, or too many different ones.
 * All bytes of *limits count, padding too. */
const struct wi_limits *wi_desk_limits(
    struct wi_desk *desk, const struct wi_limits *limits);

/* wi_desk_limits_now() - what whoever connects now has instead: the same,
 * unless a constant of them was changed.  limits: of the desk. */
const struct wi_limits *wi_desk_limits_now(const struct wi_limits *limits);

/* wi_desk_options() - the node's, as they are now.  wi_desk_change() - others
 * from now on, each with a value; -ENOMEM: nothing has changed. */
void wi_desk_options(struct wi_desk *desk, struct weft_options *options);
int wi_desk_change(struct wi_desk *desk, const struct weft_options *options);

/* wi_desk_text() - likewise of a text. */
const char *wi_desk_text(struct wi_desk *desk, const char *text);

/* wi_desk_place() - where a codec's conversation takes place, as the URL says;
 * ours: we connect.  false: no memory. */
bool wi_desk_place(struct wi_desk *desk, const struct wi_url *url, bool ours,
    struct weft_codec_place *place);

/* wi_desk_listener_add() - a new listener's id; 0: no memory.
 * wi_desk_listener_remove(), wi_desk_listener_is() - false: it is not open. */
uint64_t wi_desk_listener_add(struct wi_desk *desk);
bool wi_desk_listener_remove(struct wi_desk *desk, uint64_t id);
bool wi_desk_listener_is(struct wi_desk *desk, uint64_t id);

/* wi_desk_web_add() - a listener of ws:// is open at that host, as written,
 * and port, with that TLS, or none; false: no memory.
 * wi_desk_web_find() - one that is; 0: none.  taken: with the same path;
 * differs: its socket is for other proxies. */
bool wi_desk_web_add(struct wi_desk *desk, uint64_t id,
    const struct wi_url *url, const struct wi_tls_terms *tls, uint16_t port);
uint64_t wi_desk_web_find(struct wi_desk *desk, const struct wi_url *url,
    const struct wi_tls_terms *tls, bool *taken, bool *differs);

#endif
