/* SPDX-License-Identifier: Apache-2.0 */
/*
 * glob.h - patterns as KEYS and SCAN have them: * ? [a-z] [^a-z] \x.
 */
#ifndef KV_GLOB_H
#define KV_GLOB_H

#include <stdbool.h>

#include <weft/weft.h>

bool kv_glob(struct weft_bytes pattern, struct weft_bytes text, bool nocase);

#endif
