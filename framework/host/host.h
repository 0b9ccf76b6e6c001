/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/host.h - the host: the process of "weft serve" that has the node, the
 * plugins and the clients.
 */
#ifndef WI_HOST_H
#define WI_HOST_H

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <weft/weft.h>

#include "host/admin.h"
#include "host/crash_dir.h"
#include "host/log_out.h"
#include "host/plan.h"
#include "host/recent.h"
#include "host/versions.h"

struct wi_conf_option;
struct wi_message;

enum wi_host_ask_state {
	WI_HOST_ASK_NOTHING,
	WI_HOST_ASK_WANTED,
	WI_HOST_ASK_ASKED,
	WI_HOST_ASK_ANSWERED,
};

/* What is asked of the supervisor (host/host_ask.c). */
struct wi_host_asks {
	int wake;                /* eventfd: something is to be asked */
	pthread_mutex_t reloads; /* tried: a plugin is being reloaded */
	pthread_cond_t answered; /* or ended */
	pthread_mutex_t mutex;   /* guards the rest; and of struct wi_host, for
	                            the admin socket's threads, the plan and
	                            bound */
	unsigned stops;          /* 1: to be stopped; 2: at once */
	bool drains;
	uint32_t drain_ms;
	enum wi_host_ask_state state; /* of a reload */
	uint32_t number;
	bool dry;
	bool ended; /* nobody will answer */
	int code;   /* what was answered */
	char words[1024];
	json_t *lines; /* so far */
};

/* owned by: its main thread; what asks.mutex guards besides is written under
 * it. */
struct wi_host {
	int channel;         /* to the supervisor; -1: it is gone */
	struct wi_plan plan; /* what this process is; its fds are the node's */
	struct wi_log_out log;
	struct wi_crash_dir crashes;
	struct wi_versions versions;
	struct wi_recent recent; /* in front of it */
	struct wi_host_asks asks;
	struct wi_admin_ops ops;
	struct wi_admin *admin; /* NULL: none */
	uint64_t admin_ms;      /* when to try it again; 0: not */
	struct weft_node *node;
	const char *loading;      /* the plugin that is; NULL: none */
	struct weft_options made; /* with these */
	const char **names;       /* of plan.plugins: what they call
	                             themselves */
	struct weft_bound *bound; /* of plan.listeners; id 0: it is not open */
};

/* wi_host_main() - "weft host", for wi_child_start() only: channel at
 * WI_CHANNEL_FD.  argv[1] is WI_CHANNEL_VERSION. */
int wi_host_main(int argc, char **argv);

/*
 * wi_host_build() - make the node, load the plugins, open the listeners.
 *
 *   host     in,out   with channel, plan and log.
 *   returns           WEFT_OK, or an error with its words: then node is NULL
 *                     or not running, and wi_host_raze() follows.
 */
int wi_host_build(struct wi_host *host, struct weft_error *err);

/* wi_host_build_plugin(), wi_host_build_listener() - one of a plan: trusted,
 * not refused, loaded; opened.  name, bound: out.  errors as
 * weft_node_load(), weft_node_listen(); the text names it.  owner: of the
 * listener's fd the node, when it is opened. */
int wi_host_build_plugin(struct wi_host *host,
    const struct wi_plan_plugin *plugin, const char **name,
    struct weft_error *err);
int wi_host_build_listener(struct wi_host *host,
    struct wi_plan_listener *listener, struct weft_bound *bound,
    struct weft_error *err);

/* wi_host_raze() - the node has stopped, or never ran. */
void wi_host_raze(struct wi_host *host);

/*
 * wi_host_apply() - become another plan while it runs, as far as that can be:
 * listeners come, go and change; certificates are read again.  What cannot be
 * is said in notes, and stays.
 *
 *   next     in,out   listeners are taken out of it.
 */
void wi_host_apply(struct wi_host *host, struct wi_plan *next);

/* wi_host_try() - say in notes which plugins wi_host_apply() would reload, and
 * what it could not do; nothing is done. */
void wi_host_try(struct wi_host *host, const struct wi_plan *next);

/* wi_host_reload_plugin() - weft_node_reload(), of a plugin whose file is not
 * refused (host/versions.h); what serves then is written down.  WEFT_EBUSY:
 * another thread reloads one.  thread: any. */
int wi_host_reload_plugin(struct wi_host *host, const char *plugin,
    const char *what, const struct weft_reload *how,
    struct weft_reloaded *done, struct weft_error *err);

/* ---- host_limits.c
 * wi_host_limits() - the options of the node become those of another plan, as
 * far as that can be; what cannot is said in notes.  dry: only that.
 * wi_host_origins() - which line set what is so now; the caller's, or NULL: no
 * memory.  Before the plan is taken.
 * wi_host_option() - the member that a row of the table is; NULL: it is not of
 * the node. */
void wi_host_limits(
    struct wi_host *host, const struct wi_plan *next, bool dry);
char *wi_host_origins(const struct wi_host *host, const struct wi_plan *next);
uint32_t *wi_host_option(
    struct weft_options *options, const struct wi_conf_option *option);

/* wi_host_loop() - what the supervisor and the system say, until the node has
 * stopped. */
void wi_host_loop(struct wi_host *host, int signals);

/* ---- host_admin.c
 * wi_host_admin_first() - the socket, before the host is ready; errors: as
 * wi_admin_start(), of the first host of all.
 * wi_host_admin_again() - one that could not be had then.
 * wi_host_admin_stop() - no more of it. */
int wi_host_admin_first(struct wi_host *host, struct weft_error *err);
void wi_host_admin_again(struct wi_host *host, uint64_t now_ms);
void wi_host_admin_stop(struct wi_host *host);

/* ---- host_ask.c */

int wi_host_asks_init(struct wi_host_asks *asks);
void wi_host_asks_fini(struct wi_host_asks *asks);

/*
 * wi_host_ask() - let the supervisor read the configuration again.
 *
 *   dry      in       only say what would be.
 *   lines    out      an array of lines of the answer, as far as it came; the
 *                     caller's, until json_decref().  NULL: no memory.
 *   returns           WEFT_OK: it was done; else why not.
 *   errors            -ETIMEDOUT  no answer within WI_ASK_PATIENCE_MS.
 *                     WEFT_ESTATE the host stops.
 *                     others      as the supervisor says.
 *   thread            one at a time, not main.  Blocks.
 *
 * wi_host_ask_stop(), wi_host_ask_drain() - the end of the service, and when
 * its clients have gone.  thread: any; do not block.
 */
int wi_host_ask(struct wi_host_asks *asks, bool dry, json_t **lines,
    struct weft_error *err);
void wi_host_ask_stop(struct wi_host_asks *asks, bool now);
void wi_host_ask_drain(struct wi_host_asks *asks, uint32_t deadline_ms);

/* wi_host_ask_say() - asks.wake is readable.
 * wi_host_ask_hear() - WI_SAY_ANSWER or WI_SAY_ANSWERED was heard.
 * wi_host_ask_end() - nobody will answer any more.  thread: main. */
void wi_host_ask_say(struct wi_host *host);
void wi_host_ask_hear(struct wi_host *host, const struct wi_message *message);
void wi_host_ask_end(struct wi_host_asks *asks);

/* wi_host_say() - a line to the supervisor, as printf(3). */
void wi_host_say(struct wi_host *host, int kind, const char *format, ...)
    WEFT_PRINTF(3, 4);

#endif
