/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_file.h - files become settings.  Inside conf only.
 *
 * thread: as host/conf.h.
 */
#ifndef WI_CONF_FILE_H
#define WI_CONF_FILE_H

#include "host/conf_source.h"

/*
 * wi_conf_file() - read a file and those that it includes.
 *
 *   source   in,out   gets their blocks; TOP is there after WEFT_OK.
 *   problems in,out   what cannot be read or is no syntax, added.
 */
void wi_conf_file(struct wi_conf_source *source, const char *path,
    struct wi_conf_problems *problems);

#endif
