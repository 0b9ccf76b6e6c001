/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/serve.c - weft serve: the command line, and what the supervisor begins
 * with.
 *
 * thread: main.
 */
#include "host/serve.h"

#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/notify.h"
#include "host/supervisor.h"
#include "host/usage.h"

#define SERVE_NAME "weft serve"

struct serve {
	const char *file;
	const char **sets; /* ends with NULL */
	size_t nsets;
};

enum {
	SERVE_KEY_SET = 0x100
};

static const char serve_doc[] =
    "Serve as a configuration file says, and stay up."
    "\v"
    "This process opens the listening sockets and starts a host, which has "
    "the plugins and the clients.  A host that dies is started again, at "
    "once the first time; clients that connect meanwhile wait in the "
    "sockets.  After too many deaths (supervisor { restart_max "
    "restart_window }) it gives up.\n\n"
    "On stdout stands a line for each listener, with the real port, then "
    "\"ready\"; everything else is on stderr or in the log file.\n\n"
    "Signals: SIGHUP reads the file and certificates again; SIGUSR1 opens "
    "the log file anew; SIGUSR2 starts the program anew, with the same "
    "sockets, and ends this one when that is ready and its clients are gone; "
    "SIGTERM and SIGINT stop in order, a second one at once.\n\n"
    "Sockets of systemd (LISTEN_FDS) are used by the listeners that have "
    "their names, or their addresses.\n\n"
    "Exit status: 0 stopped in order, 1 it did not work, 2 wrong usage.";

static const struct argp_option serve_table[] = {
	{ .name = "set",
	    .key = SERVE_KEY_SET,
	    .arg = "NAME=VALUE",
	    .doc = "An option of the file, over what the file says" },
	{ .name = NULL }
};

static error_t
serve_option(int key, char *arg, struct argp_state *state)
{
	struct serve *serve = state->input;

	switch (key) {
	case SERVE_KEY_SET:
		serve->sets[serve->nsets++] = arg;
		break;
	case ARGP_KEY_ARG:
		if (serve->file != NULL)
			argp_error(state,
			    "expected one FILE, found \"%s\" "
			    "besides",
			    arg);
		serve->file = arg;
		break;
	case ARGP_KEY_END:
		if (serve->file == NULL)
			argp_error(state, "expected FILE");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* 0, 1 and 2 are never sockets of ours. */
static int
serve_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		(void)close(fd);
	return fd < 0 ? -errno : WEFT_OK;
}

static void
serve_take_socket(void *arg, int fd, const char *name)
{
	struct wi_supervisor *supervisor = arg;

	if (wi_sockets_add(&supervisor->sockets, fd, name, "", false) < 0)
		wi_complain(SERVE_NAME, "socket %s: no memory", name);
}

static int
serve_begin(struct wi_supervisor *supervisor)
{
	const struct wi_plan *plan = &supervisor->plan;
	struct weft_error err;
	int rv;

	rv = serve_streams();
	if (rv < 0) {
		wi_complain(SERVE_NAME, "/dev/null: %s", weft_strerror(rv));
		return rv;
	}
	(void)wi_notify_listen_fds(serve_take_socket, supervisor);
	rv = wi_supervisor_take_over(supervisor, &err);
	if (rv < 0) {
		wi_complain(SERVE_NAME, "%s", err.text);
		return rv;
	}
	rv = wi_supervisor_conf(
	    supervisor, &supervisor->plan, &supervisor->conf);
	if (rv < 0)
		return rv;
	rv = wi_supervisor_log(supervisor, plan);
	if (rv == WEFT_OK && geteuid() == 0 &&
	    wi_plan_text(plan, WI_PLAN_USER)[0] == '\0')
		wi_supervisor_say(supervisor, WEFT_LOG_WARN, "SERVE-ROOT",
		    "%s: no user is configured: plugins run as root",
		    supervisor->file);
	return rv;
}

/* As it was written: the next supervisor is started with it. */
static char **
serve_words(int argc, char **argv)
{
	static char name[] = "weft", verb[] = "serve";
	char **words = calloc((size_t)argc + 2, sizeof(*words));

	if (words == NULL)
		return NULL;
	words[0] = name;
	words[1] = verb;
	memcpy(words + 2, argv + 1, (size_t)(argc - 1) * sizeof(*words));
	return words;
}

int
wi_serve_main(int argc, char **argv)
{
	static const struct argp argp = { serve_table, serve_option, "FILE",
		serve_doc, NULL, NULL, NULL };
	struct wi_supervisor *supervisor = calloc(1, sizeof(*supervisor));
	char **words = serve_words(argc, argv);
	struct serve serve = { .file = NULL };
	int status = WI_EXIT_FAILURE;

	argp_err_exit_status = WI_EXIT_USAGE;
	serve.sets = calloc((size_t)argc + 1, sizeof(*serve.sets));
	if (supervisor == NULL || words == NULL || serve.sets == NULL) {
		wi_complain(SERVE_NAME, "no memory");
		return WI_EXIT_FAILURE;
	}
	(void)argp_parse(&argp, argc, argv, 0, NULL, &serve);
	supervisor->file = serve.file;
	supervisor->sets = serve.sets;
	supervisor->argv = words;
	wi_plan_init(&supervisor->told);
	if (wi_log_open(&supervisor->log, WEFT_LOG_INFO) == WEFT_OK &&
	    serve_begin(supervisor) == WEFT_OK)
		status = wi_supervisor_run(supervisor);
	wi_log_close(&supervisor->log);
	free(supervisor);
	free(serve.sets);
	free(words);
	return status;
}
