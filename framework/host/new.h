/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/new.h - weft new: a folder with a plugin to begin with.
 *
 * thread: main.
 */
#ifndef WI_NEW_H
#define WI_NEW_H

/* A file of host/new/, compiled in; "@WORD@" in it is filled in. */
struct wi_new_text {
	const char *name; /* without ".txt" */
	const char *text;
};

/* All of them; the last has no name.  Made by host/new_embed.sh. */
extern const struct wi_new_text wi_new_texts[];

/* wi_new_main() - the command; argv[0] is its name. */
int wi_new_main(int argc, char **argv);

#endif
