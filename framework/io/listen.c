/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/listen - sockets that clients connect to.
 *
 * thread: I/O (or the one that sets the node up, before it runs).  Owns the
 * listening sockets; io/accept takes clients from them.
 *
 * We accept by ourselves on a uv_poll_t instead of uv_listen(), because libuv
 * answers EMFILE by accepting and closing every client that waits: we would
 * rather leave them in the backlog until there is a descriptor.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/fail.h"
#include "base/url.h"
#include "codec/codecs.h"
#include "io/io.h"
#include "io/listener.h"

#define LISTEN_BACKLOG 4096 /* the kernel cuts it at net.core.somaxconn */

static void listen_on_poll(uv_poll_t *poll, int status, int events);
static void listen_on_closed(uv_handle_t *handle);

WI_ON_IO static int
listen_bind(const char *text, const struct wi_url *url, int *fdp,
    struct weft_error *err)
{
	struct sockaddr_storage addr;
	socklen_t addr_len;
	int fd, one = 1, rv;

	rv = wi_url_address(url, &addr, &addr_len, err);
	if (rv < 0)
		return wi_fail(
		    err, rv, "%s: %s", text, err == NULL ? "" : err->text);
	fd = socket(
	    addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return wi_fail(err, -errno, "%s: no socket: %s", text,
		    weft_strerror(-errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (addr.ss_family == AF_INET6)
		(void)setsockopt(
		    fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&addr, addr_len) < 0 ||
	    listen(fd, LISTEN_BACKLOG) < 0) {
		rv = wi_fail(err, -errno,
		    "%s: cannot listen: expected a free address of this "
		    "machine, found: %s",
		    text, weft_strerror(-errno));
		(void)close(fd);
		return rv;
	}
	*fdp = fd;
	return WEFT_OK;
}

WI_ON_IO static int
listen_parse(const char *text, struct wi_url *url,
    const struct weft_codec **codecp, struct weft_error *err)
{
	char names[128];
	int rv;

	rv = wi_url_parse(text, url, err);
	if (rv < 0)
		return rv;
	if (strcmp(url->transport, "tcp") != 0)
		return wi_fail(err, WEFT_EURL,
		    "%s: expected transport tcp, found %s", text,
		    url->transport);
	*codecp = wi_codec_find(url->codec);
	if (*codecp == NULL) {
		wi_codec_names(names, sizeof(names));
		return wi_fail(err, WEFT_EURL,
		    "%s: expected a codec of %s, found %s", text, names,
		    url->codec);
	}
	return WEFT_OK;
}

WI_ON_IO static void
listen_say(struct wi_listener *listener, const struct wi_url *url)
{
	struct sockaddr_storage addr;
	socklen_t addr_len = sizeof(addr);

	memset(&addr, 0, sizeof(addr));
	(void)getsockname(listener->fd, (struct sockaddr *)&addr, &addr_len);
	wi_url_format(listener->bound.url, sizeof(listener->bound.url),
	    url->transport, listener->codec->name, &addr);
	wi_log_say(listener->io->hub->log, WI_LOG_IO_LISTENING, "%s",
	    listener->bound.url);
}

int
wi_listen_open(struct wi_io *io, const char *text, struct wi_plugin *plugin,
    struct weft_bound *bound, struct weft_error *err)
{
	const struct weft_codec *codec;
	struct wi_listener *listener, **end;
	struct wi_url url;
	int fd = -1, rv;

	rv = listen_parse(text, &url, &codec, err);
	if (rv < 0)
		return rv;
	rv = listen_bind(text, &url, &fd, err);
	if (rv < 0)
		return rv;
	listener = calloc(1, sizeof(*listener));
	rv = listener == NULL ?
	    -ENOMEM :
	    uv_poll_init_socket(&io->loop, &listener->poll, fd);
	if (rv < 0) {
		free(listener);
		(void)close(fd);
		return wi_fail(err, rv, "%s: %s", text, weft_strerror(rv));
	}
	listener->io = io;
	listener->codec = codec;
	listener->plugin = plugin;
	listener->fd = fd;
	for (end = &io->listeners; *end != NULL; end = &(*end)->next)
		continue;
	*end = listener;
	listen_say(listener, &url);
	if (bound != NULL)
		*bound = listener->bound;
	wi_accept_resume(io);
	return WEFT_OK;
}

void
wi_listen_poll(struct wi_listener *listener, bool on)
{
	if (on)
		wi_assert(uv_poll_start(&listener->poll, UV_READABLE,
			      listen_on_poll) == 0);
	else
		wi_assert(uv_poll_stop(&listener->poll) == 0);
}

static void
listen_on_poll(uv_poll_t *poll, int status, int events)
{
	struct wi_listener *listener;

	wi_assert_io();
	(void)status;
	(void)events;
	listener = (struct wi_listener *)((char *)poll -
	    offsetof(struct wi_listener, poll));
	wi_accept_ready(listener);
}

void
wi_listen_close_all(struct wi_io *io)
{
	struct wi_listener *listener;

	while ((listener = io->listeners) != NULL) {
		io->listeners = listener->next;
		uv_close((uv_handle_t *)&listener->poll, listen_on_closed);
		(void)close(listener->fd);
	}
}

static void
listen_on_closed(uv_handle_t *handle)
{
	wi_assert_io();
	free((char *)handle - offsetof(struct wi_listener, poll));
}
