/* SPDX-License-Identifier: Apache-2.0 */
/*
 * multicast: nodes that find each other without knowing an address.
 *
 * Each listens to a group and says HELLO to it; whoever hears that answers
 * HERE, straight to the one who asked.  In two terminals:
 *
 *	build/examples/multicast/multicast alice
 *	build/examples/multicast/multicast bob
 *
 * A second argument is another URL of a group, a third ends the program when
 * so many others were found.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/weft.h>

static const char *name;
static weft_endpoint all; /* the group; set before the node runs */
static int wanted = -1;   /* how many to find; atomic, handlers share it */

static void
say(struct weft_call *call, weft_endpoint to, const char *word)
{
	char text[80];
	int len = snprintf(text, sizeof(text), "%s %s", word, name);

	weft_send(call, to, (struct weft_bytes){ text, (size_t)len });
}

/* Those who answer are endpoints, too: of the socket that asked. */
static void
opened(struct weft_call *call, weft_endpoint to)
{
	if (to.id == all.id)
		say(call, to, "HELLO");
}

static void
message(struct weft_call *call, weft_endpoint from, struct weft_bytes msg)
{
	char word[8] = "", other[64] = "", text[80] = "";

	memcpy(text, msg.data, msg.len < 79 ? msg.len : 79);
	if (sscanf(text, "%7s %63s", word, other) != 2 ||
	    strcmp(other, name) == 0)
		return; /* our own HELLO, or not for us */
	if (strcmp(word, "HELLO") == 0)
		say(call, from, "HERE");
	printf("%s found %s\n", name, other);
	if (__atomic_sub_fetch(&wanted, 1, __ATOMIC_RELAXED) == 0)
		weft_node_stop(weft_call_node(call));
}

static const struct weft_plugin finder =
    WEFT_PLUGIN_INIT(.name = "finder", .opened = opened, .message = message);

int
main(int argc, char **argv)
{
	const char *url =
	    argc > 2 ? argv[2] : "udp+multicast://239.255.42.98:3010";
	struct weft_options options = WEFT_OPTIONS_INIT;
	struct weft_error err = { 0 };
	struct weft_node *node = NULL;

	if (argc < 2)
		return fprintf(stderr, "multicast NAME [URL [N]]\n"), 2;
	name = argv[1];
	if (argc > 3)
		wanted = atoi(argv[3]);
	options.signals = 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (weft_node_new(&node, &options, &err) < 0 ||
	    weft_node_add(node, &finder, NULL, &err) < 0 ||
	    weft_node_listen(node, url, "finder", NULL, &err) < 0 ||
	    weft_node_connect(node, url, "finder", &all, &err) < 0 ||
	    weft_node_run(node, &err) < 0)
		fprintf(stderr, "multicast: %s\n", err.text);
	weft_node_free(&node);
	return err.code < 0;
}
