/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/sockets.h - the listening sockets that a supervisor keeps while hosts
 * come and go.
 *
 * owned by: the supervisor's main thread.
 */
#ifndef WI_SOCKETS_H
#define WI_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <weft/error.h>

#include "host/plan.h"

/* One of them. */
struct wi_kept {
	char title[256]; /* of the listener that it was opened for, or what
	                    systemd calls it; "" */
	char url[256];   /* where it is bound; "": systemd knows */
	int fd;
	bool made;   /* the file of a Unix socket is ours to remove */
	bool wanted; /* by a listener of the plan that is looked at */
	dev_t device;
	ino_t inode; /* of that file */
};

struct wi_sockets {
	struct wi_kept *all;
	size_t n;
};

/*
 * wi_sockets_add() - keep a socket that was handed over.
 *
 *   title    in       "": it is found by its address.
 *   url      in       where it is bound; "" if that is not known.
 *   made     in       the file of a Unix socket at that url is ours now.
 *   returns           WEFT_OK; -ENOMEM.
 *   owner             of fd the sockets, also on error.
 */
int wi_sockets_add(struct wi_sockets *sockets, int fd, const char *title,
    const char *url, bool made);

/*
 * wi_sockets_open() - a socket for each listener of a plan: one that is kept,
 * or a new one.  Listeners of ws:// and http:// on one port share it.
 *
 *   plan     in,out   its listeners' fds; they stay the sockets'.
 *   returns           WEFT_OK, or as weft_listen_socket(): then what is kept
 *                     is what was kept before, and err names the listener.
 */
int wi_sockets_open(
    struct wi_sockets *sockets, struct wi_plan *plan, struct weft_error *err);

/*
 * wi_sockets_sweep() - close those that no listener of the plan has.
 *
 *   said     in       called with each that goes; may be NULL.
 */
void wi_sockets_sweep(struct wi_sockets *sockets, const struct wi_plan *plan,
    void (*said)(void *arg, const struct wi_kept *kept), void *arg);

/* wi_sockets_close() - all of them.  gone: and the files of Unix sockets that
 * are ours; else somebody else has them now. */
void wi_sockets_close(struct wi_sockets *sockets, bool gone);

#endif
