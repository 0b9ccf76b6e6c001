/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/describe.h - the command "weft describe".
 *
 * thread: main.
 */
#ifndef WI_DESCRIBE_H
#define WI_DESCRIBE_H

/* wi_describe_main() - the command; argv[0] is its name. */
int wi_describe_main(int argc, char **argv);

#endif
