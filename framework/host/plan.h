/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/plan.h - what a host is to be: its configuration, whole and checked,
 * without where it came from.
 *
 * The supervisor makes one of the file, keeps it, and tells it to each host
 * that it starts: so a host that is restarted does not depend on what the file
 * says by then.
 */
#ifndef WI_PLAN_H
#define WI_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/node.h>

struct wi_message;

struct wi_plan_plugin {
	char *title; /* its name in the file */
	char *what;  /* for weft_node_load(), options included */
};

struct wi_plan_listener {
	char *title;
	char *url;
	char *plugin; /* that plugin's title */
	int fd;       /* its socket: the supervisor's is of its sockets, the
	                 host's its own; -1: none yet */
};

/* What is so when a host is told its plan. */
struct wi_plan_facts {
	uint32_t restarts;   /* of hosts before it that have died */
	uint32_t takes_over; /* 1: the host of a former supervisor still has
	                        the admin socket, for a while */
	uint32_t load_any;   /* 1: any file may be loaded at run time */
	uint32_t seccomp;    /* enum wi_seccomp */
};

enum wi_plan_text {
	WI_PLAN_LOG_FILE, /* "": stderr */
	WI_PLAN_ADMIN,
	WI_PLAN_USER,
	WI_PLAN_GROUP,
	WI_PLAN_CRASH_DIR,
	WI_PLAN_FILE,    /* of the configuration */
	WI_PLAN_ORIGINS, /* which line set what: wi_conf_origins() */
	WI_PLAN_NTEXTS
};

struct wi_plan {
	struct weft_options options; /* no pointers */
	struct wi_plan_facts facts;
	char *texts[WI_PLAN_NTEXTS]; /* NULL or "": not said */
	struct wi_plan_plugin *plugins;
	size_t nplugins;
	struct wi_plan_listener *listeners;
	size_t nlisteners;

	/* The supervisor's. */
	uint32_t restart_max; /* restarts within restart_window_ms */
	uint32_t restart_window_ms;
	uint32_t backoff_ms;
	uint32_t backoff_max_ms;
	uint32_t drain_ms;    /* a host that has not ended by then is killed */
	uint32_t handover_ms; /* how long clients of a host that was replaced
	                         may stay */
	uint32_t stuck_ms;    /* a host that is silent for so long is killed */
	uint32_t start_ms;    /* and one that does not become ready */
};

/* wi_plan_init() - nothing in it, and defaults. */
void wi_plan_init(struct wi_plan *plan);

/* wi_plan_fini() - fds are closed if they are the plan's own. */
void wi_plan_fini(struct wi_plan *plan, bool own_fds);

/* wi_plan_text() - a text, "" if it was not said.  wi_plan_set(): copied;
 * errors: -ENOMEM. */
const char *wi_plan_text(const struct wi_plan *plan, enum wi_plan_text which);
int wi_plan_set(
    struct wi_plan *plan, enum wi_plan_text which, const char *text);

/* wi_plan_add_plugin(), wi_plan_add_listener() - texts are copied; errors:
 * -ENOMEM.  fd becomes the plan's as struct wi_plan_listener says. */
int wi_plan_add_plugin(
    struct wi_plan *plan, const char *title, const char *what);
int wi_plan_add_listener(struct wi_plan *plan, const char *title,
    const char *url, const char *plugin, int fd);

/* wi_plan_listener() - by its title; NULL: none. */
struct wi_plan_listener *wi_plan_listener(
    const struct wi_plan *plan, const char *title);

/* wi_plan_tell() - all of it, to a host; as wi_channel_say().  end: WI_SAY_GO
 * or WI_SAY_TRY, of enum wi_channel_kind. */
int wi_plan_tell(const struct wi_plan *plan, int channel, int end);

/*
 * wi_plan_hear() - a part of one that was told.
 *
 *   plan     in,out   begins as wi_plan_init() left it; its fds are its own.
 *   message  in       of whichever kind.
 *   returns           1: it was the last part.  WEFT_OK.  -EBADMSG: it is no
 *                     part of a plan.  -ENOMEM.
 *   owner             of the message's fd the plan, on WEFT_OK.
 */
int wi_plan_hear(struct wi_plan *plan, const struct wi_message *message);

#endif
