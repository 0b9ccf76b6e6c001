/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/tell_explain - "weft explain" for people: sentences.
 *
 * thread: main.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "host/columns.h"
#include "host/tell.h"

static uint64_t
explain_ms(const json_t *line, const char *name, char room[WI_UNIT_TEXT])
{
	uint64_t ms = wi_tell_number(line, name);

	(void)wi_text_ms(room, ms);
	return ms;
}

static void
explain_who(const json_t *line, FILE *out)
{
	const char *remote = wi_tell_text(line, "remote");
	const char *plugin = wi_tell_text(line, "plugin");
	char age[WI_UNIT_TEXT], idle[WI_UNIT_TEXT];

	(void)explain_ms(line, "age_ms", age);
	(void)explain_ms(line, "idle_ms", idle);
	(void)fprintf(out,
	    "Endpoint %s is %s: %s%s by %s, codec %s; it is served by %s.\n",
	    wi_tell_text(line, "id"), wi_tell_text(line, "state"),
	    wi_tell_number(line, "listener") == 0 ? "we connected to " :
						    "a client from ",
	    *remote == '\0' ? "a place without a name" : remote,
	    wi_tell_text(line, "transport"), wi_tell_text(line, "codec"),
	    *plugin == '\0' ? "the program itself" : plugin);
	(void)fprintf(out,
	    "It has been there for %s; something last arrived %s ago.\n", age,
	    idle);
}

static void
explain_traffic(const json_t *line, FILE *out)
{
	char in[WI_UNIT_TEXT], sent[WI_UNIT_TEXT];

	(void)fprintf(out,
	    "%" PRIu64 " messages (%s) have come from it, %" PRIu64
	    " (%s) were sent to it.\n",
	    wi_tell_number(line, "messages_in"),
	    wi_text_bytes(in, (double)wi_tell_number(line, "bytes_in")),
	    wi_tell_number(line, "messages_out"),
	    wi_text_bytes(sent, (double)wi_tell_number(line, "bytes_out")));
}

static void
explain_waits(const json_t *line, FILE *out)
{
	char in[WI_UNIT_TEXT], sent[WI_UNIT_TEXT];

	(void)wi_text_bytes(in, (double)wi_tell_number(line, "mailbox_bytes"));
	(void)wi_text_bytes(
	    sent, (double)wi_tell_number(line, "outbox_bytes"));
	(void)fprintf(out,
	    "In its mailbox %" PRIu64 " messages (%s) wait for a handler; in "
	    "its outbox %" PRIu64 " (%s) wait for it to take them.\n",
	    wi_tell_number(line, "mailbox_messages"), in,
	    wi_tell_number(line, "outbox_messages"), sent);
}

static void
explain_strand(const json_t *line, FILE *out)
{
	const char *strand = wi_tell_text(line, "strand");
	const char *name = wi_tell_text(line, "strand_name");

	if (*strand == '\0')
		(void)fprintf(out,
		    "Its events run on a strand of its own: one at a time, "
		    "beside those of all others.\n");
	else
		(void)fprintf(out,
		    "It is bound to strand %s%s%s%s: its events and those of "
		    "all others there run one at a time.\n",
		    strand, *name == '\0' ? "" : " (\"", name,
		    *name == '\0' ? "" : "\")");
	(void)fprintf(out, "It has %" PRIu64 " subscriptions.\n",
	    wi_tell_number(line, "subscriptions"));
}

static const char *
explain_why(const char *why)
{
	return strcmp(why, "mailbox") == 0 ?
	    "its handler does not keep up: what no handler has taken is above "
	    "mailbox_high_messages or mailbox_high_bytes, and not below the "
	    "low marks yet" :
	    strcmp(why, "outbox") == 0 ?
	    "it does not take what is sent to it: that is above "
	    "outbox_pause_bytes, or a quarter of outbox_high_messages" :
	    strcmp(why, "request") == 0 ?
	    "a request of it is being answered, and the next one waits" :
	    strcmp(why, "overload") == 0 ?
	    "the node is overloaded: all messages wait longer than "
	    "queue_target, and some of these are its" :
	    why;
}

static void
explain_paused(const json_t *line, FILE *out)
{
	json_t *list = json_object_get(line, "paused"), *why;
	char room[WI_UNIT_TEXT];
	size_t i;

	if (json_array_size(list) == 0) {
		(void)fprintf(out, "It is read from.\n");
		return;
	}
	(void)explain_ms(line, "paused_ms", room);
	(void)fprintf(out, "It has not been read from for %s:\n", room);
	json_array_foreach(list, i, why)
	{
		(void)fprintf(
		    out, "  %s.\n", explain_why(json_string_value(why)));
	}
}

static void
explain_endpoint(const json_t *line, FILE *out)
{
	explain_who(line, out);
	explain_traffic(line, out);
	explain_waits(line, out);
	explain_paused(line, out);
	explain_strand(line, out);
}

static void
explain_listener(const json_t *line, FILE *out)
{
	bool suspended = json_is_true(json_object_get(line, "suspended"));

	(void)fprintf(out,
	    "Listener %" PRIu64 ", %s, is served by %s; %" PRIu64
	    " clients have come, %" PRIu64 " are there.\n",
	    wi_tell_number(line, "id"), wi_tell_text(line, "url"),
	    wi_tell_text(line, "plugin"), wi_tell_number(line, "accepted"),
	    wi_tell_number(line, "endpoints"));
	(void)fprintf(out, "%s\n",
	    suspended ? "It is suspended: new clients wait (of datagrams: are "
			"dropped) until \"weft resume\"." :
			"It accepts clients.");
}

static void
explain_plugin(const json_t *line, FILE *out)
{
	time_t since = (time_t)wi_tell_number(line, "since");
	const char *version = wi_tell_text(line, "version");
	const char *file = wi_tell_text(line, "file"), *name;
	char when[32] = "";
	json_t *where;

	(void)strftime(when, sizeof(when), "%F %T", localtime(&since));
	(void)fprintf(out, "Plugin %s, version %s, ",
	    wi_tell_text(line, "name"), *version == '\0' ? "-" : version);
	if (*file == '\0')
		(void)fprintf(out, "is part of the program.\n");
	else
		(void)fprintf(out,
		    "was loaded at %s from %s, whose hash was %s.\n", when,
		    file, wi_tell_text(line, "hash"));
	json_object_foreach(json_object_get(line, "sources"), name, where)
	{
		(void)fprintf(out, "Its %s stands in %s.\n", name,
		    json_string_value(where));
	}
}

static void
explain_bounds(const json_t *line, FILE *out)
{
	const json_t *sources = json_object_get(line, "sources");
	struct wi_columns columns = { .align = "lrl" };
	char count[WI_UNIT_TEXT];
	const char *name, *source;
	json_t *value;
	uint64_t number;

	(void)fprintf(out, "These limits apply (bytes, messages, ms):\n");
	json_object_foreach(json_object_get(line, "bounds"), name, value)
	{
		number = (uint64_t)json_integer_value(value);
		source = wi_tell_text(sources, name);
		wi_columns_row(&columns, name,
		    number == 0 ? "none" : wi_text_count(count, number),
		    source);
	}
	wi_columns_print(&columns, out);
}

void
wi_tell_explain(const json_t *lines, const struct wi_telling *how, FILE *out)
{
	json_t *line;
	size_t i;

	(void)how;
	json_array_foreach((json_t *)(uintptr_t)lines, i, line)
	{
		if (wi_tell_is(line, "endpoint"))
			explain_endpoint(line, out);
		else if (wi_tell_is(line, "listener"))
			explain_listener(line, out);
		else if (wi_tell_is(line, "plugin"))
			explain_plugin(line, out);
		else if (wi_tell_is(line, "bounds"))
			explain_bounds(line, out);
	}
}
