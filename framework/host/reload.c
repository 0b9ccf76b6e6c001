/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/reload.c - SIGHUP: certificates and keys are read again, and plugins
 * whose files have changed are reloaded.
 *
 * thread: one of its own, which sleeps in sigwait(3): reading files would hold
 * up the I/O thread.
 *
 * terminal_note: SIGHUP is also what a terminal says when it goes.  Then there
 * is nobody left who could end this process, so that is a stop, as ever.
 */
#include "host/reload.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <weft/weft.h>

#include "host/usage.h"

static void
reload_signals(sigset_t *signals)
{
	(void)sigemptyset(signals);
	(void)sigaddset(signals, SIGHUP);
}

static bool
reload_has_terminal(void)
{
	int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

void
wi_reload_hold(void)
{
	sigset_t signals;

	reload_signals(&signals);
	(void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

static void
reload_certificates(const struct wi_reload *reload)
{
	struct weft_error err;

	if (weft_node_tls_reload(reload->node, &err) < 0)
		wi_complain(reload->name,
		    "%s: certificates and keys stay as they were", err.text);
}

static void
reload_plugins(const struct wi_reload *reload)
{
	const struct weft_reload how = { .size = sizeof(how),
		.flags = WEFT_RELOAD_IF_CHANGED };
	struct weft_plugin_info info;
	struct weft_error err;
	uint32_t i;

	for (i = 0; weft_node_plugin_at(reload->node, i, &info) == WEFT_OK;
	     i++)
		if (info.file[0] != '\0' &&
		    weft_node_reload(
			reload->node, info.name, NULL, &how, NULL, &err) < 0)
			wi_complain(reload->name,
			    "%s: the version that runs goes on", err.text);
}

static void *
reload_main(void *arg)
{
	struct wi_reload *reload = arg;
	sigset_t signals;
	int signum;

	reload_signals(&signals);
	for (;;) {
		if (sigwait(&signals, &signum) != 0 ||
		    __atomic_load_n(&reload->stops, __ATOMIC_ACQUIRE))
			return NULL;
		/* See terminal_note. */
		if (reload->had_terminal && !reload_has_terminal()) {
			weft_node_stop(reload->node);
			continue;
		}
		reload_certificates(reload);
		reload_plugins(reload);
	}
}

int
wi_reload_start(
    struct wi_reload *reload, struct weft_node *node, const char *name)
{
	reload->node = node;
	reload->name = name;
	reload->had_terminal = reload_has_terminal();
	reload->stops = false;
	return -pthread_create(&reload->thread, NULL, reload_main, reload);
}

void
wi_reload_stop(struct wi_reload *reload)
{
	__atomic_store_n(&reload->stops, true, __ATOMIC_RELEASE);
	(void)pthread_kill(reload->thread, SIGHUP);
	(void)pthread_join(reload->thread, NULL);
}
