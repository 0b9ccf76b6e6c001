/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin/load.h - a plugin's load() is run, and in a reload load_strand() and
 * load_endpoint() behind it.
 *
 * thread: the one that loads or reloads.
 */
#ifndef WI_LOAD_H
#define WI_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>

#include "base/arena.h"
#include "base/option.h"
#include "plugin/plugin.h"
#include "plugin/saved.h"

struct wi_load_option {
	const char *name;  /* in wi_load_options.words */
	const char *value; /* in wi_load_options.words, or number; may be "" */
	int asked;         /* the plugin has looked at it, or its table */
	char number[24];   /* as its kind is given to the plugin */
};

/* The options of one loading. */
struct wi_load_options {
	struct wi_load_option list[WI_OPTIONS_MAX];
	size_t len;      /* of list */
	char *words;     /* "burn_us\0" "200\0" "every\0" "10\0" */
	char known[200]; /* "burn_us, every": what the plugin asked for */
};

/* A strand that load() has asked for in a reload: there already, or new. */
struct wi_load_strand {
	uint64_t id; /* held once */
	void *state; /* that it is to have */
};

/* One loading of a plugin.  owned by: who runs it, on its stack. */
struct weft_load {
	struct wi_plugins *plugins;
	struct wi_plugin *plugin;
	struct wi_version *version; /* that is loaded */
	struct wi_load_options options;
	bool reload;
	bool trial;
	bool has_saved;
	struct weft_bytes saved;        /* of the callback that runs */
	struct wi_arena arena;          /* values of it */
	struct wi_load_strand *strands; /* in a reload */
	size_t nstrands;
	int text_of;    /* the code that text is about; 0: any */
	char text[508]; /* what weft_load_fail() was told, or what was wrong
	                   with a codec */
};

/*
 * wi_load_begin() - read the options; nothing of the plugin runs.
 *
 *   load     out      for the following, and wi_load_end() in any case.
 *   plugins  in,out   the node's; codecs gets what load() brings.
 *   plugin   in       whose version it is or will be.
 *   version  in,out   judged (plugin/version.h); gets its state.
 *   returns           WEFT_OK, WEFT_ELOAD or -ENOMEM.
 */
int wi_load_begin(struct weft_load *load, struct wi_plugins *plugins,
    struct wi_plugin *plugin, struct wi_version *version,
    struct weft_error *err);
void wi_load_end(struct weft_load *load);

/*
 * wi_load_state() - run load().
 *
 *   saved    in       what the version before has saved; NULL: none was.
 *   returns           WEFT_OK, or WEFT_ELOAD: load() refused, or an option is
 *                     not one that it asked for; then there is no state.
 */
int wi_load_state(struct weft_load *load, const struct wi_saved *saved,
    struct weft_error *err);

/* wi_load_item() - run load_strand() or load_endpoint(); item->now is what it
 * has made.  Likewise. */
int wi_load_item(struct weft_load *load, const struct wi_saved *saved,
    struct wi_saved_item *item, struct weft_error *err);

/*
 * wi_load_run() - make the state of a plugin that is not in the list yet: all
 * of the above, and what surrounds it (struct wi_plugins).
 *
 *   returns           WEFT_OK, or an error, and then there is no state; what
 *                     load() brought is for wi_codecs_drop().  Strands that it
 *                     made have ended then, but LATE, where they stay.
 */
int wi_load_run(struct wi_plugins *plugins, struct wi_plugin *plugin,
    enum wi_load_when when, struct weft_error *err);

/* wi_load_made() - load() has asked for a strand in a reload.  WEFT_OK or
 * -ENOMEM. */
int wi_load_made(struct weft_load *load, uint64_t strand, void *state);

/* wi_load_plugin() - whose load() runs. */
struct wi_plugin *wi_load_plugin(const struct weft_load *load);

#endif
