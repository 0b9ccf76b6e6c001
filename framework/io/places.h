/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/places.h - several listeners that share a socket: each has a path, and
 * the request says which one it is for.
 *
 * owned by: the I/O thread.  The first of them has the socket (its host); the
 * others' fd is -1.  If the host is ended first, it stays as long as others
 * need its socket (gone), but is nobody's listener any more.
 */
#ifndef WI_PLACES_H
#define WI_PLACES_H

#include <weft/codec.h>

#include "io/io.h"

/* What a client may ask for, as of a moment.  owned by: the host, and each
 * connection that was accepted meanwhile, until its handshake is over. */
struct wi_places {
	uint32_t refs;
	uint32_t n;
	struct wi_places_one {
		struct weft_codec_place place; /* a list, in this order */
		uint64_t listener;
	} all[];
};

/* wi_places_join() - a listener that has no socket becomes one of the host's.
 * wi_places_leave() - it is none any more; returns the host if its socket is
 * of no more use, else NULL.  errors: -ENOMEM. */
int wi_places_join(struct wi_io *io, struct wi_listener *listener,
    struct wi_listener *host) WI_ON_IO;
struct wi_listener *wi_places_leave(
    struct wi_io *io, struct wi_listener *listener) WI_ON_IO;

/* wi_places_free() - the host closes. */
void wi_places_free(struct wi_listener *host) WI_ON_IO;

/* wi_places_hold(), wi_places_drop() - for a connection; NULL is nothing. */
struct wi_places *wi_places_hold(struct wi_places *places) WI_ON_IO;
void wi_places_drop(struct wi_places **placesp) WI_ON_IO;

/* wi_places_choose() - the endpoint becomes one of the listener that has that
 * place.  returns WEFT_OK; WEFT_ENOLISTENER: it is not open any more;
 * WEFT_EBUSY: it is suspended. */
int wi_places_choose(struct wi_io *io, struct wi_conn *conn,
    const struct weft_codec_place *place) WI_ON_IO;

#endif
