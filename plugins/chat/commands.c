/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commands - what a client can do; and lines, which begin with '/' if they are
 * more than something said.
 *
 * thread: the worker that runs the strand which the client is on.
 *
 * move_note: weft_bind() in a handler of the endpoint itself holds from its
 * next event on, so the rest of the handler still runs on the strand of the
 * room that is left, where that room may be touched.  The new one is touched
 * in bound() only.
 */
#include <string.h>

#include "chat.h"

struct command {
	const char *name;
	const char *takes; /* NULL: nothing */
	void (*run)(struct weft_call *call, struct chat_client *client,
	    const char *word);
	const char *help;
};

void
chat_nick(struct weft_call *call, struct chat_client *client, const char *nick)
{
	if (!chat_name_good(nick)) {
		chat_tell(call, client,
		    "* a nick is 1 to %u of A-Z, a-z, 0-9, _ and -",
		    CHAT_NAME_MAX);
	} else if (strcmp(client->nick, nick) == 0) {
		strcpy(client->wants, nick);
		chat_tell(call, client, "* you are %s already", nick);
	} else if (client->room == NULL) {
		chat_tell(call, client, "* %s is now %s", client->nick, nick);
		strcpy(client->wants, nick);
		strcpy(client->nick, nick);
	} else if (!chat_room_rename(call, client, nick)) {
		chat_tell(call, client, "* %s is taken", nick);
	}
}

/* See move_note.  weft_strand_get() makes the room if there is none; who is
 * bound to it holds it. */
void
chat_join(struct weft_call *call, struct chat_client *client, const char *name)
{
	weft_strand room;
	int rv;

	if (!chat_name_good(name)) {
		chat_tell(call, client,
		    "* a room is 1 to %u of A-Z, a-z, 0-9, _ and -",
		    CHAT_NAME_MAX);
		return;
	}
	if (client->room != NULL &&
	    strcmp(chat_room_name(client->room), name) == 0) {
		chat_tell(call, client, "* you are in %s already", name);
		return;
	}
	rv = weft_strand_get(call, name, &room);
	if (rv == WEFT_OK) {
		rv = weft_bind(client->endpoint, room);
		weft_strand_release(room);
	}
	if (rv < 0) {
		chat_tell(call, client, "* %s cannot be joined: %s", name,
		    rv == WEFT_EFULL ? "there are too many rooms" :
				       weft_strerror(rv));
		return;
	}
	if (client->room != NULL)
		chat_room_leave(call, client);
	strcpy(client->joins, name);
}

void
chat_leave(struct weft_call *call, struct chat_client *client)
{
	struct weft_node *node = weft_call_node(call);

	if (client->room == NULL) {
		chat_tell(
		    call, client, "* you are in no room: try /join ROOM");
		return;
	}
	chat_tell(call, client, "* you left %s", chat_room_name(client->room));
	chat_room_leave(call, client);
	weft_bind(
	    client->endpoint, weft_endpoint_strand(node, client->endpoint));
}

static void
command_leave(
    struct weft_call *call, struct chat_client *client, const char *word)
{
	(void)word;
	chat_leave(call, client);
}

void
chat_say(struct weft_call *call, struct chat_client *client, char *text)
{
	size_t i, len = 0;

	for (i = 0; text[i] != '\0'; i++) {
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			text[i] = ' ';
		if (text[i] != ' ')
			len = i + 1;
	}
	text[len] = '\0';
	if (len == 0)
		return;
	if (client->room == NULL)
		chat_tell(
		    call, client, "* you are in no room: try /join ROOM");
	else
		chat_room_say(call, client, text);
}

static void
command_who(
    struct weft_call *call, struct chat_client *client, const char *word)
{
	(void)word;
	chat_room_who(call, client);
}

/* Out of the room at once: what others say before closed() would still be
 * sent. */
static void
command_quit(
    struct weft_call *call, struct chat_client *client, const char *word)
{
	(void)word;
	if (client->room != NULL)
		chat_room_leave(call, client);
	chat_tell(call, client, "* bye");
	weft_close(call, client->endpoint);
}

static void command_help(
    struct weft_call *call, struct chat_client *client, const char *word);

static const struct command commands[] = {
	{ "/nick", "NAME", chat_nick, "be called that" },
	{ "/join", "ROOM", chat_join, "go there; it is made if need be" },
	{ "/leave", NULL, command_leave, "be in no room" },
	{ "/who", NULL, command_who, "tell who is in the room" },
	{ "/quit", NULL, command_quit, "end the connection" },
	{ "/help", NULL, command_help, "this" },
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static void
command_help(
    struct weft_call *call, struct chat_client *client, const char *word)
{
	const struct command *command;

	(void)word;
	for (command = commands; command < commands + NCOMMANDS; command++)
		chat_tell(call, client, "* %s%s%s: %s", command->name,
		    command->takes == NULL ? "" : " ",
		    command->takes == NULL ? "" : command->takes,
		    command->help);
	chat_tell(call, client, "* anything else: said to the room");
}

static void
command_run(struct weft_call *call, struct chat_client *client,
    const struct command *command, const char *word)
{
	if (command->takes == NULL && *word != '\0')
		chat_tell(call, client, "* expected nothing behind %s",
		    command->name);
	else if (command->takes != NULL && *word == '\0')
		chat_tell(call, client, "* expected %s %s", command->name,
		    command->takes);
	else if (command->run == command_who && client->room == NULL)
		chat_tell(
		    call, client, "* you are in no room: try /join ROOM");
	else
		command->run(call, client, word);
}

void
chat_command(struct weft_call *call, struct chat_client *client, char *line)
{
	const struct command *command;
	char *word = line + strcspn(line, " ");

	if (*word != '\0')
		*word++ = '\0';
	word += strspn(word, " ");
	for (command = commands; command < commands + NCOMMANDS; command++)
		if (strcmp(command->name, line) == 0) {
			command_run(call, client, command, word);
			return;
		}
	chat_tell(call, client, "* %.*s is no command: try /help",
	    (int)CHAT_NAME_MAX, line);
}
