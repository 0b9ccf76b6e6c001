/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session - the way of replies to a client.
 *
 * thread: the endpoint's strand, one worker at a time.
 */
#include "session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SESSION_PIECE 65536u /* [bytes] of one weft_send(), at most */

struct kv_session *
kv_session_new(void)
{
	struct kv_session *session = calloc(1, sizeof(*session));

	if (session != NULL)
		session->late_end = &session->late_first;
	return session;
}

void
kv_session_free(struct kv_session **sessionp)
{
	struct kv_session *session = *sessionp;
	struct kv_late *late;

	while ((late = session->late_first) != NULL) {
		session->late_first = late->next;
		free(late);
	}
	free(session->rest);
	free(session->name);
	free(session);
	*sessionp = NULL;
}

bool
kv_session_late(const struct kv_session *session)
{
	return session->rest != NULL || session->late_first != NULL;
}

int
kv_session_keep(struct kv_session *session, struct weft_bytes msg)
{
	struct kv_late *late = malloc(sizeof(*late) + msg.len);

	if (late == NULL)
		return -ENOMEM;
	late->next = NULL;
	late->len = msg.len;
	if (msg.len > 0)
		memcpy(late->bytes, msg.data, msg.len);
	*session->late_end = late;
	session->late_end = &late->next;
	return WEFT_OK;
}

struct kv_late *
kv_session_next(struct kv_session *session)
{
	struct kv_late *late = session->late_first;

	if (late == NULL || session->rest != NULL)
		return NULL;
	session->late_first = late->next;
	if (session->late_first == NULL)
		session->late_end = &session->late_first;
	return late;
}

/*
 * Bytes in pieces, since a message of max_message at most may be sent.  A
 * piece alone in the outbox is always taken.
 *
 * Returns WEFT_OK when all has left, or what weft_send() said; *at counts.
 */
static int
session_pieces(struct kv_session *session, struct weft_call *call,
    const uint8_t *data, size_t len, size_t *at)
{
	size_t piece = SESSION_PIECE;
	struct weft_bytes bytes;
	int rv;

	while (*at < len) {
		bytes.data = data + *at;
		bytes.len = len - *at < piece ? len - *at : piece;
		rv = weft_send(call, session->endpoint, bytes);
		if (rv == WEFT_ETOOBIG && bytes.len > 1)
			piece = bytes.len / 2;
		else if (rv < 0)
			return rv;
		else
			*at += bytes.len;
	}
	return WEFT_OK;
}

/* A reply that cannot leave whole: nothing may follow it. */
static void
session_break(struct kv_session *session, struct weft_call *call)
{
	session->closing = true;
	(void)weft_abort(call, session->endpoint);
}

void
kv_session_send(struct kv_session *session, struct weft_call *call,
    struct kv_reply *reply, bool close)
{
	size_t at = 0;
	int rv;

	session->closing = session->closing || close;
	rv = reply->failed ?
	    -ENOMEM :
	    session_pieces(session, call, reply->data, reply->len, &at);
	if (rv == WEFT_EFULL) {
		session->rest_at = 0;
		session->rest = kv_reply_take(reply, at, &session->rest_len);
		if (session->rest != NULL)
			return;
	}
	if (rv < 0 && rv != WEFT_ENOENDPOINT)
		session_break(session, call);
	else if (close)
		(void)weft_close(call, session->endpoint);
}

void
kv_session_drained(struct kv_session *session, struct weft_call *call)
{
	int rv;

	if (session->rest == NULL)
		return;
	rv = session_pieces(session, call, session->rest, session->rest_len,
	    &session->rest_at);
	if (rv == WEFT_EFULL)
		return;
	free(session->rest);
	session->rest = NULL;
	if (rv < 0 && rv != WEFT_ENOENDPOINT)
		session_break(session, call);
	else if (session->closing)
		(void)weft_close(call, session->endpoint);
}
