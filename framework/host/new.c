/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/new.c - the command "weft new": a folder with a plugin, its
 * configuration, its test and a Makefile, all of which work as they are.
 *
 * The texts lie in host/new/ and are part of the program (new_embed.sh), so
 * there is nothing to be found at run time.  What is there already is never
 * touched: the folder is made, not entered, and taken away again if not all
 * could be written.
 *
 * thread: main.
 */
#include "host/new.h"

#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weft/weft.h>

#include "base/fail.h"
#include "host/usage.h"

#define NEW_NAME "weft new"
#define NEW_NAME_MAX 32 /* [letters] of a plugin's name here */
#define NEW_FILES 7     /* most in a folder */

/* What differs from one --codec to the other. */
struct new_codec {
	const char *name;
	const char *scheme;
	const char *port;
	const char *source; /* the text of NAME.c */
	const char *header; /* of NAME.h, or NULL */
	const char *ask;    /* how a shell asks $URL */
	const char *answer; /* what it is told then */
	const char *tell;   /* the same ask, for people */
};

#define NEW_CAT "echo hello | \"$WEFT\" cat \"$URL\""
#define NEW_CAT_TELL "echo hello | weft cat @URL@"

static const struct new_codec new_codecs[] = {
	{ "line", "tcp+line", "7000", "bytes_c", NULL, NEW_CAT, "hello",
	    NEW_CAT_TELL },
	{ "varint", "tcp+varint", "7000", "bytes_c", NULL, NEW_CAT, "hello",
	    NEW_CAT_TELL },
	{ "ws", "ws+text", "7000", "bytes_c", NULL, NEW_CAT, "hello",
	    NEW_CAT_TELL },
	{ "typed", "tcp+tpl", "7000", "typed_c", "typed_h",
	    "echo '{\"greet\":{\"name\":\"ann\"}}' |\n"
	    "    \"$WEFT\" cat --types ./@NAME@.so \"$URL\"",
	    "{\"greeting\":{\"text\":\"hello ann\",\"letters\":3}}",
	    "echo '{\"greet\":{\"name\":\"ann\"}}' | "
	    "weft cat --types ./@NAME@.so @URL@" },
	{ "http", "http", "8080", "http_c", NULL,
	    "curl -s --max-time 10 \"$URL/hello/ann\"", "hello ann",
	    "curl @URL@/hello/ann" },
};

#define NEW_NCODECS (sizeof(new_codecs) / sizeof(new_codecs[0]))

struct new
{
	const char *name;
	const struct new_codec *codec;
	int dir;                  /* the folder, open */
	char made[NEW_FILES][64]; /* names of files in it */
	size_t nmade;
};

static const char new_doc[] =
    "Make a folder with a plugin, its configuration, its test and a Makefile."
    "\v"
    "The folder NAME must not be there.  A name is of a-z, 0-9, '_' and '-', "
    "begins with a letter, and has at most 32 of them.\n\n"
    "--codec says what a message is: a line of text (line), bytes behind "
    "their length (varint), a message of WebSocket (ws), a value of a "
    "declared type (typed), or a request of HTTP (http).\n\n"
    "In the folder, \"make test\" builds and tries it, and \"weft dev\" runs "
    "it and reloads it whenever a file is saved.\n\n"
    "Exit status: 0 made, 1 it could not be made, 2 wrong usage.";

static const struct argp_option new_table[] = {
	{ .name = "codec",
	    .key = 'c',
	    .arg = "CODEC",
	    .doc = "line (default), varint, ws, typed or http" },
	{ .name = NULL }
};

static const struct new_codec *
new_find_codec(const char *name)
{
	size_t i;

	for (i = 0; i < NEW_NCODECS; i++)
		if (strcmp(new_codecs[i].name, name) == 0)
			return &new_codecs[i];
	return NULL;
}

static bool
new_name_is_good(const char *name)
{
	size_t len = strlen(name);

	return len >= 1 && len <= NEW_NAME_MAX && name[0] >= 'a' &&
	    name[0] <= 'z' &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

static error_t
new_option(int key, char *arg, struct argp_state *state)
{
	struct new *new = state->input;

	switch (key) {
	case 'c':
		new->codec = new_find_codec(arg);
		if (new->codec == NULL)
			argp_error(state,
			    "--codec: expected line, varint, ws, typed or "
			    "http, found \"%s\"",
			    arg);
		return 0;
	case ARGP_KEY_ARG:
		if (new->name != NULL)
			argp_error(state,
			    "expected one name, found a second: \"%s\"", arg);
		if (!new_name_is_good(arg))
			argp_error(state,
			    "expected a name of a-z, 0-9, '_' and '-' that "
			    "begins with a letter, 32 at most, found \"%s\"",
			    arg);
		new->name = arg;
		return 0;
	case ARGP_KEY_END:
		if (new->name == NULL)
			argp_error(state, "expected a name");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* ---- a text, filled in */

/* What stands for "@WORD@" at the text's begin; NULL: nothing does. */
static const char *
new_word(const struct new *new, const char *text, size_t *lenp)
{
	const struct {
		const char *mark;
		const char *value;
	} words[] = {
		{ "@NAME@", new->name },
		{ "@ASK@", new->codec->ask },
		{ "@ANSWER@", new->codec->answer },
		{ "@TRY@", new->codec->tell },
		{ "@SCHEME@", new->codec->scheme },
		{ "@PORT@", new->codec->port },
		{ "@URL@", "@SCHEME@://127.0.0.1:@PORT@" },
		{ "@FREE_URL@", "@SCHEME@://127.0.0.1:0" },
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		*lenp = strlen(words[i].mark);
		if (strncmp(text, words[i].mark, *lenp) == 0)
			return words[i].value;
	}
	return NULL;
}

/* Words may stand in what stands for a word; none of them in itself. */
static void
new_print(FILE *out, const struct new *new, const char *text)
{
	const char *value;
	size_t len;

	while (*text != '\0') {
		len = strcspn(text, "@");
		(void)fwrite(text, 1, len, out);
		text += len;
		if (*text == '\0')
			return;
		value = new_word(new, text, &len);
		if (value != NULL) {
			new_print(out, new, value);
			text += len;
		} else {
			(void)fputc(*text++, out);
		}
	}
}

/* ---- files */

static const char *
new_text(const char *name)
{
	const struct wi_new_text *text = wi_new_texts;

	while (text->name != NULL && strcmp(text->name, name) != 0)
		text++;
	return text->text;
}

static int
new_write(struct new *new, const char *file, const char *text, mode_t mode,
    struct weft_error *err)
{
	FILE *out = NULL;
	int fd, rc = 0;

	(void)snprintf(
	    new->made[new->nmade], sizeof(new->made[0]), "%s", file);
	fd = openat(
	    new->dir, file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd >= 0) {
		new->nmade++;
		out = fdopen(fd, "w");
		if (out == NULL)
			(void)close(fd);
	}
	if (out == NULL)
		return wi_fail(err, -errno, "%s/%s: %s", new->name, file,
		    weft_strerror(-errno));
	new_print(out, new, new_text(text));
	if (ferror(out))
		rc = -EIO;
	if (fclose(out) != 0)
		rc = -errno;
	return rc == 0 ?
	    WEFT_OK :
	    wi_fail(err, rc, "%s/%s: %s", new->name, file, weft_strerror(rc));
}

static int
new_write_all(struct new *new, struct weft_error *err)
{
	char source[NEW_NAME_MAX + 4], header[NEW_NAME_MAX + 4];
	int rc;

	(void)snprintf(source, sizeof(source), "%s.c", new->name);
	(void)snprintf(header, sizeof(header), "%s.h", new->name);
	rc = new_write(new, source, new->codec->source, 0666, err);
	if (rc == WEFT_OK && new->codec->header != NULL)
		rc = new_write(new, header, new->codec->header, 0666, err);
	if (rc == WEFT_OK)
		rc = new_write(new, "weft.conf", "weft_conf", 0666, err);
	if (rc == WEFT_OK)
		rc = new_write(new, "test.sh", "test", 0777, err);
	if (rc == WEFT_OK)
		rc = new_write(new, "Makefile", "Makefile", 0666, err);
	if (rc == WEFT_OK)
		rc = new_write(new, "README.md", "README", 0666, err);
	if (rc == WEFT_OK)
		rc = new_write(new, ".gitignore", "gitignore", 0666, err);
	return rc;
}

/* Nothing is left of what was begun. */
static void
new_undo(const struct new *new)
{
	size_t i;

	for (i = 0; i < new->nmade; i++)
		(void)unlinkat(new->dir, new->made[i], 0);
	(void)rmdir(new->name);
}

static int
new_make(struct new *new, struct weft_error *err)
{
	int rc;

	if (mkdir(new->name, 0777) < 0)
		return errno == EEXIST ?
		    wi_fail(err, -EEXIST,
			"%s: expected that it is not there yet, found it; "
			"nothing was changed",
			new->name) :
		    wi_fail(err, -errno, "%s: cannot make the folder: %s",
			new->name, weft_strerror(-errno));
	new->dir =
	    open(new->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (new->dir < 0) {
		rc = wi_fail(err, -errno, "%s: cannot open the folder: %s",
		    new->name, weft_strerror(-errno));
		(void)rmdir(new->name);
		return rc;
	}
	rc = new_write_all(new, err);
	if (rc < 0)
		new_undo(new);
	(void)close(new->dir);
	return rc;
}

static void
new_say(const struct new *new)
{
	size_t i;

	for (i = 0; i < new->nmade; i++)
		(void)printf("%s/%s\n", new->name, new->made[i]);
	(void)printf("next: cd %s && make test, then weft dev\n", new->name);
}

int
wi_new_main(int argc, char **argv)
{
	static const struct argp argp = { .options = new_table,
		.parser = new_option,
		.args_doc = "NAME",
		.doc = new_doc };
	struct new new = { .codec = &new_codecs[0], .dir = -1 };
	struct weft_error err;

	argp_err_exit_status = WI_EXIT_USAGE;
	(void)argp_parse(&argp, argc, argv, 0, NULL, &new);
	if (new_make(&new, &err) < 0) {
		wi_complain(NEW_NAME, "%s", err.text);
		return WI_EXIT_FAILURE;
	}
	new_say(&new);
	return WI_EXIT_OK;
}
