/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/check_table.h - what a plugin exports, judged: its members.
 *
 * thread: any; pure.
 */
#ifndef WI_CHECK_TABLE_H
#define WI_CHECK_TABLE_H

#include <stdbool.h>

#include <weft/plugin.h>

#include "host/finding.h"

/*
 * wi_check_table() - judge a table of full size (weft_plugin_open()).
 *
 *   codec    in       it exports a codec, too.
 *   add      in       is called for each finding.
 */
void wi_check_table(const struct weft_plugin *api, bool codec,
    void (*add)(
	void *arg, enum wi_level level, const char *what, const char *text),
    void *arg);

#endif
