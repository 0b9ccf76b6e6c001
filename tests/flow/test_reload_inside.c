/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/test_reload_inside.c - what happens inside of a reload: another
 * one that is asked for where it could only wait for itself is refused, in a
 * callback, in a handler and on the I/O thread; elsewhere it waits.  And the
 * descriptors end there.
 *
 * The plugin teller (tests/plugins/teller.c) says through the log where it is,
 * so the sink of the log, which is the test's, runs there.
 */
#include "reload_rig.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#define INSIDE_PLACES 16

/* What was answered at a place, which is the id of a line of the log. */
struct inside_place {
	char id[32];
	int reload;   /* of the other plugin: it waits for the lock alone */
	int rollback; /* of teller itself */
	char text[512];
};

/* Of the test; what two threads touch, under flow_lock(). */
struct inside {
	struct weft_node *node;
	struct weft_bound bound;
	const char *only; /* atomic: where to ask; NULL: in all of teller's */
	struct inside_place places[INSIDE_PLACES];
	unsigned nplaces;
	const char *when;                         /* the place of the next */
	void (*meanwhile)(struct inside *inside); /* NULL: nothing */
	int stays; /* atomic: there is no way back */
	pthread_t thread;
	int busy;  /* what the thread was answered: of teller, */
	int other; /* of the other plugin; 1: not yet */
};

static void
inside_ask(struct inside *inside, const char *id)
{
	struct inside_place place = { .reload = 1 };
	struct weft_error err;

	(void)snprintf(place.id, sizeof(place.id), "%s", id);
	place.reload =
	    weft_node_reload(inside->node, "good", NULL, NULL, NULL, &err);
	(void)snprintf(place.text, sizeof(place.text), "%s", err.text);
	place.rollback =
	    weft_node_rollback(inside->node, "teller", NULL, NULL, NULL);
	flow_lock();
	ck_assert_uint_lt(inside->nplaces, INSIDE_PLACES);
	inside->places[inside->nplaces++] = place;
	flow_notify();
	flow_unlock();
}

static void
inside_on_line(
    void *arg, enum weft_log_level level, const char *id, const char *text)
{
	struct inside *inside = arg;
	const char *only = __atomic_load_n(&inside->only, __ATOMIC_ACQUIRE);

	(void)level;
	(void)text;
	if (inside->node == NULL)
		return; /* it is made, or freed */
	if (strcmp(id, "PLUGIN-NO-WAY-BACK") == 0)
		__atomic_store_n(&inside->stays, 1, __ATOMIC_RELAXED);
	if (inside->when != NULL && strcmp(id, inside->when) == 0 &&
	    inside->meanwhile != NULL)
		inside->meanwhile(inside);
	else if (only == NULL ? strncmp(id, "TELLER-", 7) == 0 :
				strcmp(id, only) == 0)
		inside_ask(inside, id);
}

static void
inside_only(struct inside *inside, const char *id)
{
	__atomic_store_n(&inside->only, id, __ATOMIC_RELEASE);
}

static void
inside_start(struct inside *inside)
{
	struct weft_options options = WEFT_OPTIONS_INIT;
	struct weft_node *node;
	struct weft_error err;

	options.workers = 2;
	options.log = inside_on_line;
	options.log_arg = inside;
	options.log_level = WEFT_LOG_INFO;
	ck_assert_int_eq(weft_node_new(&node, &options, &err), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_load(node, rig_file("teller"), NULL, &err), WEFT_OK);
	ck_assert_int_eq(
	    weft_node_load(node, rig_file("good"), NULL, &err), WEFT_OK);
	inside->node = node;
	ck_assert_int_eq(weft_node_start(node, &err), WEFT_OK);
	ck_assert_int_eq(weft_node_listen(node, FLOW_VARINT, "teller",
			     &inside->bound, &err),
	    WEFT_OK);
}

static void
inside_end(struct inside *inside)
{
	struct weft_node *node = inside->node;
	struct weft_error err;

	weft_node_stop(node);
	ck_assert_int_eq(weft_node_join(node, &err), WEFT_OK);
	inside->node = NULL;
	ck_assert_int_eq(weft_node_free(&node), WEFT_OK);
}

static void
inside_reload(struct inside *inside, const char *plugin, uint32_t flags)
{
	const struct weft_reload how = { .size = sizeof(how),
		.flags = flags,
		.wait_ms = FLOW_DEADLINE_MS,
		.trial_ms = FLOW_DEADLINE_MS };
	struct weft_error err = { .text = "" };
	int rv;

	rv = weft_node_reload(inside->node, plugin, NULL, &how, NULL, &err);
	ck_assert_msg(rv == WEFT_OK, "%d: %s", rv, err.text);
}

/* It was asked for there, and refused for that reason. */
static void
inside_refused(struct inside *inside, const char *id, const char *says)
{
	const struct inside_place *place = inside->places;

	flow_lock();
	while (place < inside->places + inside->nplaces &&
	    strcmp(place->id, id) != 0)
		place++;
	ck_assert_msg(
	    place < inside->places + inside->nplaces, "never in %s", id);
	ck_assert_int_eq(place->reload, WEFT_ESTATE);
	ck_assert_int_eq(place->rollback, WEFT_ESTATE);
	ck_assert_msg(strstr(place->text, says) != NULL,
	    "%s: expected \"%s\", found: %s", id, says, place->text);
	flow_unlock();
}

START_TEST(in_each_callback_of_a_reload)
{
	static const char *const ids[] = { "TELLER-SAVE",
		"TELLER-SAVE-ENDPOINT", "TELLER-LOAD", "TELLER-LOAD-ENDPOINT",
		"TELLER-DROP-ENDPOINT", "TELLER-UNLOAD" };
	struct inside inside = { .only = "none" };
	struct flow_client *client;
	unsigned i;

	inside_start(&inside);
	client = flow_client_new(&inside.bound);
	flow_say(client, "hello");
	flow_hear(client, "told");
	inside_only(&inside, NULL);
	inside_reload(&inside, "teller", 0);
	inside_only(&inside, "none");
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		inside_refused(&inside, ids[i], "found a callback of one");
	/* Nothing of that stays: both can be reloaded. */
	inside_reload(&inside, "good", 0);
	inside_reload(&inside, "teller", WEFT_RELOAD_NO_TRIAL);
	flow_client_free(&client);
	inside_end(&inside);
}
END_TEST

/* The program's own function, called with what a reload holds. */
START_TEST(in_the_sink_of_the_log)
{
	struct inside inside = { .only = "PLUGIN-RELOADED" };

	inside_start(&inside);
	inside_reload(&inside, "teller", 0);
	inside_only(&inside, "none");
	inside_refused(&inside, "PLUGIN-RELOADED", "found a callback of one");
	inside_end(&inside);
}
END_TEST

START_TEST(in_a_handler_of_that_plugin)
{
	struct inside inside = { .only = "TELLER-MESSAGE" };
	struct flow_client *client;

	inside_start(&inside);
	client = flow_client_new(&inside.bound);
	flow_say(client, "hello");
	flow_hear(client, "told");
	inside_refused(&inside, "TELLER-MESSAGE", "not the node's own");
	inside_only(&inside, "none");
	flow_client_free(&client);
	inside_end(&inside);
}
END_TEST

START_TEST(on_the_io_thread)
{
	struct inside inside = { .only = "IO-STOPPING" };

	inside_start(&inside);
	inside_end(&inside);
	inside_refused(&inside, "IO-STOPPING", "not the node's own");
}
END_TEST

static void *
inside_elsewhere(void *arg)
{
	struct inside *inside = arg;
	struct weft_error err = { .text = "" };
	int rv;

	rv = weft_node_reload(inside->node, "teller", NULL, NULL, NULL, &err);
	flow_lock();
	inside->busy = rv;
	flow_notify();
	flow_unlock();
	rv = weft_node_reload(inside->node, "good", NULL, NULL, NULL, &err);
	flow_lock();
	inside->other = rv;
	flow_notify();
	flow_unlock();
	return NULL;
}

static void
inside_fork_thread(struct inside *inside)
{
	ck_assert_int_eq(
	    pthread_create(&inside->thread, NULL, inside_elsewhere, inside),
	    0);
	FLOW_WAIT(inside->busy != 1, "the other thread's answer");
	flow_lock();
	ck_assert_int_eq(inside->other, 1); /* it waits for us */
	flow_unlock();
}

START_TEST(on_another_thread_it_waits_or_is_told_busy)
{
	struct inside inside = { .only = "none",
		.when = "TELLER-SAVE",
		.meanwhile = inside_fork_thread,
		.busy = 1,
		.other = 1 };

	inside_start(&inside);
	inside_reload(&inside, "teller", WEFT_RELOAD_NO_TRIAL);
	ck_assert_int_eq(pthread_join(inside.thread, NULL), 0);
	ck_assert_int_eq(inside.busy, WEFT_EBUSY);
	ck_assert_int_eq(inside.other, WEFT_OK);
	inside.meanwhile = NULL;
	inside_end(&inside);
}
END_TEST

/* From here on there is no descriptor for anything. */
static void
inside_no_descriptor(struct inside *inside)
{
	struct rlimit limit;
	int next = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);

	(void)inside;
	ck_assert_int_ge(next, 0);
	ck_assert_int_eq(close(next), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = (rlim_t)next; /* the lowest that is free */
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

START_TEST(without_a_descriptor_for_it_there_is_no_way_back)
{
	struct inside inside = { .only = "none", .when = "TELLER-UNLOAD" };
	struct rlimit before;
	struct weft_error err;

	inside_start(&inside);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	inside.meanwhile = inside_no_descriptor;
	inside_reload(&inside, "teller", 0);
	inside.meanwhile = NULL;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert_int_eq(__atomic_load_n(&inside.stays, __ATOMIC_RELAXED), 1);
	ck_assert_int_eq(
	    weft_node_rollback(inside.node, "teller", NULL, NULL, &err),
	    WEFT_ENOSAVED);
	ck_assert_ptr_nonnull(
	    strstr(err.text, "expected a version before the present one"));
	/* The next has one again. */
	inside_reload(&inside, "teller", 0);
	ck_assert_msg(weft_node_rollback(
			  inside.node, "teller", NULL, NULL, &err) == WEFT_OK,
	    "%s", err.text);
	inside_end(&inside);
}
END_TEST

FLOW_MAIN("reload_inside", in_each_callback_of_a_reload,
    in_the_sink_of_the_log, in_a_handler_of_that_plugin, on_the_io_thread,
    on_another_thread_it_waits_or_is_told_busy,
    without_a_descriptor_for_it_there_is_no_way_back)
