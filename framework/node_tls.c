/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_tls - what a node's URLs ask of TLS, and reading it again.
 *
 * thread: any.
 */
#include "node_tls.h"

#include <weft/tls.h>

#include "base/fail.h"
#include "node.h"
#include "tls/terms.h"

int
wi_node_tls(struct weft_node *node, const char *text, const struct wi_url *url,
    bool ours, struct wi_tls_terms **termsp, struct weft_error *err)
{
	struct wi_tls_wish wish;
	struct weft_error why;
	int rv;

	wi_tls_wish(url, ours, &wish);
	rv = wi_tls_book_terms(&node->tls, &wish, &node->log, termsp, &why);
	return rv == WEFT_OK ?
	    WEFT_OK :
	    wi_fail(err, rv, "URL \"%.80s\": %s", text, why.text);
}

int
weft_node_tls_reload(struct weft_node *node, struct weft_error *err)
{
	struct weft_error why;
	unsigned n;
	int rv;

	wi_fail_clear(err);
	rv = wi_tls_book_reload(&node->tls, &node->log, &n, &why);
	if (rv == WEFT_OK) {
		wi_log_say(
		    &node->log, WI_LOG_TLS_RELOADED, "%u sets of files", n);
		return WEFT_OK;
	}
	wi_log_say(&node->log, WI_LOG_TLS_RELOAD_FAILED, "%s", why.text);
	return wi_fail(err, rv, "tls: %s", why.text);
}
