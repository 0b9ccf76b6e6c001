/* SPDX-License-Identifier: Apache-2.0 */
/*
 * type/flat.h - values of types that have one size on the wire, which is known
 * to be there.
 *
 * thread: any.
 */
#ifndef WI_FLAT_H
#define WI_FLAT_H

#include <stdint.h>

#include <weft/type.h>

/* wi_flat_pack(), wi_flat_unpack() - count of them, side by side on the wire
 * and in memory; the wire is of this machine's byte order. */
void wi_flat_pack(const struct weft_type *type, uint32_t count,
    const uint8_t *value, uint8_t *wire);
void wi_flat_unpack(const struct weft_type *type, uint32_t count,
    const uint8_t *wire, uint8_t *value);

#endif
