/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/supervisor.h - the supervisor: what its files share.
 *
 *	supervisor.c		signals and timers: the loop
 *	supervisor_host.c	the host is started, listened to, and mourned
 *	supervisor_next.c	SIGUSR2: another supervisor takes over
 *	supervisor_conf.c	the file becomes a plan, also anew
 *	supervisor_ask.c	what the host asks for who operates it
 *
 * thread: main, the only one.
 */
#ifndef WI_SUPERVISOR_H
#define WI_SUPERVISOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include <weft/error.h>

#include "host/child.h"
#include "host/log_out.h"
#include "host/plan.h"
#include "host/restart.h"
#include "host/sockets.h"

struct wi_conf;
struct wi_message;

enum wi_supervisor_state {
	WI_SUPERVISES,
	WI_STOPPING,    /* by a signal: the host drains, then it ends */
	WI_HANDED_OVER, /* likewise, and another supervisor has the sockets */
	WI_ENDED,
};

struct wi_supervisor {
	const char *file;        /* of the configuration */
	const char *const *sets; /* of the command line; ends with NULL */
	char **argv;             /* the command line, for the next one */
	char program[4096];      /* which file this is, from the start */
	struct wi_log_out log;
	int signals; /* signalfd(2) */

	enum wi_supervisor_state state;
	unsigned stops; /* how many signals have asked for it */
	int status;     /* exit status */

	struct wi_conf *conf;      /* of the file */
	struct wi_conf *told_conf; /* the new one, while it is told */
	struct wi_plan plan;       /* what conf makes of a host */
	struct wi_plan told; /* a plan that the host is at; see reloads */
	struct wi_sockets sockets;
	struct wi_child host;
	struct wi_child next; /* SIGUSR2 */
	int former;           /* channel to who has handed over to us; -1 */
	struct wi_restart restart;

	bool reloads;           /* the host was told another plan */
	bool dry;               /* which it only tries */
	bool again;             /* SIGHUP came meanwhile */
	bool drains;            /* WI_STOPPING when the clients have gone */
	uint32_t left;          /* of that plan: what could not be done */
	uint32_t asked;         /* who waits for the answer; 0: nobody */
	bool was_ready;         /* some host of ours has been */
	bool announced;         /* on stdout: listeners, and ready */
	int32_t forbidden;      /* who was killed for a call last: a pid */
	bool failed;            /* the host has said why it ends */
	uint64_t restart_at_ms; /* 0: no restart waits */
	uint64_t kill_at_ms;    /* 0: nobody is waited for */
	uint64_t beat_ms;       /* between two to systemd; 0: none */
	uint64_t beat_at_ms;
};

#define wi_supervisor_say(supervisor, level, id, ...)                         \
	wi_log_printf(&(supervisor)->log, level, id, __VA_ARGS__)

/* ---- supervisor.c */

/*
 * wi_supervisor_run() - until it ends.
 *
 *   supervisor in,out with file, argv, sets, log; sockets that were handed
 *                     over are in it.
 *   returns           the exit status.
 */
int wi_supervisor_run(struct wi_supervisor *supervisor);

/* wi_supervisor_end() - nothing is left to wait for. */
void wi_supervisor_end(struct wi_supervisor *supervisor, int status);

/* wi_supervisor_stop() - the host drains; called again: at once. */
void wi_supervisor_stop(struct wi_supervisor *supervisor);

/* ---- supervisor_host.c */

/* wi_supervisor_start() - a host, of the plan.  If it cannot be started that
 * is as if it had died at once. */
void wi_supervisor_start(struct wi_supervisor *supervisor);

/* wi_supervisor_hear() - the host has said something, or closed its end. */
void wi_supervisor_hear(struct wi_supervisor *supervisor);

/* wi_supervisor_died() - the host was waited for. */
void wi_supervisor_died(struct wi_supervisor *supervisor, int status);

/* wi_supervisor_watch() - is the host stuck?  Then it is killed.  returns when
 * to look again. */
uint64_t wi_supervisor_watch(
    struct wi_supervisor *supervisor, uint64_t now_ms);

/* ---- supervisor_next.c */

/* wi_supervisor_next() - SIGUSR2: start the program anew. */
void wi_supervisor_next(struct wi_supervisor *supervisor);

/* wi_supervisor_next_hear(), wi_supervisor_next_died() - of that. */
void wi_supervisor_next_hear(struct wi_supervisor *supervisor);
void wi_supervisor_next_died(struct wi_supervisor *supervisor, int status);

/* wi_supervisor_take_over() - the other side: the sockets of who has started
 * us.  errors: the channel's. */
int wi_supervisor_take_over(
    struct wi_supervisor *supervisor, struct weft_error *err);

/* wi_supervisor_took_over() - our host is ready: tell it. */
void wi_supervisor_took_over(struct wi_supervisor *supervisor);

/* ---- supervisor_conf.c */

/*
 * wi_supervisor_conf() - read the file.
 *
 *   plan     out      what it makes of a host.
 *   confp    out      itself, until wi_conf_free().
 *   returns           WEFT_OK, -EINVAL, -EMSGSIZE or -ENOMEM: then what is
 *                     wrong is logged, and both are empty.
 */
int wi_supervisor_conf(struct wi_supervisor *supervisor, struct wi_plan *plan,
    struct wi_conf **confp);

/* wi_supervisor_log() - the log goes where the plan says.  errors: as
 * wi_log_move(), and it is said. */
int wi_supervisor_log(
    struct wi_supervisor *supervisor, const struct wi_plan *plan);

/* wi_supervisor_reload() - SIGHUP, or "weft reload".  dry: only say what would
 * be. */
void wi_supervisor_reload(struct wi_supervisor *supervisor, bool dry);

/* wi_supervisor_again() - if SIGHUP came while the host was being told a plan,
 * or started: now. */
void wi_supervisor_again(struct wi_supervisor *supervisor);

/* wi_supervisor_sweep() - close sockets that the plan has no use for. */
void wi_supervisor_sweep(struct wi_supervisor *supervisor);

/* wi_supervisor_applied() - the host is what the new plan says.
 * wi_supervisor_not_applied() - it has died over that, if there was one. */
void wi_supervisor_applied(struct wi_supervisor *supervisor);
void wi_supervisor_not_applied(struct wi_supervisor *supervisor);

/* ---- supervisor_ask.c */

/* wi_supervisor_asked() - WI_SAY_ASKS was heard. */
void wi_supervisor_asked(
    struct wi_supervisor *supervisor, const struct wi_message *message);

/*
 * wi_supervisor_tell() - a line of the answer, if somebody waits for one.
 *
 *   is       in       what kind of line it is.
 *   line     in       what else is in it; is let go of; NULL: no memory.
 *
 * wi_supervisor_answer() - its end, as printf(3); then nobody waits.
 * wi_supervisor_say_reload() - a line of the log, and of the answer.
 */
void wi_supervisor_tell(struct wi_supervisor *supervisor, const char *is,
    const char *text, json_t *line);
void wi_supervisor_answer(struct wi_supervisor *supervisor, int code,
    const char *format, ...) WEFT_PRINTF(3, 4);
void wi_supervisor_say_reload(struct wi_supervisor *supervisor,
    enum weft_log_level level, const char *is, const char *text);

#endif
