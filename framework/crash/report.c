/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash/report.c - what a report says, part by part.
 *
 * thread: any, and signal handlers; one at a time.
 * to:     crash/parts.c, crash/others.c.
 *
 * guard_note: the process is broken, and what is read for a report may be what
 * broke it: a message that was freed, a stack that was written over.  So each
 * part is written under a guard: a fault in it comes to crash/install.c, which
 * jumps back here, and the next part goes on.
 */
#include "crash/report.h"

#include <time.h>
#include <unistd.h>

#include <weft/version.h>

#include "base/calls.h"
#include "node.h"

/* "59 execve (forbidden by seccomp)". */
static void
report_call(struct wi_crash_text *text, const siginfo_t *info)
{
	wi_crash_put(text, "\nsyscall: ");
	wi_crash_put_dec(text, (uint64_t)info->si_syscall, 1);
	wi_crash_put(text, " ");
	wi_crash_put(text, wi_call_name(info->si_syscall, info->si_arch));
	wi_crash_put(text, " (forbidden by seccomp)");
}

static void
report_head(struct wi_crash_report *report)
{
	struct wi_crash_text *text = &report->text;
	const siginfo_t *info = report->info;
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	wi_crash_put(text, "weft-crash 1\ntime: ");
	wi_crash_put_time(text, (uint64_t)now.tv_sec, true);
	wi_crash_put(text, "\nweft: " WEFT_VERSION "\npid: ");
	wi_crash_put_dec(text, (uint64_t)getpid(), 1);
	wi_crash_put(text, "\nsignal: ");
	wi_crash_put_dec(text, (uint64_t)report->signum, 1);
	wi_crash_put(text, " ");
	wi_crash_put(text, wi_crash_signal_name(report->signum));
	if (info == NULL) {
		wi_crash_put(text, "\n");
		return;
	}
	wi_crash_put(text, "\ncode: ");
	wi_crash_put(text, info->si_code < 0 ? "-" : "");
	wi_crash_put_dec(text,
	    (uint64_t)(info->si_code < 0 ? -(int64_t)info->si_code :
					   info->si_code),
	    1);
	wi_crash_put(text, " ");
	wi_crash_put(text, wi_crash_code_name(report->signum, info->si_code));
	if (info->si_code <= 0) {
		wi_crash_put(text, "\nsender: pid ");
		wi_crash_put_dec(text, (uint64_t)info->si_pid, 1);
	} else if (wi_crash_has_address(report->signum, info)) {
		wi_crash_put(text, "\naddress: 0x");
		wi_crash_put_hex(text, (uintptr_t)info->si_addr, 1);
	} else if (wi_crash_is_call(report->signum, info)) {
		report_call(text, info);
	}
	wi_crash_put(text, "\n");
}

/* Which threads and files there are is known before the first guard. */
static void
report_look(struct wi_crash_report *report)
{
	report->station = wi_station_current;
	if (report->station != NULL &&
	    report->station->hub != &report->node->hub)
		report->station = NULL; /* another node's */
	report->doing = (struct wi_doing){ .plugin = NULL };
	if (report->station != NULL)
		report->doing = wi_doing_get(&report->station->doing);
	report->stack.nframes = 0;
}

static void
report_maps(struct wi_crash_report *report)
{
	(void)wi_crash_maps_read(&report->maps);
}

static void
report_registers(struct wi_crash_report *report)
{
	if (report->context != NULL)
		wi_crash_put_registers(&report->text, report->context);
}

static void
report_walk(struct wi_crash_report *report)
{
	uintptr_t pc;
	const struct wi_crash_map *map;

	if (report->context == NULL) {
		wi_stack_here(&report->stack);
		return;
	}
	pc = wi_crash_pc(report->context);
	map = wi_crash_maps_find(&report->maps, pc);
	wi_stack_crashed(report->context,
	    report->maps.nmaps > 0 && (map == NULL || !map->code),
	    &report->stack);
}

static void
report_module(struct wi_crash_text *text, const struct wi_plugin *plugin,
    const struct wi_version *version)
{
	const struct wi_opened *opened = &version->opened;

	if (opened->dl == NULL)
		return;
	wi_crash_put(text, "module: ");
	wi_crash_put(text, plugin->name);
	wi_crash_put(text, "\n  copy: ");
	wi_crash_put_word(text, opened->copy);
	wi_crash_put(text, "\n  file: ");
	wi_crash_put_word(text, wi_version_file(version));
	wi_crash_put(text, "\n  build-id: ");
	wi_crash_put(
	    text, opened->build_id[0] == '\0' ? "-" : opened->build_id);
	wi_crash_put(text, "\n");
}

static void
report_modules(struct wi_crash_report *report)
{
	const struct wi_plugin *plugin =
	    wi_plugins_first(&report->node->plugins);
	const struct wi_version *version;

	for (; plugin != NULL; plugin = wi_plugin_next(plugin)) {
		report_module(&report->text, plugin, plugin->version);
		/* Their codecs, and what waits, may still run. */
		for (version = plugin->retired; version != NULL;
		     version = version->next)
			report_module(&report->text, plugin, version);
	}
}

/* Of code: where to look for what frames name. */
static void
report_put_maps(struct wi_crash_report *report)
{
	struct wi_crash_text *text = &report->text;
	char path[256];
	size_t i, len;

	wi_crash_put(text, "maps:\n");
	for (i = 0; i < report->maps.nmaps; i++) {
		const struct wi_crash_map *map = &report->maps.maps[i];

		if (!map->code)
			continue;
		wi_crash_put(text, "  ");
		wi_crash_put_hex(text, map->from, 1);
		wi_crash_put(text, "-");
		wi_crash_put_hex(text, map->to, 1);
		wi_crash_put(text, " ");
		wi_crash_put_hex(text, map->offset, 1);
		wi_crash_put(text, " ");
		for (len = 0; len < map->path_len && len < sizeof(path) - 1;
		     len++)
			path[len] = map->path[len];
		path[len] = '\0';
		wi_crash_put_word(text, path);
		wi_crash_put(text, "\n");
	}
}

/* See guard_note. */
static void
report_part(struct wi_crash_report *report, int guards,
    void (*part)(struct wi_crash_report *report))
{
	if (guards && sigsetjmp(report->fault, 0) != 0) {
		report->guarded = 0;
		wi_crash_put(
		    &report->text, "\nfault: the rest of this is broken\n");
		return;
	}
	report->guarded = guards;
	part(report);
	report->guarded = 0;
}

void
wi_crash_report(struct wi_crash_report *report, int guards)
{
	/* What matters most comes first: a cut report has that. */
	static void (*const parts[])(struct wi_crash_report * report) = {
		report_head,
		report_maps,
		report_walk,
		wi_crash_put_thread,
		wi_crash_put_handler,
		wi_crash_put_message,
		report_registers,
		wi_crash_put_stack,
		wi_crash_put_events,
		report_modules,
		wi_crash_put_stacks,
		report_put_maps,
		wi_crash_put_others,
	};
	size_t i;

	/* Room for the end, whatever comes before it. */
	wi_crash_text_init(
	    &report->text, report->bytes, sizeof(report->bytes) - 16);
	report_look(report);
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		report_part(report, guards, parts[i]);
	report->text.size = sizeof(report->bytes);
	wi_crash_put(
	    &report->text, report->text.cut ? "\ncut\nend\n" : "end\n");
	wi_crash_put_line(report);
}
