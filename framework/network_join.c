/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network_join - listeners that share the socket of another one: those of the
 * web, each with a path of its own (io/places.h).
 *
 * thread: any.
 */
#include "network_join.h"

#include <errno.h>

#include "base/fail.h"
#include "node.h"

int
wi_network_join(struct weft_node *node, const char *text,
    const struct wi_url *url, const struct wi_tls_terms *tls, uint64_t *joins,
    struct weft_error *err)
{
	bool taken = false, differs = false;

	*joins = 0;
	if (url->web && url->port != 0)
		*joins = wi_desk_web_find(
		    &node->hub.desk, url, tls, &taken, &differs);
	if (taken)
		return wi_fail(err, -EADDRINUSE,
		    "%s: expected a path that is not listened on yet, found "
		    "\"%s\", which is",
		    text, url->target);
	if (differs)
		return wi_fail(err, WEFT_EURL,
		    "%s: expected the same proxy= as the other listeners of "
		    "that port have, found \"%s\"",
		    text, url->proxy);
	return WEFT_OK;
}
