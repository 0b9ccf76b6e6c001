/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin/previous - the version that a plugin can be taken back to.
 *
 * thread: the one that reloads; and the one that ends the node.
 * owns:   a descriptor of the code that ran, and what was saved of it.
 */
#include "plugin/previous.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct wi_previous *
wi_previous_new(const struct wi_version *version, struct wi_saved *saved)
{
	struct wi_previous *previous = calloc(1, sizeof(*previous));

	if (previous == NULL)
		return NULL;
	previous->fd = fcntl(version->opened.fd, F_DUPFD_CLOEXEC, 0);
	previous->path = strdup(version->path);
	if (version->options != NULL)
		previous->options = strdup(version->options);
	if (previous->fd < 0 || previous->path == NULL ||
	    (previous->options == NULL) != (version->options == NULL)) {
		wi_previous_free(&previous);
		return NULL;
	}
	previous->saved = *saved;
	memset(saved, 0, sizeof(*saved));
	return previous;
}

void
wi_previous_free(struct wi_previous **previousp)
{
	struct wi_previous *previous = *previousp;

	*previousp = NULL;
	if (previous == NULL)
		return;
	if (previous->fd >= 0)
		(void)close(previous->fd);
	wi_saved_fini(&previous->saved);
	free(previous->path);
	free(previous->options);
	free(previous);
}
