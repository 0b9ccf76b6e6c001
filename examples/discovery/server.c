/* SPDX-License-Identifier: Apache-2.0 */
/*
 * discovery, the server: knows who is there, and tells who comes and goes.
 *
 *	build/examples/discovery/server tcp+line://127.0.0.1:5000
 *
 * A participant says "JOIN name url"; it is told "HERE name url" of each that
 * was there before, and "LEFT name" when one goes.
 *
 * The list belongs to all endpoints, and handlers of two of them may run at
 * the same time, so it has a mutex.  It guards the list only: never a send.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <weft/weft.h>

#define MOST 64

struct participant {
	weft_endpoint at; /* id 0: nobody */
	char name[32];
	char url[128];
};

static struct participant list[MOST];
static pthread_mutex_t list_mutex = PTHREAD_MUTEX_INITIALIZER;

static void
copy_list(struct participant *out)
{
	pthread_mutex_lock(&list_mutex);
	memcpy(out, list, sizeof(list));
	pthread_mutex_unlock(&list_mutex);
}

static int
put(weft_endpoint was, const struct participant *is)
{
	int i;

	pthread_mutex_lock(&list_mutex);
	for (i = 0; i < MOST && list[i].at.id != was.id; i++)
		continue;
	if (i < MOST)
		list[i] = *is;
	pthread_mutex_unlock(&list_mutex);
	return i < MOST;
}

static void
say(struct weft_call *call, weft_endpoint to, const char *word,
    const char *name, const char *url)
{
	char line[200];
	int len = snprintf(line, sizeof(line), "%s %s %s", word, name, url);

	weft_send(call, to, (struct weft_bytes){ line, (size_t)len });
}

static void
message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	struct participant newcomer = { .at = from }, others[MOST];
	char line[200] = "";
	int i;

	memcpy(line, msg.data, msg.len < 199 ? msg.len : 199);
	copy_list(others);
	if (sscanf(line, "JOIN %31s %127s", newcomer.name, newcomer.url) !=
		2 ||
	    !put((weft_endpoint){ 0 }, &newcomer)) {
		weft_close(call, from);
		return;
	}
	printf("%s joined\n", newcomer.name);
	for (i = 0; i < MOST; i++)
		if (others[i].at.id != 0)
			say(call, from, "HERE", others[i].name, others[i].url);
}

static void
closed(struct weft_call *call, weft_endpoint from, enum weft_reason why)
{
	struct participant nobody = { .at = { 0 } }, others[MOST];
	const char *name = "";
	int i;

	(void)why;
	copy_list(others);
	put(from, &nobody);
	for (i = 0; i < MOST; i++)
		if (others[i].at.id == from.id)
			name = others[i].name;
	if (*name == '\0')
		return;
	printf("%s left\n", name);
	for (i = 0; i < MOST; i++)
		if (others[i].at.id != 0 && others[i].at.id != from.id)
			say(call, others[i].at, "LEFT", name, "");
}

static const struct weft_plugin registry =
    WEFT_PLUGIN_INIT(.name = "registry", .message = message, .closed = closed);

int
main(int argc, char **argv)
{
	struct weft_options options = WEFT_OPTIONS_INIT;
	struct weft_bound bound = { .url = "" };
	struct weft_error err = { 0 };
	struct weft_node *node = NULL;

	options.signals = 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 2)
		return fprintf(stderr, "server URL\n"), 2;
	if (weft_node_new(&node, &options, &err) == 0 &&
	    weft_node_add(node, &registry, NULL, &err) == 0 &&
	    weft_node_listen(node, argv[1], "registry", &bound, &err) == 0)
		printf("listening %s\n", bound.url);
	if (err.code == 0 && weft_node_run(node, &err) < 0)
		fprintf(stderr, "server: %s\n", err.text);
	else if (err.code < 0)
		fprintf(stderr, "server: %s\n", err.text);
	weft_node_free(&node);
	return err.code < 0;
}
