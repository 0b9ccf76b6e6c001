/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/check.h - weft check: will it run?
 *
 * thread: main.
 */
#ifndef WI_CHECK_H
#define WI_CHECK_H

/* wi_check_main() - the command; argv[0] is its name. */
int wi_check_main(int argc, char **argv);

#endif
