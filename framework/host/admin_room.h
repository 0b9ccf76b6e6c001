/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/admin_room.h - what the files of the admin socket share.
 *
 * The way of a request: admin (a client's line is whole) -> admin_request (it
 * is taken apart) -> admin_verbs (who answers it) -> admin_status,
 * admin_endpoints, admin_steer, or admin_job (in a thread of its own) ->
 * admin_answer -> admin (the answer leaves).
 *
 * thread: the admin socket's, but struct wi_job (admin_job.c).
 */
#ifndef WI_ADMIN_ROOM_H
#define WI_ADMIN_ROOM_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <weft/weft.h>

#include "base/address.h"
#include "base/url.h"
#include "host/admin.h"
#include "host/admin_answer.h"
#include "host/admin_request.h"

#define WI_ADMIN_CLIENTS 64u
#define WI_ADMIN_PIECE 65536u /* [bytes] of an answer made at a time */

struct wi_verb;

/* All counters at a moment. */
struct wi_sample {
	uint64_t ns; /* wi_clock_ns(); 0: none */
	uint64_t counters[WEFT_NCOUNTERS];
};

/* A request that is being answered. */
struct wi_asked {
	struct wi_admin_request request;
	const char *args[2];
	const struct wi_verb *verb;
	uint64_t cursor; /* of a list: how far it has come */
	uint64_t told;   /* of a list: entries */
};

struct wi_admin_client {
	int fd;          /* -1: nobody */
	uint64_t due_ns; /* it is closed then, unless it moves before */
	bool answers;    /* its line is whole */
	bool waits;      /* for the job */
	bool closing;    /* its answer has left: until it has closed, too */
	size_t len;      /* of line */
	char line[WI_REQUEST_MAX];
	struct wi_asked asked;
	struct wi_answer answer;
};

/* What takes long: one at a time (admin_job.c). */
struct wi_job {
	pthread_t thread;
	bool runs;     /* started, and not joined */
	uint32_t done; /* atomic: the thread is about to end */
	struct wi_admin_client *client; /* who waits for it; NULL: gone */
	int wake;                       /* eventfd: done */
	struct weft_node *node;
	const struct wi_admin_ops *ops;
	struct wi_asked asked;
	struct wi_answer answer;
};

struct wi_admin {
	struct weft_node *node;
	const struct wi_admin_ops *ops;
	char *path;
	int fd; /* listening */
	struct wi_url url;
	struct wi_socket_file file;
	int wake;       /* eventfd: stop */
	uint32_t stops; /* atomic */
	pthread_t thread;
	uint64_t since_ns;
	uint64_t accept_ns; /* not before that: accept(2) has failed */
	uint64_t refused;   /* clients, of other users */
	struct wi_sample samples[2]; /* the older one, the newer one */
	struct wi_admin_client clients[WI_ADMIN_CLIENTS];
	struct wi_job job;
};

/* Who answers a verb. */
struct wi_verb {
	const char *name;
	unsigned min, max;   /* words behind it */
	const char *options; /* "limit sort" */
	bool is_job;         /* it takes long */
	/* The answer's next piece; its outcome says that it is whole. */
	void (*step)(struct wi_admin *admin, struct wi_asked *asked,
	    struct wi_answer *answer);
	void (*job)(struct wi_job *job);
};

/* wi_verb_ask() - a line is whole: asked is filled in, or the answer says why
 * not.  true: it is to be answered by steps of asked->verb. */
bool wi_verb_ask(struct wi_asked *asked, const char *line, size_t len,
    struct wi_answer *answer);

/* admin_socket.c
 * wi_admin_open(), wi_admin_close() - the listening socket.
 * wi_admin_may() - is that client's user one of ours?  uid: who it is. */
int wi_admin_open(
    struct wi_admin *admin, const char *path, struct weft_error *err);
void wi_admin_close(struct wi_admin *admin);
bool wi_admin_may(int fd, uint32_t *uid);

/* admin_status.c, admin_endpoints.c, admin_steer.c: steps. */
void wi_admin_status(
    struct wi_admin *admin, struct wi_asked *asked, struct wi_answer *answer);
void wi_admin_endpoints(
    struct wi_admin *admin, struct wi_asked *asked, struct wi_answer *answer);
void wi_admin_explain(
    struct wi_admin *admin, struct wi_asked *asked, struct wi_answer *answer);
void wi_admin_suspend(
    struct wi_admin *admin, struct wi_asked *asked, struct wi_answer *answer);
void wi_admin_resume(
    struct wi_admin *admin, struct wi_asked *asked, struct wi_answer *answer);
void wi_admin_drain(
    struct wi_admin *admin, struct wi_asked *asked, struct wi_answer *answer);
void wi_admin_end(
    struct wi_admin *admin, struct wi_asked *asked, struct wi_answer *answer);

/* admin_status.c: lines of it, also for explain. */
json_t *wi_admin_plugin_json(const struct weft_plugin_info *info);
json_t *wi_admin_listener_json(const struct weft_listener_info *info);
json_t *wi_admin_bounds_json(const struct weft_bounds *bounds);

/* admin_steer.c: the listener that a text names: its number, its URL, or a
 * part of that which no other one has.  err says which there are. */
int wi_admin_find_listener(struct wi_admin *admin, const char *name,
    struct weft_listener_info *info, struct weft_error *err);

/* admin_job.c
 * wi_job_start() - in a thread; -EBUSY: one runs already.
 * wi_job_end() - it is over: its answer is its client's, which is returned;
 * NULL: it has gone, or there was no job.
 * wi_job_forget() - the client has gone.
 * wi_job_reload(), wi_job_rollback() - what it does. */
int wi_job_start(struct wi_admin *admin, struct wi_admin_client *client);
struct wi_admin_client *wi_job_end(struct wi_admin *admin);
void wi_job_forget(
    struct wi_admin *admin, const struct wi_admin_client *client);
void wi_job_reload(struct wi_job *job);
void wi_job_rollback(struct wi_job *job);

#endif
