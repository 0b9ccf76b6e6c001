/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft/supervise.h - for programs that keep nodes in processes of their own:
 * sockets that outlive a node, and whether it still answers.
 *
 * A supervisor opens the listening sockets and has them as long as it lives;
 * the process with the node gets them (fork(2), SCM_RIGHTS), as from systemd.
 * When that process ends, clients wait in the sockets for the next one, and
 * none is refused.
 */
#ifndef WEFT_SUPERVISE_H
#define WEFT_SUPERVISE_H

#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>
#include <weft/export.h>
#include <weft/node.h>

WEFT_BEGIN_DECLS

/*
 * weft_node_listen_fd() - weft_node_listen() on a socket that somebody else
 * has opened.
 *
 *   url      in       what it is to be; port 0 is any port.
 *   fd       in       a stream socket that listens, or a datagram socket that
 *                     is bound, where the URL says.  What the URL says of
 *                     sockets and can still be set is set on it; it becomes
 *                     non-blocking for all who have it.
 *   others            as weft_node_listen().
 *   returns           WEFT_OK, or an error below.
 *   errors            as weft_node_listen(), and
 *                     -EINVAL    it is of another type or family, does not
 *                                listen, or is elsewhere.
 *                     -EBADF, -ENOTSOCK
 *   owner             of fd on WEFT_OK the node; else still the caller.
 *   thread            any.
 *
 * Of several listeners of ws:// and http:// that share a port the first takes
 * the socket; each further one is given a duplicate, dup(2), which is closed.
 * The file of a Unix socket stays when its listener is closed: its maker
 * removes it.
 */
WEFT_EXPORT WEFT_CHECK int weft_node_listen_fd(struct weft_node *node,
    const char *url, const char *plugin, int fd, struct weft_bound *bound,
    struct weft_error *err);

/*
 * weft_listen_socket() - open and bind a socket for weft_node_listen_fd(),
 * without a node.
 *
 *   url      in       as weft_node_listen(); its codec is not looked at.
 *   fdp      out      the socket, non-blocking, close-on-exec; -1 on error.
 *                     Clients of a stream socket can connect, and wait.
 *   bound    out      where it is, as in struct weft_bound; cut at size; may
 *                     be NULL.
 *   returns           WEFT_OK, or an error below.
 *   errors            WEFT_EURL, -EADDRINUSE, ... as weft_node_listen().
 *   owner             of *fdp, and of the file of a Unix socket, the caller.
 *   thread            any.
 *
 * weft_listen_socket_check() - would weft_node_listen_fd() take that socket?
 * Nothing is changed.
 *
 *   errors            WEFT_EURL; -EINVAL, ... as weft_node_listen_fd().
 */
WEFT_EXPORT WEFT_CHECK int weft_listen_socket(const char *url, int *fdp,
    char *bound, size_t size, struct weft_error *err);
WEFT_EXPORT WEFT_CHECK int weft_listen_socket_check(
    const char *url, int fd, struct weft_error *err);

/*
 * weft_node_ping() - does the I/O thread still answer?
 *
 *   node     in       running or about to.
 *   timeout_ms in     [ms] to wait, at most.
 *   returns           WEFT_OK: it did.  Or an error below.
 *   errors            -ETIMEDOUT   not in that time.
 *                     WEFT_ESTATE  the node has stopped, or this is an I/O
 *                                  thread.
 *                     -ENOMEM
 *   thread            any but an I/O thread.  Blocks.
 */
WEFT_EXPORT int weft_node_ping(struct weft_node *node, uint32_t timeout_ms);

WEFT_END_DECLS

#endif
