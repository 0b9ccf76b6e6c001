/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/ws_extension.h - permessage-deflate (RFC 7692), as it is agreed on in
 * the handshake of WebSocket.
 *
 * thread: any (pure).
 */
#ifndef WI_WS_EXTENSION_H
#define WI_WS_EXTENSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/deflate.h"
#include "codec/http_head.h"

struct weft_codec_place;

/* What was agreed on. */
struct wi_ws_extension {
	bool is;       /* else nothing was, and the rest is 0 */
	bool takeover; /* what the peer sends may refer to what it sent */
	uint8_t bits;  /* of the peer's window, with takeover */
	uint8_t set;   /* enum wi_deflate_set of what we send */
	uint8_t say_server_bits; /* in a server's answer; 0: not */
	uint8_t say_client_bits;
};

/*
 * wi_ws_extension_choose() - a server takes the first offer that it can.
 *
 *   place    in       deflate, deflate_bits: its options.
 *   returns           false: the field does not follow the grammar of RFC
 *                     6455, section 9.1, and the handshake fails.
 */
bool wi_ws_extension_choose(const struct wi_http_head *head,
    const struct weft_codec_place *place, struct wi_ws_extension *agreed);

/* wi_ws_extension_answer() - the field that says so, with its end of line;
 * wi_ws_extension_offer() - a client's, "" if the option says no.  [bytes],
 * less than 192. */
size_t wi_ws_extension_answer(
    const struct wi_ws_extension *agreed, char *out, size_t size);
size_t wi_ws_extension_offer(
    const struct weft_codec_place *place, char *out, size_t size);

/* wi_ws_extension_agree() - what a server answered to that offer; NULL: it may
 * be, else why not (in words that stay). */
const char *wi_ws_extension_agree(const struct wi_http_head *head,
    const struct weft_codec_place *place, struct wi_ws_extension *agreed);

#endif
