/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/places - several listeners that share a socket.
 *
 * thread: I/O.
 */
#include "io/places.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include <weft/error.h>

#include "io/listener.h"

WI_ON_IO static bool
places_is_of(
    const struct wi_listener *listener, const struct wi_listener *host)
{
	return listener->host == host || (listener == host && !host->gone);
}

/* How many there are, and their list. */
WI_ON_IO static int
places_make(struct wi_io *io, const struct wi_listener *host,
    struct wi_places **placesp)
{
	const struct wi_listener *listener;
	struct wi_places *places;
	uint32_t n = 0;

	for (listener = io->listeners; listener != NULL;
	     listener = listener->next)
		n += places_is_of(listener, host);
	places = malloc(sizeof(*places) + n * sizeof(places->all[0]));
	if (places == NULL)
		return -ENOMEM;
	places->refs = 1;
	places->n = 0;
	for (listener = io->listeners; listener != NULL;
	     listener = listener->next) {
		struct wi_places_one *one = &places->all[places->n];

		if (!places_is_of(listener, host))
			continue;
		one->place = listener->limits->place;
		one->place.next = NULL;
		one->listener = listener->id;
		if (places->n > 0)
			one[-1].place.next = &one->place;
		places->n++;
	}
	*placesp = places;
	return WEFT_OK;
}

/* Who was accepted before keeps what there was then. */
WI_ON_IO static int
places_renew(struct wi_io *io, struct wi_listener *host)
{
	struct wi_places *places;
	int rv = places_make(io, host, &places);

	if (rv < 0)
		return rv;
	wi_places_drop(&host->places);
	host->places = places;
	return WEFT_OK;
}

int
wi_places_join(
    struct wi_io *io, struct wi_listener *listener, struct wi_listener *host)
{
	int rv;

	if (host->host != NULL)
		host = host->host;
	listener->host = host;
	rv = places_renew(io, host);
	if (rv < 0)
		listener->host = NULL;
	return rv;
}

struct wi_listener *
wi_places_leave(struct wi_io *io, struct wi_listener *listener)
{
	struct wi_listener *host =
	    listener->host != NULL ? listener->host : listener;

	if (host == listener)
		host->gone = true;
	else
		listener->host = NULL;
	/* Without memory clients are told of one that is not there: then
	 * wi_places_choose() knows better. */
	(void)places_renew(io, host);
	return host->gone && host->places->n == 0 ? host : NULL;
}

void
wi_places_free(struct wi_listener *host)
{
	wi_places_drop(&host->places);
}

struct wi_places *
wi_places_hold(struct wi_places *places)
{
	if (places != NULL)
		places->refs++;
	return places;
}

void
wi_places_drop(struct wi_places **placesp)
{
	struct wi_places *places = *placesp;

	*placesp = NULL;
	if (places != NULL && --places->refs == 0)
		free(places);
}

int
wi_places_choose(struct wi_io *io, struct wi_conn *conn,
    const struct weft_codec_place *place)
{
	const struct wi_places_one *one = place == NULL ?
	    conn->places->all :
	    (const void *)((const char *)place -
		offsetof(struct wi_places_one, place));
	const struct wi_listener *listener = io->listeners;

	while (listener != NULL && listener->id != one->listener)
		listener = listener->next;
	if (listener != NULL && listener->suspended)
		return WEFT_EBUSY;
	if (listener == NULL || listener->gone ||
	    (listener->group != NULL &&
		wi_strand_hold(listener->group, WI_HOLD_PLACE, 0) < 0))
		return WEFT_ENOLISTENER;
	wi_endpoint_move(conn->endpoint, listener->codec,
	    wi_desk_limits_now(listener->limits), listener->plugin,
	    listener->group);
	wi_listen_moved(io, conn->listener, listener->id);
	conn->listener = listener->id;
	return WEFT_OK;
}
