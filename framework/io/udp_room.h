/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/udp_room.h - between udp.c, udp_read.c and udp_write.c.
 *
 * owned by: the I/O thread.
 */
#ifndef WI_UDP_ROOM_H
#define WI_UDP_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "base/address.h"
#include "io/datagram.h"
#include "io/io.h"
#include "io/peers.h"
#include "io/udp.h"

#define WI_UDP_SPARE 8u /* blocks for datagrams of any size */

struct wi_udp {
	uv_poll_t poll;
	uv_timer_t timer; /* while a peer may become idle */
	struct wi_io *io;
	struct wi_udp *next; /* in io->udps */
	int fd;
	struct wi_address bound;
	struct wi_conn_terms terms; /* of endpoints that come by themselves */
	struct wi_peers peers;
	uint32_t max_peers;
	uint32_t nconns;       /* connections that are its, peers or fixed */
	struct wi_conn *fixed; /* whom we connected to, or NULL */
	bool connected;        /* the kernel knows: only fixed is heard of */
	bool closing;          /* no more reading */
	bool suspended;        /* no new peers, for now */
	bool writing;          /* in wi_udp_write(): stay */
	bool large;            /* the last datagrams were large */
	uint8_t handles;       /* not closed yet */
	uint8_t events;        /* UV_READABLE | UV_WRITABLE polled for */
	struct wi_conn *first; /* have something to write, oldest first */
	struct wi_conn **end;
};

/* What all datagram sockets of a node use in turn; made with the first. */
struct wi_udp_desk {
	struct wi_datagrams_in in;
	struct wi_datagrams_out out;
	struct wi_datagram got[WI_DATAGRAMS];
	struct wi_block *spare[WI_UDP_SPARE]; /* for large ones, or NULL */
	uint8_t *scratch; /* WI_DATAGRAMS places of WI_UDP_SCRATCH bytes;
	                     memory only where one was large */
};
#define WI_UDP_SCRATCH 65536u

/* udp_read.c: what waits in the socket becomes batches. */
void wi_udp_read(struct wi_udp *udp) WI_ON_IO;

/* udp_write.c: what is listed leaves. */
void wi_udp_write(struct wi_udp *udp) WI_ON_IO;

/* udp.c: poll for what is wanted.  wi_udp_settle(): away with it, if it is
 * closing and nothing holds it; it may be gone after that. */
void wi_udp_poll(struct wi_udp *udp) WI_ON_IO;
void wi_udp_settle(struct wi_udp *udp) WI_ON_IO;

/* udp.c: a peer is not this connection's address any more: what comes from
 * there is somebody new. */
void wi_udp_unpeer(struct wi_conn *conn) WI_ON_IO;

/* udp.c: there is a peer: one may become idle. */
void wi_udp_watch(struct wi_udp *udp) WI_ON_IO;

/* udp.c: a connection is not its any more. */
void wi_udp_detach(struct wi_conn *conn) WI_ON_IO;

#endif
