/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/usage.h - values of command line options, and how a command complains.
 *
 * thread: main.
 */
#ifndef WI_USAGE_H
#define WI_USAGE_H

#include <stdint.h>

#include <weft/error.h>

#define WI_EXIT_OK 0
#define WI_EXIT_FAILURE 1 /* it was tried and did not work */
#define WI_EXIT_USAGE 2   /* it was not asked for properly */

/*
 * wi_usage_number() - a whole number, with nothing behind it.
 *
 *   what     in       the option's name, for the error: "--depth".
 *   text     in       what the user wrote.
 *   returns           WEFT_OK, or -EINVAL with "--depth: expected a number
 *                     from 1 to 65536, found ...".
 */
WEFT_CHECK int wi_usage_number(const char *what, const char *text,
    uint64_t min, uint64_t max, uint64_t *out, struct weft_error *err);

/*
 * wi_usage_duration() - "2.5", "2.5s", "300ms", "1m" (seconds if no unit).
 *
 *   out      out      [ns], at most 365 days.
 *   returns           WEFT_OK or -EINVAL, as above.
 */
WEFT_CHECK int wi_usage_duration(
    const char *what, const char *text, uint64_t *out, struct weft_error *err);

/* wi_complain() - one line on stderr: "COMMAND: text". */
void wi_complain(const char *command, const char *format, ...)
    WEFT_PRINTF(2, 3);

#endif
