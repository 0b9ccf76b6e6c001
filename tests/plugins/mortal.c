/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/plugins/mortal.c - an echo that ends its process: at=load does so when
 * it is loaded, else the message "die" does.  wait_ms=N: load() takes so long;
 * mark=FILE: it writes its process' id there first.
 *
 * By SIGKILL, which no sanitizer and no handler of crashes sees.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <weft/weft.h>

static int
load(struct weft_load *load, void **state)
{
	const char *at = weft_load_option(load, "at");
	const char *wait_ms = weft_load_option(load, "wait_ms");
	const char *mark = weft_load_option(load, "mark");
	struct timespec left = { 0, 0 };
	FILE *file;

	*state = NULL;
	if (at != NULL && strcmp(at, "load") == 0)
		(void)kill(getpid(), SIGKILL);
	file = mark == NULL ? NULL : fopen(mark, "w");
	if (file != NULL) {
		(void)fprintf(file, "%d", (int)getpid());
		(void)fclose(file);
	}
	if (wait_ms != NULL)
		left.tv_sec = atoi(wait_ms) / 1000;
	while (left.tv_sec > 0 && nanosleep(&left, &left) < 0 &&
	    errno == EINTR)
		continue;
	return WEFT_OK;
}

static void
message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	if (msg.len == 3 && memcmp(msg.data, "die", 3) == 0)
		(void)kill(getpid(), SIGKILL);
	(void)weft_send(call, from, msg);
}

WEFT_PLUGIN(.name = "mortal", .load = load, .message = message);
