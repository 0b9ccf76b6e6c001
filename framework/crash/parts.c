/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash/parts.c - parts of a report: who it was, and what all threads did.
 *
 * thread: any, and signal handlers; one at a time.  Each may fault
 * (guard_note in crash/report.c).
 */
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

#include <weft/crash.h>

#include "base/calls.h"
#include "base/clock.h"
#include "base/thread_state.h"
#include "crash/report.h"
#include "io/decode.h"
#include "io/facts.h"
#include "node.h"

#define PARTS_MESSAGE_MAX 256u /* [bytes] of a message that are shown */
#define PARTS_STACK_MS 20u     /* for a thread to answer */
#define PARTS_STACKS_NS UINT64_C(500000000) /* for all of them */

/* Whose code something is. */
struct parts_owner {
	const struct wi_plugin *plugin;
	const struct wi_version *version;
};

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

/* What is decoded; NULL: nothing, or this is another thread. */
static const struct wi_cutting *
parts_cutting(const struct wi_crash_report *report)
{
	const struct wi_cutting *cutting = &report->node->io.cutting;

	return report->station == NULL && parts_is_io(&report->node->hub) &&
		cutting->conn != NULL ?
	    cutting :
	    NULL;
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

/* Is it the version's code? */
static bool
parts_is_code(const struct wi_crash_map *map, const struct wi_version *version)
{
	const char *copy = version->opened.copy;

	/* " (deleted)" stands behind it. */
	return copy != NULL && map->path_len >= strlen(copy) &&
	    memcmp(map->path, copy, strlen(copy)) == 0;
}

/* Whose code that is; plugin NULL: no plugin's.  One that was replaced may
 * still run: its codec, for connections that have it. */
static struct parts_owner
parts_owner(const struct wi_crash_report *report, uintptr_t code)
{
	struct parts_owner owner = { wi_plugins_first(&report->node->plugins),
		NULL };
	const struct wi_crash_map *map =
	    wi_crash_maps_find(&report->maps, code);

	for (; map != NULL && owner.plugin != NULL;
	     owner.plugin = wi_plugin_next(owner.plugin)) {
		owner.version = owner.plugin->version;
		if (parts_is_code(map, owner.version))
			return owner;
		for (owner.version = owner.plugin->retired;
		     owner.version != NULL;
		     owner.version = owner.version->next)
			if (parts_is_code(map, owner.version))
				return owner;
	}
	return (struct parts_owner){ NULL, NULL };
}

/* The innermost on the stack: of a crash in a thread of its own. */
static struct parts_owner
parts_by_stack(const struct wi_crash_report *report)
{
	struct parts_owner owner = { NULL, NULL };
	int i;

	for (i = 0; i < report->stack.nframes && owner.plugin == NULL; i++)
		owner =
		    parts_owner(report, (uintptr_t)report->stack.frames[i]);
	return owner;
}

static void
parts_plugin(struct wi_crash_text *text, const struct wi_plugin *plugin,
    const struct wi_version *version)
{
	const struct wi_opened *opened = &version->opened;

	wi_crash_put(text, "plugin: ");
	wi_crash_put(text, plugin->name);
	wi_crash_put(text, "\nversion: ");
	wi_crash_put_word(text, version->table.version);
	wi_crash_put(text, "\nfile: ");
	wi_crash_put_word(text, wi_version_file(version));
	wi_crash_put(text, "\nbuild-id: ");
	wi_crash_put(
	    text, opened->build_id[0] == '\0' ? "-" : opened->build_id);
	wi_crash_put(text, "\nfile-hash: ");
	wi_crash_put_hex(text, opened->hash, 16);
	wi_crash_put(text, "\n");
}

static void
parts_peer(struct wi_crash_report *report, const struct wi_endpoint *endpoint)
{
	const struct wi_slots *slots = &report->node->hub.slots;
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

/* On the I/O thread: what a codec was given, and whose codec it is. */
static void
parts_decode(struct wi_crash_report *report, const struct wi_cutting *cutting)
{
	const struct wi_endpoint *endpoint = cutting->conn->endpoint;
	const struct weft_codec *codec = wi_endpoint_codec(endpoint);
	struct parts_owner owner =
	    parts_owner(report, (uintptr_t)codec->decode);

	if (owner.plugin == NULL)
		owner = parts_by_stack(report);
	wi_crash_put(&report->text, "handler: decode\ncodec: ");
	wi_crash_put_word(&report->text, codec->name);
	wi_crash_put(&report->text, "\n");
	if (owner.plugin != NULL)
		parts_plugin(&report->text, owner.plugin, owner.version);
	parts_peer(report, endpoint);
}

void
wi_crash_put_handler(struct wi_crash_report *report)
{
	struct wi_crash_text *text = &report->text;
	const struct wi_cutting *cutting = parts_cutting(report);
	struct parts_owner owner;

	if (cutting != NULL) {
		parts_decode(report, cutting);
		return;
	}
	if (!parts_is_running(report)) {
		wi_crash_put(text, "handler: none\n");
		owner = parts_by_stack(report);
		if (owner.plugin != NULL)
			parts_plugin(text, owner.plugin, owner.version);
		return;
	}
	wi_crash_put(text, "handler: ");
	wi_crash_put(text, parts_callback(report->doing.callback));
	wi_crash_put(text, "\n");
	parts_plugin(
	    text, report->doing.plugin, report->doing.plugin->version);
	if (report->doing.type != NULL) {
		wi_crash_put(text, "type: ");
		wi_crash_put_word(text, report->doing.type);
		wi_crash_put(text, "\n");
	}
	if (report->doing.endpoint != NULL)
		parts_peer(report, report->doing.endpoint);
}

static bool
parts_has_message(const struct wi_crash_report *report)
{
	return parts_is_running(report) &&
	    (report->doing.len > 0 ||
		report->doing.callback == WI_CALLBACK_message);
}

/* Of len bytes, which have that hash, those from there on. */
static void
parts_bytes(struct wi_crash_text *text, struct weft_bytes bytes, uint64_t hash,
    size_t from)
{
	const size_t left = bytes.len - from;

	wi_crash_put(text, "message: ");
	wi_crash_put_dec(text, bytes.len, 1);
	wi_crash_put(text, " bytes hash ");
	wi_crash_put_hex(text, hash, 16);
	wi_crash_put(text, "\n");
	if (from > 0) {
		wi_crash_put(text, "cut: ");
		wi_crash_put_dec(text, from, 1);
		wi_crash_put(text, " bytes of them before\n");
	}
	wi_crash_put_dump(text, (const uint8_t *)bytes.data + from,
	    left < PARTS_MESSAGE_MAX ? left : PARTS_MESSAGE_MAX);
	if (left > PARTS_MESSAGE_MAX)
		wi_crash_put(text, "  ...\n");
}

void
wi_crash_put_message(struct wi_crash_report *report)
{
	const struct wi_quarantine *quarantine = &report->node->hub.quarantine;
	const struct wi_cutting *cutting = parts_cutting(report);
	struct weft_bytes msg = { report->doing.data, report->doing.len };

	if (cutting != NULL) {
		msg.data = cutting->span->data->data + cutting->first;
		msg.len = cutting->span->end - cutting->first;
		parts_bytes(&report->text, msg,
		    wi_quarantine_hash_bytes(quarantine,
			wi_endpoint_codec(cutting->conn->endpoint)->name, msg),
		    cutting->span->at - cutting->first);
	} else if (parts_has_message(report)) {
		parts_bytes(&report->text, msg,
		    wi_quarantine_hash(quarantine, msg), 0);
	}
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

void
wi_crash_put_stack_of(
    struct wi_crash_report *report, pid_t tid, uint64_t wait_ms)
{
	int rv = -EBUSY;

	if (wait_ms > 0)
		rv = wi_stack_of_in_crash(
		    tid, (uint32_t)wait_ms, &report->other);
	if (rv == WEFT_OK)
		parts_frames(report, &report->other);
	else
		wi_crash_put(&report->text, "  (no answer)\n");
}

static void
parts_ask(struct wi_crash_report *report, pid_t tid, uint64_t end)
{
	wi_crash_put_stack_of(
	    report, tid, wi_clock_ns() < end ? PARTS_STACK_MS : 0);
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
		parts_ask(report, tid, end);
	}
	if (io == 0 || io == wi_thread_id())
		return;
	wi_crash_put(&report->text, "stack: io tid ");
	wi_crash_put_dec(&report->text, (uint64_t)io, 1);
	wi_crash_put(&report->text, "\n");
	parts_ask(report, io, end);
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
	} else if (parts_cutting(report) != NULL) {
		wi_crash_put(&text, " in decode() of a codec");
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
