/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash/parts.c - parts of a report: who it was, and what all threads did.
 *
 * thread: any, and signal handlers; one at a time.  Each may fault
 * (guard_note in crash/report.c).
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>

#include <weft/crash.h>

#include "base/calls.h"
#include "base/clock.h"
#include "base/thread_state.h"
#include "crash/report.h"
#include "io/facts.h"
#include "node.h"

#define PARTS_MESSAGE_MAX 256u /* [bytes] of a message that are shown */
#define PARTS_STACK_MS 20u     /* for a thread to answer */
#define PARTS_STACKS_NS UINT64_C(500000000) /* for all of them */

static const char *const parts_callbacks[] = {
#define PARTS_NAME(name) #name,
	WI_CALLBACKS(PARTS_NAME)
#undef PARTS_NAME
};

static const char *
parts_callback(uint32_t callback)
{
	return callback < WI_NCALLBACKS ? parts_callbacks[callback] : "-";
}

static bool
parts_is_running(const struct wi_crash_report *report)
{
	return report->station != NULL && report->doing.data != NULL &&
	    report->doing.plugin != NULL;
}

/* The I/O thread of the node, which no station tells. */
static bool
parts_is_io(const struct wi_hub *hub)
{
	return __atomic_load_n(&hub->io_tid, __ATOMIC_ACQUIRE) ==
	    wi_thread_id();
}

void
wi_crash_put_thread(struct wi_crash_report *report)
{
	struct wi_crash_text *text = &report->text;
	char name[17] = "";

	wi_crash_put(text, "thread: ");
	if (report->station != NULL) {
		wi_crash_put(text, "worker ");
		wi_crash_put_dec(text, report->station->number, 1);
	} else if (parts_is_io(&report->node->hub)) {
		wi_crash_put(text, "io");
	} else {
		(void)prctl(PR_GET_NAME, name);
		wi_crash_put(text, "other ");
		wi_crash_put_word(text, name);
	}
	wi_crash_put(text, " tid ");
	wi_crash_put_dec(text, (uint64_t)wi_thread_id(), 1);
	wi_crash_put(text, "\n");
}

/* Whose code a frame is in; NULL: no plugin's. */
static const struct wi_plugin *
parts_owner(const struct wi_crash_report *report, const void *frame)
{
	const struct wi_plugin *plugin = report->node->plugins.first;
	const struct wi_crash_map *map =
	    wi_crash_maps_find(&report->maps, (uintptr_t)frame);
	const char *copy;

	for (; map != NULL && plugin != NULL; plugin = plugin->next) {
		copy = wi_plugin_opened(plugin)->copy;
		/* " (deleted)" stands behind it. */
		if (copy != NULL && map->path_len >= strlen(copy) &&
		    memcmp(map->path, copy, strlen(copy)) == 0)
			return plugin;
	}
	return NULL;
}

/* The innermost on the stack: of a crash in a thread of its own, or of a
 * codec. */
static const struct wi_plugin *
parts_by_stack(const struct wi_crash_report *report)
{
	const struct wi_plugin *plugin = NULL;
	int i;

	for (i = 0; i < report->stack.nframes && plugin == NULL; i++)
		plugin = parts_owner(report, report->stack.frames[i]);
	return plugin;
}

static void
parts_plugin(struct wi_crash_text *text, const struct wi_plugin *plugin)
{
	const struct wi_opened *opened = wi_plugin_opened(plugin);

	wi_crash_put(text, "plugin: ");
	wi_crash_put(text, plugin->name);
	wi_crash_put(text, "\nversion: ");
	wi_crash_put_word(text, plugin->api->version);
	wi_crash_put(text, "\nfile: ");
	wi_crash_put_word(text, wi_plugin_file(plugin));
	wi_crash_put(text, "\nbuild-id: ");
	wi_crash_put(
	    text, opened->build_id[0] == '\0' ? "-" : opened->build_id);
	wi_crash_put(text, "\nfile-hash: ");
	wi_crash_put_hex(text, opened->hash, 16);
	wi_crash_put(text, "\n");
}

static void
parts_peer(struct wi_crash_report *report)
{
	const struct wi_slots *slots = &report->node->hub.slots;
	const struct wi_endpoint *endpoint = report->doing.endpoint;
	struct wi_address address;
	const struct wi_conn *conn;

	wi_crash_put(&report->text, "endpoint: 0x");
	wi_crash_put_hex(&report->text, endpoint->name, 1);
	conn = wi_slots_at(slots, 1, wi_endpoint_slot(endpoint));
	wi_fact_get_address(conn->facts.remote, &address);
	wi_crash_put(&report->text, "\npeer: ");
	wi_crash_put_address(&report->text, &address);
	wi_crash_put(&report->text, "\n");
}

void
wi_crash_put_handler(struct wi_crash_report *report)
{
	struct wi_crash_text *text = &report->text;
	const struct wi_plugin *plugin;

	if (!parts_is_running(report)) {
		wi_crash_put(text, "handler: none\n");
		plugin = parts_by_stack(report);
		if (plugin != NULL)
			parts_plugin(text, plugin);
		return;
	}
	wi_crash_put(text, "handler: ");
	wi_crash_put(text, parts_callback(report->doing.callback));
	wi_crash_put(text, "\n");
	parts_plugin(text, report->doing.plugin);
	if (report->doing.type != NULL) {
		wi_crash_put(text, "type: ");
		wi_crash_put_word(text, report->doing.type);
		wi_crash_put(text, "\n");
	}
	if (report->doing.endpoint != NULL)
		parts_peer(report);
}

static bool
parts_has_message(const struct wi_crash_report *report)
{
	return parts_is_running(report) &&
	    (report->doing.len > 0 ||
		report->doing.callback == WI_CALLBACK_message);
}

void
wi_crash_put_message(struct wi_crash_report *report)
{
	const struct wi_doing *doing = &report->doing;
	const struct weft_bytes msg = { doing->data, doing->len };
	struct wi_crash_text *text = &report->text;
	uint64_t hash;

	if (!parts_has_message(report))
		return;
	hash = wi_quarantine_hash(&report->node->hub.quarantine, msg);
	wi_crash_put(text, "message: ");
	wi_crash_put_dec(text, doing->len, 1);
	wi_crash_put(text, " bytes hash ");
	wi_crash_put_hex(text, hash, 16);
	wi_crash_put(text, "\n");
	wi_crash_put_dump(text, doing->data,
	    doing->len < PARTS_MESSAGE_MAX ? doing->len : PARTS_MESSAGE_MAX);
	if (doing->len > PARTS_MESSAGE_MAX)
		wi_crash_put(text, "  ...\n");
}

/* "  0x7f0012341139 /tmp/weft-x/echo-0123.so+0x1139" for each frame. */
static void
parts_frames(struct wi_crash_report *report, const struct wi_stack *stack)
{
	struct wi_crash_text *text = &report->text;
	const struct wi_crash_map *map;
	char path[256];
	size_t len;
	int i;

	for (i = 0; i < stack->nframes; i++) {
		uintptr_t at = (uintptr_t)stack->frames[i];

		wi_crash_put(text, "  0x");
		wi_crash_put_hex(text, at, 1);
		map = wi_crash_maps_find(&report->maps, at);
		if (map != NULL) {
			len = map->path_len < sizeof(path) - 1 ?
			    map->path_len :
			    sizeof(path) - 1;
			memcpy(path, map->path, len);
			path[len] = '\0';
			wi_crash_put(text, " ");
			wi_crash_put_word(text, path);
			wi_crash_put(text, "+0x");
			wi_crash_put_hex(text,
			    at - wi_crash_maps_base(&report->maps, map), 1);
		}
		wi_crash_put(text, "\n");
	}
}

void
wi_crash_put_stack(struct wi_crash_report *report)
{
	wi_crash_put(&report->text, "stack: this\n");
	parts_frames(report, &report->stack);
}

static void
parts_ask(struct wi_crash_report *report, pthread_t thread, uint64_t end)
{
	int rv = -EBUSY;

	if (wi_clock_ns() < end)
		rv = wi_stack_of_in_crash(
		    thread, PARTS_STACK_MS, &report->other);
	if (rv == WEFT_OK)
		parts_frames(report, &report->other);
	else
		wi_crash_put(&report->text, "  (no answer)\n");
}

/* Workers that are there, and the I/O thread. */
void
wi_crash_put_stacks(struct wi_crash_report *report)
{
	struct wi_hub *hub = &report->node->hub;
	const uint64_t end = wi_clock_ns() + PARTS_STACKS_NS;
	const pid_t io = __atomic_load_n(&hub->io_tid, __ATOMIC_ACQUIRE);
	uint32_t i, nlive = __atomic_load_n(&hub->nlive, __ATOMIC_RELAXED);
	pid_t tid;

	if (!hub->stacks)
		return;
	for (i = 0; i < nlive; i++) {
		const struct wi_station *station = &hub->stations[i];

		tid = __atomic_load_n(&station->tid, __ATOMIC_RELAXED);
		if (station == report->station || tid == 0)
			continue;
		wi_crash_put(&report->text, "stack: worker ");
		wi_crash_put_dec(&report->text, i, 1);
		wi_crash_put(&report->text, " tid ");
		wi_crash_put_dec(&report->text, (uint64_t)tid, 1);
		wi_crash_put(&report->text, "\n");
		parts_ask(report, station->thread, end);
	}
	if (io == 0 || io == wi_thread_id())
		return;
	wi_crash_put(&report->text, "stack: io tid ");
	wi_crash_put_dec(&report->text, (uint64_t)io, 1);
	wi_crash_put(&report->text, "\n");
	parts_ask(report, hub->io_thread, end);
}

void
wi_crash_put_events(struct wi_crash_report *report)
{
	struct wi_crash_text *text = &report->text;
	const uint64_t now = wi_clock_ns();
	unsigned i, n;

	if (report->station == NULL)
		return;
	n = wi_flight_get(&report->station->flight, report->events);
	wi_crash_put(text, "events: ");
	wi_crash_put_dec(text, n, 1);
	wi_crash_put(text, "\n");
	for (i = 0; i < n; i++) {
		const struct wi_flight_event *event = &report->events[i];

		wi_crash_put(text, "  -");
		wi_crash_put_dec(text,
		    event->plugin == NULL ? 0 : (now - event->began) / 1000,
		    1);
		wi_crash_put(text, "us ");
		wi_crash_put(text, parts_callback(event->callback));
		wi_crash_put(text, " ");
		wi_crash_put(
		    text, event->plugin == NULL ? "?" : event->plugin->name);
		wi_crash_put(text, " 0x");
		wi_crash_put_hex(text, event->endpoint, 1);
		wi_crash_put(text, " ");
		wi_crash_put_dec(text, event->len, 1);
		wi_crash_put(text, " bytes\n");
	}
}

/* What stderr gets if the report cannot be kept. */
void
wi_crash_put_line(struct wi_crash_report *report)
{
	const struct wi_crash_map *map = NULL;
	struct wi_crash_text text;

	/* A byte for the end of the line. */
	wi_crash_text_init(&text, report->line, sizeof(report->line) - 1);
	wi_crash_put(&text, "weft: crash: ");
	wi_crash_put(&text, wi_crash_signal_name(report->signum));
	if (wi_crash_is_call(report->signum, report->info)) {
		wi_crash_put(&text, " (seccomp forbids ");
		wi_crash_put(&text,
		    wi_call_name(
			report->info->si_syscall, report->info->si_arch));
		wi_crash_put(&text, ")");
	}
	if (parts_is_running(report)) {
		wi_crash_put(&text, " in ");
		wi_crash_put(&text, parts_callback(report->doing.callback));
		wi_crash_put(&text, "() of ");
		wi_crash_put(&text, report->doing.plugin->name);
		wi_crash_put(&text, ", with ");
		wi_crash_put_dec(&text, report->doing.len, 1);
		wi_crash_put(&text, " bytes");
	}
	if (report->stack.nframes > 0) {
		wi_crash_put(&text, ", at 0x");
		wi_crash_put_hex(&text, (uintptr_t)report->stack.frames[0], 1);
		map = wi_crash_maps_find(
		    &report->maps, (uintptr_t)report->stack.frames[0]);
	}
	if (map != NULL) {
		wi_crash_put(&text, " (base 0x");
		wi_crash_put_hex(
		    &text, wi_crash_maps_base(&report->maps, map), 1);
		wi_crash_put(&text, ")");
	}
	report->line_len = text.len;
}

int
weft_crash_where(
    const struct weft_node *node, const char **plugin, const char **callback)
{
	const struct wi_station *station = wi_station_current;
	struct wi_doing doing;

	if (station == NULL || station->hub != &node->hub)
		return -ENOENT;
	doing = wi_doing_get(&station->doing);
	if (doing.data == NULL || doing.plugin == NULL)
		return -ENOENT;
	*plugin = doing.plugin->name;
	*callback = parts_callback(doing.callback);
	return WEFT_OK;
}
