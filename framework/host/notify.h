/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/notify.h - what systemd is told, and what it hands over: sd_notify(3)
 * and sd_listen_fds(3), without libsystemd.
 */
#ifndef WI_NOTIFY_H
#define WI_NOTIFY_H

#include <stdint.h>
#include <sys/types.h>

#include <weft/export.h>

/*
 * wi_notify() - a datagram to $NOTIFY_SOCKET: lines of NAME=VALUE.
 *
 *   returns           1: it was sent; 0: nobody wants it; or a negated errno.
 */
int wi_notify(const char *format, ...) WEFT_PRINTF(1, 2);

/* wi_notify_reloading() - RELOADING=1 with the moment, as Type=notify-reload
 * wants it. */
int wi_notify_reloading(void);

/* wi_notify_watchdog_ms() - [ms] between two WATCHDOG=1, half of what is
 * asked of this process; 0: none. */
uint64_t wi_notify_watchdog_ms(void);

/*
 * wi_notify_listen_fds() - sockets that were handed over to this process.
 *
 *   take     in       called with each, and its name of $LISTEN_FDNAMES or "";
 *                     owns it.
 *   returns           how many.  The variables are gone from the environment
 *                     then: they are not for children.
 */
int wi_notify_listen_fds(
    void (*take)(void *arg, int fd, const char *name), void *arg);

/* wi_notify_for_child() - after fork(2), before execve(2), in one that is to
 * become the service's main process. */
void wi_notify_for_child(void);

#endif
