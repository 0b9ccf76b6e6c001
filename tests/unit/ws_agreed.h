/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/ws_agreed.h - what handshakes agree on (RFC 7692), as tests say
 * it.
 */
#ifndef TESTS_WS_AGREED_H
#define TESTS_WS_AGREED_H

#include "ws_hello_feed.h"

#define NO WEFT_DEFLATE_NO
#define YES WEFT_DEFLATE_YES
#define KEEP WEFT_DEFLATE_TAKEOVER

#define PMD "permessage-deflate"
/* What a server says in each answer: alone_note in codec/ws_extension.c. */
#define OURS PMD "; server_no_context_takeover"
#define BOTH OURS "; client_no_context_takeover"
#define FIELD "Sec-WebSocket-Extensions: "

/* What comes of it. */
struct agreed {
	enum wi_deflate_set set;
	uint8_t bits;
	bool takeover;
};

static inline void
is_agreed(const struct wi_ws *ws, const struct agreed *agreed, const char *of)
{
	ck_assert_msg(ws->set == agreed->set && ws->bits == agreed->bits &&
		ws->takeover == agreed->takeover,
	    "%s: found set %u, bits %u, takeover %d", of, ws->set, ws->bits,
	    ws->takeover);
}

#endif
