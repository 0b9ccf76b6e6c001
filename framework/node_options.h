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

/* wi_node_options_copy() - as they were given, in full length; what is not
 * there is 0.  in: NULL: all 0. */
void wi_node_options_copy(
    struct weft_options *out, const struct weft_options *in);

/*
 * wi_node_options_change() - wi_node_options() of a node that is there.
 *
 *   made     in       what it was made with, each with a value.
 *   in       in       workers 0: as it is.
 *   returns           WEFT_OK, -EINVAL, or WEFT_ESTATE: err names the first
 *                     option that cannot change, or not to that.
 */
int wi_node_options_change(struct weft_options *out,
    const struct weft_options *made, const struct weft_options *in,
    struct weft_error *err);

#endif
