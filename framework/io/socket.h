/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/socket.h - sockets made as a URL says.
 *
 * thread: any (nothing here knows a loop); each call blocks no longer than its
 * system calls, those of owner= (the system's list of users) included; a Unix
 * listener may wait 50 ms for its directory besides (race_note in
 * io/socket_file.c).
 */
#ifndef WI_SOCKET_H
#define WI_SOCKET_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <weft/error.h>

#include "base/address.h"

struct wi_url;

/*
 * wi_socket_listen() - a socket that clients connect to.
 *
 *   text     in       the URL as written, for errors.
 *   url      in       of tcp or unix; host numeric (wi_url_address()).
 *   fdp      out      bound, listening, non-blocking, close-on-exec; -1 on
 *                     error.  What accepted sockets inherit (tcp(7)) is set
 *                     on it: nodelay, keepalive, buffers.
 *   file     out      for wi_socket_unlink(); nothing on error.
 *   returns           WEFT_OK, WEFT_EURL or a negated errno; err names the
 *                     URL, what was expected and what was found.
 *   owner             of *fdp the caller.
 *
 * unix: a socket file that nobody listens on any more is replaced; one that
 * somebody listens on is -EADDRINUSE; a file that is no socket is -EEXIST and
 * stays.  mode and owner are set before the first client can connect.
 */
int wi_socket_listen(const char *text, const struct wi_url *url, int *fdp,
    struct wi_socket_file *file, struct weft_error *err);

/*
 * wi_socket_unlink() - remove the file of a unix listener, if it is still the
 * one that wi_socket_listen() made (another process may have replaced it).
 *
 * To be called before the listener is closed: as long as it is open, nobody
 * takes its file for a dead one, and the inode's number is not used again.
 */
void wi_socket_unlink(
    const struct wi_url *url, const struct wi_socket_file *file);

/*
 * wi_socket_datagram() - a socket that datagrams come to: udp, and
 * udp+multicast with the group joined.
 *
 *   fdp      out      bound, non-blocking, close-on-exec; tells the address
 *                     that each datagram came to (IP_PKTINFO,
 *                     IPV6_RECVPKTINFO).  A multicast listener is bound to the
 *                     group's address, so that it hears nothing else, and
 *                     shares its port.
 *   others            as wi_socket_listen().
 */
int wi_socket_datagram(const char *text, const struct wi_url *url, int *fdp,
    struct weft_error *err);

/*
 * wi_socket_for_connect() - a socket to connect with, not connected yet.
 *
 *   url      in       of tcp, unix or udp; decides between streams and
 *                     datagrams.
 *   to       in       where to: its family.
 *   fdp      out      non-blocking, close-on-exec, options of the URL set,
 *                     bound to source if that was given.  Of udp+multicast,
 *                     and of udp with broadcast=yes: it hears answers from
 *                     anybody without being connected, so it is bound (to a
 *                     port of the kernel's choice where source says none) and
 *                     tells where each came to, as wi_socket_datagram().
 *   others            as wi_socket_listen().
 */
int wi_socket_for_connect(const char *text, const struct wi_url *url,
    const struct sockaddr_storage *to, int *fdp, struct weft_error *err);

/*
 * wi_socket_suits() - is that socket one that the URL's listener can have?
 *
 *   fd       in       a stream socket that listens, or a datagram socket that
 *                     is bound, where the URL says: the same address, the same
 *                     port unless the URL says 0, the same path as written.
 *   returns           WEFT_OK, WEFT_EURL, -EINVAL: it is another one, or a
 *                     negated errno; err says what was expected and found.
 *
 * wi_socket_adopt() - set on one that suits what the URL says and can still be
 * set: all but reuseport, mode and owner.  Also non-blocking, close-on-exec,
 * and the backlog.
 *
 *   returns           WEFT_OK, WEFT_EURL or a negated errno.
 *   owner             of fd the caller, always.
 */
int wi_socket_suits(const char *text, const struct wi_url *url, int fd,
    struct weft_error *err);
int wi_socket_adopt(const char *text, const struct wi_url *url, int fd,
    struct weft_error *err);

/* wi_socket_path() - the address of a unix URL: a path, or an abstract name;
 * returns its length. */
socklen_t wi_socket_path(
    const struct wi_url *url, struct sockaddr_storage *addr);

#endif
