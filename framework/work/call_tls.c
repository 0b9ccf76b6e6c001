/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/call_tls - what a handler can ask of its endpoint's TLS.
 *
 * thread: the worker that runs the handler.
 */
#include <weft/tls.h>

#include "handoff/tls_facts.h"
#include "work/node_hub.h"
#include "work/worker.h"

int
weft_call_tls(const struct weft_call *call, struct weft_tls_info *info)
{
	const struct wi_tls_facts *facts;

	if (call->endpoint == NULL || call->endpoint->limits->tls == NULL)
		return WEFT_ESTATE;
	facts = *wi_node_tls_facts(call->worker->hub->node, call->endpoint);
	if (facts == NULL)
		return WEFT_ESTATE;
	*info = facts->info;
	return WEFT_OK;
}
