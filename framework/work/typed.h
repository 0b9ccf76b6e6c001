/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/typed.h - messages that are values, on their way to their handler.
 *
 * thread: the worker.
 */
#ifndef WI_TYPED_H
#define WI_TYPED_H

#include <stdbool.h>

#include "codec/codecs.h"
#include "plugin/plugin.h"
#include "work/run.h"

/* wi_typed() - do messages of such an endpoint go to the handlers of types?
 * Those of the codec tpl do, and all others of a plugin without message(). */
static inline bool
wi_typed(const struct wi_plugin *plugin, const struct weft_codec *codec)
{
	return plugin->ntypes != 0 &&
	    (codec == &wi_codec_tpl || plugin->api->message == NULL);
}

/*
 * wi_typed_give() - a message to the handler of its type.
 *
 *   returns           WEFT_OK: it has run; WEFT_EMALFORMED: what is done about
 *                     it is done; -ENOMEM: the endpoint is closed for it.
 */
int wi_typed_give(struct weft_call *call, struct weft_bytes msg) WI_ON_WORKER;

/* wi_run_message() - a message to its handler, typed or not; between
 * wi_run_begin() and wi_run_end(). */
WI_ON_WORKER static inline void
wi_run_message(struct wi_run *run, struct weft_bytes msg, bool typed)
{
	const struct weft_plugin *api = run->call.plugin->api;

	if (typed)
		(void)wi_typed_give(&run->call, msg);
	else if (api->message != NULL)
		api->message(&run->call,
		    (weft_endpoint){ run->call.endpoint->name }, msg);
}

#endif
