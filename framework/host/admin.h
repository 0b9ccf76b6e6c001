/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/admin.h - the admin socket: who operates the host looks at it and
 * steers it there.  The protocol stands in HACKING.md, "The admin socket".
 *
 *	struct wi_admin *admin;
 *
 *	rv = wi_admin_start(&admin, node, "/run/weft/admin.sock", NULL, &err);
 *	...
 *	rv = weft_node_run(node, &err);
 *	wi_admin_stop(&admin);
 */
#ifndef WI_ADMIN_H
#define WI_ADMIN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include <weft/node.h>
#include <weft/reload.h>

struct wi_admin; /* opaque */
struct wi_recent;

/* What only the host knows.  Every function may be NULL, and is called on a
 * thread of the admin socket's. */
struct wi_admin_ops {
	void *arg;
	const char *file;         /* the configuration; NULL: none */
	struct wi_recent *recent; /* the last warnings; NULL: not kept */
	bool served;              /* by a supervisor, our parent */
	uint32_t restarts;   /* of it: hosts before this one that have died */
	uint32_t allow_load; /* atomic; 1: a plugin may be loaded from a path
	                        that it was not loaded from before */

	/* The configuration again.  dry: only say what would happen.  tell()
	 * takes lines of the answer.  May block. */
	int (*reload)(void *arg, bool dry,
	    void (*tell)(void *told, json_t *line), void *told,
	    struct weft_error *err);
	/* One plugin; NULL: weft_node_reload(). */
	int (*reload_plugin)(void *arg, const char *plugin, const char *what,
	    const struct weft_reload *how, struct weft_reloaded *done,
	    struct weft_error *err);
	/* End the host; NULL: weft_node_stop().  now: drop what is there. */
	void (*stop)(void *arg, bool now);
	/* No new clients; end when those that are there have gone, or then
	 * (0: never); NULL: weft_node_drain().  Must not block. */
	void (*drain)(void *arg, uint32_t deadline_ms);
	/* Which line set an option of a listener (its URL; "": of the node):
	 * "weft.conf:12".  false: none did. */
	bool (*source)(void *arg, const char *whose, const char *option,
	    char *out, size_t size);
	/* Options of the node that are written, as they are now:
	 * [{"name": "idle", "value": "60s", "source": "weft.conf:3"}]. */
	json_t *(*options)(void *arg);
	/* All those of a plugin (its name): {"history": "weft.conf:12"}. */
	json_t *(*sources)(void *arg, const char *plugin);
};

/*
 * wi_admin_start() - listen there, in a thread of its own.
 *
 *   node     in       running, or about to; outlives the socket.
 *   path     in       of the socket, which gets mode 0600; its folder is made
 *                     (0700) if only that is missing, and may be writable to
 *                     nobody else.  A socket there that nobody listens on any
 *                     more is replaced.
 *   ops      in       must outlive the socket; NULL: nothing.
 *   err      out      what was expected and found.
 *   returns           WEFT_OK, or an error below.
 *   errors            -EADDRINUSE  another host listens there.
 *                     -EPERM       others can write to its folder.
 *                     -EEXIST      there is a file that is no socket.
 *                     -ENOMEM, or what the OS answered.
 *   thread            any.
 */
WEFT_CHECK int wi_admin_start(struct wi_admin **adminp, struct weft_node *node,
    const char *path, const struct wi_admin_ops *ops, struct weft_error *err);

/* wi_admin_stop() - the socket goes, and its thread; waits for a reload that
 * is under way.  *adminp becomes NULL, and may be. */
void wi_admin_stop(struct wi_admin **adminp);

#endif
