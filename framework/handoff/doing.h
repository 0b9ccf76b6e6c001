/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff/doing.h - which handler a worker is in, for who says that it does
 * not come back.
 *
 * owned by: the worker, which writes; the I/O thread reads.  All relaxed: what
 * is read counts if the run is the same one before and after, and as long as a
 * handler runs, nothing of it changes.
 */
#ifndef WI_DOING_H
#define WI_DOING_H

#include <stddef.h>
#include <stdint.h>

struct wi_plugin;
struct wi_endpoint;

/* Member of struct weft_plugin, as the log names it. */
#define WI_CALLBACKS(X)                                                       \
	X(opened)                                                             \
	X(message)                                                            \
	X(closed)                                                             \
	X(drained)                                                            \
	X(signal)                                                             \
	X(bound)                                                              \
	X(ended)                                                              \
	X(on_reply)

enum wi_callback {
#define WI_CALLBACK_ENUM(name) WI_CALLBACK_##name,
	WI_CALLBACKS(WI_CALLBACK_ENUM)
#undef WI_CALLBACK_ENUM
	WI_NCALLBACKS
};

struct wi_doing {
	const struct wi_plugin *plugin;
	const struct wi_endpoint *endpoint; /* NULL: nobody's event */
	enum wi_callback callback;
	uint32_t len;     /* [bytes] of what it was given */
	const void *data; /* and these; NULL: it has returned */
	const char *type; /* whose value that is, or whose route; NULL: of
	                     none */
};

/* wi_doing_set() - about to call a handler.  thread: the worker. */
static inline void
wi_doing_set(struct wi_doing *doing, const struct wi_plugin *plugin,
    const struct wi_endpoint *endpoint, enum wi_callback callback,
    uint32_t len)
{
	__atomic_store_n(&doing->plugin, plugin, __ATOMIC_RELAXED);
	__atomic_store_n(&doing->endpoint, endpoint, __ATOMIC_RELAXED);
	__atomic_store_n(&doing->callback, callback, __ATOMIC_RELAXED);
	__atomic_store_n(&doing->len, len, __ATOMIC_RELAXED);
	__atomic_store_n(&doing->type, NULL, __ATOMIC_RELAXED);
}

/* wi_doing_type() - what it is given is a value of that type. */
static inline void
wi_doing_type(struct wi_doing *doing, const char *type)
{
	__atomic_store_n(&doing->type, type, __ATOMIC_RELAXED);
}

/* wi_doing_bytes() - what it is given, which is not NULL; it runs from here
 * on. */
static inline void
wi_doing_bytes(struct wi_doing *doing, const void *data, uint32_t len)
{
	__atomic_store_n(&doing->data, data, __ATOMIC_RELAXED);
	__atomic_store_n(&doing->len, len, __ATOMIC_RELAXED);
}

/* wi_doing_done() - it has returned. */
static inline void
wi_doing_done(struct wi_doing *doing)
{
	__atomic_store_n(&doing->data, NULL, __ATOMIC_RELAXED);
}

/* wi_doing_get() - thread: any. */
static inline struct wi_doing
wi_doing_get(const struct wi_doing *doing)
{
	return (struct wi_doing){
		.plugin = __atomic_load_n(&doing->plugin, __ATOMIC_RELAXED),
		.endpoint =
		    __atomic_load_n(&doing->endpoint, __ATOMIC_RELAXED),
		.callback =
		    __atomic_load_n(&doing->callback, __ATOMIC_RELAXED),
		.len = __atomic_load_n(&doing->len, __ATOMIC_RELAXED),
		.data = __atomic_load_n(&doing->data, __ATOMIC_RELAXED),
		.type = __atomic_load_n(&doing->type, __ATOMIC_RELAXED),
	};
}

#endif
