/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec/proxy.h - what a proxy says of a client in front of what the client
 * says: HAProxy's PROXY protocol, versions 1 and 2 (proxy-protocol.txt of
 * 2020/03/05; sections are its).
 *
 * thread: any (pure).
 */
#ifndef WI_PROXY_H
#define WI_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"

#define WI_PROXY_LINE_MAX 107u /* [bytes] of version 1, its CR LF included */
#define WI_PROXY_MAX 4096u     /* [bytes] of version 2, its TLVs included */

struct wi_proxy {
	bool known; /* the proxy says whom it speaks for; false: the
	               addresses are those of the socket (LOCAL, UNKNOWN) */
	struct wi_address remote; /* the client; family 0 unless known */
	struct wi_address local;  /* whom it wanted */
};

/*
 * wi_proxy_read() - the header in front of all that has come.
 *
 *   data, len   in    from the first byte on, however much there is.
 *   proxy       out   if it is whole.
 *   why         out   on error: what was expected, and what was found.
 *   returns           [bytes] of the header, which is whole; 0: it is not yet,
 *                     and all of data belongs to it; or an error below.
 *   errors            WEFT_EMALFORMED  it is none, or one that breaks a rule:
 *                     known as soon as the byte that does it is there.
 *
 * It answers with a length or an error once there are WI_PROXY_MAX bytes.
 */
int wi_proxy_read(
    const uint8_t *data, size_t len, struct wi_proxy *proxy, const char **why);

#endif
