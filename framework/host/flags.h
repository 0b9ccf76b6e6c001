/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/flags.h - weft flags: what to compile a plugin with.
 *
 * thread: main.
 */
#ifndef WI_FLAGS_H
#define WI_FLAGS_H

/* wi_flags_main() - the command; argv[0] is its name. */
int wi_flags_main(int argc, char **argv);

#endif
