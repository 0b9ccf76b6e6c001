/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/dev.h - weft dev: build, run, watch, build again, reload.
 *
 * thread: main.
 */
#ifndef WI_DEV_H
#define WI_DEV_H

#include <weft/export.h>

/* wi_dev_main() - the command; argv[0] is its name. */
int wi_dev_main(int argc, char **argv);

/* wi_dev_say() - a line on stdout, with the time of day before it. */
void wi_dev_say(const char *format, ...) WEFT_PRINTF(1, 2);

#endif
