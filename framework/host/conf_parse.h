/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/conf_parse.h - libconfuse: a text becomes settings.  Inside conf only.
 *
 * thread: as host/conf.h.
 */
#ifndef WI_CONF_PARSE_H
#define WI_CONF_PARSE_H

#include "host/conf_scan.h"
#include "host/conf_source.h"

/* What stands at the end of each text, so that an open "{" is noticed. */
#define WI_CONF_SENTINEL "__end_of_file__"

/* include("more.conf"), in the order of the file. */
struct wi_conf_include {
	struct wi_conf_include *next;
	const char *name;
	struct wi_conf_place place;
};

/*
 * wi_conf_parse() - add what one file says.
 *
 *   source   in,out   its first block is TOP.
 *   scan     in,out   of the text, which ends in WI_CONF_SENTINEL " = x".
 *   file     in       its place.
 *   problems in,out   what is no syntax, added; what a setting means is not
 *                     judged.
 *   includes out      kept by source.
 */
void wi_conf_parse(struct wi_conf_source *source, struct wi_conf_scan *scan,
    const struct wi_conf_place *file, struct wi_conf_problems *problems,
    struct wi_conf_include **includes);

#endif
