/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_command.h - weft conf: what a configuration may say.
 *
 * thread: main.
 */
#ifndef WI_CONF_COMMAND_H
#define WI_CONF_COMMAND_H

/* wi_conf_main() - the command; argv[0] is its name. */
int wi_conf_main(int argc, char **argv);

#endif
