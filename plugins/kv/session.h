/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h - what is kept of one client, and how its replies leave.
 *
 * late_note: when the outbox is above its mark, weft_send() refuses.  The rest
 * of that reply is kept, and commands that still come (they were decoded
 * already; the framework stops reading) are copied and run later, when
 * drained() says so: what waits is bounded by what was decoded, not by what
 * the answers would take.
 *
 * thread: the endpoint's strand; the list of all is kv.c's and has a lock.
 */
#ifndef KV_SESSION_H
#define KV_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/weft.h>

#include "reply.h"

struct kv; /* kv.h */

#define KV_NAME_MAX 64u

/* A command that waits. */
struct kv_late {
	struct kv_late *next;
	size_t len;
	uint8_t bytes[];
};

struct kv_session {
	struct kv_session *next, *prev; /* of all; guarded by kv->lock */
	uint64_t id;                    /* what CLIENT ID says */
	int64_t since_ms;               /* Unix time it came */
	char *name;                     /* CLIENT SETNAME; NULL: none;
	                                   guarded by kv->lock */
	weft_endpoint endpoint;
	uint64_t commands; /* run for it; atomic, its strand counts */
	struct kv_late *late_first, **late_end;
	uint8_t *rest;   /* of a reply, NULL: none */
	size_t rest_at;  /* [bytes] of it that have left */
	size_t rest_len; /* [bytes] */
	bool closing;    /* nothing more is answered after the rest */
};

struct kv_session *kv_session_new(void);
void kv_session_free(struct kv_session **sessionp);

/* kv_session_count() - one more command; kv_session_commands() - how many; by
 * any thread.  One counter for all would go to and fro between the workers. */
static inline void
kv_session_count(struct kv_session *session)
{
	__atomic_store_n(
	    &session->commands, session->commands + 1, __ATOMIC_RELAXED);
}

static inline uint64_t
kv_session_commands(const struct kv_session *session)
{
	return __atomic_load_n(&session->commands, __ATOMIC_RELAXED);
}

/* kv_session_late() - must a command wait? */
bool kv_session_late(const struct kv_session *session);

/* kv_session_keep() - copy a command to run later.  errors: -ENOMEM */
int kv_session_keep(struct kv_session *session, struct weft_bytes msg);

/* kv_session_next() - the first that was kept, now the caller's to free();
 * NULL if there is none or the rest has not left. */
struct kv_late *kv_session_next(struct kv_session *session);

/* kv_session_send() - send the reply, or as much of it as goes.  close: then
 * end the connection. */
void kv_session_send(struct kv_session *session, struct weft_call *call,
    struct kv_reply *reply, bool close);

/* kv_session_drained() - go on with the rest. */
void kv_session_drained(struct kv_session *session, struct weft_call *call);

#endif
