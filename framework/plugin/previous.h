/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin/previous.h - the version that a plugin can be taken back to.
 *
 * thread: the one that reloads; and the one that ends the node.
 */
#ifndef WI_PREVIOUS_H
#define WI_PREVIOUS_H

#include <stdint.h>

#include "plugin/plugin.h"
#include "plugin/saved.h"

/* owned by: the plugin. */
struct wi_previous {
	char *path;
	char *options;         /* or NULL */
	int fd;                /* the bytes that ran, whatever path is now */
	struct wi_saved saved; /* what it had when it was replaced */
};

/* wi_previous_new() - of the version that is to be replaced; NULL: no memory,
 * or no descriptor.  saved: moved into it. */
struct wi_previous *wi_previous_new(
    const struct wi_version *version, struct wi_saved *saved);

/* wi_previous_free() - *previousp may be NULL, and is afterwards. */
void wi_previous_free(struct wi_previous **previousp);

#endif
