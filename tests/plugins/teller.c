/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/plugins/teller.c - says through the log in which callback of a reload
 * it is: what the test does in its sink is done there.
 *
 * In the process of a trial nothing is logged: there load() itself asks for
 * another reload, and refuses if it is answered anything but WEFT_ESTATE.
 *
 * A message is answered with "told".
 */
#include <errno.h>
#include <stdlib.h>

#include <weft/weft.h>

static struct weft_node *teller_node;

#define TELLER_SAY(id) weft_log(teller_node, WEFT_LOG_INFO, id, "here")

static int
teller_try(struct weft_load *load)
{
	struct weft_error err;
	int rv;

	rv = weft_node_reload(teller_node, "good", NULL, NULL, NULL, &err);
	return rv == WEFT_ESTATE ?
	    WEFT_OK :
	    weft_load_fail(load, WEFT_ELOAD, "in the trial: %s", err.text);
}

static int
load(struct weft_load *load, void **state)
{
	(void)state;
	teller_node = weft_load_node(load);
	if (weft_load_is_trial(load))
		return teller_try(load);
	TELLER_SAY("TELLER-LOAD");
	return WEFT_OK;
}

static void
unload(void *state)
{
	(void)state;
	TELLER_SAY("TELLER-UNLOAD");
}

static int
save(struct weft_save *save, void *state)
{
	(void)save;
	(void)state;
	TELLER_SAY("TELLER-SAVE");
	return WEFT_OK;
}

static int
save_endpoint(struct weft_save *save, weft_endpoint endpoint, void *user)
{
	(void)save;
	(void)endpoint;
	(void)user;
	TELLER_SAY("TELLER-SAVE-ENDPOINT");
	return WEFT_OK;
}

static int
load_endpoint(
    struct weft_load *load, void *state, weft_endpoint endpoint, void **user)
{
	(void)state;
	(void)endpoint;
	if (!weft_load_is_trial(load))
		TELLER_SAY("TELLER-LOAD-ENDPOINT");
	*user = malloc(1);
	return *user == NULL ? -ENOMEM : WEFT_OK;
}

static void
drop_endpoint(weft_endpoint endpoint, void *user)
{
	(void)endpoint;
	TELLER_SAY("TELLER-DROP-ENDPOINT");
	free(user);
}

static void
opened(struct weft_call *call, weft_endpoint who)
{
	(void)who;
	weft_call_set_user(call, malloc(1));
}

static void
closed(struct weft_call *call, weft_endpoint who, enum weft_reason why)
{
	(void)who;
	(void)why;
	free(weft_call_user(call));
}

static void
message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	(void)msg;
	TELLER_SAY("TELLER-MESSAGE");
	(void)weft_send(call, from, (struct weft_bytes){ "told", 4 });
}

WEFT_PLUGIN(.name = "teller", .version = "1", .load = load, .unload = unload,
    .opened = opened, .message = message, .closed = closed, .save = save,
    .save_endpoint = save_endpoint, .load_endpoint = load_endpoint,
    .drop_endpoint = drop_endpoint);
