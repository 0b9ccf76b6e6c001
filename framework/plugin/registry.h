/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plugin/registry.h - what plugin/registry.c shows to plugin/peek.c and to its
 * test.
 *
 * thread: any (pure).
 */
#ifndef WI_REGISTRY_H
#define WI_REGISTRY_H

#include <stddef.h>
#include <stdint.h>

#include <weft/error.h>
#include <weft/plugin.h>

/* [bytes] of struct weft_plugin as ABI 1.0 knew it: fixed for ever. */
#define WI_ABI_SIZE_1_0                                                       \
	(offsetof(struct weft_plugin, closed) +                               \
	    sizeof(((struct weft_plugin *)0)->closed))

/* What a host can load. */
struct wi_abi {
	uint32_t major;
	uint32_t minor;
	uint32_t size; /* [bytes] of its struct weft_plugin */
};

/* What this library can load. */
extern const struct wi_abi wi_abi_ours;

/*
 * wi_abi_check() - can a host of that ABI use the plugin?
 *
 *   api      in       read no further than its first 16 bytes, until these
 *                     have passed.
 *   host     in       normally this library's own ABI.
 *   file     in       for the error's text.
 *   returns           WEFT_OK or WEFT_EABI.
 */
int wi_abi_check(const struct weft_plugin *api, const struct wi_abi *host,
    const char *file, struct weft_error *err);

/*
 * wi_abi_copy() - a table of full size: what api knew, then zeros.
 *
 *   table    out
 *   api      in       has passed wi_abi_check().
 */
void wi_abi_copy(struct weft_plugin *table, const struct weft_plugin *api);

/*
 * wi_abi_types() - are the types that it receives and sends good?
 *
 *   table    in       of full size.
 *   file     in       for the error's text.
 *   ntypes   out      how many it receives.
 *   returns           WEFT_OK or WEFT_EABI.
 */
int wi_abi_types(const struct weft_plugin *table, const char *file,
    size_t *ntypes, struct weft_error *err);

/* wi_abi_routes() - are its routes good?  Likewise. */
int wi_abi_routes(
    const struct weft_plugin *table, const char *file, struct weft_error *err);

#endif
