/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/option.h - options of plugins: a plugin's table, and values by it.
 *
 * thread: any (pure).
 */
#ifndef WI_OPTION_H
#define WI_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include <weft/plugin.h>

#define WI_OPTIONS_MAX 32 /* that one plugin can have */

/*
 * wi_options_check() - is a table good?
 *
 *   options  in       to WEFT_OPTION_END; NULL: there is none, which is good.
 *   file     in       for the error's text.
 *   returns           WEFT_OK or WEFT_EABI.
 */
int wi_options_check(const struct weft_plugin_option *options,
    const char *file, struct weft_error *err);

/* wi_option_find() - NULL: there is none of that name.
 * wi_option_meant() - the name that was meant; NULL: none is near. */
const struct weft_plugin_option *wi_option_find(
    const struct weft_plugin_option *options, const char *name);
const char *wi_option_meant(
    const struct weft_plugin_option *options, const char *name);

/* wi_option_names() - "burn_us, every"; cut at size. */
void wi_option_names(
    const struct weft_plugin_option *options, char *out, size_t size);

/*
 * wi_option_read() - a value as the plugin gets it: numbers, sizes [bytes] and
 * times [ms] as digits, yes and no as 1 and 0, others as they are.
 *
 *   out      out      cut at size, which is at least 24.
 *   returns           false: it is not of that kind, or out of range.
 */
bool wi_option_read(const struct weft_plugin_option *option, const char *value,
    char *out, size_t size);

/* wi_option_expected() - "a time, 1ms to 24h"; cut at size. */
void wi_option_expected(
    const struct weft_plugin_option *option, char *out, size_t size);

/* wi_option_kind_name() - "time". */
const char *wi_option_kind_name(enum weft_option_kind kind);

#endif
