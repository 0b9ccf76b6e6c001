/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_read.h - settings become a configuration: the steps of
 * wi_conf_read().  Inside conf only.
 *
 * thread: as host/conf.h.
 */
#ifndef WI_CONF_READ_H
#define WI_CONF_READ_H

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

/* wi_conf_encode() - append a text with all but letters, digits and -._~/:,@
 * as %XX; what is written is ended by NUL.  size: [bytes] of out, at least 3
 * times the text's and the NUL.  returns its end. */
char *wi_conf_encode(char *out, const char *text);

#endif
