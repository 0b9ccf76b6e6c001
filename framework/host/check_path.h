/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/check_path.h - who can write a plugin's file, or put another one in its
 * place.
 *
 * thread: main.
 */
#ifndef WI_CHECK_PATH_H
#define WI_CHECK_PATH_H

#include "host/finding.h"

/* wi_check_path() - the file that path leads to, and each folder above it. */
void wi_check_path(const char *path, struct wi_findings *out);

#endif
