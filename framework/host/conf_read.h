/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_read.h - settings become a configuration: the steps of
 * wi_conf_read().  Inside conf only.
 *
 * thread: as host/conf.h.
 */
#ifndef WI_CONF_READ_H
#define WI_CONF_READ_H

#include <weft/plugin.h>

#include "host/conf_source.h"

/* wi_conf_given() - settings of the environment, and of the command line
 * ("workers=4"), behind those of the file. */
void wi_conf_given(struct wi_conf *conf, const char *const *sets,
    struct wi_conf_problems *problems);

/* wi_conf_once() - each option and title once. */
void wi_conf_once(
    const struct wi_conf *conf, struct wi_conf_problems *problems);

/* wi_conf_unknown() - say so of a setting, with what was meant. */
void wi_conf_unknown(struct wi_conf_problems *problems,
    const struct wi_conf_block *block, const struct wi_conf_setting *setting);

/* wi_conf_plugins(), wi_conf_listeners() - their blocks, the plugins first. */
void wi_conf_plugins(struct wi_conf *conf, struct wi_conf_problems *problems);
void wi_conf_listeners(
    struct wi_conf *conf, struct wi_conf_problems *problems);

/*
 * wi_conf_plugin_options() - "history=50&motto=a%26b" of a block of options.
 *
 *   table    in       of the plugin: relative paths become absolute; NULL: it
 *                     is not known.
 *   returns           NULL: no option is written, or no memory.
 */
const char *wi_conf_plugin_options(struct wi_conf *conf,
    const struct wi_conf_block *options,
    const struct weft_plugin_option *table);

/* wi_conf_problem_add() - one that is made already; its text may be cut. */
void wi_conf_problem_add(struct wi_conf_problems *problems, const char *place,
    int line, int column, const char *text);

#endif
