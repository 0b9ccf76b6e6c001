/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/completion.h - weft completion: for shells.
 *
 * thread: main.
 */
#ifndef WI_COMPLETION_H
#define WI_COMPLETION_H

/* wi_completion_main() - the command; argv[0] is its name. */
int wi_completion_main(int argc, char **argv);

#endif
