/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/poller.h - the sockets of connections, polled by an epoll descriptor of
 * our own that lies in libuv's.
 *
 * A uv_poll_t for each would be 160 bytes of every idle connection, three
 * epoll_ctl() to begin and a callback to end it.
 *
 * thread: I/O.
 */
#ifndef WI_POLLER_H
#define WI_POLLER_H

#include <stdint.h>
#include <sys/epoll.h>

#include <uv.h>

#include "base/thread_role.h"

#define WI_POLLER_EVENTS 256u /* of one look */

/* Of what was asked for; an error or the peer's end is all of that. */
enum wi_poller_event {
	WI_POLLER_READ = 1,
	WI_POLLER_WRITE = 2,
	WI_POLLER_ERROR = 4, /* SO_ERROR says which; never asked for */
};

/* thread: I/O. */
typedef void wi_poller_cb(void *arg, void *whose, unsigned events);

/* owned by: struct wi_io. */
struct wi_poller {
	uv_poll_t handle; /* of fd, in the loop */
	int fd;
	wi_poller_cb *cb;
	void *arg;
	int nfound, at; /* events that are being handed out */
	struct epoll_event found[WI_POLLER_EVENTS];
};

/*
 * wi_poller_init() - an empty one, in the loop.
 *
 *   cb       in       called for each socket that has something, with arg and
 *                     what wi_poller_add() was given.
 *   returns           WEFT_OK, or a negated errno: then there is nothing to
 *                     end.
 */
int wi_poller_init(struct wi_poller *poller, uv_loop_t *loop, wi_poller_cb *cb,
    void *arg) WI_ON_IO;

/* wi_poller_fini() - its handle was closed with the loop's others. */
void wi_poller_fini(struct wi_poller *poller) WI_ON_IO;

/*
 * wi_poller_add() - begin to poll.
 *
 *   events   in       WI_POLLER_READ | WI_POLLER_WRITE.
 *   returns           WEFT_OK, -ENOMEM, -ENOSPC (fs.epoll.max_user_watches).
 */
int wi_poller_add(
    struct wi_poller *poller, int fd, void *whose, unsigned events) WI_ON_IO;

/* wi_poller_set() - poll for that instead; 0: for nothing, not even the peer's
 * end.  Cannot fail. */
void wi_poller_set(
    struct wi_poller *poller, int fd, void *whose, unsigned events) WI_ON_IO;

/* wi_poller_remove() - before fd is closed; nothing more is said of it, nor
 * what has been found already. */
void wi_poller_remove(struct wi_poller *poller, int fd, void *whose) WI_ON_IO;

#endif
