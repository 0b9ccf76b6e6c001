/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/udp.h - datagram sockets: many endpoints, one descriptor.
 *
 * owned by: the I/O thread.
 */
#ifndef WI_UDP_H
#define WI_UDP_H

#include <weft/endpoint.h>

#include "base/thread_role.h"

struct wi_conn;
struct wi_dialled;
struct wi_io;
struct wi_listener;
struct wi_udp;

/* wi_udp_open() - poll a listener's bound socket, whose peers become its
 * endpoints.  The listener is read in this call only.
 *
 *   returns           WEFT_OK: fd is the udp's.  -ENOMEM, or what the OS
 *                     answered: fd stays the caller's.
 */
int wi_udp_open(struct wi_io *io, int fd, const struct wi_listener *listener,
    struct wi_udp **udpp) WI_ON_IO;

/* wi_udp_connect() - a dialled socket, whose one peer is a connection of ours
 * (CONNECTING; its udp and peer are set here).  fd is closed if this fails.
 * To a group or a broadcast address the socket is not connected: who answers
 * becomes an endpoint of the same plugin. */
int wi_udp_connect(struct wi_io *io, int fd, struct wi_conn *conn,
    const struct wi_dialled *how) WI_ON_IO;

/* wi_udp_suspend() - datagrams of peers that are not known are dropped, or
 * heard again. */
void wi_udp_suspend(struct wi_udp *udp, bool on) WI_ON_IO;

/* wi_udp_watch_all() - idle_ms has changed. */
void wi_udp_watch_all(struct wi_io *io) WI_ON_IO;

/* wi_udp_close() - no more reading: its endpoints end, and the socket closes
 * when the last of them is gone. */
void wi_udp_close(
    struct wi_io *io, struct wi_udp *udp, enum weft_reason why) WI_ON_IO;

/* wi_udp_forget() - the connection's end: out of the peers, and out of the
 * socket's count, now or when its turn to write comes.  conn->peer is NULL
 * after it.  wi_conn_settle() is the caller's to call. */
void wi_udp_forget(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_udp_queue() - the connection (is_dirty, not in io->dirty any more) has
 * something to write: into its udp's list; is_dirty is cleared when it leaves
 * that. */
void wi_udp_queue(struct wi_io *io, struct wi_conn *conn) WI_ON_IO;

/* wi_udp_flush() - write what all udps have listed. */
void wi_udp_flush(struct wi_io *io) WI_ON_IO;

/* wi_udp_fini() - what all of them have used; none is left. */
void wi_udp_fini(struct wi_io *io) WI_ON_IO;

#endif
