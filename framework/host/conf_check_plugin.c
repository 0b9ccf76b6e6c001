/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_check_plugin.c - what a file says of a plugin, by the plugin's own
 * table of options.
 *
 * thread: as host/conf.h; wi_conf_try_plugin() forks, and has one thread.
 * from:   conf_check, and who starts the host.
 *
 * try_note: constructors of a plugin run when it is opened, whatever they do.
 * So it is opened in a child, which answers by a pipe; one that crashes, or
 * does not come back, is a problem of that plugin.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <weft/plugin.h>

#include "base/option.h"
#include "host/conf_read.h"

#define TRY_SECONDS 20 /* that it may take to be opened */

/* One problem, in the pipe; the place's bytes follow. */
struct check_answer {
	int line;
	int column;
	size_t place_len;
	char text[508];
};

/* ---- by its table ----------------------------------------------------- */

static void
check_option(const struct weft_plugin_option *table,
    const struct wi_conf_setting *setting, struct wi_conf_problems *problems)
{
	const struct weft_plugin_option *option =
	    wi_option_find(table, setting->name);
	const char *meant = wi_option_meant(table, setting->name);
	char value[24], words[200];

	if (option == NULL) {
		wi_option_names(table, words, sizeof(words));
		wi_conf_problem(problems, &setting->place,
		    "expected %s%s, found \"%s\"%s%s%s",
		    words[0] == '\0' ? "no options" : "an option of ", words,
		    setting->name, meant != NULL ? ": did you mean " : "",
		    meant != NULL ? meant : "", meant != NULL ? "?" : "");
	} else if (!wi_option_read(
		       option, setting->value, value, sizeof(value))) {
		wi_option_expected(option, words, sizeof(words));
		wi_conf_problem(problems, &setting->place,
		    "%s: expected %s, found \"%s\"", setting->name, words,
		    setting->value);
	}
}

/* The block of a plugin, and that of its options; NULL: none is written. */
static const struct wi_conf_block *
check_block(const struct wi_conf *conf, size_t index)
{
	const struct wi_conf_block *block = conf->source->blocks;

	for (; block != NULL; block = block->next)
		if (block->section == WI_CONF_PLUGIN && index-- == 0)
			return block;
	return NULL;
}

static const struct wi_conf_block *
check_options(const struct wi_conf_block *plugin)
{
	const struct wi_conf_block *block = plugin->next;

	for (; block != NULL; block = block->next)
		if (block->section == WI_CONF_OPTIONS &&
		    block->parent == plugin)
			return block;
	return NULL;
}

static const struct wi_conf_place *
check_place(const struct wi_conf_block *plugin)
{
	const struct wi_conf_setting *file = wi_conf_setting(plugin, "file");

	return file != NULL ? &file->place : &plugin->place;
}

static void
check_all(const struct weft_plugin *api, const struct wi_conf_block *options,
    struct wi_conf_problems *problems)
{
	static const struct weft_plugin_option none[] = { WEFT_OPTION_END };
	/* Without load() nobody asks for any. */
	const struct weft_plugin_option *table =
	    api->options == NULL && api->load == NULL ? none : api->options;
	const struct wi_conf_setting *setting;

	if (table == NULL)
		return;
	for (setting = options->settings; setting != NULL;
	     setting = setting->next)
		check_option(table, setting, problems);
}

int
wi_conf_check_plugin(
    struct wi_conf *conf, size_t index, struct wi_conf_problems *problems)
{
	const struct wi_conf_block *plugin = check_block(conf, index);
	const struct wi_conf_block *options = check_options(plugin);
	const size_t before = problems->n + problems->more;
	const struct weft_plugin *api;
	struct weft_opened *opened;
	struct weft_error err;

	if (weft_plugin_open(conf->plugins[index].what, &api, &opened, &err) <
	    0) {
		wi_conf_problem(
		    problems, check_place(plugin), "plugin: %s", err.text);
		return -EINVAL;
	}
	if (options != NULL) {
		check_all(api, options, problems);
		conf->plugins[index].options =
		    wi_conf_plugin_options(conf, options, api->options);
	}
	weft_plugin_close(&opened);
	return conf->source->nomem                 ? -ENOMEM :
	    problems->n + problems->more == before ? WEFT_OK :
						     -EINVAL;
}

/* ---- in a process of its own (try_note) ------------------------------- */

static void
check_answer(int fd, const struct wi_conf_problem *problem)
{
	struct check_answer answer = { problem->line, problem->column,
		strlen(problem->place), "" };

	(void)snprintf(answer.text, sizeof(answer.text), "%s", problem->text);
	if (write(fd, &answer, sizeof(answer)) < 0 ||
	    write(fd, problem->place, answer.place_len) < 0)
		_exit(1);
}

static void
check_child(struct wi_conf *conf, size_t index, int fd)
{
	struct wi_conf_problems problems = { .n = 0 };
	size_t i;

	(void)alarm(TRY_SECONDS);
	/* What a constructor prints is no answer of ours. */
	(void)dup2(STDERR_FILENO, STDOUT_FILENO);
	if (wi_conf_check_plugin(conf, index, &problems) == -ENOMEM)
		_exit(1);
	for (i = 0; i < problems.n; i++)
		check_answer(fd, &problems.list[i]);
	_exit(0);
}

static void
check_read(FILE *pipe, struct wi_conf_problems *problems)
{
	struct check_answer answer;
	char place[4200];

	while (fread(&answer, sizeof(answer), 1, pipe) == 1 &&
	    answer.place_len < sizeof(place) &&
	    fread(place, 1, answer.place_len, pipe) == answer.place_len) {
		place[answer.place_len] = '\0';
		wi_conf_problem_add(
		    problems, place, answer.line, answer.column, answer.text);
	}
}

static void
check_end(const struct wi_conf *conf, size_t index, int status,
    struct wi_conf_problems *problems)
{
	const struct wi_conf_place *place =
	    check_place(check_block(conf, index));
	const char *what = conf->plugins[index].what;

	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		wi_conf_problem(problems, place,
		    "plugin: %s: expected to be opened within %d seconds, "
		    "found its constructors at work",
		    what, TRY_SECONDS);
	else if (WIFSIGNALED(status))
		wi_conf_problem(problems, place,
		    "plugin: %s: expected to be opened, found a crash in its "
		    "constructors: %s",
		    what, strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0)
		wi_conf_problem(problems, place,
		    "plugin: %s: expected to be opened, found that its "
		    "constructors end the process with status %d",
		    what, WEXITSTATUS(status));
}

int
wi_conf_try_plugin(
    struct wi_conf *conf, size_t index, struct wi_conf_problems *problems)
{
	const size_t before = problems->n + problems->more;
	FILE *answers = NULL;
	int fds[2], status = 0;
	pid_t child = -1;

	(void)fflush(NULL);
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	answers = fdopen(fds[0], "r");
	if (answers != NULL)
		child = fork();
	if (child == 0)
		check_child(conf, index, fds[1]);
	(void)close(fds[1]);
	if (answers == NULL || child < 0) {
		if (answers != NULL)
			(void)fclose(answers);
		else
			(void)close(fds[0]);
		return -EAGAIN;
	}
	check_read(answers, problems);
	(void)fclose(answers);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	check_end(conf, index, status, problems);
	return problems->n + problems->more == before ? WEFT_OK : -EINVAL;
}
