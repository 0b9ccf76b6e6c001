/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft/engine.h - topics across nodes: who carries messages between them.
 *
 * A node delivers to its own subscribers by itself, engine or not.  An engine
 * is told what is published here, and what anybody here wants to hear: the
 * first subscription to a filter and the end of the last.  What it learns from
 * elsewhere it gives to weft_engine_direct(), which delivers here and tells no
 * engine.
 */
#ifndef WEFT_ENGINE_H
#define WEFT_ENGINE_H

#include <stdint.h>

#include <weft/endpoint.h>
#include <weft/error.h>
#include <weft/export.h>

WEFT_BEGIN_DECLS

struct weft_node;

/*
 * One engine.  Every function but those below may be NULL.  Members that a
 * later version adds come last; size tells which of them the writer knew.
 *
 *   thread            all: the I/O thread; must not block.
 */
struct weft_engine {
	uint32_t size;     /* sizeof(struct weft_engine) */
	uint32_t reserved; /* 0 */
	const char *name;  /* for logs and errors */

	/*
	 * start() - the node is about to run.
	 *
	 *   user     in       of weft_node_engine(), in all of these.
	 *   node     in       for weft_engine_direct(), until stop() returns.
	 *   returns           WEFT_OK, or a negative code: the node does not
	 *                     run, and stop() is not called.
	 */
	int (*start)(void *user, struct weft_node *node);

	/* stop() - the node has stopped; nothing more is told. */
	void (*stop)(void *user);

	/*
	 * subscribe() - somebody here wants to hear what filter meets, and
	 * nobody did before.  unsubscribe() - nobody does any more.
	 *
	 *   filter   in       ended by NUL; valid during the call.
	 */
	void (*subscribe)(void *user, const char *filter);
	void (*unsubscribe)(void *user, const char *filter);

	/*
	 * publish() - something was published here; it is delivered here, too.
	 *
	 *   topic    in       ended by NUL; valid during the call, as is msg.
	 */
	void (*publish)(void *user, const char *topic, struct weft_bytes msg);
};

#define WEFT_ENGINE_INIT(...)                                                 \
	{                                                                     \
		.size = sizeof(struct weft_engine), .reserved = 0,            \
		__VA_ARGS__                                                   \
	}

/*
 * weft_node_engine() - give a node its engine.
 *
 *   node     in       not running yet.
 *   engine   in       stays where it is until the node is freed; NULL: none.
 *   user     in       for its functions.
 *   err      out      what went wrong; may be NULL.
 *   returns           WEFT_OK, or an error below.
 *   errors            WEFT_ESTATE  the node runs, or has run.
 *                     -EINVAL      size is not that of a struct weft_engine.
 *   thread            as weft_node_add().
 */
WEFT_EXPORT WEFT_CHECK int weft_node_engine(struct weft_node *node,
    const struct weft_engine *engine, void *user, struct weft_error *err);

/*
 * weft_engine_direct() - deliver what was published elsewhere.
 *
 * Parameters, errors and thread as weft_node_publish().
 */
WEFT_EXPORT int weft_engine_direct(
    struct weft_node *node, const char *topic, struct weft_bytes msg);

WEFT_END_DECLS

#endif
