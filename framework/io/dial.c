/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io/dial - from a URL to a connected socket, without blocking.
 *
 * thread: I/O.  Owns the sockets that it tries; the one that stands goes to
 * the callback, the others are closed.
 *
 *	begin -> look the name up -> try the addresses -> tell
 *
 * One timer, step, drives it: the first step (so that nothing is told from
 * within wi_dial_start()), the next address (RFC 8305, section 5), the next
 * try of a Unix socket.  Another, deadline, bounds all of it.
 *
 * memory_note: libuv closes a handle, and gives a lookup back, only in a later
 * turn of the loop.  Whoever still needs the memory holds one of nrefs: both
 * timers, each attempt and the lookup.  When a dial is over, its callback may
 * be gone for long while a resolver that does not answer holds the memory, and
 * the loop: uv_cancel() only takes back a lookup that no thread has begun.
 */
#include "io/dial.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/fail.h"
#include "io/dial_address.h"

#define DIAL_ADDRESSES 32u  /* of one name; more are not tried */
#define DIAL_STAGGER_MS 250 /* RFC 8305's Connection Attempt Delay */
#define DIAL_RETRY_MS 10    /* a Unix listener's backlog is full */
#define DIAL_NAME_TEXT "%.120s"

enum dial_state {
	DIAL_BEGUN,
	DIAL_LOOKING_UP,
	DIAL_TRYING,
	DIAL_OVER, /* told or cancelled: waits for nrefs */
};

/* A connect() under way. */
struct dial_attempt {
	uv_poll_t poll;
	struct wi_dial *dial;
	struct dial_attempt *next;
	struct wi_address remote;
	int fd;
};

/* owned by: the I/O thread; see memory_note. */
struct wi_dial {
	uv_timer_t step;
	uv_timer_t deadline;
	uv_getaddrinfo_t lookup;
	wi_dial_cb *cb;
	void *arg;
	struct dial_attempt *attempts; /* under way */
	struct wi_url url;
	struct wi_address addresses[DIAL_ADDRESSES]; /* in the order to try */
	uint32_t naddresses;
	uint32_t ntried; /* addresses whose attempt has begun */
	uint32_t nrefs;
	uint32_t handshake_ms;
	enum dial_state state;
	int last_code;  /* of the last attempt that failed; 0: none has */
	bool misused;   /* it failed before it began: an option of the URL */
	char last[240]; /* what it was answered, with its address */
	char name[WI_URL_HOST_MAX + 16]; /* what is dialled, for texts */
};

static void dial_on_step(uv_timer_t *timer);
static void dial_look_up(struct wi_dial *dial) WI_ON_IO;
static void dial_on_lookup(
    uv_getaddrinfo_t *lookup, int status, struct addrinfo *list);
static void dial_try(struct wi_dial *dial) WI_ON_IO;
static int dial_watch(
    struct wi_dial *dial, const struct wi_address *remote, int fd) WI_ON_IO;
static void dial_on_poll(uv_poll_t *poll, int status, int events);
static void dial_on_deadline(uv_timer_t *timer);
static void dial_stands(
    struct wi_dial *dial, const struct wi_address *remote, int fd) WI_ON_IO;
static void dial_fail(struct wi_dial *dial, int code, const char *format, ...)
    WEFT_PRINTF(3, 4) WI_ON_IO;
static void dial_close(struct wi_dial *dial) WI_ON_IO;
static void dial_on_attempt_closed(uv_handle_t *handle);
static void dial_on_timer_closed(uv_handle_t *handle);

static void
dial_set_name(struct wi_dial *dial)
{
	const struct wi_url *url = &dial->url;
	const bool ip6 = strchr(url->host, ':') != NULL;

	if (url->is == WI_URL_UNIX)
		snprintf(dial->name, sizeof(dial->name), "%s%s",
		    url->abstract ? "@" : "", url->path);
	else
		snprintf(dial->name, sizeof(dial->name), "%s%s%s:%u",
		    ip6 ? "[" : "", url->host, ip6 ? "]" : "", url->port);
}

int
wi_dial_start(struct wi_dial **dialp, uv_loop_t *loop,
    const struct wi_url *url, uint32_t handshake_ms, wi_dial_cb *cb, void *arg)
{
	struct wi_dial *dial;

	dial = calloc(1, sizeof(*dial));
	if (dial == NULL)
		return -ENOMEM;
	dial->url = *url;
	dial->handshake_ms = handshake_ms;
	dial->cb = cb;
	dial->arg = arg;
	dial_set_name(dial);
	/* The loop's idea of the time may be as old as this turn. */
	uv_update_time(loop);
	wi_assert(uv_timer_init(loop, &dial->step) == 0);
	wi_assert(uv_timer_init(loop, &dial->deadline) == 0);
	dial->step.data = dial->deadline.data = dial->lookup.data = dial;
	dial->nrefs = 2;
	wi_assert(uv_timer_start(&dial->step, dial_on_step, 0, 0) == 0);
	if (handshake_ms != 0)
		wi_assert(uv_timer_start(&dial->deadline, dial_on_deadline,
			      handshake_ms, 0) == 0);
	*dialp = dial;
	return WEFT_OK;
}

void
wi_dial_cancel(struct wi_dial **dialp)
{
	struct wi_dial *dial = *dialp;

	if (dial == NULL)
		return;
	*dialp = NULL;
	dial_close(dial);
}

/* Nobody is asked (RFC 6761, section 6.3): a machine may have no word for it,
 * and a resolver elsewhere a wrong one.  IPv4 first, as listeners take it. */
WI_ON_IO static void
dial_localhost(struct wi_dial *dial)
{
	const struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(dial->url.port),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };

	wi_address_from(&dial->addresses[1], (const struct sockaddr *)&in6);
	dial->naddresses = 2;
}

static void
dial_on_step(uv_timer_t *timer)
{
	struct wi_dial *dial = timer->data;
	struct sockaddr_storage addr;
	socklen_t addr_len;

	wi_assert_io();
	if (dial->state == DIAL_TRYING) {
		dial_try(dial);
		return;
	}
	dial->naddresses = 1;
	if (dial->url.is == WI_URL_UNIX) {
		dial->addresses[0].family = AF_UNIX;
	} else if (wi_url_address(&dial->url, &addr, &addr_len, NULL) ==
	    WEFT_OK) {
		wi_address_from(&dial->addresses[0], (struct sockaddr *)&addr);
		if (strcasecmp(dial->url.host, "localhost") == 0)
			dial_localhost(dial);
	} else {
		dial->naddresses = 0;
		dial_look_up(dial);
		return;
	}
	dial_try(dial);
}

WI_ON_IO static void
dial_unresolved(struct wi_dial *dial, int status)
{
	dial_fail(dial,
	    status == UV_ENOMEM || status == UV_EAI_MEMORY ? -ENOMEM :
							     WEFT_EUNRESOLVED,
	    DIAL_NAME_TEXT ": expected a host name that has an address, "
			   "found: %s",
	    dial->name, uv_strerror(status));
}

static void
dial_look_up(struct wi_dial *dial)
{
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = (dial->url.is & WI_URL_DATAGRAM) != 0 ?
		    SOCK_DGRAM :
		    SOCK_STREAM,
	};
	int rv;

	rv = uv_getaddrinfo(dial->step.loop, &dial->lookup, dial_on_lookup,
	    dial->url.host, NULL, &hints);
	if (rv < 0) {
		dial_unresolved(dial, rv);
		return;
	}
	dial->state = DIAL_LOOKING_UP;
	dial->nrefs++;
}

static void
dial_release(struct wi_dial *dial)
{
	if (--dial->nrefs == 0)
		free(dial);
}

static void
dial_on_lookup(uv_getaddrinfo_t *lookup, int status, struct addrinfo *list)
{
	struct wi_dial *dial = lookup->data;

	wi_assert_io();
	if (dial->state == DIAL_LOOKING_UP) {
		dial->state = DIAL_TRYING; /* nothing to cancel any more */
		if (status == 0)
			dial->naddresses = wi_dial_order(list, dial->url.port,
			    dial->addresses, DIAL_ADDRESSES);
		if (dial->naddresses > 0)
			dial_try(dial);
		else
			dial_unresolved(
			    dial, status == 0 ? UV_EAI_NODATA : status);
	}
	uv_freeaddrinfo(list);
	dial_release(dial);
}

/* Remember what an attempt was answered; with its address, unless that is
 * what the text begins with anyway. */
static void
dial_note(struct wi_dial *dial, int code, const struct wi_address *remote)
{
	char address[WI_ADDRESS_TEXT] = "";
	bool other;

	if (remote->family != AF_UNIX)
		(void)wi_address_text(remote, address, sizeof(address));
	other = address[0] != '\0' && strcmp(address, dial->name) != 0;
	dial->last_code = code;
	dial->misused = false;
	snprintf(dial->last, sizeof(dial->last), "%s%s%s%s",
	    other ? address : "", other ? ": " : "", weft_strerror(code),
	    code == -EACCES && dial->url.is == WI_URL_UDP ?
		" (a broadcast address needs broadcast=yes)" :
		"");
}

/* There was no attempt, because an option of the URL does not fit.  What an
 * address has answered is worth more: source is of one family, say. */
static void
dial_note_misuse(struct wi_dial *dial, const struct weft_error *err)
{
	if (dial->last_code != 0 && !dial->misused)
		return;
	dial->last_code = err->code;
	dial->misused = true;
	snprintf(dial->last, sizeof(dial->last), "%.*s",
	    (int)sizeof(dial->last) - 1, err->text);
}

/* All addresses have been tried, and none is left under way. */
WI_ON_IO static void
dial_fail_tried(struct wi_dial *dial)
{
	if (dial->misused)
		dial_fail(dial, dial->last_code, "%s", dial->last);
	else if (dial->naddresses > 1)
		dial_fail(dial, dial->last_code,
		    DIAL_NAME_TEXT ": expected one of %u addresses to answer, "
				   "last: %s",
		    dial->name, dial->naddresses, dial->last);
	else
		dial_fail(dial, dial->last_code,
		    DIAL_NAME_TEXT ": expected %s, found: %s", dial->name,
		    (dial->url.is & WI_URL_DATAGRAM) != 0 ?
			"an address that can be sent to" :
			"somebody to listen there",
		    dial->last);
}

WI_ON_IO static void
dial_step_in(struct wi_dial *dial, uint64_t ms)
{
	wi_assert(uv_timer_start(&dial->step, dial_on_step, ms, 0) == 0);
}

/* Begin the next attempt, and those behind it as long as they fail at once. */
static void
dial_try(struct wi_dial *dial)
{
	const struct wi_address *remote;
	struct weft_error err;
	int fd, rv = -EAGAIN;

	dial->state = DIAL_TRYING;
	wi_assert(uv_timer_stop(&dial->step) == 0);
	while (rv != WEFT_OK && dial->ntried < dial->naddresses) {
		remote = &dial->addresses[dial->ntried];
		rv =
		    wi_dial_connect(dial->name, &dial->url, remote, &fd, &err);
		if (rv == WEFT_OK) {
			dial_stands(dial, remote, fd);
			return;
		}
		/* As connect(2) says it of Unix sockets; it cannot be polled
		 * for. */
		if (rv == -EAGAIN && remote->family == AF_UNIX) {
			dial_step_in(dial, DIAL_RETRY_MS);
			return;
		}
		dial->ntried++;
		if (rv == -EINPROGRESS)
			rv = dial_watch(dial, remote, fd);
		else if (err.text[0] != '\0')
			dial_note_misuse(dial, &err);
		else
			dial_note(dial, rv, remote);
	}
	if (dial->attempts == NULL)
		dial_fail_tried(dial);
	else if (dial->ntried < dial->naddresses)
		dial_step_in(dial, DIAL_STAGGER_MS);
}

static int
dial_watch(struct wi_dial *dial, const struct wi_address *remote, int fd)
{
	struct dial_attempt *attempt;
	int rv = -ENOMEM;

	attempt = calloc(1, sizeof(*attempt));
	if (attempt != NULL)
		rv = uv_poll_init_socket(dial->step.loop, &attempt->poll, fd);
	if (rv < 0) {
		free(attempt);
		(void)close(fd);
		dial_note(dial, rv, remote);
		return rv;
	}
	attempt->dial = dial;
	attempt->fd = fd;
	attempt->remote = *remote;
	attempt->poll.data = attempt;
	attempt->next = dial->attempts;
	dial->attempts = attempt;
	dial->nrefs++;
	wi_assert(
	    uv_poll_start(&attempt->poll, UV_WRITABLE, dial_on_poll) == 0);
	return WEFT_OK;
}

/* Stop polling; the descriptor stays open. */
WI_ON_IO static void
dial_unwatch(struct dial_attempt *attempt)
{
	struct dial_attempt **at = &attempt->dial->attempts;

	while (*at != attempt)
		at = &(*at)->next;
	*at = attempt->next;
	uv_close((uv_handle_t *)&attempt->poll, dial_on_attempt_closed);
}

static void
dial_on_poll(uv_poll_t *poll, int status, int events)
{
	struct dial_attempt *attempt = poll->data;
	struct wi_dial *dial = attempt->dial;
	const struct wi_address remote = attempt->remote;
	const int fd = attempt->fd;
	int rv;

	wi_assert_io();
	(void)events;
	/* libuv says EBADF where epoll says that there is an error: which one
	 * the socket knows. */
	rv = wi_dial_outcome(&dial->url, fd);
	if (rv == WEFT_OK && status < 0)
		rv = status;
	dial_unwatch(attempt);
	if (rv == WEFT_OK) {
		dial_stands(dial, &remote, fd);
		return;
	}
	(void)close(fd);
	dial_note(dial, rv, &remote);
	dial_try(dial);
}

static void
dial_on_deadline(uv_timer_t *timer)
{
	struct wi_dial *dial = timer->data;
	const char *expected = "an answer", *last = "";

	wi_assert_io();
	if (dial->state == DIAL_LOOKING_UP)
		expected = "the resolver to answer";
	else if (dial->url.is == WI_URL_UNIX)
		expected = "room among the clients that wait there";
	if (dial->last_code != 0)
		last = dial->last;
	dial_fail(dial, -ETIMEDOUT,
	    DIAL_NAME_TEXT ": expected %s within %u ms, found none%s%s",
	    dial->name, expected, dial->handshake_ms,
	    last[0] == '\0' ? "" : ", last: ", last);
}

/* Tell it, once; the pointer that wi_dial_start() gave is worth nothing from
 * now on. */
WI_ON_IO static void
dial_tell(struct wi_dial *dial, const struct wi_dialled *result)
{
	dial_close(dial);
	dial->cb(dial->arg, result);
}

static void
dial_stands(struct wi_dial *dial, const struct wi_address *remote, int fd)
{
	struct wi_dialled result = { .fd = fd, .remote = *remote };
	struct sockaddr_storage local = { 0 };
	socklen_t len = sizeof(local);

	(void)getsockname(fd, (struct sockaddr *)&local, &len);
	wi_address_from(&result.local, (struct sockaddr *)&local);
	dial_tell(dial, &result);
}

static void
dial_fail(struct wi_dial *dial, int code, const char *format, ...)
{
	struct wi_dialled result = { .fd = -1, .code = code };
	va_list args;

	va_start(args, format);
	(void)wi_line_format(result.text, sizeof(result.text), format, args);
	va_end(args);
	dial_tell(dial, &result);
}

static void
dial_close(struct wi_dial *dial)
{
	struct dial_attempt *attempt;

	/* -EBUSY: a thread is at it, and dial_on_lookup() comes later. */
	if (dial->state == DIAL_LOOKING_UP)
		(void)uv_cancel((uv_req_t *)&dial->lookup);
	dial->state = DIAL_OVER;
	while ((attempt = dial->attempts) != NULL) {
		dial_unwatch(attempt);
		(void)close(attempt->fd);
	}
	uv_close((uv_handle_t *)&dial->step, dial_on_timer_closed);
	uv_close((uv_handle_t *)&dial->deadline, dial_on_timer_closed);
}

static void
dial_on_attempt_closed(uv_handle_t *handle)
{
	struct dial_attempt *attempt = handle->data;

	wi_assert_io();
	dial_release(attempt->dial);
	free(attempt);
}

static void
dial_on_timer_closed(uv_handle_t *handle)
{
	wi_assert_io();
	dial_release(handle->data);
}
