/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine - a node's engine: given, started, stopped.
 *
 * thread: the one that makes the node, which is the I/O thread while it runs.
 * What it is told in between comes from io/subscribe and io/publish.
 */
#include <errno.h>

#include <weft/weft.h>

#include "base/fail.h"
#include "engine.h"
#include "node.h"

int
weft_node_engine(struct weft_node *node, const struct weft_engine *engine,
    void *user, struct weft_error *err)
{
	wi_fail_clear(err);
	if (wi_node_state(node) != WI_NODE_NEW)
		return wi_fail(err, WEFT_ESTATE,
		    "node: expected one that has not run yet");
	if (engine != NULL && engine->size < sizeof(*engine))
		return wi_fail(err, -EINVAL,
		    "engine: expected size %zu, found %u: start from "
		    "WEFT_ENGINE_INIT",
		    sizeof(*engine), engine->size);
	node->engine = engine;
	node->engine_user = user;
	return WEFT_OK;
}

int
wi_engine_start(struct weft_node *node, struct weft_error *err)
{
	const struct weft_engine *engine = node->engine;
	int rv = WEFT_OK;

	if (engine == NULL)
		return WEFT_OK;
	if (engine->start != NULL)
		rv = engine->start(node->engine_user, node);
	if (rv < 0)
		return wi_fail(err, rv, "engine %s: could not be started: %s",
		    engine->name, weft_strerror(rv));
	node->io.publisher.engine = engine;
	node->io.publisher.engine_user = node->engine_user;
	return WEFT_OK;
}

void
wi_engine_stop(struct weft_node *node)
{
	const struct weft_engine *engine = node->io.publisher.engine;

	node->io.publisher.engine = NULL;
	if (engine != NULL && engine->stop != NULL)
		engine->stop(node->engine_user);
}
