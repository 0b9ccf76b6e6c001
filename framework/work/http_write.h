/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work/http_write.h - a reply on its way to the I/O thread.
 */
#ifndef WI_HTTP_WRITE_H
#define WI_HTTP_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/http.h>

struct wi_hub;

#define WI_REPLY_HEAD 224u /* [bytes] of a head without type and fields */
#define WI_REPLY_CHUNK 12u /* [bytes] of a chunk's size, and behind it */

/* What is to be written. */
struct wi_reply {
	uint64_t to;
	uint64_t key;
	size_t size; /* [bytes] at most */
	const struct weft_http_id *id;
	const struct weft_http_response *response; /* or NULL: no head */
	bool lasts;                                /* the connection */
	uint64_t length;        /* of the body; UNKNOWN: chunks or none */
	struct weft_bytes body; /* what is written of it */
	bool chunked;           /* body is a chunk */
	bool over;              /* that was the last chunk */
};

/* wi_reply_has_body() - one of that status (RFC 9110, section 6.4.1). */
bool wi_reply_has_body(unsigned status);

/* wi_reply_send() - thread: any.  errors: as weft_http_respond(). */
int wi_reply_send(struct wi_hub *hub, const struct wi_reply *reply);

#endif
