/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/flow/flow_values.h - values that a client of a flow test sends and
 * gets over tcp+tpl.
 */
#ifndef TESTS_FLOW_VALUES_H
#define TESTS_FLOW_VALUES_H

#include <weft/type.h>

struct flow_client;

/* flow_write_value() - its image. */
void flow_write_value(struct flow_client *client, const struct weft_type *type,
    const void *value);

/* flow_read_value() - the next image, which must be one of that type.  What
 * the value points to lives until the next call. */
void flow_read_value(
    struct flow_client *client, const struct weft_type *type, void *value);

#endif
