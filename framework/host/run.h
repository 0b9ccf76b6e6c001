/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/run.h - weft run: plugins in the foreground, without a file.
 *
 * thread: main.
 */
#ifndef WI_RUN_H
#define WI_RUN_H

/* wi_run_main() - the command; argv[0] is its name. */
int wi_run_main(int argc, char **argv);

#endif
