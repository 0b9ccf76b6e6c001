/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft/plugin.h - what a plugin exports.
 *
 *	#include <weft/weft.h>
 *
 *	static void
 *	message(struct weft_call *call, weft_endpoint from,
 *	    struct weft_bytes msg)
 *	{
 *		weft_send(call, from, msg);
 *	}
 *
 *	WEFT_PLUGIN(.name = "echo", .message = message);
 *
 * built with
 *	cc -shared -fPIC $(pkg-config --cflags weft) echo.c -o echo.so
 * and run with
 *	weft run ./echo.so --listen tcp+varint://127.0.0.1:3042
 */
#ifndef WEFT_PLUGIN_H
#define WEFT_PLUGIN_H

#include <stdint.h>

#include <weft/codec.h>
#include <weft/endpoint.h>
#include <weft/error.h>
#include <weft/export.h>
#include <weft/http.h>
#include <weft/request.h>
#include <weft/strand.h>
#include <weft/type.h>
#include <weft/version.h>

WEFT_BEGIN_DECLS

struct weft_load; /* opaque: one loading of a plugin, weft_load_*() only */
struct weft_save; /* weft/reload.h */

/* What the value of an option of a plugin is. */
enum weft_option_kind {
	WEFT_OPTION_TEXT = 1, /* anything */
	WEFT_OPTION_BOOL,     /* yes, no, true, false, 1, 0 */
	WEFT_OPTION_NUMBER,   /* whole; K, M and G behind it are 1024 etc. */
	WEFT_OPTION_TIME,     /* [ms] "1500ms", "90s", "2h" */
	WEFT_OPTION_SIZE,     /* [bytes] "64K", "1M" */
	WEFT_OPTION_FILE,     /* a path; a relative one is from the folder of
	                         the configuration */
};

/*
 * An option of a plugin: checked before load(), listed by "weft describe" and
 * in the manual of its configuration.  Every text is constant.
 *
 * What load() gets from weft_load_option() is checked, and has one form:
 * NUMBER and SIZE are digits (of NUMBER with a "-" in front, if min lets it),
 * TIME is digits, of ms, BOOL is "1" or "0"; TEXT and FILE are as written.
 * So strtoll() is enough.  At most 32 options.
 */
struct weft_plugin_option {
	const char *name; /* [a-z0-9_]+ */
	enum weft_option_kind kind;
	const char *missing; /* the default, as it would be written; NULL: it
	                        has none, and may be left out */
	int64_t min;         /* of NUMBER, TIME, SIZE; both 0: any */
	int64_t max;
	const char *text; /* one line, of what it is for */
};
#define WEFT_OPTION_END                                                       \
	{                                                                     \
		NULL, WEFT_OPTION_TEXT, NULL, 0, 0, NULL                      \
	}

/*
 * One plugin.  Every function may be NULL.  Members that a later minor ABI
 * adds come last; size tells which of them the writer knew.
 *
 * Where a function may block, it may for as long as it likes; but once it has
 * run for stuck_after_ms (weft/node.h, 5 s) its thread is sent a signal, once,
 * for its stack: a sleep(3), nanosleep(2) or poll(2) then ends before its
 * time, with EINTR.
 */
struct weft_plugin {
	uint32_t abi_major;  /* WEFT_ABI_MAJOR */
	uint32_t abi_minor;  /* WEFT_ABI_MINOR */
	uint32_t size;       /* sizeof(struct weft_plugin) */
	uint32_t reserved;   /* 0 */
	const char *name;    /* [a-z0-9_-]+; what logs and listings say */
	const char *version; /* free text, may be NULL */

	/*
	 * load() - make the plugin's state.
	 *
	 *   load     in       for weft_load_option() and its sisters.
	 *   state    out      NULL at first; what weft_call_state() returns.
	 *   returns           WEFT_OK, or a negative code: the plugin is not
	 *                     used, and unload() is not called.
	 *   thread            the one that loads; no handler runs yet.
	 */
	int (*load)(struct weft_load *load, void **state);

	/*
	 * unload() - end the plugin's state.
	 *
	 *   state    in       what load() made.
	 *   thread            the one that loaded; no handler runs any more.
	 */
	void (*unload)(void *state);

	/*
	 * opened() - a client has come, or a connection of weft_connect()
	 * stands.
	 *
	 *   call     in       for weft_send() and weft_call_*(); valid until
	 *                     the handler returns.
	 *   from     in       the new endpoint.
	 *   thread            a worker.  May block: other endpoints go on.
	 */
	void (*opened)(struct weft_call *call, weft_endpoint from);

	/*
	 * message() - a whole message has come.
	 *
	 *   call     in       as above.
	 *   from     in       who sent it.
	 *   msg      in       its bytes; valid until the handler returns.
	 *   thread            a worker.  May block: other endpoints go on.
	 */
	void (*message)(
	    struct weft_call *call, weft_endpoint from, struct weft_bytes msg);

	/*
	 * closed() - nothing more comes from the endpoint; its last event.
	 *
	 *   call     in       as above.
	 *   from     in       who it was.  A peer that only ended its own
	 *                     sending still gets what was sent up to the end
	 *                     of this call; for one that is gone weft_send()
	 *                     answers WEFT_ENOENDPOINT.
	 *   why      in       the reason; weft_reason_side() says who closed,
	 *                     weft_call_code() what the system said.
	 *   thread            a worker.
	 */
	void (*closed)(
	    struct weft_call *call, weft_endpoint from, enum weft_reason why);

	/*
	 * drained() - there is room again: since weft_send() last answered
	 * WEFT_EFULL for this endpoint, or a message for it was dropped
	 * (weft/slow.h), what waits for it has fallen below
	 * outbox_pause_bytes.  (ABI 1.1)
	 *
	 *   call     in       as above.
	 *   to       in       the endpoint; drained() runs where it is bound.
	 *                     When several strands send to it, one may come
	 *                     that none of them waits for any more, and one
	 *                     may begin before the other's weft_send() has
	 *                     returned.
	 *   thread            a worker.
	 */
	void (*drained)(struct weft_call *call, weft_endpoint to);

	uint32_t scope;     /* enum weft_scope: which events run one at a time
	                   (weft/strand.h).  (ABI 1.2) */
	uint32_t reserved2; /* 0 */

	/*
	 * signal() - the strand was told something.  (ABI 1.2)
	 *
	 *   call     in       as above; weft_call_endpoint() is whom it was
	 *                     sent to, if that was an endpoint's own strand.
	 *   signal   in       valid until the handler returns, and so is its
	 *                     data, unless it needs no destroy().
	 *   thread            a worker.  May block: other strands go on.
	 */
	void (*signal)(
	    struct weft_call *call, const struct weft_signal *signal);

	/*
	 * bound() - an endpoint has come to this strand by weft_bind(); its
	 * first event here.  (ABI 1.2)
	 *
	 *   call     in       as above; on its own strand when it was bound to
	 *                     that.
	 *   who      in       the endpoint.
	 *   thread            a worker.
	 */
	void (*bound)(struct weft_call *call, weft_endpoint who);

	/*
	 * ended() - a strand that was made is over; its last event.  (ABI 1.2)
	 *
	 *   call     in       as above.
	 *   strand   in       its name, which is stale by now.
	 *   state    in       to be freed, if it is not NULL.
	 *   thread            a worker; for those that are left when the node
	 *                     stops, the thread that ends it, before unload().
	 */
	void (*ended)(struct weft_call *call, weft_strand strand, void *state);

	/*
	 * receives - the types that are received, to WEFT_ON_END.  (ABI 1.5)
	 *
	 * Messages of endpoints whose codec is tpl are given to the handlers
	 * of their types; those of others as well, if there is no message().
	 */
	const struct weft_on *receives;

	/*
	 * sends - the types that are sent, to NULL; for "weft describe" and
	 * who else reads a plugin.  (ABI 1.5)
	 */
	const struct weft_type *const *sends;

	/*
	 * malformed() - a message is no value of a type that is received.
	 * (ABI 1.5)
	 *
	 *   call     in       as above.
	 *   from     in       who sent it.
	 *   what     in       what is wrong with it; valid until the handler
	 *                     returns.
	 *   returns           what is to be done about it.  It is counted
	 *                     (messages_malformed) and logged (WORK-MALFORMED)
	 *                     in any case.
	 *   thread            a worker.
	 */
	enum weft_malformed_answer (*malformed)(struct weft_call *call,
	    weft_endpoint from, const struct weft_malformed *what);

	/*
	 * routes - what is run for requests of http://, to WEFT_ROUTE_END
	 * (weft/http.h).  Without them message() gets what is posted.
	 * (ABI 1.7)
	 */
	const struct weft_route *routes;

	/*
	 * save(), save_strand(), save_endpoint() - write what the next version
	 * is to have: weft_save_typed(), weft_save_bytes() (weft/reload.h).
	 * (ABI 1.8)
	 *
	 *   save     in       valid until the callback returns.
	 *   state    in       weft_call_state(), that of load(); what
	 *                     weft_call_strand_state() or weft_call_user()
	 *                     returns, not NULL.
	 *   returns           WEFT_OK, or a negative code: the plugin is not
	 *                     replaced, and goes on with what it has.
	 *   thread            the one that reloads; no handler of the plugin
	 *                     runs.
	 */
	int (*save)(struct weft_save *save, void *state);
	int (*save_strand)(
	    struct weft_save *save, weft_strand strand, void *state);
	int (*save_endpoint)(
	    struct weft_save *save, weft_endpoint endpoint, void *user);

	/*
	 * load_strand(), load_endpoint() - read what the version before has
	 * saved, after load().  (ABI 1.8)
	 *
	 *   load     in       for weft_load_typed(), weft_load_bytes().
	 *   state    in       what load() made.
	 *   strand_state,
	 *   user     out      NULL at first; the new weft_call_strand_state(),
	 *                     weft_call_user().
	 *   returns           WEFT_OK, or a negative code: this version does
	 *                     not take over.  Then drop_strand() and
	 *                     drop_endpoint() are called for what was made,
	 *                     and unload().
	 *   thread            as above.
	 */
	int (*load_strand)(struct weft_load *load, void *state,
	    weft_strand strand, void **strand_state);
	int (*load_endpoint)(struct weft_load *load, void *state,
	    weft_endpoint endpoint, void **user);

	/*
	 * drop_strand(), drop_endpoint() - free what this version had: the
	 * strand and the endpoint go on without it.  (ABI 1.8)
	 *
	 *   state    in       not NULL.
	 *   thread            as above; another version may run by now.
	 */
	void (*drop_strand)(weft_strand strand, void *state);
	void (*drop_endpoint)(weft_endpoint endpoint, void *user);

	/*
	 * replies - the functions that are given to weft_request() as
	 * on_reply, to NULL.  (ABI 1.8)
	 *
	 * While requests wait for their reply, another version can only take
	 * over if both list them: the reply goes to the function at the same
	 * place of its list, with the same user.
	 */
	weft_on_reply *const *replies;

	/*
	 * options - what load() may ask for, to WEFT_OPTION_END; NULL: it is
	 * not said, and any name may be given that load() asks for.
	 * (ABI 1.8)
	 */
	const struct weft_plugin_option *options;
};

/* The one symbol that a plugin exports. */
#ifdef __cplusplus
#define WEFT_PLUGIN_SYMBOL                                                    \
	extern "C" WEFT_EXPORT const struct weft_plugin weft_plugin;          \
	const struct weft_plugin weft_plugin
#else
#define WEFT_PLUGIN_SYMBOL                                                    \
	extern WEFT_EXPORT const struct weft_plugin weft_plugin;              \
	const struct weft_plugin weft_plugin
#endif

/*
 * WEFT_PLUGIN_INIT() - the value of a struct weft_plugin, for one that is part
 * of a program (weft_node_add()).
 * WEFT_PLUGIN() - the exported one of a plugin.
 *
 *   ...      in       members by name: .name = "echo", .message = message.
 *
 * C11, and C++20 (C++17 with g++ and clang++, which know designated
 * initializers as an extension); members in the order of the struct.  Members
 * that are not named are 0.  In C++ -Wextra warns of them: WEFT_PLUGIN() keeps
 * g++ and clang++ from it, around WEFT_PLUGIN_INIT() the program has to
 * (-Wno-missing-field-initializers).
 */
#define WEFT_PLUGIN_INIT(...)                                                 \
	{                                                                     \
		.abi_major = WEFT_ABI_MAJOR, .abi_minor = WEFT_ABI_MINOR,     \
		.size = sizeof(struct weft_plugin), .reserved = 0,            \
		__VA_ARGS__                                                   \
	}
#define WEFT_PLUGIN(...)                                                      \
	WEFT_DEFINE(extern const struct weft_plugin weft_plugin,              \
	    WEFT_PLUGIN_SYMBOL = WEFT_PLUGIN_INIT(__VA_ARGS__))

/*
 * weft_load_node() - the node that loads the plugin.
 *
 *   load     in       what load() was given.
 *   returns           the node, valid until unload() returns.
 *   owner             the library.
 *   thread            the one that runs load().
 */
WEFT_EXPORT struct weft_node *weft_load_node(const struct weft_load *load);

/*
 * weft_load_option() - an option that was given with the plugin's name, as in
 * "weft run 'slow?burn_us=200&every=10'".
 *
 *   load     in       what load() was given.
 *   name     in       "burn_us".
 *   returns           "200"; if it was not given, the default of the plugin's
 *                     table of options (struct weft_plugin_option), or NULL.
 *                     %XX in it has become that byte.
 *   owner             the library; valid until load() returns.
 *   thread            the one that runs load().
 */
WEFT_EXPORT const char *weft_load_option(
    const struct weft_load *load, const char *name);

/*
 * weft_load_fail() - say why load() refuses.
 *
 *   load     in       what load() was given.
 *   code     in       a negative code.
 *   format   in       as printf; becomes part of the error's text.
 *   returns           code, so that load() can return it.
 *   thread            the one that runs load().
 */
WEFT_EXPORT int weft_load_fail(struct weft_load *load, int code,
    const char *format, ...) WEFT_PRINTF(3, 4);

/*
 * weft_load_codec() - give the node a codec, besides that of WEFT_CODEC().
 *
 *   load     in       what load() was given.
 *   codec    in       must stay where it is until unload().
 *   returns           WEFT_OK, or an error below.
 *   errors            -EEXIST  the name is another codec's.
 *                     -EINVAL  the table is not valid; what is wrong becomes
 *                              part of the error if load() returns the code.
 *                     -ENOMEM
 *   thread            the one that runs load().
 */
WEFT_EXPORT WEFT_CHECK int weft_load_codec(
    struct weft_load *load, const struct weft_codec *codec);

/*
 * weft_plugin_find() - the file that weft_node_load() would take.
 *
 *   what     in       a file, or a NAME, as weft_node_load(); options behind
 *                     a '?' are not looked at.
 *   path     out      a file's own is not looked at; NULL on error.
 *   err      out      lists every place that was looked at; may be NULL.
 *   returns           WEFT_OK, or an error below.
 *   errors            WEFT_ENOPLUGIN  no such name.
 *                     -ENOMEM
 *   owner             *path is the caller's to free().
 *   thread            any; reads the environment.
 */
WEFT_EXPORT WEFT_CHECK int weft_plugin_find(
    const char *what, char **path, struct weft_error *err);

struct weft_opened; /* opaque: a plugin that is only looked at */

/*
 * weft_plugin_open() - look at what a plugin exports, without a node.
 *
 * The file is opened and judged as by weft_node_load(), its types and its
 * codec too, but load() is not called: only constructors of the file run.
 *
 *   what     in       a file, or a NAME, as weft_node_load(); options behind
 *                     a '?' are not looked at.
 *   api      out      its table, of full size: members that an older minor
 *                     did not know are NULL.  NULL on error.
 *   opened   out      for weft_plugin_close(); NULL on error.
 *   err      out      what was expected and what was found; may be NULL.
 *   returns           WEFT_OK, or an error below.
 *   errors            WEFT_ENOPLUGIN, WEFT_EABI, WEFT_ELOAD, -EEXIST (a codec
 *                     whose name is taken), -ENOMEM, as weft_node_load().
 *   owner             of *opened the caller; *api and all that it leads to is
 *                     valid until weft_plugin_close().
 *   thread            any.
 */
WEFT_EXPORT WEFT_CHECK int weft_plugin_open(const char *what,
    const struct weft_plugin **api, struct weft_opened **opened,
    struct weft_error *err);

/*
 * weft_plugin_codec() - the codec that it exports by WEFT_CODEC().  Those that
 * its load() would bring are not known.
 *
 *   opened   in
 *   returns           the codec's table, of full size, or NULL.
 *   owner             *opened, until weft_plugin_close().
 *   thread            any.
 */
WEFT_EXPORT const struct weft_codec *weft_plugin_codec(
    const struct weft_opened *opened);

/*
 * weft_plugin_close() - give it up.
 *
 *   opened   in,out   NULL afterwards; may be NULL before.
 *   thread            any.
 */
WEFT_EXPORT void weft_plugin_close(struct weft_opened **opened);

WEFT_END_DECLS

#endif
