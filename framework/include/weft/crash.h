/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft/crash.h - what a process says when it dies, and messages that it is not
 * to die of again.
 *
 * Nothing of this happens unless the program asks: it keeps its own handlers
 * of signals.  The program weft asks with --crash-dir.
 *
 * A report is text, a line "key: value" for each thing, and ends in a line
 * "end"; "weft crashes" shows it with the names of functions.
 */
#ifndef WEFT_CRASH_H
#define WEFT_CRASH_H

#include <stddef.h>
#include <stdint.h>

#include <weft/endpoint.h>
#include <weft/error.h>
#include <weft/export.h>

WEFT_BEGIN_DECLS

struct weft_node; /* weft/node.h */

/* Where reports go. */
struct weft_crash_options {
	uint32_t size;   /* sizeof(struct weft_crash_options) */
	int fd;          /* without dir: open until weft_crash_remove() */
	const char *dir; /* a directory: a file for each report, named
	                    "crash-20261130T104217Z-PID.txt", mode 0600;
	                    copied.  NULL: to fd */
};

/*
 * weft_crash_install() - report the crash of a node's process.
 *
 * Sets handlers for SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP and
 * SIGSYS.  They write a report, put back what was there before, and let the
 * signal come again: the exit status and the core are what they would be.  The
 * node's threads get a stack of their own for it, so that one that has used up
 * its stack is reported too.  Other threads are reported as they are.  Two
 * that crash at once are one report, of the first.  A child that the process
 * forks does not report.
 *
 * The report has the stacks of all threads, 64 at most that are not the node's
 * (a plugin's own, a library's): they are sent a realtime signal, SIGRTMIN+6,
 * and have half a second for the answer, as the node's have.  One that blocks
 * that signal is named without its stack.
 *
 * The room for a report in dir is taken now, where the file system can
 * (O_TMPFILE), so that it is whole when the disk is full by then.  If it
 * cannot be kept nevertheless, one line of it goes to stderr.
 *
 *   node     in       not running yet; one of a process.
 *   options  in       see there.
 *   err      out      may be NULL.
 *   returns           WEFT_OK, or an error below.
 *   errors            -EBUSY       another node of this process has done it.
 *                     -EINVAL      options are not valid.
 *                     WEFT_ESTATE  the node runs.
 *                     -ENOENT, -EACCES, ...  dir cannot be used.
 *   thread            as weft_node_new().
 */
WEFT_EXPORT WEFT_CHECK int weft_crash_install(struct weft_node *node,
    const struct weft_crash_options *options, struct weft_error *err);

/*
 * weft_crash_remove() - put back the handlers that were there before.
 *
 *   node     in       that weft_crash_install() was called for, and that does
 *                     not run; another or NULL: nothing happens.
 *                     weft_node_free() does it too.
 *   thread            as weft_node_new().
 */
WEFT_EXPORT void weft_crash_remove(struct weft_node *node);

/*
 * weft_crash_write() - a report of now, for a program with handlers of its
 * own.
 *
 *   node     in       one that runs, or has run.
 *   fd       in       where to.
 *   signum   in       why; 0: none.
 *   info     in       the handler's siginfo_t, or NULL.
 *   context  in       the handler's ucontext_t, or NULL.
 *   returns           WEFT_OK, or an error below.
 *   errors            -EBUSY   another thread writes one.
 *                     -ENOSPC, ...  what write(2) answered.
 *   thread            any; signal handlers too: no lock, no malloc, no stdio.
 *                     It waits for the stacks of the node's threads, half a
 *                     second at most.  Others are not asked: the signal would
 *                     interrupt what they wait for.
 *
 * What is read for a report may be broken: inside of the handlers of
 * weft_crash_install() a fault ends only the part that it happened in; here it
 * is the program's to see.
 */
WEFT_EXPORT int weft_crash_write(struct weft_node *node, int fd, int signum,
    const void *info, void *context);

/*
 * weft_crash_where() - what the calling thread runs, for a handler of signals
 * that says so.
 *
 *   node     in       whose worker it may be.
 *   plugin   out      its name, as long as it is loaded; unchanged on an
 *                     error.
 *   callback out      "message", "opened", ...: the member of struct
 *                     weft_plugin; a constant.  Likewise.
 *   returns           WEFT_OK, or an error below.
 *   errors            -ENOENT  no callback of a plugin.
 *   thread            any; signal handlers too.
 */
WEFT_EXPORT WEFT_CHECK int weft_crash_where(
    const struct weft_node *node, const char **plugin, const char **callback);

/*
 * A message of the list below has come, or bytes of which a codec has died.
 *
 *   arg      in       as weft_node_quarantine_begin().
 *   hash     in       of msg.
 *   from     in       its sender, who is closed for it.
 *   msg      in       valid until the return.
 *   returns           0: it stays on the list; 1: take it off, and give this
 *                     message to its handler.
 *   thread            any worker; for a codec's bytes the I/O thread.  Should
 *                     not block for long.
 */
typedef int weft_quarantine_cb(
    void *arg, uint64_t hash, weft_endpoint from, struct weft_bytes msg);

/*
 * weft_node_quarantine_begin() - how messages are told apart, and who is told.
 *
 * A message is known by a hash of its bytes with a key, the one that reports
 * have.  Without a key that others do not know somebody could make a message
 * that kills and has the hash of one that all send, and have these thrown out
 * for it.  The key must outlive the process, or the hashes of a report are
 * worth nothing to the next.
 *
 *   node     in       not running yet.
 *   key      in       16 bytes.
 *   caught   in       or NULL.
 *   arg      in       for caught.
 *   thread            as weft_node_new().
 */
WEFT_EXPORT void weft_node_quarantine_begin(struct weft_node *node,
    const uint8_t key[16], weft_quarantine_cb *caught, void *arg);

/*
 * weft_node_quarantine() - no handler is given that message any more: its
 * sender is closed with reason QUARANTINED, and it is counted
 * (messages_quarantined) and logged.
 *
 * The hash in a report whose handler is "decode" is of bytes that no message
 * was cut off yet: all that were at hand when the codec began with them.  Who
 * sends just these at once is closed likewise before the codec sees them.
 * They are not known again if other bytes came with them, or if the codec had
 * changed them in place before it died.
 *
 * While there is none the check costs a test a batch; with one or more, each
 * message is hashed before its handler.  Events for weft_node_receive() are
 * not looked at.
 *
 *   node     in
 *   hash     in       from a report.
 *   returns           WEFT_OK, also if it is there already; or WEFT_EFULL: 64
 *                     are.
 *   thread            any.
 */
WEFT_EXPORT WEFT_CHECK int weft_node_quarantine(
    struct weft_node *node, uint64_t hash);

/*
 * weft_node_quarantine_release() - handlers are given it again.
 *
 *   returns           WEFT_OK, or -ENOENT: it was not there.
 *   thread            any.
 */
WEFT_EXPORT int weft_node_quarantine_release(
    struct weft_node *node, uint64_t hash);

WEFT_END_DECLS

#endif
