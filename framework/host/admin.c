/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/admin - the admin socket: its thread and its clients.
 *
 * thread: one of its own, weft-admin.  It sleeps in poll(2) and never waits
 * for a client: a line that does not come, or an answer that is not taken,
 * ends its client at its deadline, and holds up nobody else.  An answer is
 * made a piece at a time, when the piece before it has left.  Above
 * WI_ADMIN_CLIENTS others wait in the backlog.
 *
 * close_note: when the answer has left, we end our direction and wait for the
 * client's end: close(2) with bytes unread would take the answer away from it.
 */
#include "host/admin.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fail.h"
#include "host/admin_room.h"

#define ADMIN_PATIENCE_NS UINT64_C(5000000000) /* without any progress */
#define ADMIN_SAMPLE_NS UINT64_C(1000000000)
#define ADMIN_PAUSE_NS UINT64_C(100000000)
#define ADMIN_FDS (3 + WI_ADMIN_CLIENTS)

static void
client_move(struct wi_admin_client *client)
{
	client->due_ns = wi_clock_ns() + ADMIN_PATIENCE_NS;
}

static void
client_end(struct wi_admin *admin, struct wi_admin_client *client)
{
	if (client->waits)
		wi_job_forget(admin, client);
	(void)close(client->fd);
	wi_answer_fini(&client->answer);
	client->fd = -1;
}

/* ---- an answer leaves */

/* See close_note. */
static void
client_leave(struct wi_admin_client *client)
{
	if (client->answer.whole && client->answer.at == client->answer.len) {
		(void)shutdown(client->fd, SHUT_WR);
		client->closing = true;
	}
}

/* false: it is gone. */
static bool
client_write(struct wi_admin *admin, struct wi_admin_client *client)
{
	struct wi_answer *answer = &client->answer;
	ssize_t n;

	while (answer->at < answer->len) {
		n = send(client->fd, answer->bytes + answer->at,
		    answer->len - answer->at, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (n <= 0) {
			client_end(admin, client);
			return false;
		}
		answer->at += (size_t)n;
		client_move(client);
	}
	return true;
}

/* One piece, then the others have their turn. */
static void
client_answer(struct wi_admin *admin, struct wi_admin_client *client)
{
	struct wi_asked *asked = &client->asked;

	if (!client->answer.whole && !client->waits &&
	    client->answer.at == client->answer.len)
		asked->verb->step(admin, asked, &client->answer);
	if (client_write(admin, client))
		client_leave(client);
}

/* ---- a request comes */

static void
client_ask(struct wi_admin *admin, struct wi_admin_client *client, size_t len)
{
	struct weft_error err;
	int rv;

	client->answers = true;
	client_move(client);
	if (wi_verb_ask(&client->asked, client->line, len, &client->answer) &&
	    client->asked.verb->is_job) {
		client->waits = true;
		rv = wi_job_start(admin, client);
		if (rv < 0) {
			client->waits = false;
			(void)wi_fail(&err, rv,
			    "expected no reload to be under way, found one; "
			    "try again");
			wi_answer_outcome(&client->answer, rv,
			    rv == WEFT_EBUSY ? &err : NULL);
		}
	}
	client_answer(admin, client);
}

/* A line that is too long is one, as far as it has come: what is wrong with it
 * is told. */
static void
client_read(struct wi_admin *admin, struct wi_admin_client *client)
{
	char *end;
	ssize_t n;

	n = recv(client->fd, client->line + client->len,
	    sizeof(client->line) - client->len, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_end(admin, client);
		return;
	}
	end = memchr(client->line + client->len, '\n', (size_t)n);
	client->len += (size_t)n;
	if (end != NULL)
		client_ask(admin, client, (size_t)(end - client->line));
	else if (client->len == sizeof(client->line))
		client_ask(admin, client, client->len);
}

/* Nothing more is expected of it but its end. */
static void
client_discard(struct wi_admin *admin, struct wi_admin_client *client)
{
	char bytes[4096];
	ssize_t n = recv(client->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		client_end(admin, client);
}

/* ---- clients come */

static struct wi_admin_client *
admin_place(struct wi_admin *admin)
{
	unsigned i;

	for (i = 0; i < WI_ADMIN_CLIENTS; i++)
		if (admin->clients[i].fd < 0)
			return &admin->clients[i];
	return NULL;
}

static void
admin_accept(struct wi_admin *admin)
{
	struct wi_admin_client *client = admin_place(admin);
	uint32_t uid;
	int fd;

	if (client == NULL)
		return;
	fd = accept4(admin->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0) {
		/* Out of descriptors, mostly: not at once again. */
		if (errno != EAGAIN && errno != EINTR)
			admin->accept_ns = wi_clock_ns() + ADMIN_PAUSE_NS;
		return;
	}
	if (!wi_admin_may(fd, &uid)) {
		admin->refused++;
		weft_log(admin->node, WEFT_LOG_WARN, "ADMIN-REFUSED",
		    "%s: expected a client of user %u or 0, found user %d; "
		    "refused",
		    admin->path, (unsigned)geteuid(), (int)uid);
		(void)close(fd);
		return;
	}
	memset(client, 0, offsetof(struct wi_admin_client, line));
	memset(&client->answer, 0, sizeof(client->answer));
	client->fd = fd;
	client_move(client);
}

/* ---- the loop */

static void
admin_sample(struct wi_admin *admin, uint64_t now)
{
	struct wi_sample *newer = &admin->samples[1];
	unsigned i;

	if (newer->ns != 0 && now < newer->ns + ADMIN_SAMPLE_NS)
		return;
	admin->samples[0] = *newer;
	newer->ns = now;
	for (i = 0; i < WEFT_NCOUNTERS; i++)
		newer->counters[i] = weft_node_counter(admin->node, i);
}

/* What is waited for of a client. */
static short
admin_events(const struct wi_admin_client *client)
{
	if (client->answers && !client->closing && !client->waits)
		return POLLOUT;
	/* Of one that waits for its job, the end only. */
	return client->waits ? 0 : POLLIN;
}

static int
admin_poll(struct wi_admin *admin, struct pollfd fds[ADMIN_FDS])
{
	unsigned i;

	fds[0] = (struct pollfd){ .fd = admin->wake, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = admin->job.wake, .events = POLLIN };
	fds[2] = (struct pollfd){ .fd = -1, .events = POLLIN };
	if (admin_place(admin) != NULL && wi_clock_ns() >= admin->accept_ns)
		fds[2].fd = admin->fd;
	for (i = 0; i < WI_ADMIN_CLIENTS; i++)
		fds[3 + i] = (struct pollfd){ .fd = admin->clients[i].fd,
			.events = admin_events(&admin->clients[i]) };
	return poll(fds, ADMIN_FDS, (int)(ADMIN_SAMPLE_NS / 1000000));
}

static void
admin_serve(struct wi_admin *admin, struct wi_admin_client *client,
    short events, uint64_t now)
{
	if (client->waits) {
		if ((events & (POLLHUP | POLLERR)) != 0)
			client_end(admin, client);
	} else if (now >= client->due_ns) {
		client_end(admin, client);
	} else if (events != 0 && client->closing) {
		client_discard(admin, client);
	} else if (events != 0 && client->answers) {
		client_answer(admin, client);
	} else if (events != 0) {
		client_read(admin, client);
	}
}

/* The time that it took is not its client's. */
static void
admin_job_over(struct wi_admin *admin)
{
	struct wi_admin_client *client = wi_job_end(admin);

	if (client != NULL)
		client_move(client);
}

static void *
admin_main(void *arg)
{
	struct pollfd fds[ADMIN_FDS];
	struct wi_admin *admin = arg;
	uint64_t now;
	unsigned i;

	(void)pthread_setname_np(pthread_self(), "weft-admin");
	while (__atomic_load_n(&admin->stops, __ATOMIC_ACQUIRE) == 0) {
		admin_sample(admin, wi_clock_ns());
		if (admin_poll(admin, fds) < 0)
			continue; /* EINTR; or no memory for now */
		now = wi_clock_ns();
		if (fds[1].revents != 0)
			admin_job_over(admin);
		for (i = 0; i < WI_ADMIN_CLIENTS; i++)
			if (fds[3 + i].fd >= 0)
				admin_serve(admin, &admin->clients[i],
				    fds[3 + i].revents, now);
		if (fds[2].revents != 0)
			admin_accept(admin);
	}
	return NULL;
}

/* ---- start, stop */

/* Signals are the main thread's. */
static int
admin_thread(struct wi_admin *admin)
{
	sigset_t all, before;
	int rv;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	rv = pthread_create(&admin->thread, NULL, admin_main, admin);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -rv;
}

static void
admin_free(struct wi_admin *admin)
{
	if (admin->wake >= 0)
		(void)close(admin->wake);
	if (admin->job.wake >= 0)
		(void)close(admin->job.wake);
	free(admin->path);
	free(admin);
}

static struct wi_admin *
admin_new(
    struct weft_node *node, const char *path, const struct wi_admin_ops *ops)
{
	static const struct wi_admin_ops none = { .arg = NULL };
	struct wi_admin *admin = calloc(1, sizeof(*admin));
	unsigned i;

	if (admin == NULL)
		return NULL;
	admin->node = node;
	admin->ops = ops == NULL ? &none : ops;
	admin->path = strdup(path);
	admin->fd = -1;
	admin->since_ns = wi_clock_ns();
	admin->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	admin->job.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	for (i = 0; i < WI_ADMIN_CLIENTS; i++)
		admin->clients[i].fd = -1;
	if (admin->path != NULL && admin->wake >= 0 && admin->job.wake >= 0)
		return admin;
	admin_free(admin);
	return NULL;
}

int
wi_admin_start(struct wi_admin **adminp, struct weft_node *node,
    const char *path, const struct wi_admin_ops *ops, struct weft_error *err)
{
	struct wi_admin *admin = admin_new(node, path, ops);
	int rv;

	*adminp = NULL;
	if (admin == NULL)
		return wi_fail(err, -ENOMEM,
		    "admin socket: %s: no memory, or no descriptors", path);
	rv = wi_admin_open(admin, path, err);
	if (rv == WEFT_OK) {
		rv = admin_thread(admin);
		if (rv < 0) {
			wi_admin_close(admin);
			(void)wi_fail(err, rv,
			    "admin socket: %s: no thread: %s", path,
			    weft_strerror(rv));
		}
	}
	if (rv < 0) {
		admin_free(admin);
		return rv;
	}
	*adminp = admin;
	return WEFT_OK;
}

void
wi_admin_stop(struct wi_admin **adminp)
{
	struct wi_admin *admin = *adminp;
	unsigned i;

	*adminp = NULL;
	if (admin == NULL)
		return;
	__atomic_store_n(&admin->stops, 1, __ATOMIC_RELEASE);
	(void)eventfd_write(admin->wake, 1);
	(void)pthread_join(admin->thread, NULL);
	(void)wi_job_end(admin);
	for (i = 0; i < WI_ADMIN_CLIENTS; i++)
		/* What has been answered, as far as it is taken. */
		if (admin->clients[i].fd >= 0 &&
		    client_write(admin, &admin->clients[i]))
			client_end(admin, &admin->clients[i]);
	wi_admin_close(admin);
	admin_free(admin);
}
