/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/crashes.h - weft crashes: reports, listed and shown.
 */
#ifndef WI_CRASHES_H
#define WI_CRASHES_H

#include <stdbool.h>

#include <jansson.h>

#include "host/crash_read.h"

/* wi_crashes_main() - argv[0] is "weft crashes"; returns the exit status. */
int wi_crashes_main(int argc, char **argv);

/* crash_show.c: a report with the names of functions, as text for people or as
 * a value for programs (owner: the caller), with or without stacks. */
void wi_crash_show(const struct wi_crash_file *file);
json_t *wi_crash_json(
    const struct wi_crash_file *file, const char *name, bool stacks);

#endif
