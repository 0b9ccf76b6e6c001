/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/check_child.c - a plugin is loaded in a process that may be lost.
 *
 * The child tells its parent what it is about to do and what it has found, in
 * records of one size, each written at once; so the parent knows what it was
 * at when it crashed, or did not come to an end.
 *
 * thread: main, and no other may run: the process forks.
 * from:   check_plugin.  to: check_table, finding.
 *
 * copy_note: a plugin runs from a private copy of its file, in another folder.
 * $ORIGIN of its RUNPATH is that folder, so nothing is found by it.
 */
#include "host/check_child.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <weft/weft.h>

#include "base/clock.h"
#include "base/fail.h"
#include "host/check_table.h"

#define CHILD_NEEDED_MAX 64     /* libraries of one plugin */
#define CHILD_UNRESOLVED_MAX 50 /* symbols that are named */

enum child_kind {
	CHILD_STEP,    /* what comes next */
	CHILD_FINDING, /* as wi_findings_add() */
	CHILD_SAVES,   /* it has a save() */
	CHILD_END      /* nothing more comes */
};

/* At most PIPE_BUF: written at once. */
struct child_record {
	uint32_t kind;
	uint32_t level;
	char what[96];
	char text[600];
};

/* What the child has. */
struct child {
	int fd;
	const char *what;
	const char *path;
	const struct wi_elf *elf;
	void *needed[CHILD_NEEDED_MAX];
	size_t nneeded;
	size_t missing; /* libraries and symbols */
};

/* ---- in the child */

static void child_tell(const struct child *child, enum child_kind kind,
    enum wi_level level, const char *what, const char *format, ...)
    WEFT_PRINTF(5, 6);

static void
child_tell(const struct child *child, enum child_kind kind,
    enum wi_level level, const char *what, const char *format, ...)
{
	struct child_record record;
	va_list args;

	memset(&record, 0, sizeof(record));
	record.kind = kind;
	record.level = level;
	(void)snprintf(record.what, sizeof(record.what), "%s", what);
	va_start(args, format);
	(void)wi_line_format(record.text, sizeof(record.text), format, args);
	va_end(args);
	/* If the parent is gone, so is who wants to know. */
	if (write(child->fd, &record, sizeof(record)) !=
	    (ssize_t)sizeof(record))
		_exit(1);
}

static void
child_step(const struct child *child, const char *what)
{
	child_tell(child, CHILD_STEP, WI_LEVEL_NOTE, what, "%s", "");
}

/* By the folders of its RUNPATH, but for $ORIGIN: see copy_note. */
static void *
child_open_by_runpath(const char *runpath, const char *name)
{
	char path[4096];
	void *library = NULL;
	size_t len;

	for (; *runpath != '\0' && library == NULL;
	     runpath += len + (runpath[len] == ':')) {
		len = strcspn(runpath, ":");
		if (len > 0 && memchr(runpath, '$', len) == NULL &&
		    snprintf(path, sizeof(path), "%.*s/%s", (int)len, runpath,
			name) < (int)sizeof(path))
			library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	}
	return library;
}

static void
child_need(struct child *child, const char *name, const char *runpath)
{
	char step[96];
	void *library;

	(void)snprintf(step, sizeof(step), "opening %s", name);
	child_step(child, step);
	library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (library == NULL)
		library = child_open_by_runpath(runpath, name);
	if (library == NULL) {
		child->missing++;
		child_tell(child, CHILD_FINDING, WI_LEVEL_ERROR, "library",
		    "expected %s, which it needs, found: %s", name, dlerror());
	} else if (child->nneeded < CHILD_NEEDED_MAX) {
		child->needed[child->nneeded++] = library;
	}
}

static void
child_libraries(struct child *child)
{
	const char *name, *runpath = "";
	ElfW(Shdr) table;
	ElfW(Dyn) entry;
	size_t i;

	if (!wi_elf_find(child->elf, SHT_DYNAMIC, &table))
		return;
	for (i = 0; wi_elf_dynamic(child->elf, &table, i, &entry); i++) {
		if (entry.d_tag != DT_RUNPATH && entry.d_tag != DT_RPATH)
			continue;
		name =
		    wi_elf_string(child->elf, table.sh_link, entry.d_un.d_val);
		runpath = name == NULL ? "" : name;
	}
	if (strstr(runpath, "$ORIGIN") != NULL ||
	    strstr(runpath, "${ORIGIN}") != NULL)
		child_tell(child, CHILD_FINDING, WI_LEVEL_WARNING, "library",
		    "expected a RUNPATH without $ORIGIN, found %s: a plugin "
		    "runs from a copy in another folder",
		    runpath);
	for (i = 0; wi_elf_dynamic(child->elf, &table, i, &entry); i++) {
		if (entry.d_tag != DT_NEEDED)
			continue;
		name =
		    wi_elf_string(child->elf, table.sh_link, entry.d_un.d_val);
		if (name != NULL)
			child_need(child, name, runpath);
	}
}

static bool
child_has_symbol(const struct child *child, const char *name)
{
	size_t i;

	(void)dlerror();
	(void)dlsym(RTLD_DEFAULT, name);
	if (dlerror() == NULL)
		return true;
	for (i = 0; i < child->nneeded; i++) {
		(void)dlsym(child->needed[i], name);
		if (dlerror() == NULL)
			return true;
	}
	return false;
}

/* All that nobody has; the linker names only the first. */
static void
child_symbols(struct child *child)
{
	size_t i, unresolved = 0;
	const char *name;
	ElfW(Shdr) table;
	ElfW(Sym) symbol;

	child_step(child, "looking for its symbols");
	if (!wi_elf_find(child->elf, SHT_DYNSYM, &table))
		return;
	for (i = 1; wi_elf_symbol(child->elf, &table, i, &symbol, &name);
	     i++) {
		if (symbol.st_shndx != SHN_UNDEF || *name == '\0' ||
		    ELF64_ST_BIND(symbol.st_info) != STB_GLOBAL ||
		    child_has_symbol(child, name))
			continue;
		if (unresolved++ < CHILD_UNRESOLVED_MAX)
			child_tell(child, CHILD_FINDING, WI_LEVEL_ERROR,
			    "symbol",
			    "expected %s in weft or in a library that the "
			    "plugin is linked with, found it in none",
			    name);
	}
	if (unresolved > CHILD_UNRESOLVED_MAX)
		child_tell(child, CHILD_FINDING, WI_LEVEL_ERROR, "symbol",
		    "expected all to be found, found %zu more that are not",
		    unresolved - CHILD_UNRESOLVED_MAX);
	child->missing += unresolved;
}

static void
child_add(void *arg, enum wi_level level, const char *what, const char *text)
{
	child_tell(arg, CHILD_FINDING, level, what, "%s", text);
}

/* Its constructors run, and its table is judged. */
static int
child_open(struct child *child)
{
	const struct weft_plugin *api;
	struct weft_opened *opened;
	struct weft_error err;
	int rc;

	child_step(child, "opening it");
	rc = weft_plugin_open(child->path, &api, &opened, &err);
	if (rc < 0) {
		child_tell(child, CHILD_FINDING, WI_LEVEL_ERROR, "open", "%s",
		    err.text);
		return rc;
	}
	if (api->save != NULL || api->save_strand != NULL ||
	    api->save_endpoint != NULL)
		child_tell(child, CHILD_SAVES, WI_LEVEL_NOTE, "", "%s", "");
	wi_check_table(
	    api, weft_plugin_codec(opened) != NULL, child_add, child);
	child_step(child, "closing it");
	weft_plugin_close(&opened);
	return WEFT_OK;
}

static void
child_load(struct child *child)
{
	struct weft_options options = WEFT_OPTIONS_INIT;
	struct weft_node *node;
	struct weft_error err;
	const char *name;
	int rc;

	options.log_level = WEFT_LOG_OFF;
	child_step(child, "making a node");
	rc = weft_node_new(&node, &options, &err);
	if (rc < 0) {
		child_tell(child, CHILD_FINDING, WI_LEVEL_ERROR, "node", "%s",
		    err.text);
		return;
	}
	child_step(child, "load()");
	rc = weft_node_load(node, child->what, &name, &err);
	if (rc < 0)
		child_tell(child, CHILD_FINDING, WI_LEVEL_ERROR, "load", "%s",
		    err.text);
	child_step(child, "unload()");
	(void)weft_node_free(&node);
}

static _Noreturn void
child_main(struct child *child)
{
	static const struct rlimit no_core = { 0, 0 };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)setpgid(0, 0);
	(void)setrlimit(RLIMIT_CORE, &no_core);
	/* What it prints is not our answer. */
	(void)dup2(STDERR_FILENO, STDOUT_FILENO);
	child_libraries(child);
	child_symbols(child);
	if (child->missing == 0 && child_open(child) == WEFT_OK)
		child_load(child);
	child_tell(child, CHILD_END, WI_LEVEL_NOTE, "", "%s", "");
	_exit(0);
}

/* ---- in the parent */

/* One record; 1, or 0: the pipe's other end is closed, -ETIMEDOUT. */
static int
child_receive(int fd, uint64_t deadline, struct child_record *record)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	uint64_t now = wi_clock_ns();
	ssize_t n;

	while (now < deadline) {
		if (poll(&poller, 1, (int)((deadline - now) / 1000000) + 1) >
		    0) {
			n = read(fd, record, sizeof(*record));
			if (n >= 0)
				return n == (ssize_t)sizeof(*record);
			if (errno != EINTR)
				return 0;
		}
		now = wi_clock_ns();
	}
	return -ETIMEDOUT;
}

/* Until the child is through: true. */
static int
child_listen(int fd, uint64_t deadline, char *step, size_t size, bool *saves,
    struct wi_findings *out)
{
	struct child_record record;
	int rc;

	while ((rc = child_receive(fd, deadline, &record)) == 1) {
		record.what[sizeof(record.what) - 1] = '\0';
		record.text[sizeof(record.text) - 1] = '\0';
		if (record.kind == CHILD_END)
			return 1;
		if (record.kind == CHILD_STEP)
			(void)snprintf(step, size, "%s", record.what);
		else if (record.kind == CHILD_SAVES)
			*saves = true;
		else if (record.level < WI_NLEVELS)
			wi_findings_add(
			    out, record.level, record.what, "%s", record.text);
	}
	return rc;
}

static void
child_say_end(int rc, int status, uint64_t limit_ns, const char *step,
    struct wi_findings *out)
{
	if (rc == 1)
		return;
	if (rc == -ETIMEDOUT)
		wi_findings_add(out, WI_LEVEL_ERROR, step,
		    "expected it to return, found it running after %llu ms",
		    (unsigned long long)(limit_ns / 1000000));
	else if (WIFSIGNALED(status))
		wi_findings_add(out, WI_LEVEL_ERROR, step,
		    "expected it to return, found a crash: signal %d (%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		wi_findings_add(out, WI_LEVEL_ERROR, step,
		    "expected it to return, found that it ended the process "
		    "(exit status %d)",
		    WEXITSTATUS(status));
}

static void
child_watch(
    pid_t pid, int fd, uint64_t limit_ns, bool *saves, struct wi_findings *out)
{
	char step[96] = "start";
	int rc, status = 0;

	rc = child_listen(
	    fd, wi_clock_ns() + limit_ns, step, sizeof(step), saves, out);
	/* At its end, at the time's end, or dead already; what it has started
	 * goes with it. */
	if (rc == -ETIMEDOUT)
		(void)kill(pid, SIGKILL);
	(void)kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	child_say_end(rc, status, limit_ns, step, out);
}

void
wi_check_child(const char *what, const char *path, const struct wi_elf *elf,
    uint64_t limit_ns, bool *saves, struct wi_findings *out)
{
	struct child child = { .what = what, .path = path, .elf = elf };
	int ends[2];
	pid_t pid;

	*saves = false;
	if (pipe2(ends, O_CLOEXEC) < 0) {
		wi_findings_add(out, WI_LEVEL_ERROR, "child",
		    "expected a pipe, found: %s", weft_strerror(-errno));
		return;
	}
	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		(void)close(ends[0]);
		child.fd = ends[1];
		child_main(&child);
	}
	(void)close(ends[1]);
	if (pid < 0)
		wi_findings_add(out, WI_LEVEL_ERROR, "child",
		    "expected a process, found: %s", weft_strerror(-errno));
	else
		child_watch(pid, ends[0], limit_ns, saves, out);
	(void)close(ends[0]);
}
