/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/shake.h - codecs that are a conversation: how it begins, what they say
 * between the messages, and how it ends.
 */
#ifndef WI_SHAKE_H
#define WI_SHAKE_H

#include "io/io.h"

/* wi_shake_enter() - it is SHAKING from here on, for handshake_ms in all;
 * nothing if it was before. */
void wi_shake_enter(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_shake_begin() - likewise, and the codec begins.
 * errors: what the codec or the system said. */
int wi_shake_begin(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_shake_secured() - it was SHAKING, and TLS stands: the codec's turn. */
void wi_shake_secured(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_shake_choose() - the handshake is over, and this is what was asked for;
 * false: it is not listened on any more, and the connection is refused. */
bool wi_shake_choose(struct wi_io *io, struct wi_conn *conn,
    const struct weft_codec_place *place) WI_ON_IO;

/* wi_shake_plain() - it has chosen a place where there is no handshake; false:
 * it has ended. */
bool wi_shake_plain(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_shake_done() - behind its answer: OPEN, unless there is no memory.
 * bytes: what it has brought. */
void wi_shake_done(struct wi_io *io, struct wi_conn *conn,
    const uint8_t *bytes, size_t len) WI_ON_IO;

/* wi_shake_failed() - it came to nothing.  text: why. */
void wi_shake_failed(struct wi_io *io, struct wi_conn *conn, int code,
    const char *text) WI_ON_IO;

/* wi_shake_due() - the deadline of one that is SHAKING. */
void wi_shake_due(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_shake_answer() - something to the peer, between messages; false: it
 * could not be, and the connection is broken. */
bool wi_shake_answer(struct wi_io *io, struct wi_conn *conn,
    const uint8_t *bytes, size_t len) WI_ON_IO;

/* wi_shake_ended() - the codec said WEFT_CUT_END. */
void wi_shake_ended(struct wi_io *io, struct wi_conn *conn,
    const struct weft_cut *cut) WI_ON_IO;

/* wi_shake_wrong() - the peer has sent what cannot be, and is told so.
 * error: WEFT_ETOOBIG, or another.  why: what, in words, or NULL. */
void wi_shake_wrong(struct wi_io *io, struct wi_conn *conn, int error,
    const char *why) WI_ON_IO;

/* wi_shake_leave() - in which words it will end: a status of 16 bits and a
 * text; len 0: in none. */
void wi_shake_leave(
    struct wi_conn *conn, const uint8_t *words, size_t len) WI_ON_IO;

/* wi_shake_goodbye() - the last that is said, if there is anything to say. */
void wi_shake_goodbye(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_shake_ping() - ask whether the peer is there; false: its codec cannot. */
bool wi_shake_ping(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

#endif
