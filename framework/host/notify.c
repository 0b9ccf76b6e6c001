/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/notify.c - the protocols of systemd that a service needs: stable, and
 * documented for those who do not link libsystemd (sd_notify(3),
 * sd_listen_fds(3)).
 *
 * thread: main.
 */
#include "host/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define NOTIFY_FIRST_FD 3 /* SD_LISTEN_FDS_START */
#define NOTIFY_FDS_MAX 1024

/* A path, or an abstract name behind '@'. */
static socklen_t
notify_address(const char *name, struct sockaddr_un *un)
{
	size_t len = strlen(name);

	*un = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if ((name[0] != '/' && name[0] != '@') || len < 2 ||
	    len >= sizeof(un->sun_path))
		return 0;
	memcpy(un->sun_path, name, len);
	if (name[0] == '@')
		un->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

int
wi_notify(const char *format, ...)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un un;
	char text[1024];
	socklen_t len;
	va_list args;
	int fd, n, rv = 1;

	if (name == NULL || name[0] == '\0')
		return 0;
	len = notify_address(name, &un);
	if (len == 0)
		return -EINVAL;
	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(text))
		return -EMSGSIZE;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (sendto(fd, text, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT,
		(struct sockaddr *)&un, len) != n)
		rv = -errno;
	(void)close(fd);
	return rv;
}

int
wi_notify_reloading(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return wi_notify("RELOADING=1\nMONOTONIC_USEC=%lld%06ld",
	    (long long)now.tv_sec, now.tv_nsec / 1000);
}

/* A variable as a number; 0: not there, or none. */
static uint64_t
notify_number(const char *name)
{
	const char *text = getenv(name);
	unsigned long long number;
	char more;

	if (text == NULL || text[0] < '0' || text[0] > '9' ||
	    sscanf(text, "%llu%c", &number, &more) != 1)
		return 0;
	return number;
}

uint64_t
wi_notify_watchdog_ms(void)
{
	uint64_t us = notify_number("WATCHDOG_USEC"),
		 pid = notify_number("WATCHDOG_PID");

	if (us == 0 || (pid != 0 && pid != (uint64_t)getpid()))
		return 0;
	return us >= 2000 ? us / 2000 : 1;
}

static void
notify_forget(void)
{
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDNAMES");
}

int
wi_notify_listen_fds(
    void (*take)(void *arg, int fd, const char *name), void *arg)
{
	const char *names = getenv("LISTEN_FDNAMES");
	uint64_t n = notify_number("LISTEN_FDS");
	char name[256];
	size_t len;
	int i;

	if (n == 0 || n > NOTIFY_FDS_MAX ||
	    notify_number("LISTEN_PID") != (uint64_t)getpid())
		return 0;
	for (i = 0; i < (int)n; i++) {
		len = names == NULL ? 0 : strcspn(names, ":");
		(void)snprintf(name, sizeof(name), "%.*s", (int)len,
		    names == NULL ? "" : names);
		if (names != NULL)
			names += len + (names[len] == ':');
		(void)fcntl(NOTIFY_FIRST_FD + i, F_SETFD, FD_CLOEXEC);
		take(arg, NOTIFY_FIRST_FD + i, name);
	}
	notify_forget();
	return (int)n;
}

void
wi_notify_for_child(void)
{
	char pid[24];

	notify_forget();
	if (getenv("WATCHDOG_PID") == NULL)
		return;
	(void)snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	(void)setenv("WATCHDOG_PID", pid, 1);
}
