/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf.h - the configuration of the host: a file becomes a checked
 * structure.
 *
 *	workers = 4
 *	plugin chat {
 *		file = "${WEFT_PLUGINS:-/usr/lib/weft}/chat.so"
 *		options { history = 50 }
 *	}
 *	listener lines {
 *		url = "tcp+line://0.0.0.0:7000"
 *		plugin = "chat"
 *		idle = 30s
 *	}
 *
 * The way of it: conf_file (files and includes), conf_scan (where each word
 * stands), conf_parse (libconfuse: a text becomes settings), conf_given (the
 * environment, the command line), conf (settings are judged by the table of
 * options, conf_table, and become struct wi_conf), conf_plugin, conf_listener
 * (their blocks).  Besides: conf_check_plugin (options of plugins by their
 * tables), conf_diff (what a reload would do), conf_doc (the manual).
 *
 * Of the same option the later of these holds: its default, the file, the
 * environment (WEFT_WORKERS), the command line ("workers=4").
 *
 * thread: any, one at a time in the process: libconfuse has one lexer.
 */
#ifndef WI_CONF_H
#define WI_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>
#include <weft/node.h>

struct wi_conf_source; /* host/conf_source.h */

/* ---- what is wrong ---------------------------------------------------- */

#define WI_CONF_PROBLEMS_MAX 100 /* that are kept */

struct wi_conf_problem {
	char *place;    /* the file as it was given, "environment WEFT_LOG",
	                  "command line" */
	int line;       /* 1 is the first; 0: of the whole file, or no file */
	int column;     /* [bytes] 1 is the first; 0: of the whole line */
	char text[508]; /* "workers: expected ..., found ..." */
};

/* owned by: the caller.  All zero at first. */
struct wi_conf_problems {
	struct wi_conf_problem list[WI_CONF_PROBLEMS_MAX];
	size_t n;    /* of list, in the order of the places */
	size_t more; /* that were found besides */
};

/* wi_conf_problem_text() - "weft.conf:3:1: workers: expected ..."; cut at
 * size. */
void wi_conf_problem_text(
    const struct wi_conf_problem *problem, char *out, size_t size);

/* wi_conf_problems_fini() - free them; all zero afterwards. */
void wi_conf_problems_fini(struct wi_conf_problems *problems);

/* ---- what is configured ----------------------------------------------- */

/* All texts are the configuration's. */
struct wi_conf_plugin {
	const char *title;   /* its name in this file */
	const char *what;    /* an absolute path, or the NAME of an installed
	                        plugin: for weft_node_load() */
	const char *options; /* "history=50&motto=a%26b", for the same behind
	                        a '?'; NULL: none are written */
};

struct wi_conf_listener {
	const char *title;  /* its name in this file */
	const char *url;    /* the options of its block are part of it */
	const char *plugin; /* title of one of the plugins */
};

/* How the supervisor keeps the host up. */
struct wi_conf_supervisor {
	uint32_t restart_max;       /* crashes that are answered by a restart
	                               within restart_window_ms; then it gives
	                               up */
	uint32_t restart_window_ms; /* [ms] */
	uint32_t backoff_ms;        /* [ms] before the second restart; each
	                               next one twice that */
	uint32_t backoff_max_ms;    /* [ms] the longest of these waits */
	uint32_t drain_ms; /* [ms] that a host may take to stop, from SIGTERM
	                      to SIGKILL */
	uint32_t handover_ms; /* [ms] that clients of a host which another one
	                         has replaced may stay */
	uint32_t stuck_ms; /* [ms] without an answer of the host's I/O thread,
	                      after which it is killed */
	uint32_t start_ms; /* [ms] that a host may take to become ready */
};

struct wi_conf {
	struct weft_options node; /* size, log and what is not written in a
	                             file are as WEFT_OPTIONS_INIT has them */
	struct wi_conf_plugin *plugins; /* in the order of the file */
	size_t nplugins;
	struct wi_conf_listener *listeners; /* likewise */
	size_t nlisteners;
	const char *path;      /* of the file, absolute */
	const char *log_file;  /* absolute; NULL: stderr */
	const char *admin;     /* absolute; NULL: no admin socket */
	const char *user;      /* NULL: who started us */
	const char *group;     /* NULL: the user's */
	const char *crash_dir; /* absolute; NULL: no reports */
	uint32_t seccomp;      /* enum wi_seccomp */
	uint32_t load_any;     /* 1: plugins may be loaded at run time from
	                          paths that are not in the file */
	struct wi_conf_supervisor supervisor;
	struct wi_conf_source *source; /* what was written, and where */
};

/*
 * wi_conf_read() - a file becomes a configuration.
 *
 *   path     in       the file.  Relative paths in it are from its folder, and
 *                     so are those of a file that it includes.
 *   sets     in       "workers=4", "supervisor.drain=5s", as given on the
 *                     command line, then NULL; may be NULL.  Relative paths
 *                     in these, and in the environment, are from the working
 *                     directory.
 *   confp    out      the configuration; with problems, what could be made of
 *                     it (for wi_conf_check_plugins()); NULL: no memory.
 *   problems in,out   all that is wrong, added.
 *   returns           WEFT_OK, or an error below.
 *   errors            -EINVAL  there are problems: do not use *confp.
 *                     -ENOMEM
 *   owner             the caller, until wi_conf_free().
 *
 * No plugin is opened, no name looked up and no socket made.  A codec that is
 * not built in is taken to be a plugin's.
 */
WEFT_CHECK int wi_conf_read(const char *path, const char *const *sets,
    struct wi_conf **confp, struct wi_conf_problems *problems);

/* wi_conf_free() - *confp may be NULL; it is afterwards. */
void wi_conf_free(struct wi_conf **confp);

/*
 * wi_conf_origin() - where a value comes from.
 *
 *   section  in       "" for those that stand in no block, "plugin",
 *                     "options" (of a plugin), "listener", "supervisor".
 *   title    in       of the block; NULL where it has none.
 *   name     in       "workers".
 *   returns           "default", "weft.conf:12", "environment WEFT_WORKERS"
 *                     or "command line".
 *   owner             the configuration.
 */
const char *wi_conf_origin(const struct wi_conf *conf, const char *section,
    const char *title, const char *name);

/*
 * wi_conf_origins() - the same of all that is written and a node, a listener
 * or a plugin knows: lines of "SECTION<TAB>TITLE<TAB>NAME<TAB>ORIGIN".
 * SECTION is "", "listener" or "plugin", which has those of "options" too.
 * wi_conf_origins_next() - of a block, the next one.
 * wi_conf_origins_find() - of a block, that of a name.
 *
 *   out      out      the text, with a NUL; lines that do not fit are missing.
 *   lines    in,out   such a text, or the rest of it.
 *   title    in       "" where section is.
 *   returns           false: there is none.
 */
struct wi_conf_written {
	char name[64]; /* cut to fit */
	char where[512];
};

void wi_conf_origins(const struct wi_conf *conf, char *out, size_t size);
bool wi_conf_origins_next(const char **lines, const char *section,
    const char *title, struct wi_conf_written *origin);
bool wi_conf_origins_find(const char *lines, const char *section,
    const char *title, const char *name, struct wi_conf_written *origin);

/*
 * wi_conf_check_plugin() - open a plugin of the file and check what the file
 * says about its options, by its table (struct weft_plugin_option).
 * Constructors of the plugin run: not for the supervisor.
 *
 *   conf     in,out   on WEFT_OK plugins[index].options is as the plugin
 *                     wants it: relative paths (WEFT_OPTION_FILE) are
 *                     absolute.
 *   problems in,out   what is wrong, added.
 *   returns           WEFT_OK, -EINVAL (there are problems), -ENOMEM.
 *
 * wi_conf_try_plugin() - the same in a process of its own, so that nothing of
 * it stays and it may crash; options stay as they are.
 */
WEFT_CHECK int wi_conf_check_plugin(
    struct wi_conf *conf, size_t index, struct wi_conf_problems *problems);
WEFT_CHECK int wi_conf_try_plugin(
    struct wi_conf *conf, size_t index, struct wi_conf_problems *problems);

#endif
