/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/completion.c - the command "weft completion": what a shell needs to
 * complete command lines of weft.
 *
 * Commands and options are not listed here: this program asks itself, by
 * "weft help" and "weft COMMAND --help", and reads what it prints.
 *
 * thread: main.
 */
#include "host/completion.h"

#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <weft/error.h>

#include "base/fail.h"
#include "host/usage.h"

#define COMPLETION_NAME "weft completion"
#define COMPLETION_VERBS 64
#define COMPLETION_TEXT ((size_t)64 << 10) /* [bytes] of one help */

struct completion_verb {
	char name[32];
	char text[128];
	char *help; /* all of its --help */
};

struct completion {
	bool zsh;
	size_t nverbs;
	struct completion_verb verbs[COMPLETION_VERBS];
};

static const char completion_doc[] =
    "Print what makes a shell complete command lines of weft."
    "\v"
    "SHELL is bash or zsh.  For this shell: source <(weft completion bash).  "
    "What is installed has both where the shells look for them.\n\n"
    "Exit status: 0 printed, 1 it did not work, 2 wrong usage.";

static error_t
completion_option(int key, char *arg, struct argp_state *state)
{
	struct completion *completion = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (state->arg_num > 0)
			argp_error(state,
			    "expected one shell, found a second: \"%s\"", arg);
		completion->zsh = strcmp(arg, "zsh") == 0;
		if (!completion->zsh && strcmp(arg, "bash") != 0)
			argp_error(
			    state, "expected bash or zsh, found \"%s\"", arg);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "expected bash or zsh");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* ---- what it says of itself */

static _Noreturn void
completion_exec(int out, char *const argv[])
{
	/* One line for each option, however long. */
	(void)setenv("ARGP_HELP_FMT", "rmargin=9999", 1);
	(void)dup2(out, STDOUT_FILENO);
	(void)execv("/proc/self/exe", argv);
	_exit(127);
}

/* All that comes; NULL: no memory, or more than fits. */
static char *
completion_read(int fd)
{
	char *text = malloc(COMPLETION_TEXT);
	size_t len = 0;
	ssize_t n = -1;

	while (text != NULL && len < COMPLETION_TEXT - 1) {
		n = read(fd, text + len, COMPLETION_TEXT - 1 - len);
		if (n > 0)
			len += (size_t)n;
		else if (n == 0 || errno != EINTR)
			break;
	}
	if (text != NULL)
		text[len] = '\0';
	if (n == 0)
		return text;
	free(text);
	return NULL;
}

/* What "weft first second" prints; the caller's to free. */
static char *
completion_ask(const char *first, const char *second, struct weft_error *err)
{
	char weft[] = "weft", words[2][32];
	char *argv[] = { weft, words[0], words[1], NULL }, *text;
	int ends[2], status = -1;
	pid_t pid;

	(void)snprintf(words[0], sizeof(words[0]), "%s", first);
	(void)snprintf(words[1], sizeof(words[1]), "%s", second);
	if (*second == '\0')
		argv[2] = NULL;
	if (pipe2(ends, O_CLOEXEC) < 0) {
		(void)wi_fail(
		    err, -errno, "no pipe: %s", weft_strerror(-errno));
		return NULL;
	}
	pid = fork();
	if (pid == 0)
		completion_exec(ends[1], argv);
	(void)close(ends[1]);
	text = pid < 0 ? NULL : completion_read(ends[0]);
	(void)close(ends[0]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (text != NULL && status == 0)
		return text;
	free(text);
	(void)wi_fail(err, -EIO,
	    "expected the text of \"weft %s %s\", found status %d", first,
	    second, status);
	return NULL;
}

/* "  run        serve with plugins" */
static int
completion_verbs(struct completion *completion, struct weft_error *err)
{
	char *text = completion_ask("help", "", err), *line, *rest = text;
	struct completion_verb *verb;
	int rc = WEFT_OK;

	if (text == NULL)
		return -EIO;
	while (rc == WEFT_OK && (line = strsep(&rest, "\n")) != NULL &&
	    completion->nverbs < COMPLETION_VERBS) {
		verb = &completion->verbs[completion->nverbs];
		if (sscanf(line, "  %31[a-z-] %127[^\n]", verb->name,
			verb->text) != 2)
			continue;
		verb->help = completion_ask(verb->name, "--help", err);
		completion->nverbs++;
		rc = verb->help == NULL ? -EIO : WEFT_OK;
	}
	free(text);
	return rc;
}

/* ---- what a shell is told */

/*
 * The next option in what is left of a help: "  -l, --listen=URL   Serve ...".
 *
 *   name     out      "--listen"
 *   value    out      "URL", or ""
 *   text     out      "Serve ..."
 *   returns           false: there is none.
 */
static bool
completion_next(char **rest, char name[64], char value[64], char **text)
{
	char *line, *at;

	while ((line = strsep(rest, "\n")) != NULL) {
		at = strstr(line, "--");
		if (at == NULL ||
		    strspn(line,
			" ,-?abcdefghijklmnopqrstuvwxyz"
			"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"0123456789") < (size_t)(at - line) ||
		    line[0] != ' ')
			continue;
		value[0] = '\0';
		if (sscanf(at, "%63[a-z0-9-]%*1[=]%63[A-Za-z0-9_]", name,
			value) < 1)
			continue;
		at += strcspn(at, " ");
		*text = at + strspn(at, " ");
		return true;
	}
	return false;
}

static void
completion_bash(struct completion *completion)
{
	char name[64], value[64], *rest, *text;
	size_t i;

	(void)printf("# bash completion of weft: made by \"weft completion "
		     "bash\"\n_weft()\n{\n"
		     "\tlocal cur=${COMP_WORDS[COMP_CWORD]} words=\n\n"
		     "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
		     "\t\twords='help");
	for (i = 0; i < completion->nverbs; i++)
		(void)printf(" %s", completion->verbs[i].name);
	(void)printf("'\n\telif [[ $cur = -* ]]; then\n"
		     "\t\tcase ${COMP_WORDS[1]} in\n");
	for (i = 0; i < completion->nverbs; i++) {
		(void)printf("\t\t%s) words='", completion->verbs[i].name);
		rest = completion->verbs[i].help;
		while (completion_next(&rest, name, value, &text))
			(void)printf(
			    "%s%s ", name, value[0] != '\0' ? "=" : "");
		(void)printf("' ;;\n");
	}
	(void)printf("\t\tesac\n\tfi\n"
		     "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- "
		     "\"$cur\")\n"
		     "\t[[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace\n"
		     "}\ncomplete -o default -F _weft weft\n");
}

/* Within '...' and [...] of zsh. */
static void
completion_quote(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text == '\'')
			(void)printf("'\\''");
		else if (strchr("[]:\\", *text) != NULL)
			(void)printf("\\%c", *text);
		else
			(void)putchar(*text);
}

static void
completion_zsh_verb(struct completion_verb *verb)
{
	char name[64], value[64], *rest = verb->help, *text;

	(void)printf("\t%s)\n\t\t_arguments", verb->name);
	while (completion_next(&rest, name, value, &text)) {
		(void)printf(
		    " \\\n\t\t    '%s%s[", name, value[0] != '\0' ? "=" : "");
		completion_quote(text);
		(void)printf("]%s%s%s'", value[0] != '\0' ? ":" : "", value,
		    value[0] == '\0' ? "" :
			strcmp(value, "FILE") == 0 ||
			    strcmp(value, "DIR") == 0 ?
				       ":_files" :
				       ":");
	}
	(void)printf(" \\\n\t\t    '*:argument:_files'\n\t\t;;\n");
}

static void
completion_zsh(struct completion *completion)
{
	size_t i;

	(void)printf("#compdef weft\n# zsh completion of weft: made by \"weft "
		     "completion zsh\"\nlocal -a commands\n\ncommands=(\n");
	for (i = 0; i < completion->nverbs; i++) {
		(void)printf("\t'%s:", completion->verbs[i].name);
		completion_quote(completion->verbs[i].text);
		(void)printf("'\n");
	}
	(void)printf(")\nif (( CURRENT == 2 )); then\n"
		     "\t_describe command commands\n\treturn\nfi\n"
		     "shift words\n(( CURRENT-- ))\ncase $words[1] in\n");
	for (i = 0; i < completion->nverbs; i++)
		completion_zsh_verb(&completion->verbs[i]);
	(void)printf("esac\n");
}

int
wi_completion_main(int argc, char **argv)
{
	static const struct argp argp = { .parser = completion_option,
		.args_doc = "SHELL",
		.doc = completion_doc };
	static struct completion completion;
	struct weft_error err;
	size_t i;
	int rc;

	argp_err_exit_status = WI_EXIT_USAGE;
	(void)argp_parse(&argp, argc, argv, 0, NULL, &completion);
	rc = completion_verbs(&completion, &err);
	if (rc < 0)
		wi_complain(COMPLETION_NAME, "%s", err.text);
	else if (completion.zsh)
		completion_zsh(&completion);
	else
		completion_bash(&completion);
	for (i = 0; i < completion.nverbs; i++)
		free(completion.verbs[i].help);
	if (rc == WEFT_OK && (fflush(stdout) != 0 || ferror(stdout))) {
		wi_complain(COMPLETION_NAME, "cannot write to stdout");
		rc = -EIO;
	}
	return rc < 0 ? WI_EXIT_FAILURE : WI_EXIT_OK;
}
