/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/poller - the sockets of connections.
 *
 * thread: I/O.  epoll(7), level-triggered: what a connection leaves unread is
 * found again in the next turn of the loop.
 *
 * nothing_note: a socket that nothing is wanted of stays where it is, with no
 * event asked for.  The kernel tells of errors and of the peer's end all the
 * same; edge-triggered it does so once, and that is ignored here, so a peer
 * that has gone does not keep the loop turning.  What is asked for again is
 * looked at anew by EPOLL_CTL_MOD.  So nothing but the beginning needs memory.
 */
#include "io/poller.h"

#include <errno.h>
#include <unistd.h>

#include <weft/error.h>

#include "base/assert.h"

WI_ON_IO static struct epoll_event
poller_event(void *whose, unsigned events)
{
	struct epoll_event event = { .data.ptr = whose };

	if ((events & WI_POLLER_READ) != 0)
		event.events |= EPOLLIN;
	if ((events & WI_POLLER_WRITE) != 0)
		event.events |= EPOLLOUT;
	if (event.events == 0)
		event.events = EPOLLET; /* see nothing_note */
	return event;
}

WI_ON_IO static unsigned
poller_said(uint32_t found)
{
	unsigned events = 0;

	if ((found & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
		events |= WI_POLLER_READ;
	if ((found & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0)
		events |= WI_POLLER_WRITE;
	if ((found & EPOLLERR) != 0)
		events |= WI_POLLER_ERROR;
	return events;
}

static void
poller_on_ready(uv_poll_t *handle, int status, int events)
{
	struct wi_poller *poller = handle->data;
	void *whose;

	wi_assert_io();
	wi_assert(status == 0 && events == UV_READABLE);
	poller->nfound =
	    epoll_wait(poller->fd, poller->found, WI_POLLER_EVENTS, 0);
	for (poller->at = 0; poller->at < poller->nfound;) {
		const struct epoll_event *found = &poller->found[poller->at++];

		whose = found->data.ptr;
		if (whose != NULL)
			poller->cb(
			    poller->arg, whose, poller_said(found->events));
	}
	poller->nfound = 0;
}

int
wi_poller_init(
    struct wi_poller *poller, uv_loop_t *loop, wi_poller_cb *cb, void *arg)
{
	int rv;

	poller->cb = cb;
	poller->arg = arg;
	poller->nfound = 0;
	poller->fd = epoll_create1(EPOLL_CLOEXEC);
	if (poller->fd < 0)
		return -errno;
	rv = uv_poll_init(loop, &poller->handle, poller->fd);
	if (rv < 0) {
		(void)close(poller->fd);
		return rv;
	}
	poller->handle.data = poller;
	wi_assert(
	    uv_poll_start(&poller->handle, UV_READABLE, poller_on_ready) == 0);
	return WEFT_OK;
}

void
wi_poller_fini(struct wi_poller *poller)
{
	(void)close(poller->fd);
	poller->fd = -1;
}

int
wi_poller_add(struct wi_poller *poller, int fd, void *whose, unsigned events)
{
	struct epoll_event event = poller_event(whose, events);

	return epoll_ctl(poller->fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno :
								      WEFT_OK;
}

void
wi_poller_set(struct wi_poller *poller, int fd, void *whose, unsigned events)
{
	struct epoll_event event = poller_event(whose, events);

	wi_assert(epoll_ctl(poller->fd, EPOLL_CTL_MOD, fd, &event) == 0);
}

void
wi_poller_remove(struct wi_poller *poller, int fd, void *whose)
{
	int i;

	/* By name, not by close(2) alone: a process that a handler has forked
	 * may have the socket still. */
	wi_assert(epoll_ctl(poller->fd, EPOLL_CTL_DEL, fd, NULL) == 0);
	for (i = poller->at; i < poller->nfound; i++)
		if (poller->found[i].data.ptr == whose)
			poller->found[i].data.ptr = NULL;
}
