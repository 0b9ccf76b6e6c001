/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/plugins/mortal.c - an echo that ends its process, or takes its time.
 *
 * at=load: it ends when it is loaded; else the message "die" ends it, by
 * SIGKILL, which no sanitizer and no handler of crashes sees.  hold_s=N:
 * load() if at=hold, else the message "hold", takes so long, and first writes
 * the process' id to the file mark=FILE.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <weft/weft.h>

struct mortal {
	char mark[256];
	time_t hold_s;
};

static const char *
option(struct weft_load *load, const char *name)
{
	const char *text = weft_load_option(load, name);

	return text == NULL ? "" : text;
}

static void
hold(const struct mortal *mortal)
{
	struct timespec left = { .tv_sec = mortal->hold_s };
	FILE *file = fopen(mortal->mark, "w");

	if (file != NULL) {
		(void)fprintf(file, "%d", (int)getpid());
		(void)fclose(file);
	}
	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		continue;
}

static int
load(struct weft_load *load, void **state)
{
	struct mortal *mortal = calloc(1, sizeof(*mortal));

	if (mortal == NULL)
		return weft_load_fail(load, -ENOMEM, "no memory");
	*state = mortal;
	(void)snprintf(
	    mortal->mark, sizeof(mortal->mark), "%s", option(load, "mark"));
	mortal->hold_s = atoi(option(load, "hold_s"));
	if (strcmp(option(load, "at"), "load") == 0)
		(void)kill(getpid(), SIGKILL);
	if (strcmp(option(load, "at"), "hold") == 0)
		hold(mortal);
	return WEFT_OK;
}

static void
unload(void *state)
{
	free(state);
}

static void
message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	if (msg.len == 3 && memcmp(msg.data, "die", 3) == 0)
		(void)kill(getpid(), SIGKILL);
	if (msg.len == 4 && memcmp(msg.data, "hold", 4) == 0)
		hold(weft_call_state(call));
	(void)weft_send(call, from, msg);
}

WEFT_PLUGIN(.name = "mortal", .load = load, .unload = unload,
    .message = message);
