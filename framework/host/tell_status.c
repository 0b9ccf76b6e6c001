/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/tell_status - "weft status" for people.
 *
 * thread: main.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include <weft/counter.h>

#include "host/columns.h"
#include "host/tell.h"

/* What says that a limit was reached, or that something went wrong. */
static const char *const status_limits[] = { "accept_pauses", "accept_errors",
	"read_pauses", "sends_full", "messages_late", "messages_malformed",
	"messages_dropped", "overloads", "datagrams_toobig",
	"datagrams_dropped", "datagrams_suspended", "datagrams_failed",
	"refused_per_ip", "refused_proxy", "subscriptions_refused",
	"publishes_full", "deliveries_dropped", "slow_newest", "slow_oldest",
	"slow_aged", "closed_toobig", "closed_malformed", "closed_nomem",
	"closed_linger", "closed_partial", "closed_evicted", "closed_slow",
	"handshakes_failed", "handshakes_waited", "handlers_stuck",
	"spares_started", "requests_timed_out", "log_suppressed", NULL };

static const char *
status_meaning(const char *name)
{
	const struct weft_counter_info *info;
	unsigned i;

	for (i = 0; (info = weft_counter_info(i)) != NULL; i++)
		if (strcmp(info->name, name) == 0)
			return info->text;
	return "";
}

static void
status_node(const json_t *line, FILE *out)
{
	const json_t *workers = json_object_get(line, "workers");
	const char *file = wi_tell_text(line, "file");
	char time[WI_UNIT_TEXT];

	(void)fprintf(out,
	    "weft %s, pid %" PRIu64 ", %s, up %s, %" PRIu64 " endpoints\n",
	    wi_tell_text(line, "version"), wi_tell_number(line, "pid"),
	    wi_tell_text(line, "phase"),
	    wi_text_ms(time, wi_tell_number(line, "uptime_ms")),
	    wi_tell_number(line, "endpoints"));
	if (*file != '\0')
		(void)fprintf(out, "configuration %s\n", file);
	(void)fprintf(out,
	    "workers %" PRIu64 ", spare %" PRIu64 "; busy %" PRIu64
	    ", blocked %" PRIu64 "; strands waiting %" PRIu64 "\n",
	    wi_tell_number(workers, "always"),
	    wi_tell_number(workers, "spare"), wi_tell_number(workers, "busy"),
	    wi_tell_number(workers, "blocked"),
	    wi_tell_number(workers, "runnable"));
}

static void
status_supervisor(const json_t *line, FILE *out)
{
	(void)fprintf(out,
	    "supervisor pid %" PRIu64 "; hosts that have died: %" PRIu64 "\n",
	    wi_tell_number(line, "pid"), wi_tell_number(line, "restarts"));
}

static void
status_plugins(const json_t *lines, FILE *out)
{
	struct wi_columns columns = { .align = "lllll" };
	json_t *line;
	time_t since;
	char when[32];
	size_t i;

	(void)fprintf(out, "\nplugins\n");
	wi_columns_row(&columns, "NAME", "VERSION", "HASH", "LOADED", "FILE");
	json_array_foreach((json_t *)(uintptr_t)lines, i, line)
	{
		if (!wi_tell_is(line, "plugin"))
			continue;
		since = (time_t)wi_tell_number(line, "since");
		if (since == 0 ||
		    strftime(when, sizeof(when), "%F %T", localtime(&since)) ==
			0)
			(void)strcpy(when, "-");
		wi_columns_row(&columns, wi_tell_text(line, "name"),
		    wi_tell_text(line, "version"), wi_tell_text(line, "hash"),
		    when, wi_tell_text(line, "file"));
	}
	wi_columns_print(&columns, out);
}

static void
status_listeners(const json_t *lines, FILE *out)
{
	struct wi_columns columns = { .align = "rllrrl" };
	char id[WI_UNIT_TEXT], now[WI_UNIT_TEXT], all[WI_UNIT_TEXT];
	json_t *line;
	size_t i;

	(void)fprintf(out, "\nlisteners\n");
	wi_columns_row(
	    &columns, "ID", "URL", "PLUGIN", "ENDPOINTS", "ACCEPTED", "STATE");
	json_array_foreach((json_t *)(uintptr_t)lines, i, line)
	{
		if (!wi_tell_is(line, "listener"))
			continue;
		wi_columns_row(&columns,
		    wi_text_count(id, wi_tell_number(line, "id")),
		    wi_tell_text(line, "url"), wi_tell_text(line, "plugin"),
		    wi_text_count(now, wi_tell_number(line, "endpoints")),
		    wi_text_count(all, wi_tell_number(line, "accepted")),
		    json_is_true(json_object_get(line, "suspended")) ?
			"suspended" :
			"accepting");
	}
	wi_columns_print(&columns, out);
}

static void
status_options(const json_t *lines, FILE *out)
{
	struct wi_columns columns = { .align = "lrl" };
	bool said = false;
	json_t *line;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)lines, i, line)
	{
		if (!wi_tell_is(line, "option"))
			continue;
		if (!said) {
			(void)fprintf(out, "\noptions of the node\n");
			wi_columns_row(&columns, "NAME", "VALUE", "SET BY");
		}
		said = true;
		wi_columns_row(&columns, wi_tell_text(line, "name"),
		    wi_tell_text(line, "value"), wi_tell_text(line, "source"));
	}
	if (said)
		wi_columns_print(&columns, out);
}

static void
status_traffic_row(struct wi_columns *columns, const json_t *line,
    const char *words, const char *name, bool is_bytes)
{
	const json_t *counters = json_object_get(line, "counters");
	const json_t *rates = json_object_get(line, "rates");
	char total[WI_UNIT_TEXT], rate[WI_UNIT_TEXT + 2];
	double per_second;

	per_second = json_number_value(json_object_get(rates, name));
	if (is_bytes) {
		(void)wi_text_bytes(
		    total, (double)wi_tell_number(counters, name));
		(void)wi_text_bytes(rate, per_second);
		(void)strcat(rate, "/s");
	} else {
		(void)wi_text_count(total, wi_tell_number(counters, name));
		(void)wi_text_rate(rate, per_second);
	}
	wi_columns_row(columns, words, total, per_second <= 0 ? "-" : rate);
}

static void
status_traffic(const json_t *line, FILE *out)
{
	struct wi_columns columns = { .align = "lrr" };

	(void)fprintf(out, "\ntraffic\n");
	wi_columns_row(&columns, "", "TOTAL", "LAST SECOND");
	status_traffic_row(
	    &columns, line, "messages in", "messages_in", false);
	status_traffic_row(
	    &columns, line, "messages run", "messages_run", false);
	status_traffic_row(
	    &columns, line, "messages out", "messages_out", false);
	status_traffic_row(&columns, line, "deliveries", "deliveries", false);
	status_traffic_row(&columns, line, "bytes in", "bytes_in", true);
	status_traffic_row(&columns, line, "bytes out", "bytes_out", true);
	status_traffic_row(
	    &columns, line, "endpoints opened", "endpoints_opened", false);
	wi_columns_print(&columns, out);
}

static void
status_reached(const json_t *line, FILE *out)
{
	const json_t *counters = json_object_get(line, "counters");
	const json_t *rates = json_object_get(line, "rates");
	struct wi_columns columns = { .align = "lrrl" };
	char total[WI_UNIT_TEXT], rate[WI_UNIT_TEXT];
	const char *name;
	unsigned i;

	for (i = 0; status_limits[i] != NULL; i++)
		if (wi_tell_number(counters, status_limits[i]) > 0)
			break;
	if (status_limits[i] == NULL)
		return;
	(void)fprintf(out, "\nlimits reached, and faults\n");
	wi_columns_row(&columns, "COUNTER", "TOTAL", "LAST SECOND", "");
	for (i = 0; (name = status_limits[i]) != NULL; i++)
		if (wi_tell_number(counters, name) > 0)
			wi_columns_row(&columns, name,
			    wi_text_count(
				total, wi_tell_number(counters, name)),
			    wi_text_rate(rate,
				json_number_value(
				    json_object_get(rates, name))),
			    status_meaning(name));
	wi_columns_print(&columns, out);
}

static void
status_warnings(const json_t *lines, FILE *out)
{
	bool said = false;
	char ago[WI_UNIT_TEXT];
	json_t *line;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)lines, i, line)
	{
		if (!wi_tell_is(line, "warning"))
			continue;
		if (!said)
			(void)fprintf(out, "\nlast warnings\n");
		said = true;
		(void)fprintf(out, "  %s ago: %s %s %s\n",
		    wi_text_ms(ago, wi_tell_number(line, "ago_ms")),
		    wi_tell_text(line, "level"), wi_tell_text(line, "id"),
		    wi_tell_text(line, "text"));
	}
}

void
wi_tell_status(const json_t *lines, const struct wi_telling *how, FILE *out)
{
	json_t *line;
	size_t i;

	(void)how;
	json_array_foreach((json_t *)(uintptr_t)lines, i, line)
	{
		if (wi_tell_is(line, "node"))
			status_node(line, out);
		else if (wi_tell_is(line, "supervisor"))
			status_supervisor(line, out);
	}
	status_plugins(lines, out);
	status_listeners(lines, out);
	status_options(lines, out);
	json_array_foreach((json_t *)(uintptr_t)lines, i, line)
	{
		if (!wi_tell_is(line, "counters"))
			continue;
		status_traffic(line, out);
		status_reached(line, out);
	}
	status_warnings(lines, out);
}
