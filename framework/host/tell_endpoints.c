/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/tell_endpoints - "weft endpoints" for people: a row for each, sorted.
 *
 * thread: main.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "host/columns.h"
#include "host/tell.h"

struct endpoints_key {
	uint64_t value;
	size_t at; /* where it was: equal ones stay in order */
};

static const char *
endpoints_key(const char *sort)
{
	return strcmp(sort, "in") == 0 ? "bytes_in" :
	    strcmp(sort, "out") == 0   ? "bytes_out" :
					 "age_ms";
}

/* The largest first. */
static int
endpoints_compare(const void *one, const void *other)
{
	const struct endpoints_key *a = one, *b = other;

	if (a->value != b->value)
		return a->value < b->value ? 1 : -1;
	return a->at < b->at ? -1 : 1;
}

json_t *
wi_tell_sort(const json_t *lines, const struct wi_telling *how)
{
	size_t i, n = json_array_size(lines);
	struct endpoints_key *keys = malloc((n + 1) * sizeof(*keys));
	json_t *sorted = json_array();

	if (keys == NULL || sorted == NULL) {
		free(keys);
		json_decref(sorted);
		return NULL;
	}
	for (i = 0; i < n; i++) {
		keys[i].at = i;
		keys[i].value = how->sort == NULL ?
		    0 :
		    wi_tell_number(
			json_array_get(lines, i), endpoints_key(how->sort));
	}
	qsort(keys, n, sizeof(*keys), endpoints_compare);
	for (i = 0; i < n && i < how->limit; i++)
		(void)json_array_append(
		    sorted, json_array_get(lines, keys[i].at));
	free(keys);
	return sorted;
}

/* "12 / 3.4 KiB" */
static void
endpoints_load(char *out, size_t size, const json_t *line, const char *count,
    const char *bytes)
{
	char room[WI_UNIT_TEXT];

	(void)snprintf(out, size, "%" PRIu64 " / %s",
	    wi_tell_number(line, count),
	    wi_text_bytes(room, (double)wi_tell_number(line, bytes)));
}

static void
endpoints_paused(char *out, size_t size, const json_t *line)
{
	json_t *list = json_object_get(line, "paused"), *why;
	char room[WI_UNIT_TEXT];
	size_t i, n = 0;

	out[0] = '\0';
	json_array_foreach(list, i, why)
	{
		n += (size_t)snprintf(out + n, size - n, "%s%s",
		    i == 0 ? "" : ", ", json_string_value(why));
	}
	if (n > 0)
		(void)snprintf(out + n, size - n, " for %s",
		    wi_text_ms(room, wi_tell_number(line, "paused_ms")));
}

static void
endpoints_row(struct wi_columns *columns, const json_t *line)
{
	char listener[WI_UNIT_TEXT], age[WI_UNIT_TEXT], idle[WI_UNIT_TEXT];
	char in[64], out[64], mailbox[64], outbox[64], subs[WI_UNIT_TEXT];
	char paused[128];

	endpoints_load(in, sizeof(in), line, "messages_in", "bytes_in");
	endpoints_load(out, sizeof(out), line, "messages_out", "bytes_out");
	endpoints_load(mailbox, sizeof(mailbox), line, "mailbox_messages",
	    "mailbox_bytes");
	endpoints_load(
	    outbox, sizeof(outbox), line, "outbox_messages", "outbox_bytes");
	endpoints_paused(paused, sizeof(paused), line);
	wi_columns_row(columns, wi_tell_text(line, "id"),
	    wi_tell_text(line, "remote"),
	    wi_text_count(listener, wi_tell_number(line, "listener")),
	    wi_tell_text(line, "plugin"), wi_tell_text(line, "codec"),
	    wi_tell_text(line, "state"),
	    wi_text_ms(age, wi_tell_number(line, "age_ms")),
	    wi_text_ms(idle, wi_tell_number(line, "idle_ms")), in, out,
	    mailbox, outbox,
	    wi_text_count(subs, wi_tell_number(line, "subscriptions")),
	    paused);
}

void
wi_tell_endpoints(const json_t *lines, const struct wi_telling *how, FILE *out)
{
	struct wi_columns columns = { .align = "rlrlllrrrrrrrl" };
	json_t *line;
	size_t i;

	(void)how;
	wi_columns_row(&columns, "ID", "PEER", "LISTENER", "PLUGIN", "CODEC",
	    "STATE", "AGE", "IDLE", "IN", "OUT", "MAILBOX", "OUTBOX", "SUBS",
	    "PAUSED");
	json_array_foreach((json_t *)(uintptr_t)lines, i, line)
	{
		endpoints_row(&columns, line);
	}
	wi_columns_print(&columns, out);
}
