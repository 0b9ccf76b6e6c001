/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_options.h - what a program asks a node to be: defaults and ranges.
 */
#ifndef WI_NODE_OPTIONS_H
#define WI_NODE_OPTIONS_H

#include <weft/node.h>

/*
 * wi_node_options() - the options of a node, each with a value.
 *
 *   in       in       NULL: all defaults; an older program's may be shorter.
 *   err      out      the option, what was expected and what was found.
 *   returns           WEFT_OK or -EINVAL.
 */
int wi_node_options(struct weft_options *out, const struct weft_options *in,
    struct weft_error *err);

#endif
