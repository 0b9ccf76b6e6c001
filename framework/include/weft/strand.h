/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft/strand.h - strands: what must not run at the same time; and signals,
 * which are what strands say to each other.
 *
 * A strand is a mailbox with a promise: one worker at a time runs it, in
 * order.  Everything that happens to a plugin happens on a strand.  Each
 * endpoint has one of its own; scope in struct weft_plugin says otherwise, and
 * weft_bind() moves an endpoint to another one at any time:
 *
 *	weft_strand room;
 *
 *	if (weft_strand_get(call, "lobby", &room) == WEFT_OK) {
 *		weft_bind(from, room);
 *		weft_strand_release(room);
 *	}
 *
 * From then on all events of this endpoint, and of all others that are bound
 * to the same strand, run one at a time, so what they share needs no lock.
 * Other strands use the other cores.
 *
 * A strand that was made ends when its last endpoint, pending signal, timer
 * and reference are gone; then ended() is called.  An endpoint's own ends
 * behind its closed().
 */
#ifndef WEFT_STRAND_H
#define WEFT_STRAND_H

#include <stddef.h>
#include <stdint.h>

#include <weft/endpoint.h>
#include <weft/error.h>
#include <weft/export.h>

WEFT_BEGIN_DECLS

struct weft_load;   /* weft/plugin.h */
struct weft_plugin; /* weft/plugin.h */

/* The name of a strand; it can be copied, kept and compared by its id.  id 0
 * names none.  Valid until weft_node_free(); every call with the name of one
 * that has ended answers WEFT_ENOSTRAND. */
typedef struct weft_strand {
	struct weft_node *node;
	uint64_t id;
} weft_strand;

/* On which strand the events of a plugin's endpoints run, at first: bound() is
 * not called for that.  PLUGIN's is there until the node stops, LISTENER's
 * until its listener and its last endpoint are closed, and so is its state. */
enum weft_scope {
	WEFT_SCOPE_ENDPOINT, /* each on its own */
	WEFT_SCOPE_LISTENER, /* all clients of a listener on one; connections
	                        of weft_connect() each on its own */
	WEFT_SCOPE_PLUGIN,   /* all on one, whose name is the plugin's: for
	                        weft_node_strand_get() */
};

/* In struct weft_signal. */
#define WEFT_SIGNAL_URGENT 1u /* before what waits and is not urgent */

/*
 * Something to be told to a strand.  It carries bytes, which are copied, or
 * something that is given away, or both.
 *
 * destroy(data) is called exactly once, whatever happens: after the handler
 * has returned, or when the strand has ended or the node stops before, on a
 * worker, or on the thread that ends the node.  If the call that was to take
 * the signal answers an error, nothing was taken, and nothing is destroyed.
 */
struct weft_signal {
	uint32_t kind;           /* the program's own number */
	uint32_t flags;          /* WEFT_SIGNAL_*, or 0 */
	struct weft_bytes bytes; /* in the handler: at a multiple of 8 */
	void *data;
	void (*destroy)(void *data); /* NULL: data needs none */
};

/*
 * weft_strand_of() - the strand that runs this call.
 *
 *   call     in       the call that the handler was given.
 *   returns           its name.  That of an endpoint that is not bound is the
 *                     endpoint's own (weft_endpoint_strand()).  In ended() it
 *                     is what that was given: stale.
 *   thread            any, until the handler returns.
 */
WEFT_EXPORT weft_strand weft_strand_of(const struct weft_call *call);

/*
 * weft_endpoint_strand() - where an endpoint is, wherever that may be.
 *
 *   node     in       weft_call_node() in a handler.
 *   endpoint in       of that node.
 *   returns           a name for the endpoint's own strand.  A signal to it
 *                     comes among the endpoint's events, in their order; while
 *                     it is bound, that is on the strand that it is bound to,
 *                     and urgent there means: before other events of this
 *                     endpoint.
 *   thread            any.
 */
WEFT_EXPORT weft_strand weft_endpoint_strand(
    struct weft_node *node, weft_endpoint endpoint);

/*
 * weft_strand_new() - make a strand, whose events are this plugin's.
 *
 *   call     in       the call that the handler was given.
 *   name     in       1 to 63 bytes, for weft_strand_get() and logs; copied.
 *                     NULL: it has none.
 *   state    in       the program's, for weft_call_strand_state().
 *   strand   out      id 0 on error.
 *   returns           WEFT_OK, or an error below.
 *   errors            -EEXIST     this plugin has one of that name.
 *                     -EINVAL     the name is empty or too long.
 *                     WEFT_EFULL  max_strands (weft/node.h) are there.
 *                     WEFT_ESTATE the node has stopped.
 *   owner             one reference is the caller's: weft_strand_release().
 *   thread            any, until the handler returns.
 */
WEFT_EXPORT WEFT_CHECK int weft_strand_new(struct weft_call *call,
    const char *name, void *state, weft_strand *strand);

/*
 * weft_strand_get() - the strand of that name, which is made if there is none;
 * its state is NULL then.
 *
 *   call     in       the call that the handler was given.
 *   name     in       as above, not NULL.
 *   strand   out      id 0 on error.
 *   returns           WEFT_OK, or an error below.
 *   errors            -EINVAL, WEFT_EFULL, WEFT_ESTATE  as above; NULL is
 *                     -EINVAL.
 *   owner             one reference is the caller's, each time.
 *   thread            any, until the handler returns.
 */
WEFT_EXPORT WEFT_CHECK int weft_strand_get(
    struct weft_call *call, const char *name, weft_strand *strand);

/*
 * weft_load_strand_new() - weft_strand_new() in a plugin's load().
 * weft_node_strand_new(), weft_node_strand_get() - for a thread that is in no
 * handler.
 *
 *   plugin   in       the name of one that was loaded or added, or WEFT_PULL:
 *                     its events are for weft_node_receive(), and no endpoint
 *                     is bound to it.
 *   others            as above.
 *   returns           as above.
 *   errors            as above, and
 *                     WEFT_ENOPLUGIN  no plugin of that name.
 *   owner             one reference is the caller's.
 *   thread            load()'s; any.
 */
WEFT_EXPORT WEFT_CHECK int weft_load_strand_new(struct weft_load *load,
    const char *name, void *state, weft_strand *strand);
WEFT_EXPORT WEFT_CHECK int weft_node_strand_new(struct weft_node *node,
    const char *plugin, const char *name, void *state, weft_strand *strand);
WEFT_EXPORT WEFT_CHECK int weft_node_strand_get(struct weft_node *node,
    const char *plugin, const char *name, weft_strand *strand);

/*
 * weft_strand_hold(), weft_strand_release() - one more reference; one less.
 *
 *   strand   in       a strand that was made; for an endpoint's own these do
 *                     nothing.
 *   returns           WEFT_OK, or WEFT_ENOSTRAND: it has ended.
 *   thread            any.  Does not block.
 */
WEFT_EXPORT WEFT_CHECK int weft_strand_hold(weft_strand strand);
WEFT_EXPORT void weft_strand_release(weft_strand strand);

/*
 * weft_call_strand_state(), weft_call_set_strand_state() - one pointer per
 * strand that was made.
 *
 *   call     in       the call that the handler was given; the strand meant is
 *                     the one that runs it.
 *   state    in       kept until ended() has returned: free it there.
 *   returns           what was set last; NULL on an endpoint's own strand.
 *                     WEFT_OK, or WEFT_ESTATE on an endpoint's own strand
 *                     (which has weft_call_user()).
 *   owner             the plugin.
 *   thread            the worker that runs call.
 */
WEFT_EXPORT void *weft_call_strand_state(const struct weft_call *call);
WEFT_EXPORT WEFT_CHECK int weft_call_set_strand_state(
    struct weft_call *call, void *state);

/*
 * weft_call_endpoint() - the endpoint whose event this call is.
 *
 *   call     in       the call that the handler was given.
 *   returns           id 0: none, as in signal() of a strand that was made.
 *   thread            any, until the handler returns.
 */
WEFT_EXPORT weft_endpoint weft_call_endpoint(const struct weft_call *call);

/*
 * weft_bind() - from now on the endpoint's events run on that strand.
 *
 *   endpoint in       of the strand's node and of its plugin.
 *   strand   in       one that was made; or the endpoint's own, and it is
 *                     bound to nothing any more.
 *   returns           WEFT_OK, or an error below.  In a handler of the
 *                     endpoint itself it holds from the next event on, also
 *                     for what has come already; else it holds as soon as the
 *                     event that runs now, if any, has been run.  Then bound()
 *                     is called on the new strand (not if it is there
 *                     already), and the endpoint's events follow: none is
 *                     lost, doubled or reordered.  Meanwhile it is between
 *                     two: both count for max_strands.
 *                     If it closes before that, nothing follows.
 *   errors            WEFT_ENOENDPOINT  it has closed, or this is its closed()
 *                                       and it is not connected again.
 *                     WEFT_ENOSTRAND    the strand has ended, or is another
 *                                       plugin's, or another endpoint's own.
 *                     WEFT_EFULL        a million are bound to it; or, outside
 *                                       the endpoint's own handler, where it
 *                                       counts as a signal to it, max_signals
 *                                       are pending.
 *                     WEFT_ESTATE       its events are for
 *                                       weft_node_receive().
 *                     -ENOMEM
 *   thread            any.  Does not block.
 */
WEFT_EXPORT int weft_bind(weft_endpoint endpoint, weft_strand strand);

/*
 * weft_signal() - tell a strand something: its plugin's signal() is called.
 * weft_signal_urgent() - before what waits there and is not urgent.
 *
 *   strand   in       any of any node.
 *   signal   in       see struct weft_signal.
 *   returns           WEFT_OK: it will be told, in order with what this thread
 *                     told it before in the same lane; or destroyed, if the
 *                     strand ends or the node stops before, or, when its turn
 *                     comes, if the plugin has no signal().  Or an error.
 *   errors            WEFT_ENOSTRAND  it has ended.
 *                     WEFT_EFULL      max_signals (weft/node.h) wait there; of
 *                                     an endpoint's own also if 4095 do.
 *                     WEFT_ETOOBIG    more than 1 GiB.
 *                     WEFT_ESTATE     the node has stopped.
 *                     -EINVAL         a flag that is not known.
 *                     -ENOMEM
 *   owner             on WEFT_OK the framework, else still the caller.
 *   thread            any.  Does not block.
 */
WEFT_EXPORT int weft_signal(
    weft_strand strand, const struct weft_signal *signal);
WEFT_EXPORT int weft_signal_urgent(
    weft_strand strand, const struct weft_signal *signal);

/* The name of a timer.  id 0 names none; that of one that is over stays
 * so until its place in the table has been used 4 billion times. */
typedef struct weft_timer {
	struct weft_node *node;
	uint64_t id;
} weft_timer;

/*
 * weft_signal_after() - tell a strand something later, once.
 * weft_signal_every() - again and again, until it is cancelled.
 *
 *   strand   in       as weft_signal(); it is held (an endpoint's own is not:
 *                     its timers end behind its closed()).
 *   ms       in       [ms] from now, and from one time to the next; by a clock
 *                     that nobody sets.  Never early.  every: not 0; the times
 *                     are whole periods after the first call, so nothing adds
 *                     up; times that were missed, or that come while the last
 *                     one still waits to be told, are told once.
 *   signal   in       as weft_signal(); it comes in its lane when it is due.
 *                     Two that are due in the same millisecond come in the
 *                     order in which one thread set them.
 *   timer    out      for weft_cancel(); may be NULL.  id 0 on error.
 *   returns           WEFT_OK: it is set, or an error below.
 *   errors            WEFT_ENOSTRAND  it has ended.
 *                     WEFT_EFULL      max_timers (weft/node.h) are set.
 *                     WEFT_ETOOBIG    more than 1 GiB.
 *                     WEFT_ESTATE     the node has stopped.
 *                     -EINVAL         every 0 ms, or a flag not known.
 *                     -ENOMEM
 *   owner             on WEFT_OK the framework, else still the caller.
 *   thread            any.  Does not block.
 */
WEFT_EXPORT int weft_signal_after(weft_strand strand, uint32_t ms,
    const struct weft_signal *signal, weft_timer *timer);
WEFT_EXPORT int weft_signal_every(weft_strand strand, uint32_t ms,
    const struct weft_signal *signal, weft_timer *timer);

/*
 * weft_cancel() - not any more.
 *
 *   timer    in       from weft_signal_after() or weft_signal_every().
 *   returns           WEFT_OK: in time.  It will not be told (again), also if
 *                     its time had come already; one that repeats may just be
 *                     told for the last time, on another thread.  What it
 *                     carries is destroyed: before this returns, or when that
 *                     last handler has.  Or an error below.
 *   errors            WEFT_ENOTIMER  it was told, or is being told, or was
 *                                    cancelled before.
 *   thread            any.  Does not block.
 */
WEFT_EXPORT int weft_cancel(weft_timer timer);

WEFT_END_DECLS

#endif
