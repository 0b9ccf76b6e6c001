/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/listener.h - a socket that clients connect to, or send datagrams to.
 *
 * owned by: the I/O thread.
 */
#ifndef WI_LISTENER_H
#define WI_LISTENER_H

#include <uv.h>

#include <weft/codec.h>
#include <weft/node.h>

#include "base/address.h"
#include "base/url.h"

struct wi_io;
struct wi_limits;
struct wi_places;
struct wi_plugin;
struct wi_strand;
struct wi_udp;

struct wi_listener {
	uv_poll_t poll; /* streams; a datagram socket has its own (io/udp.c) */
	struct wi_io *io;
	struct wi_listener *next;
	uint64_t id;
	const struct weft_codec *codec;
	const struct wi_limits *limits; /* of who connects: those of now, but
	                                   for datagrams */
	struct wi_plugin *plugin;       /* who serves its clients */
	struct wi_strand *group;        /* what they are bound to, one hold; or
	                             NULL */
	const char *path;               /* unix: kept by the desk; else NULL */
	struct wi_udp *udp;             /* datagrams: its socket; else NULL */
	int fd;                         /* streams; -1 for datagrams */
	uint32_t max_peers;             /* datagrams */
	struct wi_address bound;        /* family AF_UNIX, or where it is */
	bool any; /* bound to all addresses of the machine */
	struct wi_url url;
	struct wi_socket_file file; /* unix: which file is ours */
	char text[256];             /* as struct weft_bound */
	bool suspended;             /* no new clients, for now */
	uint32_t nconns;            /* that it has accepted and are there */
	uint64_t naccepted;
	/* io/places.h */
	struct wi_listener *host; /* who has the socket; NULL: itself */
	struct wi_places *places; /* a host with others; else NULL */
	bool gone;                /* a host that was ended */
};

#endif
