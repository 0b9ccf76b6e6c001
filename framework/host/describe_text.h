/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host/describe_text.h - what "weft describe" says, for people.
 *
 * thread: main.
 */
#ifndef WI_DESCRIBE_TEXT_H
#define WI_DESCRIBE_TEXT_H

#include <jansson.h>

#include <weft/error.h>

/*
 * wi_describe_text() - print what "weft describe --json" would.
 *
 *   digits   in       as wi_json_text().
 *   returns           WEFT_OK or -ENOMEM.
 */
WEFT_CHECK int wi_describe_text(const json_t *all, unsigned digits);

#endif
